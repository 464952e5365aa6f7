"""The loss-free feed: take, give each record its job, clear; and what a reader that died leaves."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.bitrix24.transport.batch import Command
from local.sandbox.faults import Fault, FaultKind
from mostik.errors import Busy, RetryLater
from mostik.http.endpoint import Endpoint, Replay
from tests.integrations.bitrix24.app.world import AppWorld

DEAL, CONTACT = 2, 3


def waiting(world: AppWorld) -> list[str]:
    return [f"{one.event}{'!' if one.error else ''}" for one in world.there.offline.entries]


def a_portal_with_changes(deals: int = 3, **portal_is: Any) -> AppWorld:
    """An application that reads the queue, and deals that a person has changed."""
    world = AppWorld(used=("orders", "customers"), portal_is=portal_is).installed()
    world.asked()
    world.there.seed(DEAL, [{"title": f"deal {number}"} for number in range(deals)])
    for number in range(1, deals + 1):
        world.there.edit(DEAL, number, {"title": "changed"})
    return world


def test_every_record_of_the_queue_gets_its_job_and_the_queue_is_empty() -> None:
    # GIVEN
    world = a_portal_with_changes()
    # WHEN
    world.run("feed", "queue")
    # THEN
    assert world.asked() == ["orders/1", "orders/2", "orders/3"]
    assert waiting(world) == []


def test_a_long_queue_is_read_to_its_end() -> None:
    # GIVEN
    world = a_portal_with_changes(deals=130)
    # WHEN
    world.run("feed", "queue")
    # THEN
    assert len(world.asked()) == 130
    assert waiting(world) == []


def test_the_wake_up_event_runs_the_reader() -> None:
    # GIVEN
    world = a_portal_with_changes(deals=1)
    # WHEN
    world.deliver()
    # THEN
    assert world.receipt().body is not None
    assert b"ONOFFLINEEVENT" in (world.receipt().body or b"")
    # AND the worker makes the errand of it, whose touches it then works on
    world.work()
    assert waiting(world) == []


def test_nothing_is_cleared_before_each_record_has_its_job() -> None:
    # GIVEN the queue of jobs refuses the second of three
    world = a_portal_with_changes()
    world.queue.fail_next("send", 1)
    # WHEN
    with pytest.raises(Busy):
        world.run("feed", "queue")
    # THEN the portal still has all three, hidden from every other reader
    assert len(waiting(world)) == 3
    world.asked()
    # WHEN the reader runs again
    world.run("feed", "queue")
    # THEN
    assert world.asked() == ["orders/1", "orders/2", "orders/3"]
    assert waiting(world) == []


@pytest.mark.parametrize("method", ["event.offline.get", "event.offline.clear"])
def test_a_lost_answer_loses_no_record(method: str) -> None:
    # GIVEN the portal has done it and nobody heard
    world = a_portal_with_changes()
    world.there.faults.add(Fault(method, FaultKind.LOST_ANSWER, times=10))
    with pytest.raises(RetryLater):
        world.run("feed", "queue")
    world.there.faults.clear()
    first = world.asked()
    # WHEN
    world.run("feed", "queue")
    # THEN
    assert set(first + world.asked()) == {"orders/1", "orders/2", "orders/3"}
    assert waiting(world) == []


def test_an_entry_that_makes_no_sense_is_marked_and_does_not_stop_the_others() -> None:
    # GIVEN
    world = a_portal_with_changes(deals=1)
    world.there.offline.push("ONCRMDEALUPDATE", {"NOTHING": "x"}, "mostik")
    # WHEN
    world.run("feed", "queue")
    # THEN
    assert world.asked() == ["orders/1"]
    assert waiting(world) == ["ONCRMDEALUPDATE!"]
    # AND the next run leaves it alone
    world.run("feed", "queue")
    assert world.asked() == []


def test_own_writes_do_not_come_back_by_the_queue() -> None:
    # GIVEN
    world = a_portal_with_changes(deals=1)
    world.run("feed", "queue")
    world.asked()
    # WHEN the application changes a deal, alone and in a batch
    update = Endpoint("POST", "crm.item.update", Replay.SAFE)
    params = {"entityTypeId": DEAL, "id": 1, "fields": {"title": "by us"}}
    world.client.portal.call(update, params)
    again = {**params, "fields": {"title": "by us, again"}}
    world.client.portal.batch([Command(update, again)])
    # THEN
    assert world.there.deals[0]["title"] == "by us, again"
    assert waiting(world) == []


def test_a_plan_without_marks_brings_them_back_and_they_are_looked_at() -> None:
    # GIVEN
    features = {"rest_offline_extended": True, "rest_auth_connector": False}
    world = a_portal_with_changes(deals=1, features=features)
    # WHEN
    world.run("feed", "queue")
    # THEN the queue without a source key is read
    assert world.asked() == ["orders/1"]
    assert {one.connector for one in world.there.events.bindings} == {""}


def test_a_plan_that_promised_more_than_it_has_loses_nothing_that_was_read() -> None:
    # GIVEN a self-hosted portal says neither yes nor no, and deletes what it gives
    world = a_portal_with_changes(deals=2, selfhosted=True)
    features = {"rest_offline_extended": False, "rest_auth_connector": True}
    world.there.replan(selfhosted=False, features=features)
    # WHEN
    world.run("feed", "queue")
    # THEN
    assert world.asked() == ["orders/1", "orders/2"]


def test_a_record_that_no_link_uses_is_cleared_without_a_job() -> None:
    # GIVEN
    world = a_portal_with_changes(deals=1)
    world.there.offline.push("ONCRMCOMPANYUPDATE", {"ID": "5"}, "mostik")
    # WHEN
    world.run("feed", "queue")
    # THEN
    assert world.asked() == ["orders/1"]
    assert waiting(world) == []


def test_with_little_time_left_the_rest_is_for_another_run() -> None:
    # GIVEN
    world = a_portal_with_changes(deals=3)
    world.remaining = 20.0
    # WHEN
    world.run("feed", "queue")
    # THEN
    assert world.asked() == ["feed/queue"]
    assert len(waiting(world)) == 3
