"""A portal as the areas of this integration see it: calls, batches, lists."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from integrations.bitrix24.transport.batch import Command, Done, Outcome
from integrations.bitrix24.transport.ledger import Ledger
from integrations.bitrix24.transport.listing import (
    ROWS,
    Listing,
    Row,
    Walk,
    position_of,
)
from integrations.bitrix24.transport.php import as_map, plain
from integrations.bitrix24.transport.sending import Sending
from integrations.bitrix24.transport.streaming import Stream
from mostik.http.client import ApiClient
from mostik.http.endpoint import Endpoint
from mostik.http.paging import Page

Model = TypeVar("Model", bound=BaseModel)


class Portal:
    """Calls one portal for one job.

    Args:
        api: a ready client, bound to a job.
        always: parameters of every request, also of batches.

    Attributes:
        ledger: what the portal has said of working time while this job ran.
        memory: what is known of the portal from one job to the next.
    """

    def __init__(self, api: ApiClient, always: Mapping[str, Any] | None = None) -> None:
        self._api = api
        self._always = dict(always or {})
        self.ledger = Ledger()
        self.memory = api.memory

    def call(self, endpoint: Endpoint, params: Mapping[str, Any] | None = None) -> Any:
        """Calls one method. Returns its ``result``.

        Args:
            endpoint: the method.
            params: its parameters, sent as JSON (``php.plain``).

        Raises:
            CallFailed: by what happens next.
            ConfigurationError: the portal does not let us in.
        """
        return self._answer(endpoint, params).get("result")

    def fetch(
        self, model: type[Model], endpoint: Endpoint, params: Mapping[str, Any] | None = None
    ) -> Model:
        """Calls one method. Returns its whole answer as a model.

        Raises:
            CallFailed: also when the answer lacks what the model needs.
            ConfigurationError: the portal does not let us in.
        """
        return self._api.parse(model, endpoint, self._answer(endpoint, params))

    def batch(self, commands: Sequence[Command]) -> Sequence[Outcome]:
        """Runs any number of commands, 50 to a request and up to four requests at once.

        Commands that refer to each other travel together, in order; all others may be run in any
        order. What failed and may be repeated is repeated, and nothing else. A command of a parked
        method is left out.

        Returns:
            The outcome of each command, in the order of the commands. ``Refused(Unknown)``: the
            answer was lost and a repeat might have a second effect.

        Raises:
            ValueError: more than 50 commands refer to each other, or one cannot be written.
            TypeError: one cannot be written.
        """
        return Sending(self._api, self.ledger, commands, self._always).run()

    def rows(
        self,
        listing: Listing,
        filters: Mapping[str, Any] | None = None,
        *,
        select: Sequence[str] = (),
        cursor: str | None = None,
    ) -> Page[Row]:
        """Returns one page of a list, about 2,500 rows by rising id.

        A list that fits into the first 50 rows costs one call; behind them 50 pages travel in one
        batch. Where one of those is refused, the page ends before it.

        Args:
            listing: the method.
            filters: conditions on the rows, but none on their id's beginning.
            select: fields, all when none is named.
            cursor: the last id of the page before.

        Raises:
            CallFailed: nothing could be read, not even the first row.
            ConfigurationError: the portal does not let us in.
        """
        walk = Walk(listing, filters or {}, tuple(select))
        rows: list[Row] = []
        after, pages = position_of(cursor), ROWS
        if cursor is None:
            first = walk.read([Done(self.call(listing.endpoint, walk.params(after)))], after)
            if first.ended:
                return Page(first.rows, None)
            rows, after, pages = first.rows, first.last, pages - 1
        found = walk.read(self.batch(walk.chain(after, pages=pages)), after)
        rows += found.rows
        if found.error is not None and not rows:
            raise found.error
        return Page(rows, None if found.ended else str(found.last))

    def stream(
        self,
        listing: Listing,
        filters: Mapping[str, Any] | None = None,
        *,
        select: Sequence[str] = (),
        cursor: str | None = None,
    ) -> Generator[Page[Row], None, None]:
        """Yields a whole list page by page, by rising id, with up to four batches in flight and as
        many pages in memory. For whoever reads it in one go; a run reads by ``rows``.

        It ends with the row that was the last one when it began.

        Args:
            listing: the method.
            filters: conditions on the rows, but none on their id's beginning or end.
            select: fields, all when none is named.
            cursor: that of the last page yielded, to go on behind it.

        Raises:
            CallFailed: the rest could not be read; all before it was yielded.
            ConfigurationError: the portal does not let us in.
        """
        walk = Walk(listing, filters or {}, tuple(select))
        return Stream(self.batch, self._api.pause, walk, position_of(cursor)).pages()

    def _answer(self, endpoint: Endpoint, params: Mapping[str, Any] | None) -> dict[str, Any]:
        answer = as_map(
            self._api.request(endpoint, body=plain({**self._always, **(params or {})})).content
        )
        self.ledger.note(endpoint.path, as_map(answer.get("time")))
        return answer
