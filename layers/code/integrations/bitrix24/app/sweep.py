"""The errand ``sweep``: makes good for events that never came.

Two passes. ``changed`` reads, every quarter of an hour, what each list calls changed since the last
time; ``recent`` asks once a day for every record that was changed within a week, so that it is read
with its parts and compared: a part may change without moving the time of its record. What neither
can see stands in ``TABLE`` (README, "What a sweep can see"), and the tests prove it line by line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.bitrix24.app.models import Access
from integrations.bitrix24.app.names import (
    COMPANIES,
    CUSTOMERS,
    ORDERS,
    PRICES,
    PRODUCTS,
    RECENT,
    SECTIONS,
    STOCK,
    VARIANTS,
)
from integrations.bitrix24.catalog.endpoints import CATALOGS, OFFERS, SERVICES, SIMPLE, SKUS
from integrations.bitrix24.catalog.endpoints import PRICES as CATALOG_PRICES
from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.crm.settings import OrderAs
from integrations.bitrix24.models import Settings
from integrations.bitrix24.transport.listing import Listing
from mostik.http.endpoint import Endpoint, Replay
from mostik.integration import Hint, Tools

CHANGED_SECONDS = 900.0
RECENT_SECONDS = 86_400.0
OVERLAP = timedelta(minutes=5)
"""Times have whole seconds, and a change may be stored later than its time says."""
RECENT_DAYS = timedelta(days=7)
RESERVE_SECONDS = 40.0
_MOST_MARKS = 2_000
"""Of records in the overlap that are known; a row of the state table takes 400 KB."""


@dataclass(frozen=True, slots=True)
class Walked:
    """How the records of one resource are listed by the time of their change.

    Attributes:
        listing: the method; a row's ``id`` is its record's key.
        time: what rows, filter and select call that time.
    """

    listing: Listing
    time: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One line of the table: how a change of something comes to us.

    Attributes:
        what: the object.
        resource: the record that is looked at.
        watermark: the field that tells its change; ``None``: it has none.
        events: which events tell it; empty: none does.
        fallback: what finds a change that no event has told.
        misses: what is never found that way; empty: nothing.
    """

    what: str
    resource: str
    watermark: str | None
    events: str
    fallback: str
    misses: str = ""


_PARTS_OF_ORDERS = "daily, with the orders changed within 7 days: read whole and compared"

TABLE: tuple[Seen, ...] = (
    Seen("deal", ORDERS, "updatedTime", "ONCRMDEAL*", "every 15 min by updatedTime", "deletion"),
    Seen(
        "product row of a deal", ORDERS, None, "ONCRMDEALUPDATE, when the deal is saved with it",
        "daily, with the deals changed within 7 days: read whole and compared",
        "a row of a deal that was not changed for 7 days",
    ),
    Seen(
        "contact", CUSTOMERS, "updatedTime", "ONCRMCONTACT*", "every 15 min by updatedTime",
        "deletion",
    ),
    Seen(
        "company", COMPANIES, "updatedTime", "ONCRMCOMPANY*", "every 15 min by updatedTime",
        "deletion",
    ),
    Seen(
        "requisite, address, bank account", COMPANIES, None, "ONCRMREQUISITE* (requisite only)",
        "daily, with the contacts and companies changed within 7 days: read whole and compared",
        "one whose contact or company was not changed for 7 days",
    ),
    Seen(
        "order", ORDERS, "dateUpdate", "ONSALEORDERSAVED, ONORDERENTITYSAVED",
        "every 15 min by dateUpdate", "deletion",
    ),
    Seen(
        "payment", ORDERS, None, "ONPAYMENTENTITYSAVED, ONPAYMENTDELETED", _PARTS_OF_ORDERS,
        "one of an order that was not changed for 7 days",
    ),
    Seen(
        "shipment", ORDERS, None, "ONSHIPMENTENTITYSAVED, ONSHIPMENTDELETED", _PARTS_OF_ORDERS,
        "one of an order that was not changed for 7 days",
    ),
    Seen(
        "property value", ORDERS, None, "ONPROPERTYVALUEENTITYSAVED", _PARTS_OF_ORDERS,
        "one of an order that was not changed for 7 days",
    ),
    Seen(
        "basket line", ORDERS, None, "ONSALEORDERSAVED, when the order is saved with it",
        _PARTS_OF_ORDERS, "one of an order that was not changed for 7 days",
    ),
    Seen(
        "product", PRODUCTS, "timestampX", "CATALOG.PRODUCT.ON.*", "every 15 min by timestampX",
        "deletion",
    ),
    Seen(
        "offer", VARIANTS, "timestampX", "CATALOG.PRODUCT.ON.* with TYPE 4",
        "every 15 min by timestampX", "deletion",
    ),
    Seen(
        "section", SECTIONS, None, "none", "none: a full run of the link",
        "every change, until a full run",
    ),
    Seen(
        "price", PRICES, "timestampX", "CATALOG.PRICE.ON.*", "every 15 min by timestampX",
        "deletion",
    ),
    Seen(
        "stock", STOCK, None, "none",
        "none: a full run of the link by rising id, or not read where 1C owns it",
        "every change, until a full run",
    ),
)  # fmt: skip


