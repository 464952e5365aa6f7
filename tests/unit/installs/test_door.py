"""An installation at the door: proven by its path, deposited, and told on without its tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest

from mostik.connections.connection import is_connection_id
from mostik.errors import Busy, ConfigurationError
from mostik.inbound.door import Door, dump_door, parse_door
from mostik.inbound.install import read_deposit
from mostik.inbound.intake import Arrival, Intake
from mostik.inbound.refusals import Refusals
from mostik.inbound.reply import Reply
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret
from mostik.jobs.message import Receipt
from tests.support.clock import FakeClock
from tests.support.memory import MemoryBlobs, MemorySecrets
from tests.support.queue import MemoryQueue

TOKEN = "install-path-segment-000000"
APPLICATION = "application-token-00000000000"
ACCESS, REFRESH = "access-token-of-the-install", "refresh-token-of-the-install"
INSTALL = {
    "event": "ONAPPINSTALL",
    "data[VERSION]": "1",
    "auth[domain]": "company.bitrix24.ru",
    "auth[member_id]": "a" * 32,
    "auth[access_token]": ACCESS,
    "auth[refresh_token]": REFRESH,
    "auth[application_token]": "another-application-token-000",
}


def no_place(_connection: str, _document: str) -> None:
    raise Busy("Secrets Manager is away")


@dataclass
class Doorway:
    """A door that takes installations until a moment."""

    until: int | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    secrets: MemorySecrets = field(default_factory=MemorySecrets)
    deposits: dict[str, str] = field(default_factory=dict)
    deposit: Callable[[str, str], None] | None = None
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queue = MemoryQueue(self.clock)
        door = Door(
            "bitrix24",
            secrets=(AcceptedSecret("1", APPLICATION),),
            install=(AcceptedSecret("install", TOKEN, self.until),),
        )
        self.secrets.documents["door/portal"] = dump_door(door)
        self.intake = Intake(
            secrets=self.secrets,
            queue=self.queue,
            divert=lambda _receipt, _payload: None,
            blobs=MemoryBlobs(),
            refusals=Refusals(self.lines.append, self.clock),
            clock=self.clock,
            random_bytes=lambda size: b"\x01" * size,
            max_body=100_000,
            is_connection_id=is_connection_id,
            deposit=self.deposit or self.deposits.__setitem__,
        )

    def post(self, fields: dict[str, str], token: str | None = TOKEN) -> Reply:
        tail = f"/{token}" if token is not None else ""
        request = InboundRequest(
            method="POST",
            url=f"https://door.example/webhooks/portal{tail}",
            query="",
            headers={
                "content-type": "application/x-www-form-urlencoded",
                "x-trace": f"seen {REFRESH}",
            },
            body=urlencode(fields).encode(),
            source_ip="192.0.2.1",
            received_at=int(self.clock()),
            path_token=token,
        )
        return self.intake.take(Arrival("portal", request))

    @property
    def everything(self) -> str:
        return "".join([*self.queue.bodies, *self.lines])


def test_an_installation_is_deposited_and_its_event_goes_on_without_a_token() -> None:
    # GIVEN
    doorway = Doorway()
    # WHEN
    reply = doorway.post(INSTALL)
    # THEN
    assert reply.status == 200
    (receipt,) = doorway.queue.messages
    assert isinstance(receipt, Receipt)
    assert (receipt.scheme, receipt.key_id) == ("install", "install")
    assert receipt.url.endswith("/webhooks/portal/[verified]")
    deposit = read_deposit(doorway.deposits["portal"])
    assert deposit is not None
    assert deposit.fields["auth[refresh_token]"] == REFRESH
    for secret in (ACCESS, REFRESH, TOKEN, INSTALL["auth[application_token]"]):
        assert secret not in doorway.everything
    assert "ONAPPINSTALL" in doorway.everything


@pytest.mark.parametrize("token", ["wrong-path-segment-00000000", APPLICATION, TOKEN[:-1], ""])
def test_a_wrong_path_deposits_nothing(token: str) -> None:
    # GIVEN
    doorway = Doorway()
    # WHEN
    reply = doorway.post(INSTALL, token)
    # THEN
    assert reply.status == 401
    assert (doorway.deposits, len(doorway.queue)) == ({}, 0)


def test_without_the_path_the_tokens_of_an_installation_go_nowhere() -> None:
    # GIVEN it carries the application token, so it is a proven event; no more
    doorway = Doorway()
    # WHEN
    reply = doorway.post({**INSTALL, "auth[application_token]": APPLICATION}, None)
    # THEN
    assert reply.status == 200
    assert doorway.deposits == {}
    assert ACCESS not in doorway.everything
    assert REFRESH not in doorway.everything


def test_after_its_time_an_installation_is_refused() -> None:
    # GIVEN
    clock = FakeClock()
    doorway = Doorway(until=int(clock()) + 60, clock=clock)
    # WHEN
    clock.advance(61)
    # THEN
    assert doorway.post(INSTALL).status == 401
    assert doorway.deposits == {}


def test_an_installation_without_credentials_is_no_installation() -> None:
    doorway = Doorway()
    assert doorway.post({"event": "ONAPPINSTALL"}).status == 401
    assert doorway.deposits == {}


def test_nothing_is_acknowledged_when_there_is_no_place_for_the_deposit() -> None:
    # GIVEN
    doorway = Doorway(deposit=no_place)
    # WHEN
    reply = doorway.post(INSTALL)
    # THEN
    assert reply.status == 503
    assert len(doorway.queue) == 0


def test_an_ordinary_event_of_an_application_travels_without_its_tokens() -> None:
    # GIVEN
    doorway = Doorway()
    event = {
        **INSTALL,
        "event": "ONCRMDEALADD",
        "data[FIELDS][ID]": "7",
        "auth[application_token]": APPLICATION,
    }
    # WHEN
    reply = doorway.post(event, None)
    # THEN
    assert reply.status == 200
    (receipt,) = doorway.queue.messages
    assert isinstance(receipt, Receipt)
    body = (receipt.body or b"").decode()
    assert "company.bitrix24.ru" in body
    assert "FIELDS" in body
    for secret in (ACCESS, REFRESH, APPLICATION):
        assert secret not in doorway.everything


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"install": [{"id": "i", "value": "short"}]}, "at least 20"),
        ({"scheme": "hmac", "install": [{"id": "i", "value": TOKEN}]}, "knows no installations"),
        ({"install": {"value": TOKEN}}, "a list"),
    ],
)
def test_a_door_that_would_let_in_too_much_is_refused(change: dict[str, object], why: str) -> None:
    document = {"v": 1, "scheme": "bitrix24", **change}
    with pytest.raises(ConfigurationError, match=why):
        parse_door(json.dumps(document))
