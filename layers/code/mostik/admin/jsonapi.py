"""Puts the routes of the JSON API together."""

from __future__ import annotations

from mostik.admin.desk import AdminDesk
from mostik.admin.routes import (
    alerts,
    book,
    calls,
    comparisons,
    conflicts,
    connections,
    exchange,
    exchangeorders,
    jobs,
    log,
    mappings,
    matching,
    quarantine,
    records,
    runs,
    secrets,
    session,
    transfers,
)
from mostik.admin.routing import AdminApi

_ROUTES = (
    session, alerts, connections, secrets, calls, transfers, log, jobs, runs, quarantine, records,
    comparisons, conflicts, matching, mappings, exchange, exchangeorders, book,
)  # fmt: skip


def build_json_api(desk: AdminDesk) -> AdminApi:
    """Returns the JSON API over everything that a person can look at and do."""
    api = AdminApi()
    for routes in _ROUTES:
        routes.declare(api, desk)
    return api
