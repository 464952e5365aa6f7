"""What a job was asked by stays for all its attempts, so that keyed calls repeat their key."""

from __future__ import annotations

import pytest

from mostik.errors import RateLimited, RetryLater, WhoActs
from tests.support.rig import HERE, Rig

JOB = f"{HERE}/things/1"


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    made.here.put("1", "first")
    return made


def asks_of(rig: Rig) -> list[str]:
    """Notes what the job was asked by, whenever it reads its record."""
    asks: list[str] = []

    def note(operation: str) -> None:
        if operation == "read":
            asks.append(rig.job(JOB).ask)

    rig.here.after = note
    return asks


def test_every_attempt_at_one_change_has_the_same_ask(rig: Rig) -> None:
    # GIVEN a change whose writes fail in every way that ends with another attempt
    asks = asks_of(rig)
    later = RetryLater("It is busy.", who=WhoActs.SYSTEM)
    limited = RateLimited("Too many.", who=WhoActs.SYSTEM, gate=HERE, retry_after=1.0)
    rig.there.refusals["create"] = [limited, later, later]
    rig.touch("1")
    # WHEN it is tried until it is done, and the record is touched once more while it waits
    rig.work()
    rig.minute()
    rig.touch("1")
    rig.settle_down()
    # THEN the failed attempts and the good one had one ask
    assert len(rig.there.created) == 1
    assert len(asks) >= 4
    assert len(set(asks[:4])) == 1


def test_a_change_after_the_work_was_done_is_another_ask(rig: Rig) -> None:
    # GIVEN a change that was carried over
    asks = asks_of(rig)
    rig.touch("1")
    rig.settle_down()
    # WHEN the record changes again
    rig.clock.advance(1.0)
    rig.here.put("1", "second")
    rig.touch("1")
    rig.settle_down()
    # THEN that is another ask, although it is the same record
    assert len(asks) == len(set(asks)) == 2


def test_a_touch_during_the_work_is_another_ask(rig: Rig) -> None:
    # GIVEN a record that is touched while its change is being carried over
    asks = asks_of(rig)
    rig.touch("1")
    note = rig.here.after
    assert note is not None
    again = [True]

    def touch_once(operation: str) -> None:
        note(operation)
        if again.pop() if again else False:
            rig.touch("1")
            rig.work()  # another worker takes the touch: the record is in other hands

    rig.here.after = touch_once
    # WHEN both are worked off
    rig.settle_down()
    # THEN each had its own ask
    assert len(asks) == len(set(asks)) == 2
