"""Connections: list, form, save with field errors, versions, mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field, SecretStr

from mostik.admin.cursors import cursor_of, place_of
from mostik.admin.desk import AdminDesk
from mostik.admin.forms import FormField, form_of
from mostik.admin.problems import Words, no_such
from mostik.admin.roles import Role
from mostik.admin.routes.shapes import (
    ChangeShown,
    ConnectionId,
    Cursor,
    Limit,
    Reason,
    Shown,
    Wanted,
    changes,
)
from mostik.admin.routing import AdminApi
from mostik.admin.secretdesk import LONGEST_GRACE
from mostik.admin.settingsdesk import Draft, differences
from mostik.admin.views import iso
from mostik.connections.connection import Connection, Mode

_VERSION = Words("version", "версия")


class IntegrationShown(Shown):
    """An integration that a connection can be of."""

    name: str
    title: str
    resources: list[str]
    receives_events: bool
    form: list[FormField]


class Integrations(Shown):
    """All integrations."""

    integrations: list[IntegrationShown]


class ConnectionShown(Shown):
    """A connection without its secrets."""

    id: str
    integration: str
    mode: Mode
    settings: dict[str, Any]
    networks: list[str]
    ports: list[int]
    limit_share: float
    calls_per_second: float | None
    schedule: dict[str, float]
    retention_days: int | None
    mask_fields: list[str]
    keep_personal: bool
    version: int
    changed_by: str
    changed_at: str | None


class Connections(Shown):
    """All connections."""

    connections: list[ConnectionShown]


class VersionShown(Shown):
    """An earlier version, and what it changed."""

    connection: ConnectionShown
    changes: list[ChangeShown]


class VersionsShown(Shown):
    """Versions, newest first."""

    versions: list[VersionShown]
    cursor: str | None


class ConnectionWanted(Wanted):
    """What a connection shall be. ``version`` is the one that was looked at; 0 makes a new one."""

    integration: str = Field(min_length=1, max_length=100)
    version: int = Field(default=0, ge=0, le=2**53)
    settings: dict[str, Any]
    secrets: dict[str, SecretStr] = Field(
        default={}, description="Write-only. Those that are not named stay as they are."
    )
    grace_seconds: int = Field(
        default=0, ge=0, le=LONGEST_GRACE, description="So long the secrets before work too."
    )
    networks: list[str] = Field(default=[], max_length=50)
    ports: list[Annotated[int, Field(ge=1, le=65_535)]] = Field(default=[], max_length=50)
    limit_share: float = Field(default=1.0, gt=0, le=1)
    calls_per_second: float | None = Field(default=None, gt=0, le=10_000)
    schedule: dict[str, Annotated[float, Field(gt=0, le=366 * 86_400)]] = Field(default={})
    retention_days: int | None = Field(default=None, ge=1, le=365)
    mask_fields: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default=[], max_length=200
    )
    keep_personal: bool = False
    reason: Reason = ""

    def draft(self, connection_id: str, mode: Mode) -> Draft:
        """Returns what is wanted.

        Raises:
            ConfigurationError: it is not what a connection can be.
        """
        connection = Connection(
            id=connection_id,
            integration=self.integration,
            settings=self.settings,
            networks=tuple(self.networks),
            mode=mode,
            limit_share=self.limit_share,
            retention_days=self.retention_days,
            mask_fields=tuple(self.mask_fields),
            keep_personal=self.keep_personal,
            ports=tuple(self.ports),
            calls_per_second=self.calls_per_second,
            schedule=self.schedule,
        )
        secrets = {name: value.get_secret_value() for name, value in self.secrets.items()}
        return Draft(connection, secrets, self.version, self.grace_seconds)


class SavedShown(Shown):
    """A saved connection, and what changed."""

    connection: ConnectionShown
    changes: list[ChangeShown]


class ModeWanted(Wanted):
    """Whether the other side may be called."""

    mode: Mode
    reason: Reason = ""


class RestoreWanted(Wanted):
    """Which version shall be as it was; ``version`` is the present one that was looked at."""

    restore: int = Field(ge=1, le=2**53)
    version: int = Field(ge=0, le=2**53)
    reason: Reason = ""


def shown(connection: Connection) -> ConnectionShown:
    """Returns a connection as an answer shows it."""
    return ConnectionShown(
        id=connection.id,
        integration=connection.integration,
        mode=connection.mode,
        settings=dict(connection.settings),
        networks=list(connection.networks),
        ports=list(connection.ports),
        limit_share=connection.limit_share,
        calls_per_second=connection.calls_per_second,
        schedule=dict(connection.schedule),
        retention_days=connection.retention_days,
        mask_fields=list(connection.mask_fields),
        keep_personal=connection.keep_personal,
        version=connection.version,
        changed_by=connection.changed_by,
        changed_at=iso(connection.changed_at),
    )


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/integrations", Role.VIEWER, summary="What a connection can be of, with its form")
    def integrations() -> Integrations:
        return Integrations(
            integrations=[
                IntegrationShown(
                    name=name,
                    title=one.title,
                    resources=sorted(one.resources),
                    receives_events=one.webhook is not None,
                    form=form_of(one),
                )
                for name, one in sorted(desk.integrations.items())
            ]
        )

    @api.get("/connections", Role.VIEWER, summary="All connections")
    def connections() -> Connections:
        return Connections(connections=[shown(one) for one in desk.book.all()])

    @api.get("/connections/<connection>", Role.VIEWER, summary="One connection")
    def one(connection: ConnectionId) -> ConnectionShown:
        return shown(desk.settings.standing(connection))

    @api.put("/connections/<connection>", Role.ADMIN, summary="Make or change a connection")
    def save(connection: ConnectionId, wanted: Annotated[ConnectionWanted, Body()]) -> SavedShown:
        before = desk.book.now(connection)
        draft = wanted.draft(connection, before.mode if before is not None else Mode.LIVE)
        with desk.audit.action(
            api.caller,
            "settings.save",
            f"connection/{connection}",
            connection=connection,
            reason=wanted.reason,
        ) as note:
            saved = desk.settings.save(draft, by=api.caller.name)
            note.changes = saved.changes
        return SavedShown(connection=shown(saved.connection), changes=changes(saved.changes))

    @api.post(
        "/connections/<connection>/validate", Role.ADMIN, summary="Check a form; nothing is saved"
    )
    def validate(
        connection: ConnectionId, wanted: Annotated[ConnectionWanted, Body()]
    ) -> SavedShown:
        draft = wanted.draft(connection, Mode.LIVE)
        desk.settings.checked(draft)
        before = desk.book.now(connection)
        found = [
            change for change in differences(before, draft.connection) if change.field != "mode"
        ]
        return SavedShown(connection=shown(draft.connection), changes=changes(found))

    @api.post(
        "/connections/<connection>/mode", Role.OPERATOR, summary="Live, dry or paused; again: same"
    )
    def set_mode(
        connection: ConnectionId, wanted: Annotated[ModeWanted, Body()]
    ) -> ConnectionShown:
        desk.settings.standing(connection)
        act = {
            Mode.LIVE: desk.gates.resume,
            Mode.DRY: desk.gates.rehearse,
            Mode.PAUSED: desk.gates.pause,
        }[wanted.mode]
        with desk.audit.action(
            api.caller,
            f"mode.{wanted.mode.value}",
            f"connection/{connection}",
            connection=connection,
            reason=wanted.reason,
        ):
            act(connection, by=api.caller.name)
        return shown(desk.settings.standing(connection))

    @api.get("/connections/<connection>/versions", Role.VIEWER, summary="Earlier versions")
    def versions(
        connection: ConnectionId, cursor: Cursor = None, limit: Limit = 20
    ) -> VersionsShown:
        present = desk.settings.standing(connection)
        page = desk.book.versions(connection, after=place_of(cursor), limit=limit)
        found: Sequence[Connection] = page.versions
        if cursor is None:
            found = [present, *found]
        older = [*found[1:], None]
        return VersionsShown(
            versions=[
                VersionShown(
                    connection=shown(one),
                    changes=changes(differences(before, one)) if before is not None else [],
                )
                for one, before in zip(found, older, strict=True)
            ],
            cursor=cursor_of(page.after),
        )

    @api.post("/connections/<connection>/restore", Role.ADMIN, summary="Make it as a version was")
    def restore(connection: ConnectionId, wanted: Annotated[RestoreWanted, Body()]) -> SavedShown:
        present = desk.settings.standing(connection)
        earlier = desk.book.version(connection, wanted.restore)
        if earlier is None:
            raise no_such(_VERSION)
        draft = Draft(replace(earlier, mode=present.mode), {}, wanted.version)
        with desk.audit.action(
            api.caller,
            "settings.restore",
            f"connection/{connection}",
            connection=connection,
            reason=wanted.reason,
        ) as note:
            saved = desk.settings.save(draft, by=api.caller.name)
            note.changes = saved.changes
            note.result = f"as version {wanted.restore} was"
        return SavedShown(connection=shown(saved.connection), changes=changes(saved.changes))
