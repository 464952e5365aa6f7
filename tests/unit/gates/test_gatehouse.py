"""The gate of a connection as a container builds it: from its settings, over the stack's state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest
from requests import Session

from integrations.bitrix24 import integration as bitrix24
from integrations.bitrix24.limits import feedback
from integrations.http_api import integration as http_api
from mostik.connections.book import CACHE_SECONDS, ConnectionBook
from mostik.connections.connection import Connection, Mode
from mostik.connections.gatehouse import Gatehouse
from mostik.connections.open import OpenConnections
from mostik.errors import ConfigurationError, RateLimited
from mostik.http.client import Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.gate import Feedback
from mostik.http.limiter import Limit
from tests.support.api_router import ApiRouter
from tests.support.clock import FakeClock
from tests.support.memory import MemorySecrets, state_table
from tests.support.slots import MemorySlots

WEBHOOK = "https://Company.bitrix24.ru/rest/1/abcdefabcdef/"
GET = Endpoint("POST", "crm.item.get", Replay.SAFE)
_numbers = count()


def portal_settings(**more: Any) -> Any:
    return bitrix24.settings.model_validate({"webhook_url": WEBHOOK, **more})


def api_settings(**more: Any) -> Any:
    return http_api.settings.model_validate(
        {
            "base_url": "https://Shop.example/api/",
            "credential": "key",
            "orders": {"get": "orders/{id}", "statuses": {"open": "new"}},
            **more,
        }
    )


class Stand:
    """A container with a portal; its circuit has a name of its own."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = state_table()
        self.slots = MemorySlots()
        self.name = f"portal-{next(_numbers)}"
        self.book = ConnectionBook(self.table, self.clock)
        effects = Effects(self.clock, self.clock.sleep, lambda: 0.5)
        secrets = MemorySecrets({f"client/{self.name}": json.dumps({"webhook_url": WEBHOOK})})
        self.connections = OpenConnections(
            ConnectionBook(self.table, self.clock),
            secrets,
            lambda _name: bitrix24,
            effects,
            gate=Gatehouse(self.table, self.slots, effects, lambda _line: None),
        )

    def save(self, **fields: Any) -> None:
        self.book.save(Connection(self.name, "bitrix24", **fields))

    def call(self, answers: Mapping[str, Any] | None = None) -> None:
        api = self.connections.get(self.name).api
        session: Session = api._session
        session.mount("https://", ApiRouter(WEBHOOK, answers or {"POST crm.item.get": {}}))
        api.request(GET, body={})


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_a_portal_has_the_limit_of_its_plan() -> None:
    key = "bitrix24:company.bitrix24.ru"
    assert bitrix24.limit(portal_settings()) == Limit(key, 2.0, 50)
    assert bitrix24.limit(portal_settings(enterprise=True)) == Limit(key, 5.0, 250)


def test_a_declared_api_has_the_limit_that_is_declared() -> None:
    assert http_api.limit(api_settings()) is None
    assert http_api.limit(api_settings(calls_per_second=3)) == Limit(
        "http_api:shop.example", 3.0, 1
    )
    assert http_api.limit(api_settings(calls_per_second=0.5, burst=10)) == Limit(
        "http_api:shop.example", 0.5, 10
    )


def test_only_an_api_with_limits_of_its_methods_is_parked() -> None:
    assert bitrix24.dialect.parks
    assert not http_api.dialect.parks


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ({"operating": 3.2, "operating_reset_at": 1000}, Feedback(None, 1000.0)),
        ({"operating": 400, "operating_reset_at": 1000}, Feedback(1000.0, 1000.0)),
        ({"operating_reset_at": 1000}, Feedback(None, 1000.0)),
        ({"operating": 470}, None),
        ({}, None),
    ],
)
def test_a_method_rests_before_its_working_time_is_used_up(
    time: Mapping[str, Any], expected: Feedback | None
) -> None:
    assert feedback({"result": {}, "time": time}) == expected


def test_a_call_takes_a_slot_of_the_portal(stand: Stand) -> None:
    stand.save()
    stand.call()
    assert stand.slots.empty_at == {"bitrix24:company.bitrix24.ru": stand.clock() + 0.5}


def test_a_share_makes_each_call_count_more(stand: Stand) -> None:
    stand.save(limit_share=0.25)
    stand.call()
    assert stand.slots.empty_at == {"bitrix24:company.bitrix24.ru": stand.clock() + 2.0}


@pytest.mark.parametrize("share", [0.0, -1.0, 1.1])
def test_a_share_is_a_part(share: float) -> None:
    with pytest.raises(ConfigurationError, match="share"):
        Connection("portal", "bitrix24", limit_share=share)


def test_a_pause_and_a_resumption_reach_every_container_within_a_minute(stand: Stand) -> None:
    # GIVEN a container that has called
    stand.save()
    stand.call()
    # WHEN a person pauses the connection
    stand.save(mode=Mode.PAUSED)
    stand.clock.advance(CACHE_SECONDS)
    # THEN its calls are held behind the connection's gate
    with pytest.raises(RateLimited, match="paused") as refusal:
        stand.call()
    assert refusal.value.gate == stand.name
    # WHEN a person resumes it
    stand.save(mode=Mode.LIVE)
    stand.clock.advance(CACHE_SECONDS)
    # THEN they go out
    stand.call()


def test_a_portal_that_nearly_used_its_time_parks_the_method_for_all(stand: Stand) -> None:
    # GIVEN
    stand.save()
    until = stand.clock() + 200
    stand.call({"POST crm.item.get": {"time": {"operating": 450.0, "operating_reset_at": until}}})
    # THEN a container that starts now knows it
    with pytest.raises(RateLimited) as refusal:
        stand.call()
    assert refusal.value.gate == f"{stand.name}:crm.item.get"
    assert stand.table.get(f"park#{stand.name}", "crm.item.get") is not None


def test_an_old_row_of_a_connection_is_live_and_has_the_whole_limit(stand: Stand) -> None:
    # GIVEN a row of an earlier release
    stand.table.put({"pk": "connections", "sk": "old", "integration": "bitrix24", "settings": {}})
    # THEN
    found = stand.book.get("old")
    assert (found.mode, found.limit_share) == (Mode.LIVE, 1.0)
