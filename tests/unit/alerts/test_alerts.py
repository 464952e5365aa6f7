"""Alerts: one for each cause, told once, daily, and with "repaired at" when it is over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.alerts.alert import REPEAT_SECONDS, SETTLE_SECONDS, Alert, Occasion, steps
from mostik.alerts.book import Alerts
from mostik.alerts.sns import build_publish
from mostik.alerts.trouble import Kind, Trouble
from mostik.alerts.watch import EVERY_SECONDS, AlertWatch
from mostik.alerts.words import Notice, english_of, notice_of, russian_of
from mostik.errors import Busy, ConfigurationError, GiveUp, WhoActs
from mostik.sync.run import Runs
from tests.support.rig import HERE, Rig

PRICE_TYPE = "The price type is not known there."


class Told:
    """Keeps what people are told.

    Attributes:
        away: whether nobody can be reached.
    """

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.away = False

    def tell(self, notice: Notice) -> None:
        """See ``Teller.tell``."""
        if self.away:
            raise Busy("nobody listens")
        self.notices.append(notice)

    @property
    def occasions(self) -> list[Occasion]:
        """Why each was told."""
        return [one.occasion for one in self.notices]


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def told() -> Told:
    return Told()


def watch(rig: Rig, *tellers: Told) -> AlertWatch:
    """What the tick calls."""
    return AlertWatch(Alerts(rig.table), rig.rows, rig.gates, Runs(rig.table), tellers, rig.clock)


def look(rig: Rig, told: Told) -> int:
    """Five minutes pass, and it is looked again."""
    rig.clock.advance(EVERY_SECONDS)
    return watch(rig, told).run()


def stop_orders(rig: Rig, number: int) -> None:
    """So many records cannot be carried over, for one reason."""
    for key in range(number):
        rig.here.put(f"order-{key}", f"text {key}")
        rig.there.errors[f"text {key}"] = GiveUp(PRICE_TYPE, who=WhoActs.ADMIN)
        rig.touch(f"order-{key}")
    for _ in range(number):
        rig.work()


def test_thirty_seven_failures_of_one_cause_are_one_alert_with_a_number(
    rig: Rig, told: Told
) -> None:
    # GIVEN
    stop_orders(rig, 37)
    # WHEN
    assert look(rig, told) == 1
    # THEN
    [notice] = told.notices
    assert notice.alert.trouble.count == 37
    assert "37 things are not carried over" in notice.subject
    assert PRICE_TYPE in notice.text
    assert "администратор подключения" in notice.text
    # AND it is told no second time, however often it is looked
    assert look(rig, told) == 0
    assert watch(rig, told).run() == 0


def test_an_open_alert_is_told_daily_and_closed_with_the_time_of_its_repair(
    rig: Rig, told: Told
) -> None:
    # GIVEN an alert of yesterday
    stop_orders(rig, 2)
    look(rig, told)
    rig.clock.advance(REPEAT_SECONDS)
    look(rig, told)
    assert told.occasions == [Occasion.OPENED, Occasion.STILL]
    # WHEN the cause is repaired and the jobs are repeated
    rig.there.errors.clear()
    for row in rig.jobs():
        rig.replay(row.id)
    rig.settle_down()
    look(rig, told)
    repaired_at = rig.clock()
    for _ in range(3):
        look(rig, told)
    # THEN it is told once that it is over, and since when
    assert told.occasions == [Occasion.OPENED, Occasion.STILL, Occasion.REPAIRED]
    assert "repaired at" in told.notices[-1].text
    assert "исправлено" in told.notices[-1].text
    [closed] = Alerts(rig.table).closed()
    assert closed.gone_at == pytest.approx(repaired_at)
    assert Alerts(rig.table).open() == {}


def test_a_job_that_is_tried_again_and_fails_again_is_not_a_repair(rig: Rig, told: Told) -> None:
    # GIVEN
    stop_orders(rig, 1)
    look(rig, told)
    # WHEN it is repeated and, while nothing is failed, it is looked
    [row] = rig.jobs()
    rig.replay(row.id)
    look(rig, told)
    rig.work()
    look(rig, told)
    # THEN nobody hears that it is over
    assert told.occasions == [Occasion.OPENED]


def test_when_nobody_can_be_reached_it_is_told_later(rig: Rig, told: Told) -> None:
    stop_orders(rig, 1)
    told.away = True
    with pytest.raises(Busy):
        look(rig, told)
    told.away = False
    assert look(rig, told) == 1
    # AND one way that works is enough
    deaf, other = Told(), Told()
    deaf.away = True
    rig.clock.advance(REPEAT_SECONDS)
    assert watch(rig, deaf, other).run() == 1


def test_a_revoked_access_is_one_alert_and_a_pause_is_none(rig: Rig, told: Told) -> None:
    # GIVEN a webhook that was revoked
    rig.here.put("1", "a")
    rig.there.errors["a"] = ConfigurationError("The webhook was revoked.", gate="there")
    rig.touch("1")
    rig.work()
    # WHEN
    look(rig, told)
    # THEN
    [notice] = told.notices
    assert (notice.alert.trouble.kind, notice.alert.trouble.about) == (Kind.GATE, "there")
    assert "calls are stopped" in notice.subject
    # AND what a person has paused themselves is no news
    rig.desk.pause_link("link", by="vera")
    assert look(rig, told) == 0


TROUBLES = st.lists(
    st.builds(
        Trouble,
        st.sampled_from(Kind),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["x", "y"]),
        st.sampled_from(WhoActs),
        st.floats(0, 100),
        what=st.sampled_from(["orders", ""]),
        count=st.integers(0, 50),
    ),
    max_size=6,
)


@given(st.lists(st.tuples(TROUBLES, st.floats(1, 2 * REPEAT_SECONDS)), max_size=12))
def test_each_alert_is_opened_once_before_it_is_repaired_whatever_comes_and_goes(
    story: list[tuple[list[Trouble], float]],
) -> None:
    now, known = 1_000.0, dict[str, Alert]()
    told: dict[str, list[Occasion]] = {}
    for troubles, passed in story:
        now += passed
        for step in steps(known, troubles, now):
            cause = step.alert.trouble.cause
            if step.occasion is not None:
                told.setdefault(cause, []).append(step.occasion)
            if step.alert.is_open:
                known[cause] = step.alert
            else:
                del known[cause]
                assert now - (step.alert.gone_at or now) >= SETTLE_SECONDS
        assert {one.cause for one in troubles} <= set(known)
    for occasions in told.values():
        before: Occasion | None = None
        for one in occasions:
            starts = before in (None, Occasion.REPAIRED)
            assert (one is Occasion.OPENED) == starts
            before = one


@given(TROUBLES.filter(bool))
def test_what_is_kept_reads_back_and_a_subject_is_what_sns_takes(found: list[Trouble]) -> None:
    rig = Rig()
    alert = Alert(replace(found[0], about="портал\nx"), 5.0, told_at=6.0)
    Alerts(rig.table).keep(alert)
    assert list(Alerts(rig.table).open().values()) == [alert]
    for occasion in Occasion:
        request = build_publish("topic", notice_of(alert, occasion))
        assert request["Subject"].isascii()
        assert "\n" not in request["Subject"]
        assert len(request["Subject"]) <= 100
        assert english_of(alert, occasion)
        assert russian_of(alert, occasion)


def test_what_was_not_looked_at_is_not_called_repaired() -> None:
    one = Trouble(Kind.FAILED, HERE, "x", WhoActs.ADMIN, 0.0)
    assert steps({one.cause: Alert(one, 0.0)}, [], 10_000.0, whole=False) == []
