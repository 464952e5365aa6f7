"""Puts the pages together."""

from __future__ import annotations

from mostik.admin.pages.site import Site
from mostik.admin.pages.views import (
    books,
    conflicts,
    connections,
    exchange,
    jobs,
    log,
    mapping,
    matching,
    overview,
    record,
    settings,
    sync,
)
from mostik.admin.routing import AdminApi
from mostik.ports import Clock

_VIEWS = (
    overview,
    connections,
    settings,
    log,
    jobs,
    record,
    sync,
    conflicts,
    matching,
    mapping,
    exchange,
    books,
)


def build_site(api: AdminApi, clock: Clock) -> Site:
    """Returns the pages over the JSON API."""
    return Site(api, [route for view in _VIEWS for route in view.ROUTES], clock)
