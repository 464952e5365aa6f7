"""How tokens are got, kept and renewed by one container after another."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mostik.connections.tokens import (
    AWAY_SECONDS,
    REFUSAL_SECONDS,
    REST_SECONDS,
    SHORTEST_KEPT_LIFE,
    YOUNG_SECONDS,
)
from mostik.errors import ConfigurationError, RateLimited, RetryLater, WhoActs
from mostik.http.auth.plans import AHEAD_SECONDS
from tests.support.api_router import answer, refuses_to_connect, says, times_out
from tests.unit.auth.world import (
    CREDENTIALS,
    NEW_ORDER,
    REFRESHING,
    SECRET,
    TokenStack,
)


def test_the_first_call_gets_a_token_and_the_next_ones_use_it() -> None:
    # GIVEN
    stack = TokenStack()
    container = stack.container()
    # WHEN
    for _ in range(3):
        assert container.call() == {"orders": []}
    # THEN there was one token call
    assert len(stack.services.asked) == 1
    assert stack.services.shown == ["Bearer access-token-number-1"] * 3


def test_another_container_uses_the_token_that_is_stored() -> None:
    # GIVEN
    stack = TokenStack()
    stack.container().call()
    # WHEN
    stack.container().call()
    # THEN
    assert len(stack.services.asked) == 1


def test_a_token_is_renewed_ahead_of_its_end() -> None:
    # GIVEN
    stack = TokenStack()
    container = stack.container()
    container.call()
    # WHEN it still has a little more than the margin
    stack.clock.advance(3600 - AHEAD_SECONDS - 1)
    container.call()
    # THEN
    assert len(stack.services.asked) == 1
    # WHEN
    stack.clock.advance(1)
    container.call()
    # THEN
    assert len(stack.services.asked) == 2
    assert not [text for text in stack.services.shown if not text.endswith(("1", "2"))]


def test_a_token_of_a_minute_is_not_renewed_at_every_call() -> None:
    # GIVEN a life shorter than the margin
    stack = TokenStack()
    stack.services.life = 60.0
    container = stack.container()
    # WHEN
    for _ in range(5):
        container.call()
        stack.clock.advance(10)
    # THEN
    assert len(stack.services.asked) == 1


def test_a_plan_may_forbid_renewing_ahead() -> None:
    # GIVEN a vendor who blocks whoever renews by the clock
    stack = TokenStack(plan=replace(REFRESHING, ahead=0.0))
    container = stack.container()
    container.call()
    # WHEN
    stack.clock.advance(3599)
    container.call()
    # THEN
    assert len(stack.services.asked) == 1


def test_a_refused_token_is_renewed_once_and_the_call_is_made_again() -> None:
    # GIVEN a token that was ended before its time, and a call that is not safe to repeat
    stack = TokenStack()
    container = stack.container()
    container.call()
    stack.clock.advance(YOUNG_SECONDS)
    stack.services.end()
    # WHEN
    assert container.call(NEW_ORDER) == {"orders": []}
    # THEN the refused try had no effect
    assert stack.services.orders == 1
    assert stack.services.shown[-2:] == [
        "Bearer access-token-number-1",
        "Bearer access-token-number-2",
    ]
    # AND every exchange is in the job's log
    assert [(entry.method, entry.status, entry.job) for entry in container.entries] == [
        ("POST", 200, "job-1"),
        ("GET", 200, "job-1"),
        ("POST", 401, "job-1"),
        ("POST", 200, "job-1"),
        ("POST", 200, "job-1"),
    ]


def test_a_refused_token_that_another_container_has_renewed_costs_no_token_call() -> None:
    # GIVEN two containers with one token, of which one has renewed it
    stack = TokenStack()
    one, other = stack.container(), stack.container()
    one.call()
    other.call()
    stack.clock.advance(YOUNG_SECONDS)
    stack.services.end()
    one.call()
    # WHEN
    other.call()
    # THEN
    assert len(stack.services.asked) == 2


def test_an_api_that_refuses_every_token_does_not_make_us_renew_without_end() -> None:
    # GIVEN an account that was closed
    stack = TokenStack()
    stack.services.refuses = True
    container = stack.container()
    # WHEN many jobs try
    for _ in range(5):
        with pytest.raises(ConfigurationError) as refused:
            container.call()
    # THEN a token that is refused while it is young is not replaced
    assert refused.value.gate == "shop"
    assert len(stack.services.asked) == 1
    # AND later it is, once
    stack.clock.advance(YOUNG_SECONDS)
    for _ in range(5):
        with pytest.raises(ConfigurationError):
            container.call()
    assert len(stack.services.asked) == 2


def test_while_a_token_serves_a_renewal_that_fails_stops_nothing() -> None:
    # GIVEN a token near its end, and a token service that is down
    stack = TokenStack()
    container = stack.container()
    container.call()
    stack.clock.advance(3600 - AHEAD_SECONDS)
    stack.services.faults = [refuses_to_connect] * 3
    # WHEN
    for _ in range(5):
        container.call()
    # THEN it was tried once, with the quick repeats of any call
    assert len(stack.services.asked) == 4
    # AND again after a while
    stack.clock.advance(REST_SECONDS)
    container.call()
    assert len(stack.services.asked) == 5
    assert stack.services.shown[-1] == "Bearer access-token-number-5"


def test_without_a_token_a_token_service_that_is_down_lets_the_job_wait() -> None:
    # GIVEN
    stack = TokenStack()
    stack.services.faults = [refuses_to_connect] * 3
    container = stack.container()
    # WHEN several jobs need a token
    for _ in range(3):
        with pytest.raises(RetryLater) as away:
            container.call(NEW_ORDER)
        assert away.value.retry_after == AWAY_SECONDS
    # THEN nothing was sent to the API, and the token service was tried with its quick repeats alone
    assert stack.services.shown == []
    assert len(stack.services.asked) == 3
    # AND once it is back, nobody waits for a lease
    stack.clock.advance(AWAY_SECONDS)
    container.call()
    assert max(stack.clock.slept) < 1


def test_a_token_service_that_limits_us_holds_the_connection() -> None:
    # GIVEN
    stack = TokenStack()
    stack.services.faults = [says(429, None, {"Retry-After": "50"})]
    container = stack.container()
    # WHEN
    with pytest.raises(RateLimited) as limited:
        container.call()
    # THEN
    assert (limited.value.gate, limited.value.retry_after) == ("shop", 50.0)
    # AND the next job does not ask it before its time
    stack.clock.advance(20)
    with pytest.raises(RateLimited) as limited:
        container.call()
    assert (limited.value.retry_after, len(stack.services.asked)) == (30.0, 1)


@pytest.mark.parametrize(
    ("status", "code", "who"),
    [
        (400, "invalid_grant", WhoActs.ADMIN),
        (400, "INVALID_GRANT", WhoActs.ADMIN),
        (401, "invalid_client", WhoActs.ADMIN),
        (400, "invalid_scope", WhoActs.ADMIN),
        (400, "unsupported_grant_type", WhoActs.DEVELOPER),
        (400, "something_of_their_own", WhoActs.ADMIN),
        (200, "invalid_grant", WhoActs.ADMIN),
        (404, None, WhoActs.ADMIN),
        (403, None, WhoActs.ADMIN),
    ],
)
def test_a_refusal_of_the_token_service_says_who_must_act(
    status: int, code: str | None, who: WhoActs
) -> None:
    # GIVEN
    stack = TokenStack(plan=REFRESHING)
    stack.services.faults = [says(status, {"error": code} if code else None)]
    container = stack.container()
    # WHEN
    with pytest.raises(ConfigurationError) as refused:
        container.call()
    # THEN
    assert (refused.value.who, refused.value.gate) == (who, "shop")
    # AND the next jobs are told so without another call, for a while
    for _ in range(3):
        with pytest.raises(ConfigurationError, match=r"\w"):
            container.call()
    assert len(stack.services.asked) == 1
    # AND then it is tried again: a person may have put it right over there
    stack.clock.advance(REFUSAL_SECONDS)
    container.call()


def test_an_answer_without_a_token_is_a_setting_to_correct() -> None:
    # GIVEN
    stack = TokenStack()
    stack.services.faults = [says(200, {"result": "ok"})]
    # THEN
    with pytest.raises(ConfigurationError, match="holds no token at 'access_token'"):
        stack.container().call()


# ── what lives too short to be stored, and AWS being away ─────────────────────────────────────────


def test_a_short_token_that_does_not_rotate_stays_in_memory() -> None:
    # GIVEN
    stack = TokenStack()
    stack.services.life = SHORTEST_KEPT_LIFE - 1
    # WHEN
    stack.container().call()
    # THEN Secrets Manager is spared a version for each
    assert stack.secrets.documents == {}
    # AND one that rotates is stored all the same: without it the chain would break
    stack.container(REFRESHING).call()
    assert stack.document["current"]["refresh"]


def test_a_token_that_can_be_got_again_is_used_even_if_it_could_not_be_stored() -> None:
    # GIVEN
    stack = TokenStack()
    stack.secrets.fail_next("write")
    # WHEN
    container = stack.container()
    # THEN
    assert container.call() == {"orders": []}


def test_a_lease_that_could_not_be_given_back_loses_no_token() -> None:
    # GIVEN
    stack = TokenStack()
    stack.table.fail_next("remove")
    # THEN
    assert stack.container().call() == {"orders": []}


def test_a_waiting_worker_gives_up_in_time_for_its_invocation() -> None:
    # GIVEN a lease in other hands, and an invocation that is nearly over
    stack = TokenStack(plan=REFRESHING)
    stack.services.faults = [times_out]
    with pytest.raises(RetryLater):
        stack.container().call()
    stack.remaining = 6.0
    began = stack.clock()
    # WHEN
    with pytest.raises(RetryLater):
        stack.container().call()
    # THEN
    assert stack.clock() - began < stack.remaining


# ── nothing of it leaks, and it stays with its host ───────────────────────────────────────────────


@pytest.mark.parametrize("plan", [CREDENTIALS, REFRESHING, replace(REFRESHING, method="GET")])
def test_no_token_and_no_secret_stands_in_a_log_a_row_or_an_error(
    plan: object, request: pytest.FixtureRequest
) -> None:
    # GIVEN services that repeat what they were sent
    del request
    stack = TokenStack(plan=plan)  # type: ignore[arg-type] # each is a plan
    container = stack.container()
    container.call()
    stack.services.refuses = True
    said = []
    # WHEN
    with pytest.raises(ConfigurationError) as refused:
        container.call()
    said.append(repr(vars(refused.value)))
    stack.clock.advance(3600)
    stack.services._refresh = "another-0000"
    stack.services.faults = [
        lambda sent: answer(
            400, {"error": "invalid_grant", "error_description": f"{sent.url} {sent.body!r}"}
        )
    ] * 2
    with pytest.raises(ConfigurationError) as refused:
        container.call()
    said.append(repr(vars(refused.value)))
    # THEN
    said += [repr(entry) for entry in container.entries]
    said += [json.dumps(row, default=repr) for row in stack.table.rows()]
    said += [repr(part) for part in (plan, container, container.keeper, container.redactor)]
    secrets = (SECRET, "access-token-number", "refresh-token-number")
    assert not [text for text in said if any(secret in text for secret in secrets)]


def test_credentials_go_to_their_own_hosts_only() -> None:
    # GIVEN redirects that point elsewhere, on either side
    stack = TokenStack()
    away = {"Location": "https://evil.example/oauth2/token"}
    stack.services.faults = [says(307, None, away)]
    container = stack.container()
    # WHEN
    with pytest.raises(ConfigurationError, match="redirects us"):
        container.call()
    # THEN nothing was sent there, and the API was not called without a token
    assert set(stack.services.hosts) == {"id.example"}
