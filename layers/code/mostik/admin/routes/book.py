"""Who did what, and what errors mean."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from mostik.admin.cursors import cursor_of, place_of
from mostik.admin.desk import AdminDesk
from mostik.admin.errorbook import known_errors
from mostik.admin.roles import Role
from mostik.admin.routes.shapes import ChangeShown, Cursor, Limit, Shown, changes
from mostik.admin.routing import AdminApi
from mostik.admin.views import iso
from mostik.errors import Family, WhoActs

Text = Annotated[str | None, Query(min_length=1, max_length=200)]


class AuditShown(Shown):
    """One action."""

    id: str
    at: str | None
    who: str
    subject: str
    role: str
    action: str
    about: str
    connection: str | None
    reason: str
    outcome: str
    result: str
    changes: list[ChangeShown]


class AuditPageShown(Shown):
    """Actions, newest first."""

    entries: list[AuditShown]
    cursor: str | None


class ErrorShown(Shown):
    """What an error means."""

    scope: str
    code: str
    text: str
    family: Family
    happens: str
    who_must_act: WhoActs
    advice: str


class ErrorsShown(Shown):
    """Errors that fit."""

    errors: list[ErrorShown]


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/audit", Role.VIEWER, summary="Who did what, when and why")
    def audit(
        connection: Text = None,
        action: Text = None,
        who: Text = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> AuditPageShown:
        page = desk.audit.page(
            connection=connection, action=action, who=who, after=place_of(cursor), limit=limit
        )
        return AuditPageShown(
            entries=[
                AuditShown(
                    id=one.id,
                    at=iso(one.at),
                    who=one.who,
                    subject=one.subject,
                    role=one.role,
                    action=one.action,
                    about=one.about,
                    connection=one.connection,
                    reason=one.reason,
                    outcome=one.outcome,
                    result=one.result,
                    changes=changes(list(one.changes)),
                )
                for one in page.entries
            ],
            cursor=cursor_of(page.after),
        )

    @api.get("/errors", Role.VIEWER, summary="What errors mean and what to do")
    def errors(q: Text = None) -> ErrorsShown:
        wanted = (q or "").casefold()
        return ErrorsShown(
            errors=[
                ErrorShown(
                    scope=one.scope,
                    code=one.code,
                    text=one.text,
                    family=one.family,
                    happens=one.happens,
                    who_must_act=one.who,
                    advice=one.advice,
                )
                for one in known_errors(desk.integrations)
                if any(wanted in part.casefold() for part in (one.code, one.text, one.scope))
            ]
        )
