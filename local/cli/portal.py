"""A portal's connection, opened for a person: its calls keep to the limits and are logged."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.models import Settings
from local.desk import Desk
from mostik.bootstrap.state import STATE_INDEXES
from mostik.connections.gatehouse import Gatehouse
from mostik.connections.open import OpenConnections
from mostik.connections.tokens import Tokens
from mostik.dynamodb import DynamoTable
from mostik.errors import ConfigurationError
from mostik.http.client import Effects
from mostik.http.dynamodb import DynamoSlots
from mostik.http.gate import Lane
from mostik.http.trail import Trail
from mostik.ids import ulid
from mostik.registry import integration_named
from mostik.requestlog.recorder import Recorder
from mostik.requestlog.store import RequestLog

INTEGRATION = "bitrix24"


@dataclass(frozen=True, slots=True)
class OpenPortal:
    """A connection to a portal that is open.

    Attributes:
        connection: its id.
        client: calls the portal.
        settings: of the connection.
        slots: the shared limits.
    """

    connection: str
    client: Bitrix24
    settings: Settings
    slots: DynamoSlots


@contextmanager
def opened(desk: Desk, connection: str | None) -> Iterator[OpenPortal]:
    """Opens the connection, or the only one of this integration.

    Raises:
        ConfigurationError: it is none of this integration, or there are several.
    """
    name = connection or _only(desk)
    if desk.book.get(name).integration != INTEGRATION:
        raise ConfigurationError(f"The connection {name!r} is not one of {INTEGRATION}.")
    stack = desk.stack
    dynamodb = stack.client("dynamodb")
    state = DynamoTable(dynamodb, stack.state_table, STATE_INDEXES)
    effects = Effects(time.time, time.sleep, random.random)
    slots = DynamoSlots(dynamodb, stack.state_table)
    found = OpenConnections(
        desk.book,
        desk.secrets,
        integration_named,
        effects,
        gate=Gatehouse(state, slots, effects, lambda _line: None),
        tokens=Tokens(desk.secrets, state, effects),
    ).get(name)
    assert isinstance(found.settings, Settings)  # noqa: S101 - for the type checker
    recorder = Recorder()
    job = f"cli#{ulid(time.time())}"
    trail = Trail(record_entry=recorder.add, lane=Lane.MANUAL, job=job)
    try:
        client = Bitrix24(found.api.following(trail), found.settings)
        yield OpenPortal(name, client, found.settings, slots)
    finally:
        RequestLog(desk.log_table, desk.blobs).write(recorder.take())


def _only(desk: Desk) -> str:
    names = [one.id for one in desk.book.all() if one.integration == INTEGRATION]
    if len(names) == 1:
        return names[0]
    known = ", ".join(names) or "none"
    raise ConfigurationError(f"Say which portal: --connection ID. There is: {known}.")