def _list(method: str, rows: str, **more: Any) -> Listing:
    return Listing(Endpoint("POST", method, Replay.SAFE), rows, **more)


def _items(entity_type_id: int) -> Listing:
    return _list("crm.item.list", "items", fixed={"entityTypeId": entity_type_id})


WALKED: Mapping[str, Walked] = {
    CUSTOMERS: Walked(_items(3), "updatedTime"),
    COMPANIES: Walked(_items(4), "updatedTime"),
    PRICES: Walked(CATALOG_PRICES.listing, "timestampX"),
}
"""Goods need a catalogue in the filter: ``_walks`` adds them, one walk for each list of each."""

_DEALS = Walked(_items(2), "updatedTime")
_STORE_ORDERS = Walked(_list("sale.order.list", "orders"), "dateUpdate")

_WHOLE = (CUSTOMERS, COMPANIES, ORDERS)
"""Records with parts that do not move their time."""


@dataclass(frozen=True, slots=True)
class _Walk:
    name: str
    resource: str
    walked: Walked
    filters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Step:
    """How many records a walk has asked for, and whether it came to its end."""

    asked: int
    ended: bool = False


def look_for_changes(client: Bitrix24, access: Access, tools: Tools, key: str) -> int:
    """Runs the pass ``key``. Returns how many records were asked for.

    How far a walk has come is noted after each of its pages, so an end in the middle costs nothing;
    what is left is asked for at once. The time of the next pass is the newest that was seen, never
    that of our own clock.
    """
    del access
    walked = _recent if key == RECENT else _changed
    asked = 0
    for walk in _walks(client, tools):
        if key == RECENT and walk.resource not in _WHOLE:
            continue
        step = walked(client, tools, walk) if tools.remaining() >= RESERVE_SECONDS else _Step(0)
        asked += step.asked
        if not step.ended:
            return asked + tools.touch([Hint("sweep", key)])
    return asked


def _walks(client: Bitrix24, tools: Tools) -> list[_Walk]:
    """What is to be walked: only what some link uses."""
    walks = [_Walk(name, name, walked) for name, walked in WALKED.items() if tools.uses(name)]
    if tools.uses(ORDERS):
        walks.insert(0, _orders(client.settings))
    if not (tools.uses(PRODUCTS) or tools.uses(VARIANTS)):
        return walks
    for row in client.portal.rows(CATALOGS).items:
        iblock, offers = row.get("iblockId"), bool(row.get("productIblockId"))
        resource = VARIANTS if offers else PRODUCTS
        if not iblock or not tools.uses(resource):
            continue
        for methods in (OFFERS,) if offers else (SIMPLE, SKUS, SERVICES):
            walked = Walked(methods.listing, "timestampX")
            name = f"{methods.listing.endpoint.path}-{iblock}"
            walks.append(_Walk(name, resource, walked, {"iblockId": iblock}))
    return walks


