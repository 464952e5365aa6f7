"""Puts the routes of the JSON API together."""

from __future__ import annotations

from mostik.admin.desk import AdminDesk
from mostik.admin.routes import (
    book,
    calls,
    connections,
    jobs,
    log,
    quarantine,
    records,
    runs,
    secrets,
    session,
    transfers,
)
from mostik.admin.routing import AdminApi

_ROUTES = (
    session, connections, secrets, calls, transfers, log, jobs, runs, quarantine, records, book,
)  # fmt: skip


def build_json_api(desk: AdminDesk) -> AdminApi:
    """Returns the JSON API over everything that a person can look at and do."""
    api = AdminApi()
    for routes in _ROUTES:
        routes.declare(api, desk)
    return api
