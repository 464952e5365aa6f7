"""An external system in memory and its integration: one resource, no HTTP, faults on order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, SecretStr

from mostik.commerce.record import Canonical
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.http.client import ApiClient, Dialect
from mostik.http.paging import Page
from mostik.integration import (
    Check,
    CreateOnce,
    Finding,
    FullState,
    Hint,
    Integration,
    Misfit,
    Webhook,
    Write,
)
from mostik.jobs.message import Receipt
from tests.support.faults import Faults

NAME = "shelf"
RESOURCE = "things"
LONGEST_REQUEST_SECONDS = 60.0


class Killed(BaseException):
    """The worker's process ends here: no handler sees it."""


class Thing(Canonical):
    """A record with nothing in it but a text."""

    text: str = ""


class ShelfSettings(BaseModel):
    """A setting that may be missing, and a secret."""

    model_config = ConfigDict(extra="forbid")

    name: str
    api_key: SecretStr


class Shelf(Faults):
    """A system that keeps things by key and lets two of them carry one external key.

    Attributes:
        things: by key here.
        created: the external key of every thing that was created from outside, in order.
        updates: how often a thing was changed from outside.
        refusals: what the next calls of an operation raise instead of doing anything.
        lost: what the next calls of an operation raise after they have done their work.
        after: called with the operation's name once its effect stands; a test may raise in it.
        deadly: keys of things that kill whoever reads them.
        page_size: so many things are on a page of its list.
        bulk: it reads and writes many things with one call.
        misfits: keys that its list shows as no records.
        errors: what writing a thing from outside raises, by its text.
        deleted: keys of things that were deleted from outside, in order.
        changes_kept: how far back its list knows what has changed; ``None``: to the beginning.
    """

    OPERATIONS: ClassVar = ("read", "find", "create", "update", "page", "delete")

    def __init__(self) -> None:
        super().__init__()
        self.things: dict[str, Thing] = {}
        self.created: list[str] = []
        self.updates = 0
        self.refusals: dict[str, list[Exception]] = {}
        self.lost: dict[str, list[Exception]] = {}
        self.after: Callable[[str], None] | None = None
        self.deadly: set[str] = set()
        self.page_size = 100
        self.bulk = False
        self.misfits: set[str] = set()
        self.errors: dict[str, Exception] = {}
        self.deleted: list[str] = []
        self.changes_kept: timedelta | None = None

    def put(self, key: str, text: str, *, at: float | None = None) -> None:
        """A person here changes a thing, or makes one."""
        standing = self.things.get(key)
        external = standing.external_ids if standing is not None else {}
        changed_at = datetime.fromtimestamp(at, UTC) if at is not None else None
        self.things[key] = Thing(key=key, text=text, external_ids=external, changed_at=changed_at)

    def texts(self) -> dict[str, str]:
        """What every thing says, by key."""
        return {key: thing.text for key, thing in sorted(self.things.items())}

    def carrying(self, system: str, key: str) -> list[Thing]:
        """The things that carry an external key."""
        return [t for t in self.things.values() if t.external_ids.get(system) == key]

    def call(self, operation: str, effect: Callable[[], Any]) -> Any:
        """One call from outside, with the faults that were ordered."""
        with self._operation(operation):
            if refusals := self.refusals.get(operation):
                raise refusals.pop(0)
            result = effect()
            if self.after is not None:
                self.after(operation)
            if lost := self.lost.get(operation):
                raise lost.pop(0)
            return result


