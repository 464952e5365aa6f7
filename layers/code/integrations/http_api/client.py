"""The API gateway layer of a declared API: its endpoints come from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from integrations.http_api.declared.mapping import moment_options
from integrations.http_api.declared.models import ListFields, ResourceFields
from integrations.http_api.declared.paging import Query, Row, pages_of
from integrations.http_api.models import ApiObject, Settings, value_at
from integrations.http_api.piece import UpdateMethod
from mostik.errors import GiveUp, WhoActs
from mostik.http.client import ApiClient
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.paging import Page
from mostik.http.result import Answer
from mostik.mapping.functions.moments import DATE
from mostik.mapping.path import path, read

_ABSENT = (404, 410)


class HttpApi:
    """Calls one declared API.

    Args:
        api: a ready client, bound to a job.
        settings: where the endpoints are.
    """

    def __init__(self, api: ApiClient, settings: Settings) -> None:
        self._api = api
        self._orders = settings.orders
        self._resources = settings.resources

    # ── orders, the short way ──────────────────────────────────────────────────────────────────

    def order(self, key: str) -> ApiObject | None:
        """Reads one order, ``None`` when there is none or orders are not declared."""
        return self._read(self._orders.get, key) if self._orders is not None else None

    def customer(self, key: str) -> ApiObject | None:
        """Reads one customer, ``None`` when there is none or customers are not declared."""
        if self._orders is None or self._orders.customer is None:
            return None
        return self._read(self._orders.customer.get, key)

    def update_order(self, key: str, content: Mapping[str, Any]) -> ApiObject:
        """Sets an order's fields, or replaces it where the API wants the whole object.

        Setting the same state twice has no second effect, so a repeat is safe.

        Raises:
            GiveUp: the settings declare no way to update.
        """
        declared = self._orders
        method = declared.update_method if declared is not None else UpdateMethod.PATCH
        path = (declared.update if declared is not None else None) or ""
        endpoint = Endpoint(method.value, path, Replay.SAFE)
        return self._api.fetch(ApiObject, endpoint, path={"id": key}, body=dict(content))

    def orders(self, cursor: str | None, changed: Any = None) -> Page[ApiObject]:
        """Lists one page of orders; see ``page``."""
        declared = self._orders
        if declared is None or declared.list is None:
            return Page((), None)
        return self._paged(declared.list, declared.id, "orders", cursor, changed)

    # ── declared resources ─────────────────────────────────────────────────────────────────────

    def page(self, name: str, cursor: str | None, changed: Any = None) -> Page[ApiObject]:
        """Lists one page of rows.

        Args:
            name: of the resource.
            cursor: where it begins; ``None``: at the start.
            changed: only what was changed at that moment or later, where the API can tell.
        """
        declared = self._resources[name]
        if declared.list is None:
            return Page((), None)
        return self._paged(declared.list, declared.key, f"resources.{name}", cursor, changed)

    def _paged(
        self, listing: ListFields, key: str, setting: str, cursor: str | None, changed: Any
    ) -> Page[ApiObject]:
        query: Query = dict(listing.query)
        if changed is not None and listing.since is not None:
            options = DATE.filled(moment_options(listing.since))
            query[listing.since.parameter] = DATE.writes(changed, options, 1)[0]
        found = pages_of(
            listing.paging,
            partial(self._list, listing, query),
            lambda answer: self._rows(answer.content, listing.rows, f"{setting}.list.rows"),
            lambda row: _key_at(row, key) or "",
            lambda content: value_at(content, listing.paging.next),
            self._api.cursor_of,
        )(cursor)
        return Page([ApiObject.model_validate(row) for row in found.items], found.cursor)

    def found(self, name: str, value: str) -> Page[ApiObject]:
        """Asks for the rows that carry a key of elsewhere; the API may answer more than those."""
        declared = self._resources[name].external_key
        if declared is None:
            return Page((), None)
        endpoint = Endpoint("GET", declared.path, Replay.SAFE)
        answer = self._api.request(endpoint, query={declared.parameter: value})
        place = f"resources.{name}.external_key.rows"
        rows = self._rows(answer.content, declared.rows, place)
        return Page([ApiObject.model_validate(row) for row in rows], None)

    def row(self, name: str, key: str) -> ApiObject | None:
        """Reads one row, ``None`` when there is none."""
        declared = self._resources[name].get
        return self._read(declared.path, key, declared.record)

    def create_row(self, name: str, content: Mapping[str, Any]) -> ApiObject:
        """Creates a record. Returns what the answer tells of it, maybe nothing."""
        declared = self._resources[name].create
        if declared is None:
            return ApiObject()
        replay = Replay.KEYED if declared.key_header else Replay.UNSAFE
        header = declared.key_header or "Idempotency-Key"
        endpoint = Endpoint("POST", declared.path, replay, key_header=header)
        answer = self._api.request(endpoint, body=_wrapped(content, declared.wrap))
        return self._told(endpoint, answer, declared.record)

    def update_row(self, name: str, key: str, content: Mapping[str, Any]) -> ApiObject:
        """Sets fields of a record, or replaces it. Returns what the answer tells, maybe nothing.

        Setting the same state twice has no second effect, so a repeat is safe.
        """
        declared = self._resources[name].update
        if declared is None:
            return ApiObject()
        endpoint = Endpoint(declared.method.value, declared.path, Replay.SAFE)
        body = _wrapped(content, declared.wrap)
        answer = self._api.request(endpoint, path={"id": key}, body=body)
        return self._told(endpoint, answer, declared.record)

    def delete_row(self, name: str, key: str) -> None:
        """Deletes a record; one that is not there is no error."""
        declared = self._resources[name].delete
        if declared is None:
            return
        try:
            self._api.request(Endpoint("DELETE", declared.path, Replay.SAFE), path={"id": key})
        except GiveUp as error:
            if error.status not in _ABSENT:
                raise

    def _list(self, listing: ListFields, query: Query, asked: Query, link: str | None) -> Answer:
        endpoint = Endpoint("GET", listing.path, Replay.SAFE)
        if link is not None:  # it tells everything itself
            return self._api.request(endpoint, link=link)
        paging = listing.paging
        size: Query = {paging.size_parameter: paging.size} if paging.size_parameter else {}
        return self._api.request(endpoint, query={**query, **size, **asked})

    def _rows(self, content: Any, place: str, setting: str) -> list[Row]:
        rows = value_at(content, place) if place else content
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise GiveUp(
                f"The API's answer holds no list of records at {setting}: correct that setting.",
                who=WhoActs.ADMIN,
            )
        return rows

    def _read(self, path: str, key: str, record: str = "") -> ApiObject | None:
        endpoint = Endpoint("GET", path, Replay.SAFE)
        try:
            if not record:
                return self._api.fetch(ApiObject, endpoint, path={"id": key})
            content = self._api.request(endpoint, path={"id": key}).content
        except GiveUp as error:
            if error.status in _ABSENT:
                return None
            raise
        return self._api.parse(ApiObject, endpoint, value_at(content, record))

    def _told(self, endpoint: Endpoint, answer: Answer, record: str) -> ApiObject:
        if answer.content is None:
            return ApiObject()
        found = value_at(answer.content, record) if record else answer.content
        return self._api.parse(ApiObject, endpoint, found)


def key_of(row: Row, declared: ResourceFields) -> str | None:
    """Returns the key of a row, ``None`` where it has none."""
    return _key_at(row, declared.key)


def _key_at(row: Row, where: str) -> str | None:
    value = read(row, path(where))
    usable = isinstance(value, str | int) and not isinstance(value, bool) and value != ""
    return str(value) if usable else None


def _wrapped(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: dict(content)} if name else dict(content)
