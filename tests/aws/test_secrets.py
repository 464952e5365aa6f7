"""The contracts of ``Secrets`` and ``SecretWriter``, and what ``SecretsManager`` remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, EndpointConnectionError

from mostik.ports import Busy
from mostik.secrets import (
    KNOWN_SECONDS,
    MOST_UNKNOWN,
    REFRESH_SECONDS,
    RETRY_SECONDS,
    UNKNOWN_SECONDS,
    SecretsManager,
)
from tests.aws.answers import Answer, Scripted
from tests.aws.worlds import AwsWorld, SecretStore, World
from tests.support.clock import FakeClock

LONG = '{"scheme":"hmac","secrets":["' + "ж" * 10_000 + '"]}'


@pytest.fixture
def store(world: World) -> SecretStore:
    return world.secrets()


def test_an_unknown_secret_reads_as_none(store: SecretStore) -> None:
    assert store.read("door/nobody") is None
    assert store.refresh("door/nobody") is None


@pytest.mark.parametrize("document", ["{}", LONG], ids=["short", "long"])
def test_a_secret_that_was_written_is_read_back(store: SecretStore, document: str) -> None:
    # WHEN
    store.write("door/shop", document)
    # THEN
    assert store.read("door/shop") == document
    assert store.refresh("door/shop") == document


def test_the_first_write_creates_and_the_next_replaces(store: SecretStore) -> None:
    # WHEN
    store.write("door/shop", "old")
    store.write("door/shop", "new")
    # THEN
    assert store.read("door/shop") == "new"


def test_a_secret_that_was_unknown_is_seen_once_it_is_written(store: SecretStore) -> None:
    # GIVEN
    assert store.read("client/shop") is None
    # WHEN
    store.write("client/shop", "x")
    # THEN
    assert store.read("client/shop") == "x"
    assert store.read("door/shop") is None


def test_a_document_that_we_write_ourselves_is_loaded_as_it_is_now(store: SecretStore) -> None:
    # GIVEN
    assert store.load("tokens/shop") is None
    # WHEN
    for document in ("old", "new"):
        store.write("tokens/shop", document)
        # THEN
        assert store.load("tokens/shop") == document


@dataclass
class Cached:
    """A cache, the clock that ages it, and another writer's way to the secrets behind it."""

    manager: SecretsManager
    clock: FakeClock
    change: Callable[[str, str], None]


@pytest.fixture(params=["moto", pytest.param("emulator", marks=pytest.mark.emulator)])
def cached(request: pytest.FixtureRequest) -> Cached:
    world: AwsWorld = request.getfixturevalue(f"{request.param}_world")
    clock = FakeClock()
    prefix = f"cached-{request.node.name}"[:60].replace("[", "-").replace("]", "")

    def connect() -> Any:
        return world.clients["secretsmanager"]

    another = SecretsManager(connect, prefix, clock)
    return Cached(SecretsManager(connect, prefix, clock), clock, another.write)


def test_a_known_secret_is_served_from_memory_for_15_minutes(cached: Cached) -> None:
    # GIVEN
    cached.change("door/shop", "old")
    assert cached.manager.read("door/shop") == "old"
    cached.change("door/shop", "new")
    # WHEN
    cached.clock.advance(KNOWN_SECONDS - 1)
    # THEN
    assert cached.manager.read("door/shop") == "old"
    # WHEN
    cached.clock.advance(1)
    # THEN
    assert cached.manager.read("door/shop") == "new"


def test_an_unknown_secret_is_remembered_as_unknown_for_a_minute(cached: Cached) -> None:
    # GIVEN
    assert cached.manager.read("door/shop") is None
    cached.change("door/shop", "x")
    # WHEN
    cached.clock.advance(UNKNOWN_SECONDS - 1)
    # THEN
    assert cached.manager.read("door/shop") is None
    # WHEN
    cached.clock.advance(1)
    # THEN
    assert cached.manager.read("door/shop") == "x"


def test_a_refresh_reads_again_at_most_once_a_minute(cached: Cached) -> None:
    # GIVEN
    cached.change("door/shop", "1")
    assert cached.manager.read("door/shop") == "1"
    # WHEN
    cached.change("door/shop", "2")
    # THEN
    assert cached.manager.refresh("door/shop") == "2"
    # WHEN
    cached.change("door/shop", "3")
    cached.clock.advance(REFRESH_SECONDS - 1)
    # THEN
    assert cached.manager.refresh("door/shop") == "2"
    # WHEN
    cached.clock.advance(1)
    # THEN
    assert cached.manager.refresh("door/shop") == "3"


def test_loading_passes_the_cache_by_and_fills_it(cached: Cached) -> None:
    # GIVEN
    cached.change("tokens/shop", "old")
    assert cached.manager.read("tokens/shop") == "old"
    # WHEN another container writes
    cached.change("tokens/shop", "new")
    # THEN
    assert cached.manager.read("tokens/shop") == "old"
    assert cached.manager.load("tokens/shop") == "new"
    assert cached.manager.read("tokens/shop") == "new"


