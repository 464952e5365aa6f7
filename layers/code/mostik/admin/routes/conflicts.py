"""Conflicts: what a person must decide, both values beside each other, and the decision."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import Field

from mostik.admin.cursors import cursor_of, place_of
from mostik.admin.desk import AdminDesk
from mostik.admin.recorddesk import Place
from mostik.admin.roles import Role
from mostik.admin.routes.shapes import Cursor, Done, Limit, Reason, RecordKey, Shown, Wanted
from mostik.admin.routing import AdminApi
from mostik.admin.views import iso
from mostik.sync.conflicts import Chosen, ConflictItem, ConflictKind, ConflictView
from mostik.sync.link import Side

LinkQuery = Annotated[str, Query(min_length=1, max_length=200)]
KeyQuery = Annotated[str, Query(min_length=1, max_length=1_000)]


class ConflictShown(Shown):
    """One record about which a person must decide."""

    link: str
    side: Side
    key: str
    keys: dict[str, str]
    kind: ConflictKind
    paths: list[str]
    since: str | None
    decided_by: str
    decided_at: str | None
    decided: dict[str, Side] = Field(description="Waits for the next touch of the record.")
    outrun: list[str] = Field(description="Decided, and changed after that: decide anew.")


class ConflictsShown(Shown):
    """Open items, and where to go on."""

    conflicts: list[ConflictShown]
    cursor: str | None


class CountShown(Shown):
    """How many items are open."""

    open: int


class DisputeShown(Shown):
    """One thing that is open, as both sides have it now; ``mark`` goes back with the decision."""

    path: str
    left: Any = None
    right: Any = None
    mark: str
    choice: Side | None
    outrun: bool


class ConflictDetail(ConflictShown):
    """One item with the present values of both sides."""

    disputes: list[DisputeShown]
    problem: str
    candidates: list[str]


class ConflictWanted(Wanted):
    """Which record."""

    link: str = Field(min_length=1, max_length=200)
    side: Side
    key: RecordKey
    reason: Reason = ""


class ChoiceWanted(Wanted):
    """Whose value of one dispute stays, and the mark of what was seen."""

    path: str = Field(min_length=1, max_length=1_000)
    side: Side
    mark: str = Field(max_length=200)


class DecisionWanted(ConflictWanted):
    """What a person has decided; what is not named stays open."""

    choices: list[ChoiceWanted] = Field(min_length=1, max_length=500)


class PairWanted(ConflictWanted):
    """A match: which record of the other side it is."""

    other: RecordKey


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/conflicts", Role.VIEWER, summary="Records of a link that a person must decide about")
    def conflicts(link: LinkQuery, limit: Limit = 50, cursor: Cursor = None) -> ConflictsShown:
        found = desk.records.link(link)
        page = desk.conflicts.page(found.id, after=place_of(cursor), limit=limit)
        return ConflictsShown(
            conflicts=[ConflictShown.model_validate(_item(one)) for one in page.items],
            cursor=cursor_of(page.after),
        )

    @api.get("/conflicts/count", Role.VIEWER, summary="How many are open")
    def count(link: LinkQuery) -> CountShown:
        return CountShown(open=desk.conflicts.count(desk.records.link(link).id))

    @api.get("/conflicts/one", Role.VIEWER, summary="Both sides of one, read now")
    def one(link: LinkQuery, side: Side, key: KeyQuery) -> ConflictDetail:
        found = desk.records.link(link)
        view = desk.conflicts.look(found.id, side, key, api.remaining)
        return ConflictDetail.model_validate(_detail(view))

    @api.post("/conflicts/reveal", Role.OPERATOR, summary="The same with personal data; audited")
    def reveal(wanted: Annotated[ConflictWanted, Body()]) -> ConflictDetail:
        place = Place(desk.records.link(wanted.link), wanted.side, wanted.key)
        with desk.audit.action(
            api.caller, "conflict.reveal", f"record/{place.job}",
            connection=place.connection, reason=wanted.reason,
        ):  # fmt: skip
            view = desk.conflicts.look(
                place.link.id, wanted.side, wanted.key, api.remaining, reveal=True
            )
        return ConflictDetail.model_validate(_detail(view))

    @api.post("/conflicts/decide", Role.OPERATOR, summary="Say whose values stay", status=202)
    def decide(wanted: Annotated[DecisionWanted, Body()]) -> ConflictShown:
        place = Place(desk.records.link(wanted.link), wanted.side, wanted.key)
        choices = {one.path: Chosen(one.side, one.mark) for one in wanted.choices}
        with desk.audit.action(
            api.caller, "conflict.decide", f"record/{place.job}",
            connection=place.connection, reason=wanted.reason,
        ) as note:  # fmt: skip
            note.result = ", ".join(f"{path}: {one.side}" for path, one in choices.items())[:1_000]
            item = desk.conflicts.decide(
                place.link.id, wanted.side, wanted.key, choices, by=api.caller.name
            )
        return ConflictShown.model_validate(_item(item))

    @api.post("/conflicts/pair", Role.OPERATOR, summary="A match: it is this one of the other side")
    def pair(wanted: Annotated[PairWanted, Body()]) -> Done:
        place = Place(desk.records.link(wanted.link), wanted.side, wanted.key)
        with desk.audit.action(
            api.caller, "conflict.pair", f"record/{place.job}",
            connection=place.connection, reason=wanted.reason,
        ) as note:  # fmt: skip
            note.result = wanted.other
            desk.conflicts.pair(
                place.link.id, wanted.side, wanted.key, wanted.other, by=api.caller.name
            )
        return Done(done=[f"{place.job} and {wanted.other} are one."])

    @api.post(
        "/conflicts/make",
        Role.OPERATOR,
        summary="A match: the other side does not have it, it may be created there",
    )
    def make(wanted: Annotated[ConflictWanted, Body()]) -> Done:
        place = Place(desk.records.link(wanted.link), wanted.side, wanted.key)
        with desk.audit.action(
            api.caller, "conflict.make", f"record/{place.job}",
            connection=place.connection, reason=wanted.reason,
        ):  # fmt: skip
            desk.conflicts.make(place.link.id, wanted.side, wanted.key, by=api.caller.name)
        return Done(done=[f"{place.job} may be created on the other side."])

    @api.post("/conflicts/leave", Role.OPERATOR, summary="A match: neither paired nor created")
    def leave(wanted: Annotated[ConflictWanted, Body()]) -> Done:
        place = Place(desk.records.link(wanted.link), wanted.side, wanted.key)
        with desk.audit.action(
            api.caller, "conflict.leave", f"record/{place.job}",
            connection=place.connection, reason=wanted.reason,
        ):  # fmt: skip
            desk.conflicts.leave(place.link.id, wanted.side, wanted.key)
        return Done(done=[f"{place.job} is left alone."])


def _item(item: ConflictItem) -> dict[str, Any]:
    return {
        "link": item.link,
        "side": item.side,
        "key": item.key,
        "keys": {side.value: key for side, key in item.keys.items()},
        "kind": item.kind,
        "paths": list(item.paths),
        "since": iso(item.since) if item.since else None,
        "decided_by": item.decided_by,
        "decided_at": iso(item.decided_at),
        "decided": dict(item.decided),
        "outrun": list(item.outrun),
    }


def _detail(view: ConflictView) -> dict[str, Any]:
    return {
        **_item(view.item),
        "disputes": [
            {
                "path": one.path,
                "left": one.left,
                "right": one.right,
                "mark": one.mark,
                "choice": one.choice,
                "outrun": one.outrun,
            }
            for one in view.disputes
        ],
        "problem": view.problem,
        "candidates": list(view.candidates),
    }
