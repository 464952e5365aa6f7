"""A run whose source no longer knows what has changed since: it begins anew, over everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mostik.errors import FeedExpired, WhoActs
from mostik.sync.route import Route
from mostik.sync.run import Run, RunKind


def refuse_outlived(run: Run, route: Route, now: float) -> None:
    """Raises ``FeedExpired`` where a source says that its list does not reach back so far.

    Args:
        run: asks for what has changed since a moment, or not.
        route: with its source.
        now: unix seconds.
    """
    kept: timedelta | None = getattr(route.source, "changes_kept", None)
    if kept is None or run.since is None or run.ids or run.pages:
        return
    asked = run.since - route.link.lag
    if asked >= now - kept.total_seconds():
        return
    since = datetime.fromtimestamp(run.since, UTC).isoformat(timespec="minutes")
    raise FeedExpired(
        f"{route.here} remembers changes of the last {_said(kept)},"
        f" and those up to {since} were listed before.",
        who=WhoActs.SYSTEM,
    )


def begun_anew(run: Run, expired: FeedExpired, now: float) -> Run:
    """Returns a run that begins again, over everything, and says why.

    What it has listed by then stands: a record that is listed twice is carried over once.

    Raises:
        FeedExpired: it has begun anew before, or has asked for everything from the start on.
    """
    asks_for_all = run.since is None and run.cursor is None
    if run.note or run.ids or asks_for_all:
        raise expired
    kind = RunKind.FULL if run.kind is RunKind.INCREMENTAL else run.kind
    note = f"{expired.text} So it reads everything."
    return run.moved(now, kind=kind, since=None, cursor=None, widened_at=run.pages, note=note)


def _said(kept: timedelta) -> str:
    if kept >= timedelta(days=2):
        return f"{kept.days} days"
    return f"{kept.total_seconds() / 3_600:g} hours"
