"""Links and runs: what is kept equal, and its executions."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import Field

from mostik.admin.cursors import cursor_of, place_of
from mostik.admin.desk import AdminDesk
from mostik.admin.parameters import moment
from mostik.admin.problems import Refused, Words, no_such
from mostik.admin.roles import Role
from mostik.admin.routes.matching import LinkPath
from mostik.admin.routes.shapes import (
    Because,
    Cursor,
    Key,
    Limit,
    Reason,
    RecordKey,
    Shown,
    Wanted,
)
from mostik.admin.routing import AdminApi
from mostik.admin.runviews import link_view, run_detail, run_view
from mostik.connections.connection import Mode
from mostik.sync.link import Link, Side
from mostik.sync.run import Run, RunKind, RunState
from mostik.sync.rundesk import MOST_IDS
from mostik.sync.rundiff import diff_view
from mostik.sync.verdict import Verdict

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
    documented: bool = Field(description="A person has written it down; else it is derived.")
    matched: bool = Field(description="It may write.")
    paused_at: str | None
    paused: str = Field(description="Who has stopped it, in a sentence.")


class LinksShown(Shown):
    """All links."""

    links: list[LinkShown]


class FiguresShown(Shown):
    """``listed + gone`` is the sum of the counts when every record is accounted for."""

    listed: int
    gone: int
    add_up: bool
    counts: dict[str, int]
    unannounced: int | None = Field(
        description="Carried over though no event had told of them; null: nobody counts that."
    )


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
    paused_by: str | None
    note: str = Field(description="What it found worth saying about itself.")
    named: int = Field(description="Only so many named records; 0: all that is listed.")
    reason: str | None
    who_must_act: str | None
    figures: FiguresShown | None


class RunDetail(RunShown):
    """One run with its progress and some of its records."""

    records: dict[str, list[str]]
    chunks: int
    chunks_done: int
    planned: int = Field(description="Records that are looked at closely.")
    looked_at: int
    share: float | None = Field(description="Of its present stage; null: nobody knows.")
    ends_at: str | None = Field(description="When it will be done at its pace so far.")


class RunsShown(Shown):
    """Open runs, then the latest of those that have ended."""

    runs: list[RunShown]


class FieldDiffShown(Shown):
    """What one side would be told."""

    side: Side
    path: str
    before: Any = None
    after: Any = None


class DisputeDiffShown(Shown):
    """What a person would have to decide."""

    path: str
    left: Any = None
    right: Any = None


class DiffShown(Shown):
    """What a run would do about one record."""

    key: str
    verdict: Verdict
    why: str
    changes: list[FieldDiffShown]
    disputes: list[DisputeDiffShown]
    more: int = Field(description="Fields that are left out here.")


class DiffsShown(Shown):
    """Some of them; of how many records each field would change; and where to go on."""

    records: list[DiffShown]
    fields: dict[str, int]
    expired: int
    cursor: str | None


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
    ids: list[RecordKey] = Field(
        default_factory=list,
        max_length=MOST_IDS,
        description="Of a manual or a dry run: only these records.",
    )
    reason: Reason = ""


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/links", Role.VIEWER, summary="What is kept equal")
    def links() -> LinksShown:
        stopped = desk.runs.runs.pauses.of_links()
        return LinksShown(
            links=[
                LinkShown.model_validate(link_view(link, stopped.get(link.id)))
                for link in desk.links.all()
            ]
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
        return RunDetail.model_validate(run_detail(run_of(run), desk.results, desk.clock()))

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
                    link.id,
                    wanted.kind,
                    side=wanted.side,
                    by=api.caller.name,
                    since=since,
                    ids=wanted.ids,
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

    @api.post("/runs/<run>/pause", Role.OPERATOR, summary="Stop a run; it goes on when resumed")
    def pause(run: RunId, wanted: Annotated[Because, Body()]) -> RunShown:
        run_of(run)
        with desk.audit.action(api.caller, "run.pause", f"run/{run}", reason=wanted.reason):
            moved = desk.runs.pause(run, by=api.caller.name)
        return RunShown.model_validate(run_view(moved))

    @api.post("/runs/<run>/resume", Role.OPERATOR, summary="Let a paused run go on")
    def resume(run: RunId, wanted: Annotated[Because, Body()]) -> RunShown:
        run_of(run)
        with desk.audit.action(api.caller, "run.resume", f"run/{run}", reason=wanted.reason):
            moved = desk.runs.resume(run)
        return RunShown.model_validate(run_view(moved))

    @api.post(
        "/links/<link>/pause",
        Role.OPERATOR,
        summary="Stop all that goes over a link; touched records are remembered",
    )
    def pause_link(link: LinkPath, wanted: Annotated[Because, Body()]) -> LinkShown:
        found = desk.records.link(link)
        with desk.audit.action(api.caller, "link.pause", f"link/{link}", reason=wanted.reason):
            stopped = desk.runs.pause_link(found.id, by=api.caller.name)
        return LinkShown.model_validate(link_view(found, stopped))

    @api.post("/links/<link>/resume", Role.OPERATOR, summary="Let a paused link go on")
    def resume_link(link: LinkPath, wanted: Annotated[Because, Body()]) -> LinkShown:
        found = desk.records.link(link)
        with desk.audit.action(api.caller, "link.resume", f"link/{link}", reason=wanted.reason):
            desk.runs.resume_link(found.id)
        return LinkShown.model_validate(link_view(found))

    @api.get(
        "/runs/<run>/diff",
        Role.VIEWER,
        summary="What a dry run would change, field by field; personal data is masked",
    )
    def diff(
        run: RunId,
        verdict: Annotated[Verdict | None, Query()] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> DiffsShown:
        run_of(run)
        page = desk.diffs.page(run, after=place_of(cursor), limit=limit, verdict=verdict)
        return DiffsShown(
            records=[DiffShown.model_validate(diff_view(one)) for one in page.records],
            fields=dict(desk.diffs.fields(run)),
            expired=page.expired,
            cursor=cursor_of(page.after),
        )


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
