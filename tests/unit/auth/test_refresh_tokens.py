"""A refresh token that rotates: each is good once, and losing one costs a person's time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mostik.connections.tokens import LEASE_SECONDS, PATIENCE_SECONDS
from mostik.errors import ConfigurationError, RetryLater
from tests.support.api_router import refuses_to_connect, times_out
from tests.unit.auth.world import FIRST_REFRESH, NEW_ORDER, REFRESHING, TokenStack


def test_the_new_refresh_token_is_stored_before_the_new_token_is_used() -> None:
    # GIVEN
    stack = TokenStack(plan=REFRESHING)
    used_when_stored: list[int] = []

    def notes(operation: str) -> None:
        if operation == "write":
            used_when_stored.append(len(stack.services.shown))

    stack.secrets.before = notes
    # WHEN
    stack.container().call()
    # THEN
    assert used_when_stored == [0]
    assert stack.document["current"]["refresh"] == "refresh-token-number-1"
    # AND the next container goes on from there
    stack.clock.advance(3600)
    stack.container().call()
    assert [asked["refresh_token"] for asked in stack.services.asked] == [
        FIRST_REFRESH,
        "refresh-token-number-1",
    ]
    assert stack.document["previous"]["refresh"] == "refresh-token-number-1"


def test_a_refresh_token_that_could_not_be_stored_is_not_used_and_not_forgotten() -> None:
    # GIVEN Secrets Manager is away when the new refresh token comes
    stack = TokenStack(plan=REFRESHING)
    stack.secrets.fail_next("write", 3)
    container = stack.container()
    # WHEN
    with pytest.raises(RetryLater, match="could not be stored"):
        container.call()
    # THEN it was not used
    assert stack.services.shown == []
    # WHEN the lease has run out
    stack.clock.advance(LEASE_SECONDS)
    container.call()
    # THEN it is stored first, and no second one was asked for
    assert stack.document["current"]["refresh"] == "refresh-token-number-1"
    assert len(stack.services.asked) == 1


def test_a_lost_answer_lets_the_next_one_ask_again_after_the_lease() -> None:
    # GIVEN a request that never arrived there: what was sent is still good
    stack = TokenStack(plan=REFRESHING)
    stack.services.faults = [times_out]
    container = stack.container()
    # WHEN
    with pytest.raises(RetryLater, match="was lost") as lost:
        container.call(NEW_ORDER)
    # THEN it is no unknown outcome of the job's own call, and not asked twice in a row
    assert lost.value.retry_after == LEASE_SECONDS
    assert len(stack.services.asked) == 1
    # AND its other jobs do not wait for it
    with pytest.raises(RetryLater, match="was lost"):
        container.call()
    assert stack.clock.slept == []
    # WHEN another worker tries before the lease has run out
    other = stack.container()
    for _ in range(3):
        with pytest.raises(RetryLater, match="Another worker"):
            other.call()
    # THEN its first job has waited, and its next ones have not
    assert PATIENCE_SECONDS <= sum(stack.clock.slept) < PATIENCE_SECONDS + 1
    assert len(stack.services.asked) == 1
    # AND after it
    stack.clock.advance(LEASE_SECONDS)
    stack.container().call()
    # THEN
    assert stack.document["current"]["refresh"] == "refresh-token-number-2"


def test_a_lost_answer_that_took_the_refresh_token_with_it_is_said_in_words() -> None:
    # GIVEN a service that rotated, and the answer was lost
    stack = TokenStack(plan=REFRESHING)
    stack.container().call()
    stack.clock.advance(3600)
    stack.services.losing = 1
    with pytest.raises(RetryLater):
        stack.container().call()
    stack.clock.advance(LEASE_SECONDS)
    # WHEN
    with pytest.raises(ConfigurationError) as refused:
        stack.container().call()
    # THEN a person is told what happened and what to do
    assert "authorize this connection anew" in refused.value.text
    assert "The answer to the renewal of 2025-10-09 09:53 UTC was lost" in refused.value.text
    # AND what was known before is kept
    assert stack.document["current"]["refresh"] == "refresh-token-number-1"


def test_an_attempt_that_never_left_is_not_called_lost() -> None:
    # GIVEN a token service that could not be reached, and then refuses for a reason of its own
    stack = TokenStack(plan=REFRESHING)
    stack.services.faults = [refuses_to_connect] * 3
    with pytest.raises(RetryLater):
        stack.container().call()
    stack.services._refresh = "another-0000"
    # WHEN
    with pytest.raises(ConfigurationError) as refused:
        stack.container().call()
    # THEN
    assert "lost" not in refused.value.text


def test_the_previous_refresh_token_is_tried_before_a_person_is_called() -> None:
    # GIVEN a service that fell back to the refresh token before: ours was never in its books
    stack = TokenStack(plan=REFRESHING)
    stack.container().call()
    stack.clock.advance(3600)
    stack.container().call()
    stack.services._refresh = "refresh-token-number-1"
    stack.clock.advance(3600)
    # WHEN
    stack.container().call()
    # THEN
    assert [asked["refresh_token"] for asked in stack.services.asked[-2:]] == [
        "refresh-token-number-2",
        "refresh-token-number-1",
    ]


def test_a_refresh_token_that_a_person_enters_begins_a_new_chain() -> None:
    # GIVEN a chain that is broken
    stack = TokenStack(plan=REFRESHING)
    stack.container().call()
    stack.services._refresh = "entered-anew-0000"
    stack.clock.advance(3600)
    with pytest.raises(ConfigurationError):
        stack.container().call()
    # WHEN a person authorizes the connection anew
    stack.container(replace(REFRESHING, refresh="entered-anew-0000")).call()
    # THEN
    assert stack.services.asked[-1]["refresh_token"] == "entered-anew-0000"
    # AND another client secret alone does not begin one
    asked = len(stack.services.asked)
    stack.container(
        replace(REFRESHING, refresh="entered-anew-0000", client_secret="rotated-0000")
    ).call()
    assert len(stack.services.asked) == asked


def test_an_older_document_than_the_row_says_is_not_acted_on() -> None:
    # GIVEN Secrets Manager shows for a moment what it held before
    stack = TokenStack(plan=REFRESHING)
    stack.container().call()
    older = stack.secrets.documents["tokens/shop"]
    stack.clock.advance(3600)
    stack.container().call()
    newest = stack.secrets.documents["tokens/shop"]
    stack.secrets.documents["tokens/shop"] = older
    reads: list[str] = []

    def catches_up(operation: str) -> None:
        if operation == "load":
            reads.append(operation)
            if len(reads) == 3:
                stack.secrets.documents["tokens/shop"] = newest

    stack.secrets.before = catches_up
    # WHEN
    stack.container().call()
    # THEN no spent refresh token was sent
    assert len(stack.services.asked) == 2


def test_a_document_that_a_person_has_spoilt_begins_anew() -> None:
    # GIVEN
    stack = TokenStack()
    for spoilt in ("", "[]", "{}", '{"current": {"value": 1}, "previous": null, "serial": "x"}'):
        stack.secrets.documents["tokens/shop"] = spoilt
        # WHEN
        stack.container().call()
        # THEN
        assert stack.document["serial"] == 1
