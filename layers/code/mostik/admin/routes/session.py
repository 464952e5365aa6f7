"""Who has signed in, and what this API is."""

from __future__ import annotations

from typing import Any

from mostik.admin.desk import AdminDesk
from mostik.admin.roles import Role
from mostik.admin.routes.shapes import Shown
from mostik.admin.routing import AdminApi


class Me(Shown):
    """Who has signed in."""

    subject: str
    name: str
    role: Role
    csrf: str | None


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/session", Role.VIEWER, summary="Who has signed in, and the token of their page")
    def session() -> Me:
        caller = api.caller
        return Me(subject=caller.subject, name=caller.name, role=caller.role, csrf=caller.csrf)

    @api.get("/openapi", Role.VIEWER, summary="The description of this API")
    def openapi() -> dict[str, Any]:
        return api.openapi()

    @api.get("/overview", Role.VIEWER, summary="Whether all is well, and what is not")
    def overview() -> dict[str, Any]:
        return desk.health.read()
