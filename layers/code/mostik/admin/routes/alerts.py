"""Alerts: what needs a person now, grouped by cause, and what was repaired lately."""

from __future__ import annotations

from mostik.admin.desk import AdminDesk
from mostik.admin.roles import Role
from mostik.admin.routes.shapes import Limit, Shown
from mostik.admin.routing import AdminApi
from mostik.admin.views import iso
from mostik.alerts.alert import Alert
from mostik.alerts.trouble import Kind
from mostik.errors import WhoActs


class AlertShown(Shown):
    """One cause and what it has stopped."""

    cause: str
    kind: Kind
    about: str
    why: str
    who_must_act: WhoActs
    since: str | None
    what: str
    count: int
    more: bool
    samples: list[str]
    told_at: str | None
    repaired_at: str | None


class AlertsShown(Shown):
    """Open alerts, the oldest first, and the latest of those that are over."""

    open: list[AlertShown]
    closed: list[AlertShown]


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/alerts", Role.VIEWER, summary="What needs a person now, and what was repaired")
    def alerts(limit: Limit = 10) -> AlertsShown:
        found = sorted(desk.alerts.open().values(), key=lambda one: one.trouble.since)
        return AlertsShown(
            open=[_shown(one) for one in found],
            closed=[_shown(one) for one in desk.alerts.closed(limit)],
        )


def _shown(alert: Alert) -> AlertShown:
    trouble = alert.trouble
    over = alert.gone_at if alert.closed_at is not None else None
    return AlertShown(
        cause=trouble.cause,
        kind=trouble.kind,
        about=trouble.about,
        why=trouble.why,
        who_must_act=trouble.who,
        since=iso(trouble.since),
        what=trouble.what,
        count=trouble.count,
        more=trouble.more,
        samples=list(trouble.samples),
        told_at=iso(alert.told_at),
        repaired_at=iso(over),
    )