def _orders(settings: Settings) -> _Walk:
    """Deals or orders, as the settings say; each with a name of its own, and so a watermark."""
    if settings.order_as is OrderAs.DEAL:
        return _Walk("deals", ORDERS, _DEALS)
    return _Walk("orders", ORDERS, _STORE_ORDERS)


def _changed(client: Bitrix24, tools: Tools, walk: _Walk) -> _Step:
    name = f"sweep-{walk.name}"
    note = dict(tools.recall(name) or {})
    if "since" not in note:  # the first time: from now on; what was before is for a full run
        started = datetime.fromtimestamp(tools.now(), UTC)
        note = {"since": started.isoformat(), "cursor": "", "newest": "", "edge": [], "met": []}
    since = datetime.fromisoformat(str(note["since"])) - OVERLAP
    asked = 0
    while True:
        page = client.portal.rows(
            walk.walked.listing,
            {**walk.filters, f">={walk.walked.time}": since.isoformat(timespec="seconds")},
            select=_fields(walk),
            cursor=str(note["cursor"]) or None,
        )
        marks = {_mark(row, walk): row for row in page.items}
        fresh = [row for mark, row in marks.items() if mark not in note["edge"]]
        asked += tools.touch(_hints(walk, fresh))
        note["newest"] = max([str(note["newest"]), *(mark.partition(" ")[0] for mark in marks)])
        note["met"] = [*note["met"], *marks][-_MOST_MARKS:]
        note["cursor"] = page.cursor or ""
        if page.cursor is None:
            note |= _next(note)
        tools.note(name, note)
        if page.cursor is None or tools.remaining() < RESERVE_SECONDS:
            return _Step(asked, page.cursor is None)


def _next(note: Mapping[str, Any]) -> dict[str, Any]:
    """Where the next pass begins. What it meets again in the overlap, unchanged, is known by its
    mark: a quiet portal must not have its last records read for ever."""
    since = max(str(note["since"]), str(note["newest"]))
    edge = (datetime.fromisoformat(since) - OVERLAP).isoformat()
    known = dict.fromkeys([*note["edge"], *note["met"]])
    return {
        "since": since,
        "newest": "",
        "met": [],
        "edge": [mark for mark in known if mark.partition(" ")[0] >= edge][-_MOST_MARKS:],
    }


def _mark(row: Mapping[str, Any], walk: _Walk) -> str:
    return f"{_moment(row.get(walk.walked.time))} {row['id']}"


def _recent(client: Bitrix24, tools: Tools, walk: _Walk) -> _Step:
    name, now = f"recent-{walk.name}", tools.now()
    note = tools.recall(name) or {}
    if not note.get("cursor") or now - float(note["began"]) > RECENT_SECONDS / 2:
        note = {"began": str(now), "cursor": ""}  # what was broken off half a day ago is too old
    since = datetime.fromtimestamp(float(note["began"]), UTC) - RECENT_DAYS
    asked = 0
    while True:
        page = client.portal.rows(
            walk.walked.listing,
            {**walk.filters, f">={walk.walked.time}": since.isoformat(timespec="seconds")},
            select=_fields(walk),
            cursor=str(note["cursor"]) or None,
        )
        asked += tools.touch(_hints(walk, page.items))
        note = {**note, "cursor": page.cursor or ""}
        tools.note(name, note)
        if page.cursor is None or tools.remaining() < RESERVE_SECONDS:
            return _Step(asked, page.cursor is None)


def _fields(walk: _Walk) -> tuple[str, ...]:
    return ("id", walk.walked.time)


def _hints(walk: _Walk, rows: Any) -> list[Hint]:
    return [Hint(walk.resource, str(row["id"])) for row in rows]


def _moment(text: Any) -> str:
    """A portal's time in UTC, so that texts compare as times do; junk is earlier than all."""
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC).isoformat()
    except ValueError:
        return ""
