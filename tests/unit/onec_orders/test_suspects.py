"""Answers that 1C does not confirm become smaller, until the order that it cannot load is alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mostik.commerceml.outbox import Handed
from mostik.commerceml.suspects import PATIENCE, Portion, portion


def an_answer(*keys: str, taken: bool = False) -> Handed:
    return Handed("onec", "s", 1.0, "m", tuple((key, f"m{key}") for key in keys), taken=taken)


def test_bad_luck_changes_nothing() -> None:
    assert portion([]) == Portion()
    assert portion([an_answer("1", "2")] * (PATIENCE - 1)) == Portion()


def test_a_success_ends_the_suspicion() -> None:
    history = [an_answer("1"), an_answer("1", taken=True), *[an_answer("1", "2")] * 9]
    assert portion(history) == Portion()


def test_answers_become_half_as_large_and_one_alone_is_suspected_at_last() -> None:
    history = [an_answer(*"12345678")] * PATIENCE
    assert portion(history) == Portion(most=4)
    history = [an_answer(*"12"), an_answer(*"1234"), *history]
    assert portion(history) == Portion(most=1)
    assert portion([an_answer("1"), *history]) == Portion(most=1)
    assert portion([*[an_answer("1")] * PATIENCE, *history]) == Portion(1, ("1", "m1"))


def test_an_order_that_changed_meanwhile_is_tried_anew() -> None:
    changed = Handed("onec", "s", 1.0, "m", (("1", "later"),))
    assert portion([changed, *[an_answer("1")] * PATIENCE]) == Portion(most=1)


def test_answers_that_held_nothing_are_no_suspicion() -> None:
    assert portion([an_answer()] * 20) == Portion()


@given(st.sets(st.integers(0, 40), min_size=1, max_size=3), st.integers(41, 60))
def test_all_but_the_poison_arrive_whatever_is_poison(poison: set[int], orders: int) -> None:
    # GIVEN orders that wait, some of which 1C cannot load
    waiting = [str(number) for number in range(orders)]
    bad = {str(number) for number in poison}
    history: list[Handed] = []
    aside: set[str] = set()
    # WHEN it comes again and again
    for _ in range(400):
        allowed = portion(history)
        if allowed.suspect is not None and len(waiting) > 1:
            waiting.remove(allowed.suspect[0])
            aside.add(allowed.suspect[0])
        given_now = waiting[: allowed.most]
        loads = not bad & set(given_now)
        history.insert(0, an_answer(*given_now, taken=loads))
        if loads:
            waiting = waiting[len(given_now) :]
        if not set(waiting) - bad:
            break
    # THEN all others are there, and none of them was set aside
    assert not set(waiting) - bad
    assert aside <= bad
