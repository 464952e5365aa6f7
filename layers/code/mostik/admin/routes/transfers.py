"""Settings go from stage to stage: export, plan, import."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field, SecretStr

from mostik.admin.desk import AdminDesk
from mostik.admin.roles import Role
from mostik.admin.routes.connections import ConnectionShown, SavedShown, shown
from mostik.admin.routes.shapes import (
    ChangeShown,
    ConnectionId,
    Reason,
    Shown,
    Wanted,
    changes,
)
from mostik.admin.routing import AdminApi
from mostik.admin.transfer import ImportPlan
from mostik.admin.translation import How

_AS_ID = Field(
    default=None,
    pattern=r"^[a-z0-9][a-z0-9-]{0,38}$",
    description="Of the connection here; empty: of the same id.",
)


class PlanWanted(Wanted):
    """An export that shall be imported here."""

    document: dict[str, Any]
    as_id: str | None = _AS_ID


class ImportWanted(PlanWanted):
    """The same, confirmed. ``version`` is the one that the plan has shown."""

    version: int = Field(ge=0, le=2**53)
    secrets: dict[str, SecretStr] = Field(default={}, description="Write-only.")
    choices: dict[str, Annotated[str, Field(max_length=1_000)]] = Field(
        default={}, description="Ids that a person has chosen, by setting."
    )
    reason: Reason = ""


class TranslationShown(Shown):
    """What one id becomes."""

    setting: str
    directory: str
    before: str
    name: str
    after: str
    how: How
    sure: bool


class PlanShown(Shown):
    """What an import would do."""

    connection: ConnectionShown
    version: int
    changes: list[ChangeShown]
    translations: list[TranslationShown]
    open_questions: int
    missing_secrets: list[str]
    problem: str


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/connections/<connection>/export", Role.ADMIN, summary="Everything but the secrets")
    def export(connection: ConnectionId) -> dict[str, Any]:
        standing = desk.settings.standing(connection)
        with desk.audit.action(
            api.caller, "settings.export", f"connection/{connection}", connection=connection
        ):
            return desk.transfer.export(standing, api.remaining)

    @api.post("/imports/plan", Role.ADMIN, summary="What an import would do; nothing is changed")
    def plan(wanted: Annotated[PlanWanted, Body()]) -> PlanShown:
        found = desk.transfer.plan(wanted.document, wanted.as_id, api.remaining)
        return _shown(found)

    @api.post("/imports", Role.ADMIN, summary="Import what a plan has shown")
    def bring_in(wanted: Annotated[ImportWanted, Body()]) -> SavedShown:
        found = desk.transfer.plan(wanted.document, wanted.as_id, api.remaining)
        secrets = {name: value.get_secret_value() for name, value in wanted.secrets.items()}
        draft = desk.transfer.draft(found, secrets, wanted.choices, seen=wanted.version)
        connection = draft.connection.id
        with desk.audit.action(
            api.caller,
            "settings.import",
            f"connection/{connection}",
            connection=connection,
            reason=wanted.reason,
        ) as note:
            saved = desk.settings.save(draft, by=api.caller.name)
            note.changes = saved.changes
        return SavedShown(connection=shown(saved.connection), changes=changes(saved.changes))


def _shown(plan: ImportPlan) -> PlanShown:
    return PlanShown(
        connection=shown(plan.connection),
        version=plan.seen,
        changes=changes(list(plan.changes)),
        translations=[
            TranslationShown(
                setting=one.setting,
                directory=one.directory,
                before=one.before,
                name=one.name,
                after=one.after,
                how=one.how,
                sure=one.sure,
            )
            for one in plan.translations
        ],
        open_questions=plan.open_questions,
        missing_secrets=list(plan.missing_secrets),
        problem=plan.problem,
    )
