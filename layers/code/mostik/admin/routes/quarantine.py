"""Records that are not carried over: in quarantine, or pending because of another record."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import Field

from mostik.admin.cursors import cursor_of, place_of
from mostik.admin.desk import AdminDesk
from mostik.admin.recorddesk import Place
from mostik.admin.roles import Role
from mostik.admin.routes.shapes import Cursor, Done, Limit, Reason, RecordKey, Shown, Wanted
from mostik.admin.routing import AdminApi
from mostik.admin.runviews import parked_view
from mostik.ids import ulid
from mostik.jobs.message import Touch
from mostik.sync.link import Side


class ParkedShown(Shown):
    """A record that is not carried over, and why."""

    link: str
    side: Side
    connection: str
    resource: str
    key: str
    state: str
    tries: int
    reason: str
    who_must_act: str
    code: str | None
    since: str
    run: str | None
    waits_for: str | None
    next_attempt_at: str | None


class ParkedPage(Shown):
    """Some of them, and where to go on."""

    records: list[ParkedShown]
    cursor: str | None


class ParkedWanted(Wanted):
    """Which record."""

    link: str = Field(min_length=1, max_length=200)
    side: Side
    key: RecordKey
    reason: Reason = ""


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/quarantine", Role.VIEWER, summary="Records of a link that are not carried over")
    def parked(
        link: Annotated[str, Query(min_length=1, max_length=200)],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> ParkedPage:
        found = desk.records.link(link)
        page = desk.parked.page(found.id, after=place_of(cursor), limit=limit)
        return ParkedPage(
            records=[ParkedShown.model_validate(parked_view(one)) for one in page.records],
            cursor=cursor_of(page.after),
        )

    @api.post("/quarantine/retry", Role.OPERATOR, summary="Try a record again; again: same")
    def retry(wanted: Annotated[ParkedWanted, Body()]) -> Done:
        place = Place(desk.records.link(wanted.link), wanted.side, wanted.key)
        record = desk.records.parked_at(place)
        with desk.audit.action(
            api.caller,
            "quarantine.retry",
            f"record/{place.job}",
            connection=place.connection,
            reason=wanted.reason,
        ):
            now = desk.clock()
            event = f"person:{ulid(now)}"
            desk.records.send(Touch(record.connection, record.resource, record.key, event, now))
        return Done(done=[f"{place.job} is tried again."])

    @api.post("/quarantine/drop", Role.OPERATOR, summary="Take a record out; it is not carried")
    def drop(wanted: Annotated[ParkedWanted, Body()]) -> Done:
        place = Place(desk.records.link(wanted.link), wanted.side, wanted.key)
        record = desk.records.parked_at(place)
        with desk.audit.action(
            api.caller,
            "quarantine.drop",
            f"record/{place.job}",
            connection=place.connection,
            reason=wanted.reason,
        ) as note:
            note.result = record.failure.text
            desk.records.drop(record)
        return Done(done=[f"{place.job} is taken out."])
