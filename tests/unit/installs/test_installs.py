"""What the worker does with a deposit: proves it, lets its events in, and forgets it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mostik.connections.installs import GRACE_SECONDS, Installs
from mostik.connections.tokens import LEASE_SECONDS
from mostik.errors import ConfigurationError, RetryLater
from mostik.http.trail import Trail
from mostik.inbound.door import Door, dump_door, parse_door
from mostik.inbound.scheme import AcceptedSecret
from tests.support.clock import FakeClock
from tests.support.memory import MemorySecrets
from tests.unit.auth.world import FIRST_REFRESH, REFRESHING, Container, TokenStack

TRAIL = Trail(remaining=lambda: 80.0)


def test_the_newest_application_token_proves_events_and_the_one_before_for_an_hour_more() -> None:
    # GIVEN a door with a secret that a person entered
    clock, secrets = FakeClock(), MemorySecrets()
    door = Door("bitrix24", secrets=(AcceptedSecret("1", "a person's secret"),))
    secrets.documents["door/portal"] = dump_door(door)
    installs = Installs(secrets, clock)
    # WHEN the application is installed, the same comes again, and it is installed anew
    installs.admit("portal", "first", {"member_id": "m"})
    written = secrets.documents["door/portal"]
    installs.admit("portal", "first", {"member_id": "m"})
    assert secrets.documents["door/portal"] == written
    clock.advance(10)
    installs.admit("portal", "second", {"member_id": "m"})
    # THEN
    door = parse_door(secrets.documents["door/portal"])
    now = int(clock())
    assert [one.value for one in door.live_secrets(now)] == [
        "second",
        "first",
        "a person's secret",
    ]
    assert door.parameters["member_id"] == "m"
    late = door.live_secrets(now + GRACE_SECONDS + 1)
    assert [one.value for one in late] == ["second", "a person's secret"]


def test_a_deposit_is_forgotten_with_its_version_before() -> None:
    # GIVEN
    secrets = MemorySecrets(
        {"deposits/portal": json.dumps({"v": 1, "at": 5, "fields": {"a": "b"}})}
    )
    installs = Installs(secrets, FakeClock())
    written: list[str] = []
    secrets.before = written.append
    assert installs.waiting("portal") is not None
    # WHEN
    installs.forget("portal")
    # THEN Secrets Manager, which keeps one version more, has none of it either
    assert written.count("write") == 2
    assert installs.waiting("portal") is None


def test_a_connection_without_a_door_says_so() -> None:
    with pytest.raises(ConfigurationError, match="no door"):
        Installs(MemorySecrets(), FakeClock()).admit("portal", "x", {})


def adopting() -> tuple[TokenStack, Container]:
    """A stack whose plan knows no first refresh token: an installation brings it."""
    stack = TokenStack(plan=replace(REFRESHING, refresh=""))
    return stack, stack.container()


def test_a_refresh_token_is_proven_by_spending_it_and_the_pair_is_stored_first() -> None:
    # GIVEN
    stack, container = adopting()
    # WHEN
    container.keeper.adopt(FIRST_REFRESH, TRAIL)
    container.call()
    # THEN
    assert stack.document["current"]["refresh"] == "refresh-token-number-1"
    assert stack.services.shown == ["Bearer access-token-number-1"]
    # AND the same again costs nothing, in any container
    stack.container().keeper.adopt(FIRST_REFRESH, TRAIL)
    assert len(stack.services.asked) == 1


def test_a_forged_refresh_token_leaves_the_stored_ones_as_they_are() -> None:
    # GIVEN
    stack, container = adopting()
    container.keeper.adopt(FIRST_REFRESH, TRAIL)
    before = dict(stack.document)
    # WHEN
    with pytest.raises(ConfigurationError):
        container.keeper.adopt("forged-refresh-token", TRAIL)
    # THEN
    assert stack.document == before
    container.call()
    assert stack.services.shown == ["Bearer access-token-number-1"]


def test_a_lost_answer_is_asked_for_again_and_then_says_what_was_lost() -> None:
    # GIVEN the service has spent the token, and nobody heard what it gave
    stack, container = adopting()
    stack.services.losing = 1
    with pytest.raises(RetryLater, match="was lost"):
        container.keeper.adopt(FIRST_REFRESH, TRAIL)
    # WHEN
    stack.clock.advance(LEASE_SECONDS)
    with pytest.raises(ConfigurationError, match=r"answer to the renewal of .* was lost"):
        container.keeper.adopt(FIRST_REFRESH, TRAIL)
    # THEN nothing was stored
    assert "tokens/shop" not in stack.secrets.documents


def test_a_pair_that_could_not_be_stored_is_stored_by_the_next_try() -> None:
    # GIVEN
    stack, container = adopting()
    stack.secrets.fail_next("write", 3)
    with pytest.raises(RetryLater, match="could not be stored"):
        container.keeper.adopt(FIRST_REFRESH, TRAIL)
    # WHEN
    stack.clock.advance(LEASE_SECONDS)
    container.keeper.adopt(FIRST_REFRESH, TRAIL)
    # THEN
    assert len(stack.services.asked) == 1
    assert stack.document["current"]["refresh"] == "refresh-token-number-1"


def test_what_is_stored_of_a_token_is_what_the_release_before_can_read() -> None:
    # GIVEN
    stack = TokenStack(plan=REFRESHING)
    # WHEN
    stack.container().call()
    # THEN
    assert set(stack.document["current"]) == {"value", "issued_at", "expires_at", "refresh"}
