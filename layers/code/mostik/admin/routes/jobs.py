"""Jobs: what waits and why, one job with its payload, failed jobs and their replay in four steps.

The four steps: filter (``/jobs/failed``), count (``/jobs/failed/count``), confirm with the number
that was shown and a reason (``POST /jobs/replays``), progress with cancel (``/jobs/replays/<id>``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import Field

from mostik.admin.cursors import cursor_of, place_of
from mostik.admin.desk import AdminDesk
from mostik.admin.failed import failed_count, failed_job, read_failed_filter, replay_run
from mostik.admin.problems import Refused, Words, no_such
from mostik.admin.roles import Role
from mostik.admin.routes.shapes import Because, Cursor, Done, Key, Limit, Reason, Shown, Wanted
from mostik.admin.routing import AdminApi
from mostik.admin.views import job
from mostik.jobs.failed import FailedFilter
from mostik.jobs.row import DUE_SHARDS, JobRow
from mostik.jobs.rows import Rows

JobId = Annotated[str, Query(alias="id", min_length=1, max_length=1_500, description="Job id.")]
ReplayId = Annotated[str, Path(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
Text = Annotated[str | None, Query(min_length=1, max_length=500)]
_JOB = Words("job (any more)", "задание; возможно, оно уже выполнено")
_FAR = 366 * 86_400.0


class JobShown(Shown):
    """One job, without its payload."""

    id: str
    connection: str
    state: str
    attempts: int
    reason: str | None
    family: str | None
    who_must_act: str | None
    first_attempt_at: str | None
    last_attempt_at: str | None
    next_attempt_at: str | None
    gate: str | None


class JobsShown(Shown):
    """Jobs, and where to go on."""

    jobs: list[JobShown]
    cursor: str | None


class JobDetail(JobShown):
    """One job with its payload."""

    failed_at: str | None
    code: str | None
    crashes: int
    payload: dict[str, Any]


class GroupShown(Shown):
    """Failed jobs of one connection and reason."""

    connection: str
    reason: str
    jobs: int


class CountShown(Shown):
    """How many failed jobs a filter means; ``whole`` is false when there are more."""

    jobs: int
    whole: bool
    oldest: str | None
    newest: str | None
    groups: list[GroupShown]


class ReplayShown(Shown):
    """Where a replay of many jobs stands."""

    id: str
    state: str
    matching: int
    replayed: int
    left: int
    by: str
    started_at: str
    ended_at: str | None
    filter: dict[str, Any]


class ReplaysShown(Shown):
    """Replays, newest first."""

    replays: list[ReplayShown]


class JobWanted(Wanted):
    """Which job, and why."""

    id: str = Field(min_length=1, max_length=1_500)
    reason: Reason = ""


class FilterWanted(Wanted):
    """Which failed jobs: those that fit everything that is given."""

    connection: str | None = None
    family: str | None = None
    who: str | None = None
    resource: str | None = None
    since: str | None = None
    until: str | None = None
    text: str | None = None
    because: str | None = Field(default=None, description="A part of the failure's reason.")

    def read(self, now: float) -> FailedFilter:
        """Returns it as a filter.

        Raises:
            ConfigurationError: a value is wrong; lists what is possible.
        """
        given = self.model_dump(exclude_none=True)
        if "because" in given:
            given["reason"] = given.pop("because")
        return read_failed_filter(given, now)


class ReplayWanted(Wanted):
    """A confirmed replay: the filter, how many jobs the person was told that it means, and why."""

    filter: FilterWanted
    matching: int = Field(ge=1, le=10_000_000)
    reason: str = Field(min_length=1, max_length=500)


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/jobs/failed", Role.VIEWER, summary="Failed jobs, the newest failure first")
    def failed(
        connection: Text = None,
        family: Text = None,
        who: Text = None,
        resource: Text = None,
        since: Text = None,
        until: Text = None,
        text: Text = None,
        because: Text = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> JobsShown:
        wanted = FilterWanted(
            connection=connection, family=family, who=who, resource=resource, since=since,
            until=until, text=text, because=because,
        ).read(desk.clock())  # fmt: skip
        page = desk.failed.page(wanted, limit=limit, after=place_of(cursor))
        return JobsShown(jobs=_shown(page.rows), cursor=cursor_of(page.after))

    @api.post("/jobs/failed/count", Role.VIEWER, summary="How many failed jobs a filter means")
    def count(wanted: Annotated[FilterWanted, Body()]) -> CountShown:
        counted = desk.failed.count(wanted.read(desk.clock()))
        return CountShown.model_validate(failed_count(counted))

    @api.get("/jobs/waiting", Role.VIEWER, summary="Jobs that wait for their time or a look-up")
    def waiting(limit: Limit = 50, cursor: Cursor = None) -> JobsShown:
        shard, after = _shard_of(place_of(cursor))
        found: list[JobRow] = []
        until = desk.clock() + _FAR
        while shard < DUE_SHARDS and len(found) < limit:
            page = desk.rows.due(shard, until=until, limit=limit - len(found), after=after)
            found += page.rows
            after = page.after
            if after is None:
                shard += 1
        more = f"{shard} {after or ''}" if shard < DUE_SHARDS else None
        return JobsShown(jobs=_shown(found), cursor=cursor_of(more))

    @api.get("/jobs/held", Role.VIEWER, summary="Jobs behind a closed gate, the oldest first")
    def held(
        gate: Annotated[str, Query(min_length=1, max_length=500)],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> JobsShown:
        page: Rows = desk.rows.held(gate, limit=limit, after=place_of(cursor))
        return JobsShown(jobs=_shown(page.rows), cursor=cursor_of(page.after))

    def row_of(job_id: str) -> JobRow:
        row = desk.rows.get(job_id)
        if row is None:
            raise no_such(_JOB)
        return row

    @api.get("/jobs/one", Role.VIEWER, summary="One job with its payload, personal data masked")
    def one(job_id: JobId) -> JobDetail:
        return _detail(failed_job(row_of(job_id), desk.blobs))

    @api.post("/jobs/reveal", Role.OPERATOR, summary="One job with its whole payload; audited")
    def reveal(wanted: Annotated[JobWanted, Body()]) -> JobDetail:
        row = row_of(wanted.id)
        with desk.audit.action(
            api.caller,
            "job.reveal",
            f"job/{row.id}",
            connection=row.connection,
            reason=wanted.reason,
        ):
            return _detail(failed_job(row, desk.blobs, reveal=True))

    @api.post("/jobs/replay", Role.OPERATOR, summary="Try one failed job again")
    def replay(wanted: Annotated[JobWanted, Body()], once: Key = None) -> Done:
        row = row_of(wanted.id)

        def act() -> dict[str, Any]:
            with desk.audit.action(
                api.caller,
                "job.replay",
                f"job/{row.id}",
                connection=row.connection,
                reason=wanted.reason,
            ):
                desk.replay.one(row.id)
            return {"done": [f"{row.id} is queued again."]}

        return Done.model_validate(desk.once(api.caller, once, {"job": wanted.id}, act))

    @api.get("/jobs/replays", Role.VIEWER, summary="The last replays of many jobs")
    def replays() -> ReplaysShown:
        return ReplaysShown(replays=[_replay(replay_run(run)) for run in desk.replays.recent()])

    @api.get("/jobs/replays/<replay>", Role.VIEWER, summary="How far a replay is")
    def replay_one(replay: ReplayId) -> ReplayShown:
        return _replay(replay_run(desk.replays.get(replay)))

    @api.post("/jobs/replays", Role.OPERATOR, summary="Try many failed jobs again", status=202)
    def start(wanted: Annotated[ReplayWanted, Body()], once: Key = None) -> ReplayShown:
        chosen = wanted.filter.read(desk.clock())

        def act() -> dict[str, Any]:
            counted = desk.failed.count(chosen)
            if counted.jobs != wanted.matching:
                raise _other_number(counted.jobs)
            with desk.audit.action(
                api.caller,
                "jobs.replay",
                "jobs/failed",
                connection=chosen.connection,
                reason=wanted.reason,
            ) as note:
                run = desk.replays.start(chosen, matching=counted.jobs, by=api.caller.name)
                note.result = f"replay {run.id}: {counted.jobs} jobs"
            return replay_run(run)

        asked = {"replays": wanted.model_dump()}
        return _replay(desk.once(api.caller, once, asked, act))

    @api.post("/jobs/replays/<replay>/cancel", Role.OPERATOR, summary="Stop a replay")
    def cancel(replay: ReplayId, wanted: Annotated[Because, Body()]) -> ReplayShown:
        with desk.audit.action(
            api.caller, "jobs.replay.cancel", f"replay/{replay}", reason=wanted.reason
        ):
            return _replay(replay_run(desk.replays.cancel(replay)))


def _shown(rows: Any) -> list[JobShown]:
    return [JobShown.model_validate(job(row)) for row in rows]


def _detail(content: Mapping[str, Any]) -> JobDetail:
    return JobDetail.model_validate(content)


def _replay(content: Mapping[str, Any]) -> ReplayShown:
    return ReplayShown.model_validate(content)


def _shard_of(place: str | None) -> tuple[int, str | None]:
    """A cursor over the shards of the due index."""
    if place is None:
        return 0, None
    number, _, after = place.partition(" ")
    if not number.isdecimal():
        raise Refused(400, Words("This cursor is none of ours.", "Неверный указатель страницы."))
    return int(number), after or None


def _other_number(jobs: int) -> Refused:
    return Refused(
        409,
        Words(
            f"There are {jobs} such jobs by now: look again and confirm that number.",
            f"Таких заданий уже {jobs}: посмотрите ещё раз и подтвердите это число.",
        ),
        more={"jobs": jobs},
    )
