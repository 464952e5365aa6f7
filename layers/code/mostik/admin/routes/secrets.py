"""Secrets of connections: they are set, exchanged and taken back, and never shown."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import Field, SecretStr

from mostik.admin.audit import Change
from mostik.admin.desk import AdminDesk
from mostik.admin.problems import WRONG_INPUT, FieldProblem, Refused, Words
from mostik.admin.roles import Role
from mostik.admin.routes.shapes import Because, ConnectionId, Reason, Shown, Wanted
from mostik.admin.routing import AdminApi
from mostik.admin.secretdesk import LONGEST_GRACE, SecretState
from mostik.admin.settingsdesk import Draft
from mostik.admin.views import iso
from mostik.connections.connection import Connection
from mostik.inbound.door import Door
from mostik.integration import secret_fields

SecretId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="Name of a secret.")]
Grace = Annotated[
    int, Field(ge=0, le=LONGEST_GRACE, description="Seconds in which the one before works too.")
]


class SecretShown(Shown):
    """What may be known of a secret."""

    name: str
    is_set: bool
    set_at: str | None
    set_by: str
    previous_until: str | None = Field(description="Until then the value before works too.")
    last_used: str | None = Field(default=None, description="To the hour; of a door's secrets.")


class SecretsShown(Shown):
    """The secrets of a connection, without their values."""

    secrets: list[SecretShown]


class SecretWanted(Wanted):
    """A new value."""

    value: SecretStr = Field(min_length=1, max_length=16_000)
    grace_seconds: Grace = 0
    reason: Reason = ""


class DoorSecretWanted(Wanted):
    """A new secret that proves events."""

    id: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="Its public name, 2026-11.")
    value: SecretStr = Field(min_length=1, max_length=16_000)
    grace_seconds: Grace = 86_400
    reason: Reason = ""


class DoorShown(Shown):
    """The door of a connection."""

    exists: bool
    address: str = Field(description="Where the other side sends events: below Mostik's address.")
    scheme: str | None = None
    parameters: dict[str, Any] = Field(default={})
    secrets: list[SecretShown] = Field(
        default=[], description="previous_until: refused from then on."
    )


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    def names_of(connection: Connection) -> list[str]:
        integration = desk.integrations[connection.integration]
        return sorted(secret_fields(integration.settings))

    @api.get("/connections/<connection>/secrets", Role.VIEWER, summary="Which secrets are set")
    def secrets(connection: ConnectionId) -> SecretsShown:
        standing = desk.settings.standing(connection)
        states = desk.secrets.states(connection, names_of(standing))
        return SecretsShown(secrets=[_shown(state) for state in states])

    @api.put(
        "/connections/<connection>/secrets/<name>",
        Role.ADMIN,
        summary="Set or exchange a secret; the same value again changes nothing",
    )
    def exchange(
        connection: ConnectionId, name: SecretId, wanted: Annotated[SecretWanted, Body()]
    ) -> SecretsShown:
        standing = desk.settings.standing(connection)
        fresh = {name: wanted.value.get_secret_value()}
        desk.settings.checked(Draft(standing, fresh, standing.version))
        with desk.audit.action(
            api.caller,
            "secret.exchange",
            f"connection/{connection}/secrets/{name}",
            connection=connection,
            reason=wanted.reason,
        ) as note:
            changed = desk.secrets.exchange(
                connection, fresh, grace=wanted.grace_seconds, by=api.caller.name
            )
            note.changes = [Change(f"secrets.{one}", None, "set") for one in changed]
            note.result = f"the one before works for {wanted.grace_seconds} s"
        states = desk.secrets.states(connection, names_of(standing))
        return SecretsShown(secrets=[_shown(state) for state in states])

    @api.post(
        "/connections/<connection>/secrets/back",
        Role.ADMIN,
        summary="Put the values before back in place, while they work",
    )
    def take_back(connection: ConnectionId, wanted: Annotated[Because, Body()]) -> SecretsShown:
        standing = desk.settings.standing(connection)
        with desk.audit.action(
            api.caller,
            "secret.back",
            f"connection/{connection}",
            connection=connection,
            reason=wanted.reason,
        ) as note:
            changed = desk.secrets.take_back(connection, by=api.caller.name)
            note.changes = [Change(f"secrets.{one}", None, "set") for one in changed]
        states = desk.secrets.states(connection, names_of(standing))
        return SecretsShown(secrets=[_shown(state) for state in states])

    def door_shown(connection: str) -> DoorShown:
        address = f"/webhooks/{connection}"
        door = desk.secrets.door(connection)
        if door is None:
            return DoorShown(exists=False, address=address)
        uses = desk.last_used.of(connection)
        return DoorShown(
            exists=True,
            address=address,
            scheme=door.scheme_name,
            parameters=dict(door.parameters),
            secrets=[
                _shown(state, uses[state.name].at if state.name in uses else None)
                for state in desk.secrets.door_states(connection, door)
            ],
        )

    @api.get("/connections/<connection>/door", Role.VIEWER, summary="How events prove themselves")
    def door(connection: ConnectionId) -> DoorShown:
        desk.settings.standing(connection)
        return door_shown(connection)

    @api.post(
        "/connections/<connection>/door/secrets",
        Role.ADMIN,
        summary="Let events in that a new secret proves; again: same",
    )
    def admit(connection: ConnectionId, wanted: Annotated[DoorSecretWanted, Body()]) -> DoorShown:
        standing = desk.settings.standing(connection)
        standing_door = desk.secrets.door(connection) or fresh_door(standing)
        with desk.audit.action(
            api.caller,
            "door.admit",
            f"connection/{connection}/door/{wanted.id}",
            connection=connection,
            reason=wanted.reason,
        ):
            desk.secrets.admit(
                connection,
                standing_door,
                wanted.id,
                wanted.value.get_secret_value(),
                grace=wanted.grace_seconds,
                by=api.caller.name,
            )
        return door_shown(connection)

    def fresh_door(connection: Connection) -> Door:
        integration = desk.integrations[connection.integration]
        if integration.webhook is None:
            words = Words("Nothing comes in here.", "Сюда ничего не приходит.")
            raise Refused(422, WRONG_INPUT, fields=[FieldProblem("id", words)])
        settings = desk.settings.checked(Draft(connection, {}, connection.version))
        return Door(
            scheme_name=integration.webhook.scheme(settings),
            parameters=integration.webhook.parameters(settings),
        )

    @api.delete(
        "/connections/<connection>/door/secrets/<name>",
        Role.ADMIN,
        summary="Refuse what a secret proves, at once",
    )
    def dismiss(connection: ConnectionId, name: SecretId) -> DoorShown:
        desk.settings.standing(connection)
        with desk.audit.action(
            api.caller,
            "door.dismiss",
            f"connection/{connection}/door/{name}",
            connection=connection,
        ):
            desk.secrets.dismiss(connection, name)
        return door_shown(connection)


def _shown(state: SecretState, used: float | None = None) -> SecretShown:
    return SecretShown(
        name=state.name,
        is_set=state.is_set,
        set_at=iso(state.set_at),
        set_by=state.set_by,
        previous_until=iso(state.previous_until),
        last_used=iso(used),
    )
