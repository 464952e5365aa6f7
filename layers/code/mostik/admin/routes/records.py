"""One record: search, both sides, trail; read again, write, relink."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import Field

from mostik.admin.desk import AdminDesk
from mostik.admin.recorddesk import Place, RecordView, SideView
from mostik.admin.roles import Role
from mostik.admin.routes.jobs import JobShown
from mostik.admin.routes.log import EntryShown
from mostik.admin.routes.quarantine import ParkedShown
from mostik.admin.routes.shapes import (
    ChangeShown,
    Done,
    Key,
    Reason,
    RecordKey,
    Shown,
    Wanted,
    changes,
)
from mostik.admin.routing import AdminApi
from mostik.admin.runviews import parked_view
from mostik.admin.views import iso, job, masked_page
from mostik.ids import ulid
from mostik.requestlog.query import LogFilter
from mostik.sync.link import Side
from mostik.sync.xref import Pair

_TRAIL_DAYS = 7
_MOST_ENTRIES = 30
_DAY = 86_400.0


class PlaceShown(Shown):
    """Where a record is."""

    link: str
    side: Side
    connection: str
    resource: str
    key: str


class FoundShown(Shown):
    """What a search has found: places by key, and calls of the last days that hold the text."""

    places: list[PlaceShown]
    entries: list[EntryShown]


class PairShown(Shown):
    """What both sides last agreed on."""

    keys: dict[str, str]
    state: str
    at: str | None
    did: str | None
    wrote: str | None
    parked: str | None


class SideShown(Shown):
    """What one side says now."""

    place: PlaceShown | None
    record: dict[str, Any] | None
    changed: bool | None = Field(description="Since both last agreed; null: not known.")
    problem: str


class RecordShown(Shown):
    """A record with everything around it."""

    pair: PairShown | None
    sides: dict[str, SideShown]
    differences: list[ChangeShown] = Field(description="before: left; after: right.")
    jobs: list[JobShown]
    parked: list[ParkedShown]
    trail: list[EntryShown]


class RecordWanted(Wanted):
    """Which record."""

    link: str = Field(min_length=1, max_length=200)
    side: Side
    key: RecordKey
    reason: Reason = ""


class TouchWanted(RecordWanted):
    """Which record is read; it is written to the other side."""


class RelinkWanted(Wanted):
    """Which two records are one."""

    link: str = Field(min_length=1, max_length=200)
    left: RecordKey
    right: RecordKey
    reason: str = Field(min_length=1, max_length=500)


class Touched(Shown):
    """The record is read again and carried over; the log holds it under the event."""

    job: str
    event: str


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/records", Role.VIEWER, summary="Find a record by a key of either side, or a text")
    def find(
        q: Annotated[str, Query(min_length=1, max_length=200)],
        link: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    ) -> FoundShown:
        places = desk.records.find(q, link)
        now = desk.clock()
        wanted = LogFilter(now - _TRAIL_DAYS * _DAY, now, text=q)
        page = desk.log().search(wanted, limit=_MOST_ENTRIES)
        return FoundShown(
            places=[_place(one) for one in places], entries=_entries(masked_page(page))
        )

    def look(place: Place, *, reveal: bool = False) -> RecordShown:
        view = desk.records.look(place, api.remaining, reveal=reveal)
        now = desk.clock()
        name = f"{place.resource}/{place.key}"
        wanted = LogFilter(now - _TRAIL_DAYS * _DAY, now, connection=place.connection, record=name)
        page = desk.log().search(wanted, limit=_MOST_ENTRIES)
        return _record(view, _entries(masked_page(page)))

    @api.get("/records/one", Role.VIEWER, summary="Both sides of a record, read now")
    def one(
        link: Annotated[str, Query(min_length=1, max_length=200)],
        side: Side,
        key: Annotated[str, Query(min_length=1, max_length=1_000)],
    ) -> RecordShown:
        return look(Place(desk.records.link(link), side, key))

    @api.post("/records/reveal", Role.OPERATOR, summary="The same with personal data; audited")
    def reveal(wanted: Annotated[RecordWanted, Body()]) -> RecordShown:
        place = Place(desk.records.link(wanted.link), wanted.side, wanted.key)
        with desk.audit.action(
            api.caller,
            "record.reveal",
            f"record/{place.job}",
            connection=place.connection,
            reason=wanted.reason,
        ):
            return look(place, reveal=True)

    @api.post(
        "/records/touch",
        Role.OPERATOR,
        summary="Read a record again and carry it over as it is",
        status=202,
    )
    def touch(wanted: Annotated[TouchWanted, Body()], once: Key = None) -> Touched:
        place = Place(desk.records.link(wanted.link), wanted.side, wanted.key)

        def act() -> dict[str, Any]:
            event = f"person:{ulid(desk.clock())}"
            with desk.audit.action(
                api.caller,
                "record.touch",
                f"record/{place.job}",
                connection=place.connection,
                reason=wanted.reason,
            ):
                return {"job": desk.records.touch(place, event), "event": event}

        asked = {"touch": wanted.model_dump()}
        return Touched.model_validate(desk.once(api.caller, once, asked, act))

    @api.post("/records/relink", Role.ADMIN, summary="Say which two records are one; again: same")
    def relink(wanted: Annotated[RelinkWanted, Body()]) -> PairShown:
        link = desk.records.link(wanted.link)
        with desk.audit.action(
            api.caller,
            "record.relink",
            f"link/{link.id}",
            connection=link.left.connection,
            reason=wanted.reason,
        ) as note:
            note.result = f"{wanted.left} = {wanted.right}"
            return _pair(desk.records.relink(link, wanted.left, wanted.right))

    @api.post("/records/unlink", Role.ADMIN, summary="Forget which record is this one there")
    def unlink(wanted: Annotated[RecordWanted, Body()]) -> Done:
        place = Place(desk.records.link(wanted.link), wanted.side, wanted.key)
        with desk.audit.action(
            api.caller,
            "record.unlink",
            f"record/{place.job}",
            connection=place.connection,
            reason=wanted.reason,
        ):
            known = desk.records.unlink(place)
        return Done(done=["It is forgotten."] if known else ["Nothing was known of it."])


def _place(place: Place) -> PlaceShown:
    return PlaceShown(
        link=place.link.id,
        side=place.side,
        connection=place.connection,
        resource=place.resource,
        key=place.key,
    )


def _pair(pair: Pair) -> PairShown:
    return PairShown(
        keys={side.value: key for side, key in pair.keys.items()},
        state=pair.state.value,
        at=iso(pair.at) if pair.at else None,
        did=pair.did.value if pair.did is not None else None,
        wrote=pair.wrote.value if pair.wrote is not None else None,
        parked=pair.parked.verdict.value if pair.parked is not None else None,
    )


def _side(view: SideView) -> SideShown:
    return SideShown(
        place=_place(view.place) if view.place is not None else None,
        record=dict(view.record) if view.record is not None else None,
        changed=view.changed,
        problem=view.problem,
    )


def _record(view: RecordView, trail: list[EntryShown]) -> RecordShown:
    return RecordShown(
        pair=_pair(view.pair) if view.pair is not None else None,
        sides={side.value: _side(one) for side, one in view.sides.items()},
        differences=changes(list(view.differences)),
        jobs=[JobShown.model_validate(job(row)) for row in view.jobs],
        parked=[ParkedShown.model_validate(parked_view(one)) for one in view.parked],
        trail=trail,
    )


def _entries(page: Mapping[str, Any]) -> list[EntryShown]:
    return [EntryShown.model_validate(entry) for entry in page["entries"]]
