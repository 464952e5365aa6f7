"""Matching: two filled bases become pairs, and then the link may write."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import Field

from mostik.admin.cursors import cursor_of, place_of
from mostik.admin.desk import AdminDesk
from mostik.admin.matchdesk import Line, Standing
from mostik.admin.problems import FieldProblem, Refused, Words
from mostik.admin.roles import Role
from mostik.admin.routes.shapes import Because, Cursor, Done, Limit, Reason, Shown, Wanted
from mostik.admin.routing import AdminApi
from mostik.admin.views import iso
from mostik.linkdoc.document import LINK_ID
from mostik.mapping.side import Side
from mostik.matching.approval import Approval, Decision, Verdict, words
from mostik.matching.found import State
from mostik.matching.sheet import MOST_BYTES

LinkPath = Annotated[str, Path(pattern=LINK_ID, description="Id of a link.")]
_WRONG = Words("The sheet was not taken: see its lines.", "Таблица не принята: смотрите строки.")


class MatchingShown(Shown):
    """Where the matching of a link stands."""

    link: str
    left: str
    right: str
    matched: bool = Field(description="The link may write.")
    version: str = Field(description="Names the table; empty: both bases are not read yet.")
    at: str | None
    by: str
    counts: dict[str, int]
    decided: int
    written: int | None = Field(description="Parts of the approval that are written.")
    parts: int
    comes_to: list[str] = Field(description="What an approval would mean now, in sentences.")
    paired: int = 0
    new_right: int = Field(default=0, description="Of the left side: may be created on the right.")
    new_left: int = 0
    left_alone: int = 0
    undecided: int = Field(default=0, description="The link does not touch them.")
    faults: list[str] = Field(description="Decisions that contradict each other.")


class CandidateShown(Shown):
    """A record of the other side that it may be."""

    key: str
    title: str


class LineShown(Shown):
    """One row: a pair, or a record of one side."""

    place: int
    state: State
    left: str | None
    left_title: str
    right: str | None
    right_title: str
    rule: str
    why: str
    candidates: list[CandidateShown]
    verdict: Verdict | None
    key: str | None


class LinesShown(Shown):
    """Some rows, and where to go on."""

    rows: list[LineShown]
    cursor: str | None


class SheetShown(Shown):
    """The table as CSV."""

    name: str
    sheet: str


class DecisionWanted(Wanted):
    """What a person says about a row; without a verdict it is taken back."""

    version: str = Field(max_length=20)
    place: int = Field(ge=0, le=10_000_000)
    verdict: Verdict | None = None
    key: str = Field(default="", max_length=1_000, description="Of a pair: key on the other side.")


class SheetWanted(Wanted):
    """A sheet, filled in."""

    sheet: str = Field(min_length=1, max_length=MOST_BYTES)


class ApprovalWanted(Wanted):
    """Which table is approved, and why."""

    version: str = Field(max_length=20)
    reason: Reason = ""


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    def shown(standing: Standing) -> MatchingShown:
        link = standing.link
        sentences: list[str] = []
        faults: list[str] = []
        numbers: dict[str, int] = {}
        if standing.version:
            approval = desk.matching.approval(link)
            numbers = _numbers(approval)
            sentences = list(words(approval, link.left.connection, link.right.connection))
            faults = list(approval.faults[:20])
        return MatchingShown(
            link=link.id,
            left=f"{link.left.connection}/{link.left.resource}",
            right=f"{link.right.connection}/{link.right.resource}",
            matched=link.matched,
            version=standing.version,
            at=iso(standing.at) if standing.version else None,
            by=standing.by,
            counts={state.value: standing.counts.get(state, 0) for state in State},
            decided=standing.decided,
            written=standing.written,
            parts=standing.parts,
            comes_to=sentences,
            faults=faults,
            **numbers,
        )

    @api.get("/links/<link>/matching", Role.VIEWER, summary="Where the matching of a link stands")
    def standing(link: LinkPath) -> MatchingShown:
        return shown(desk.matching.standing(desk.records.link(link)))

    @api.post(
        "/links/<link>/matching",
        Role.OPERATOR,
        summary="Read both bases and say what is the same; nothing is written to them",
    )
    def match(link: LinkPath, wanted: Annotated[Because, Body()]) -> MatchingShown:
        found = desk.records.link(link)
        with desk.audit.action(
            api.caller, "matching.match", f"link/{link}", reason=wanted.reason
        ) as note:
            done = desk.matching.match(found, api.remaining, by=api.caller.name)
            note.result = ", ".join(f"{state.value} {n}" for state, n in done.counts.items())
        return shown(done)

    @api.get(
        "/links/<link>/matching/rows",
        Role.OPERATOR,
        summary="Rows of one state; titles may be names of people",
    )
    def rows(
        link: LinkPath,
        state: Annotated[State, Query()] = State.AMBIGUOUS,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> LinesShown:
        place = place_of(cursor)
        after = int(place) if place is not None and place.isdecimal() and len(place) < 10 else -1
        found = desk.matching.lines(desk.records.link(link), state, after=after, limit=limit)
        more = str(found.after) if found.after is not None else None
        return LinesShown(
            rows=[LineShown.model_validate(_line(one)) for one in found.lines],
            cursor=cursor_of(more),
        )

    @api.post("/links/<link>/matching/rows", Role.OPERATOR, summary="Decide about a row")
    def decide(link: LinkPath, wanted: Annotated[DecisionWanted, Body()]) -> Done:
        found = desk.records.link(link)
        decision = Decision(wanted.verdict, wanted.key) if wanted.verdict is not None else None
        with desk.audit.action(
            api.caller, "matching.decide", f"link/{link}/row/{wanted.place + 1}"
        ) as note:
            desk.matching.decide(found, wanted.version, wanted.place, decision)
            note.result = f"{wanted.verdict.value if wanted.verdict else 'open'} {wanted.key}"
        return Done(done=["The decision is kept; it counts with the approval."])

    @api.get("/links/<link>/matching/sheet", Role.OPERATOR, summary="The table as CSV")
    def sheet(link: LinkPath) -> SheetShown:
        found = desk.records.link(link)
        text = desk.matching.sheet(found)
        return SheetShown(name=f"{link}.csv", sheet=text)

    @api.post(
        "/links/<link>/matching/sheet", Role.OPERATOR, summary="Take the decisions of a sheet"
    )
    def take(link: LinkPath, wanted: Annotated[SheetWanted, Body()]) -> MatchingShown:
        found = desk.records.link(link)
        with desk.audit.action(api.caller, "matching.sheet", f"link/{link}"):
            sent = wanted.sheet.encode("utf-8", "surrogatepass")
            faults = desk.matching.take(found, sent)
            if faults:
                fields = [FieldProblem("sheet", Words(text, text)) for text in faults[:20]]
                raise Refused(422, _WRONG, fields=fields)
        return shown(desk.matching.standing(found))

    @api.post(
        "/links/<link>/matching/approve",
        Role.ADMIN,
        summary="Write the pairs down; asked again, goes on. When all are, the link may write",
    )
    def approve(link: LinkPath, wanted: Annotated[ApprovalWanted, Body()]) -> MatchingShown:
        found = desk.records.link(link)
        with desk.audit.action(
            api.caller, "matching.approve", f"link/{link}", reason=wanted.reason
        ) as note:
            done = desk.matching.approve(found, wanted.version, api.remaining)
            note.result = f"{done.written} of {done.parts} parts"
        return shown(done)

    @api.post(
        "/links/<link>/matching/waive",
        Role.ADMIN,
        summary="There is nothing to be matched: the link may write",
    )
    def waive(link: LinkPath, wanted: Annotated[Because, Body()]) -> MatchingShown:
        found = desk.records.link(link)
        with desk.audit.action(api.caller, "matching.waive", f"link/{link}", reason=wanted.reason):
            settled = desk.matching.waive(found)
        return shown(desk.matching.standing(settled))


def _numbers(approval: Approval) -> dict[str, int]:
    return {
        "paired": len(approval.pairs),
        "new_right": len(approval.to_create[Side.LEFT]),
        "new_left": len(approval.to_create[Side.RIGHT]),
        "left_alone": sum(map(len, approval.left_alone.values())),
        "undecided": sum(map(len, approval.undecided.values())),
    }


def _line(line: Line) -> dict[str, Any]:
    row, decision = line.row, line.decision
    return {
        "place": line.place,
        "state": row.state,
        "left": row.left,
        "left_title": row.left_title,
        "right": row.right,
        "right_title": row.right_title,
        "rule": row.rule,
        "why": row.why,
        "candidates": [{"key": key, "title": title} for key, title in line.titles.items()],
        "verdict": decision.verdict if decision is not None else None,
        "key": decision.key if decision is not None and decision.key else None,
    }
