"""Many workers need a token at one moment: real threads, real time."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from mostik.http.auth import TokenPlan
from tests.support.clock import STARTS_AT
from tests.unit.auth.world import CREDENTIALS, REFRESHING, Container, TokenStack

WORKERS = 5
SLOW = 0.2


def at_once(calls: list[Callable[[], object]]) -> None:
    """Makes every call at one moment, each in a thread of its own."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        for done in [pool.submit(run, call) for call in calls]:
            done.result()


def crowd(plan: TokenPlan) -> tuple[TokenStack, Callable[[], Container]]:
    """A stack in real time, whose token service is slow."""
    stack = TokenStack(plan=plan)

    def now() -> float:
        return time.time() - STARTS_AT + stack.clock()  # a test may let an hour pass

    stack.services.clock = now
    stack.services.slow = SLOW
    return stack, lambda: stack.container(clock=now, sleep=time.sleep)


@pytest.mark.parametrize("plan", [CREDENTIALS, REFRESHING], ids=["credentials", "refreshing"])
def test_five_workers_at_once_make_one_token_call(plan: TokenPlan) -> None:
    # GIVEN five containers without a token
    stack, container = crowd(plan)
    containers = [container() for _ in range(WORKERS)]
    # WHEN
    at_once([each.call for each in containers])
    # THEN
    assert len(stack.services.asked) == 1
    assert stack.services.shown == ["Bearer access-token-number-1"] * WORKERS


@pytest.mark.parametrize("plan", [CREDENTIALS, REFRESHING], ids=["credentials", "refreshing"])
def test_a_token_that_ends_for_five_workers_at_once_is_renewed_by_one_call(
    plan: TokenPlan,
) -> None:
    # GIVEN five containers with four threads each, and one token that has just been ended
    stack, container = crowd(plan)
    containers = [container() for _ in range(WORKERS)]
    for each in containers:
        each.call()
    stack.clock.advance(100)
    stack.services.end()
    # WHEN
    at_once([each.call for each in containers for _ in range(4)])
    # THEN
    assert len(stack.services.asked) == 2
    assert stack.services.shown[-1] == "Bearer access-token-number-2"


def test_a_token_too_short_to_be_stored_is_got_once_for_all_threads_of_a_container() -> None:
    # GIVEN
    stack, container = crowd(CREDENTIALS)
    stack.services.life = 60.0
    # WHEN
    one = container()
    at_once([one.call] * WORKERS)
    # THEN
    assert len(stack.services.asked) == 1


def test_while_one_worker_renews_ahead_the_others_do_not_wait() -> None:
    # GIVEN five containers whose token comes near its end
    stack, container = crowd(REFRESHING)
    containers = [container() for _ in range(WORKERS)]
    for each in containers:
        each.call()
    stack.clock.advance(3500)
    took: list[float] = []

    def timed(each: Container) -> None:
        began = time.monotonic()
        each.keeper.current(each.api.trail)
        took.append(time.monotonic() - began)

    # WHEN
    at_once([partial(timed, each) for each in containers])
    # THEN one of them called the token service, the others went on with what they had
    assert len(stack.services.asked) == 2
    assert sorted(took)[-2] < SLOW
