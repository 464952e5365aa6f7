"""Puts the pages together."""

from __future__ import annotations

from mostik.admin.pages.site import Site
from mostik.admin.pages.views import (
    books,
    connections,
    jobs,
    log,
    overview,
    record,
    settings,
    sync,
)
from mostik.admin.routing import AdminApi
from mostik.ports import Clock

_VIEWS = (overview, connections, settings, log, jobs, record, sync, books)


def build_site(api: AdminApi, clock: Clock) -> Site:
    """Returns the pages over the JSON API."""
    return Site(api, [route for view in _VIEWS for route in view.ROUTES], clock)