def test_a_write_is_seen_at_once_by_its_own_container(cached: Cached) -> None:
    # GIVEN
    cached.manager.write("door/shop", "old")
    assert cached.manager.read("door/shop") == "old"
    # WHEN
    cached.manager.write("door/shop", "new")
    # THEN
    assert cached.manager.read("door/shop") == "new"


# ── Secrets Manager away: what no emulator can be told to be ──────────────────────────────────────


def scripted(documents: Mapping[str, str]) -> tuple[Scripted, SecretsManager, FakeClock]:
    def answer(_: str, request: Mapping[str, Any]) -> Mapping[str, Any] | str:
        name = request["SecretId"].removeprefix("stack/")
        if name not in documents:
            return "ResourceNotFoundException"
        return {"SecretString": documents[name]}

    service = Scripted(answer)
    clock = FakeClock()
    return service, SecretsManager(lambda: service, "stack", clock), clock


def test_a_stale_secret_is_served_while_secrets_manager_is_away() -> None:
    # GIVEN
    service, manager, clock = scripted({"door/shop": "old"})
    assert manager.read("door/shop") == "old"
    # WHEN
    clock.advance(10 * KNOWN_SECONDS)
    service.away("ThrottlingException")
    # THEN
    assert manager.read("door/shop") == "old"
    assert manager.refresh("door/shop") == "old"


def test_what_must_be_new_is_not_served_stale() -> None:
    # GIVEN
    service, manager, _ = scripted({"tokens/shop": "old"})
    assert manager.load("tokens/shop") == "old"
    # WHEN
    service.away("ThrottlingException")
    # THEN
    with pytest.raises(Busy):
        manager.load("tokens/shop")


def test_nothing_in_memory_and_secrets_manager_away_is_busy() -> None:
    # GIVEN
    service, manager, _ = scripted({"door/shop": "old"})
    service.away("InternalServiceError")
    # THEN
    with pytest.raises(Busy):
        manager.read("door/shop")
    # WHEN it is back
    service.back()
    # THEN
    assert manager.read("door/shop") == "old"


def test_a_secret_remembered_as_unknown_is_not_served_stale() -> None:
    # GIVEN
    service, manager, clock = scripted({})
    assert manager.read("door/shop") is None
    # WHEN
    clock.advance(UNKNOWN_SECONDS)
    service.away("ThrottlingException")
    # THEN
    with pytest.raises(Busy):
        manager.read("door/shop")


def test_a_stale_secret_does_not_call_a_service_that_is_away_for_every_event() -> None:
    # GIVEN
    service, manager, clock = scripted({"door/shop": "old"})
    manager.read("door/shop")
    clock.advance(KNOWN_SECONDS)
    service.away("ThrottlingException")
    # WHEN
    for _ in range(50):
        assert manager.read("door/shop") == "old"
    # THEN one call failed, the next is due in a minute
    assert len(service.requests) == 2
    # WHEN
    service.back()
    clock.advance(RETRY_SECONDS)
    manager.read("door/shop")
    # THEN
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    "how", ["ThrottlingException", EndpointConnectionError(endpoint_url="https://sm.example")]
)
@pytest.mark.parametrize("first", [True, False], ids=["replacing", "creating"])
def test_a_secret_that_was_not_stored_is_busy(how: str | BotoCoreError, first: bool) -> None:
    # GIVEN
    def answer(operation: str, _: Mapping[str, Any]) -> Answer:
        return how if first or operation == "create_secret" else "ResourceNotFoundException"

    service = Scripted(answer)
    # THEN
    with pytest.raises(Busy):
        SecretsManager(lambda: service, "stack", FakeClock()).write("door/shop", "x")


def test_a_stranger_who_tries_names_fills_neither_memory_nor_the_cache_of_the_known() -> None:
    # GIVEN
    service, manager, _ = scripted({"door/shop": "x"})
    assert manager.read("door/shop") == "x"
    # WHEN
    for number in range(3 * MOST_UNKNOWN):
        assert manager.read(f"door/try{number}") is None
        assert manager.refresh(f"door/try{number}") is None
    # THEN a repeat of an early name asks again: it was forgotten; the known one was not
    asked = len(service.requests)
    assert manager.read("door/shop") == "x"
    assert len(service.requests) == asked
    manager.read("door/try0")
    assert len(service.requests) == asked + 1


def test_a_name_tried_again_within_a_minute_is_not_asked_again() -> None:
    # GIVEN
    service, manager, _ = scripted({})
    # WHEN
    for _ in range(20):
        manager.read("door/nobody")
        manager.refresh("door/nobody")
    # THEN one read, one granted refresh
    assert len(service.requests) == 2


def test_a_secret_that_waits_for_deletion_is_unknown() -> None:
    # GIVEN
    service = Scripted(lambda _, __: "InvalidRequestException")
    # THEN
    assert SecretsManager(lambda: service, "stack", FakeClock()).read("door/shop") is None


def test_no_client_is_made_before_the_first_read() -> None:
    # GIVEN
    made: list[Scripted] = []

    def connect() -> Scripted:
        made.append(Scripted(lambda _, __: {"SecretString": "x"}))
        return made[-1]

    manager = SecretsManager(connect, "stack", FakeClock())
    assert made == []
    # WHEN
    manager.read("door/shop")
    manager.read("client/shop")
    # THEN
    assert len(made) == 1