@dataclass(frozen=True, slots=True)
class ShelfThings:
    """The one resource."""

    shelf: Shelf

    @property
    def changes_kept(self) -> timedelta | None:
        """See ``Listed.page``."""
        return self.shelf.changes_kept

    def read(self, key: str) -> Thing | None:
        """See ``Resource.read``."""
        if key in self.shelf.deadly:
            raise Killed
        found: Thing | None = self.shelf.call("read", lambda: self.shelf.things.get(key))
        return found

    def find(self, system: str, key: str) -> Thing | None:
        """See ``Resource.find``."""
        found: list[Thing] = self.shelf.call("find", lambda: self.shelf.carrying(system, key))
        if len(found) > 1:
            raise GiveUp("Two things carry this key.", who=WhoActs.ADMIN)
        return found[0] if found else None

    def page(self, cursor: str | None, since: datetime | None) -> Page[Thing | Misfit]:
        """See ``Listed.page``: by key."""
        page: Page[Thing | Misfit] = self.shelf.call("page", lambda: self._page(cursor, since))
        return page

    def delete(self, key: str) -> None:
        """See ``Deletable.delete``."""

        def away() -> None:
            if self.shelf.things.pop(key, None) is not None:
                self.shelf.deleted.append(key)

        self.shelf.call("delete", away)

    def create(self, record: Thing, system: str, once: CreateOnce) -> Thing:
        """See ``Resource.create``."""
        del once
        made: Thing = self.shelf.call("create", lambda: self._made(record, system))
        return made

    def update(self, key: str, record: Thing, system: str, once: CreateOnce) -> Thing:
        """See ``Resource.update``."""
        del once

        changed: Thing = self.shelf.call("update", lambda: self._changed(key, record, system))
        return changed

    def from_state(self, content: Mapping[str, Any]) -> Thing:
        """See ``Resource.from_state``."""
        return Thing.model_validate(content)

    def _page(self, cursor: str | None, since: datetime | None) -> Page[Thing | Misfit]:
        keys = [
            key
            for key, thing in sorted(self.shelf.things.items())
            if (cursor is None or key > cursor)
            and (since is None or thing.changed_at is None or thing.changed_at >= since)
        ]
        shown = keys[: self.shelf.page_size]
        items: list[Thing | Misfit] = [
            Misfit(key, GiveUp("This thing is broken.", who=WhoActs.EXTERNAL_ADMIN))
            if key in self.shelf.misfits
            else self.shelf.things[key]
            for key in shown
        ]
        return Page(items, shown[-1] if len(keys) > len(shown) else None)

    def _changed(self, key: str, record: Thing, system: str) -> Thing:
        if record.text in self.shelf.errors:
            raise self.shelf.errors[record.text]
        self.shelf.updates += 1
        external = {**self.shelf.things[key].external_ids, system: record.key}
        self.shelf.things[key] = Thing(
            key=key, text=record.text, external_ids=external, active=record.active
        )
        return self.shelf.things[key]

    def _made(self, record: Thing, system: str) -> Thing:
        if record.text in self.shelf.errors:
            raise self.shelf.errors[record.text]
        key = f"made-{len(self.shelf.created) + 1}"
        self.shelf.created.append(record.key)
        thing = Thing(key=key, text=record.text, external_ids={system: record.key})
        self.shelf.things[key] = thing
        return thing


@dataclass(frozen=True, slots=True)
class BulkThings(ShelfThings):
    """The same resource, many things a call."""

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Thing | MostikError]:
        """See ``Bulk.read_many``."""
        things = self.shelf.things
        found: Mapping[str, Thing | MostikError] = self.shelf.call(
            "read", lambda: {key: things[key] for key in keys if key in things}
        )
        return found

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Thing | MostikError]:
        """See ``Bulk.find_many``."""
        wanted = set(keys)

        def look() -> Mapping[str, Thing]:
            carried = {t.external_ids.get(system, ""): t for t in self.shelf.things.values()}
            return {key: thing for key, thing in carried.items() if key in wanted}

        found: Mapping[str, Thing | MostikError] = self.shelf.call("find", look)
        return found

    def write_many(
        self, writes: Sequence[Write[Thing]], system: str, once: CreateOnce
    ) -> Sequence[Thing | MostikError]:
        """See ``Bulk.write_many``; a lost answer leaves every creation unknown."""
        del once

        def write(one: Write[Thing]) -> Thing | MostikError:
            try:
                if one.key is None:
                    return self._made(one.record, system)
                return self._changed(one.key, one.record, system)
            except MostikError as error:
                return error

        answers: Sequence[Thing | MostikError] = self.shelf.call(
            "create", lambda: [write(one) for one in writes]
        )
        return answers


def findings(receipt: Receipt, settings: ShelfSettings) -> Sequence[Finding]:
    """``{"states": [{"key", "text"}], "keys": [...]}``: full states first, then hints."""
    del settings
    content = json.loads(receipt.body or b"")
    if content.get("crash"):
        raise ArithmeticError(content["crash"])
    states = [FullState(RESOURCE, state["key"], state) for state in content.get("states", [])]
    return [*states, *(Hint(RESOURCE, key) for key in content.get("keys", []))]


def integration(shelf_of: Callable[[str], Shelf]) -> Integration[ShelfSettings, None]:
    """The integration; ``shelf_of`` finds the shelf of a connection."""

    def check(_client: None, _settings: ShelfSettings) -> Iterable[Check]:
        return []

    def no_client(_api: ApiClient, _settings: ShelfSettings) -> None:
        return None

    def things_of(shelf: Shelf) -> ShelfThings:
        return BulkThings(shelf) if shelf.bulk else ShelfThings(shelf)

    return Integration(
        name=NAME,
        title="Shelf",
        settings=ShelfSettings,
        base_url=lambda _settings: "https://shelf.invalid/",
        auth=lambda _settings: None,
        dialect=Dialect(errors={}),
        client=no_client,
        resources={RESOURCE: lambda _client, _settings, name: things_of(shelf_of(name))},
        check=check,
        webhook=Webhook(lambda _settings: "hmac", lambda _settings: {}, findings),
        longest_request_seconds=LONGEST_REQUEST_SECONDS,
        unsafe_resources=frozenset({RESOURCE}),
    )
