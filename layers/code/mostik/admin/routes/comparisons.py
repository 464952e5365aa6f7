"""Comparisons: both sides of a link counted completely, what differs and why, and its repair."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import Field

from mostik.admin.cursors import cursor_of, place_of
from mostik.admin.desk import AdminDesk
from mostik.admin.problems import Words, no_such
from mostik.admin.roles import Role
from mostik.admin.routes.matching import LinkPath
from mostik.admin.routes.shapes import Because, Cursor, Done, Shown
from mostik.admin.routing import AdminApi
from mostik.admin.views import iso
from mostik.errors import Skip
from mostik.sync.comparison import Comparison, Lack, SideFigures
from mostik.sync.link import Side

ComparisonId = Annotated[
    str, Path(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$", description="Id of a comparison.")
]
_COMPARISON = Words("comparison", "сверка")


class SideFiguresShown(Shown):
    """Figures of one side."""

    listed: int
    taken: int
    paired: int
    unpaired: int
    hash: str = Field(description="Both are one when both sides say what they have agreed on.")


class ComparisonShown(Shown):
    """How far a comparison is, and what it has found."""

    id: str
    link: str
    by: str
    started_at: str | None
    moved_at: str | None
    ended_at: str | None
    part: str
    left: SideFiguresShown
    right: SideFiguresShown
    agreed: int
    skipped: int
    lacks: dict[str, int]
    repaired_by: str


class LatestShown(Shown):
    """The latest comparison of a link, if there is one."""

    comparison: ComparisonShown | None


class DifferenceShown(Shown):
    """One record that is not the same on both sides."""

    lack: Lack
    side: Side
    key: str
    other: str | None
    fields: list[str]
    why: str
    mends: bool = Field(description="A repair touches it.")


class DifferencesShown(Shown):
    """Some of them, and where to go on."""

    differences: list[DifferenceShown]
    cursor: str | None


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    def known(comparison: str) -> Comparison:
        try:
            return desk.reconcile.get(comparison)
        except Skip:
            raise no_such(_COMPARISON) from None

    @api.get("/links/<link>/comparison", Role.VIEWER, summary="The latest comparison of a link")
    def latest(link: LinkPath) -> LatestShown:
        found = desk.reconcile.latest(desk.records.link(link).id)
        return LatestShown(comparison=_shown(found) if found is not None else None)

    @api.post(
        "/links/<link>/comparison",
        Role.OPERATOR,
        summary="Begin to compare both sides completely; nothing is written to them",
        status=202,
    )
    def start(link: LinkPath, wanted: Annotated[Because, Body()]) -> ComparisonShown:
        found = desk.records.link(link)
        with desk.audit.action(
            api.caller, "link.compare", f"link/{link}", reason=wanted.reason
        ) as note:
            begun = desk.reconcile.start(found.id, by=api.caller.name)
            note.result = f"comparison {begun.id}"
        return _shown(begun)

    @api.post(
        "/comparisons/<comparison>/go-on",
        Role.OPERATOR,
        summary="Take a comparison as far as the time allows; again and again until it is done",
    )
    def go_on(comparison: ComparisonId, wanted: Annotated[Because, Body()]) -> ComparisonShown:
        del wanted
        known(comparison)
        return _shown(desk.reconcile.go_on(comparison, api.remaining))

    @api.get("/comparisons/<comparison>/differences", Role.VIEWER, summary="What differs, and why")
    def differences(comparison: ComparisonId, cursor: Cursor = None) -> DifferencesShown:
        known(comparison)
        place = place_of(cursor)
        after = int(place) if place is not None and place.isdecimal() and len(place) < 10 else 0
        found, more = desk.reconcile.differences(comparison, after=after)
        return DifferencesShown(
            differences=[
                DifferenceShown(
                    lack=one.lack,
                    side=one.side,
                    key=one.key,
                    other=one.other,
                    fields=list(one.fields),
                    why=one.why,
                    mends=one.mends,
                )
                for one in found
            ],
            cursor=cursor_of(str(more) if more is not None else None),
        )

    @api.post(
        "/comparisons/<comparison>/repair",
        Role.OPERATOR,
        summary="Have touched what differs and a touch can mend",
    )
    def repair(comparison: ComparisonId, wanted: Annotated[Because, Body()]) -> Done:
        found = known(comparison)
        with desk.audit.action(
            api.caller, "link.repair", f"link/{found.link}", reason=wanted.reason
        ) as note:
            sent = desk.reconcile.repair(comparison, by=api.caller.name)
            note.result = f"{sent} records of comparison {comparison}"
        return Done(done=[f"{sent} records are read again and carried over."])


def _shown(found: Comparison) -> ComparisonShown:
    return ComparisonShown(
        id=found.id,
        link=found.link,
        by=found.by,
        started_at=iso(found.started_at),
        moved_at=iso(found.moved_at),
        ended_at=iso(found.ended_at),
        part=found.part.value,
        left=_figures(found.left),
        right=_figures(found.right),
        agreed=found.agreed,
        skipped=found.skipped,
        lacks={lack.value: number for lack, number in found.lacks.items()},
        repaired_by=found.repaired_by,
    )


def _figures(side: SideFigures) -> SideFiguresShown:
    own: dict[str, Any] = {
        "listed": side.listed,
        "taken": side.taken,
        "paired": side.paired,
        "unpaired": side.unpaired,
        "hash": side.hash,
    }
    return SideFiguresShown.model_validate(own)
