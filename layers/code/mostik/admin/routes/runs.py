"""Links and runs: what is kept equal, and its executions."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import Field

from mostik.admin.desk import AdminDesk
from mostik.admin.parameters import moment
from mostik.admin.problems import Refused, Words, no_such
from mostik.admin.roles import Role
from mostik.admin.routes.shapes import Because, Key, Limit, Reason, Shown, Wanted
from mostik.admin.routing import AdminApi
from mostik.admin.runviews import link_view, run_detail, run_view
from mostik.connections.connection import Mode
from mostik.sync.link import Link, Side
from mostik.sync.run import Run, RunKind, RunState

RunId = Annotated[str, Path(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$", description="Id of a run.")]
_RUN = Words("run", "запуск")


class EndShown(Shown):
    """A resource of a connection."""

    connection: str
    resource: str


class LinkShown(Shown):
    """Two ends that are kept equal."""

    id: str
    left: EndShown
    right: EndShown
    creates: list[Side]
    deletes: list[Side]
    owner: Side
    brakes: dict[str, int] = Field(description="What differs from the usual limits.")


class LinksShown(Shown):
    """All links."""

    links: list[LinkShown]


class FiguresShown(Shown):
    """``listed + gone`` is the sum of the counts when every record is accounted for."""

    listed: int
    gone: int
    add_up: bool
    counts: dict[str, int]


class RunShown(Shown):
    """One run."""

    id: str
    link: str
    side: Side
    kind: RunKind
    state: RunState
    stage: str | None
    started_at: str
    moved_at: str
    ended_at: str | None
    by: str
    pages: int
    held_for: list[str]
    approved_by: str | None
    reason: str | None
    who_must_act: str | None
    figures: FiguresShown | None


class RunDetail(RunShown):
    """One run with its progress and some of its records."""

    records: dict[str, list[str]]
    chunks: int
    chunks_done: int


class RunsShown(Shown):
    """Open runs, then the latest of those that have ended."""

    runs: list[RunShown]


class RunWanted(Wanted):
    """A run to start."""

    link: str = Field(min_length=1, max_length=200)
    kind: RunKind = RunKind.INCREMENTAL
    side: Side = Field(default=Side.LEFT, description="Where records come from.")
    since: str | None = Field(
        default=None,
        max_length=40,
        description="Of a manual run or a backfill: changed since; 2h, or ISO 8601.",
    )
    reason: Reason = ""


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/links", Role.VIEWER, summary="What is kept equal")
    def links() -> LinksShown:
        return LinksShown(
            links=[LinkShown.model_validate(link_view(link)) for link in desk.links.all()]
        )

    @api.get("/runs", Role.VIEWER, summary="Open runs, and the latest of those that have ended")
    def runs(limit: Limit = 20) -> RunsShown:
        found = [*desk.runs.runs.open(), *desk.runs.runs.closed(limit)]
        return RunsShown(runs=[RunShown.model_validate(run_view(run)) for run in found])

    def run_of(run_id: str) -> Run:
        found = desk.runs.runs.get(run_id)
        if found is None:
            raise no_such(_RUN)
        return found

    @api.get("/runs/<run>", Role.VIEWER, summary="One run: progress, figures, some records")
    def one(run: RunId) -> RunDetail:
        return RunDetail.model_validate(run_detail(run_of(run), desk.results))

    @api.post("/runs", Role.OPERATOR, summary="Start a run", status=202)
    def start(wanted: Annotated[RunWanted, Body()], once: Key = None) -> RunShown:
        link = desk.records.link(wanted.link)
        if wanted.kind is not RunKind.DRY:
            _check_modes(desk, link)
        since = moment(wanted.since, desk.clock()) if wanted.since else None

        def act() -> dict[str, Any]:
            with desk.audit.action(
                api.caller, f"run.{wanted.kind.value}", f"link/{link.id}", reason=wanted.reason
            ) as note:
                run = desk.runs.start(
                    link.id, wanted.kind, side=wanted.side, by=api.caller.name, since=since
                )
                note.result = f"run {run.id}"
            return run_view(run)

        asked = {"runs": wanted.model_dump()}
        return RunShown.model_validate(desk.once(api.caller, once, asked, act))

    @api.post("/runs/<run>/approve", Role.OPERATOR, summary="Let a held run go on")
    def approve(run: RunId, wanted: Annotated[Because, Body()]) -> RunShown:
        found = run_of(run)
        if found.approved_by is not None and found.is_open:
            return RunShown.model_validate(run_view(found))
        with desk.audit.action(
            api.caller, "run.approve", f"run/{run}", reason=wanted.reason
        ) as note:
            note.result = " ".join(found.held_for)[:1_000]
            moved = desk.runs.approve(run, by=api.caller.name)
        return RunShown.model_validate(run_view(moved))

    @api.post("/runs/<run>/cancel", Role.OPERATOR, summary="End a run; again: same")
    def cancel(run: RunId, wanted: Annotated[Because, Body()]) -> RunShown:
        found = run_of(run)
        if found.state is RunState.CANCELLED:
            return RunShown.model_validate(run_view(found))
        with desk.audit.action(api.caller, "run.cancel", f"run/{run}", reason=wanted.reason):
            moved = desk.runs.cancel(run)
        return RunShown.model_validate(run_view(moved))


def _check_modes(desk: AdminDesk, link: Link) -> None:
    """A run that writes would not write, and its watermark would move on over the changes."""
    for side in Side:
        connection = desk.book.now(link.end(side).connection)
        if connection is not None and connection.mode is Mode.DRY:
            name = connection.id
            raise Refused(
                409,
                Words(
                    f"{name} is in dry mode: start a dry run, or set it live.",
                    f"{name} в пробном режиме: запустите пробный прогон или включите запись.",
                ),
            )
