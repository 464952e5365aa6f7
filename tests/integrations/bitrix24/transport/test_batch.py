"""Batches: each command has its own outcome, and only what may be repeated is repeated."""

from __future__ import annotations

import time
from threading import Event, Lock

import pytest

from integrations.bitrix24.transport.batch import Command, Done, Refused
from integrations.bitrix24.transport.php import Ref
from local.sandbox.faults import FaultKind
from local.sandbox.portal import PortalConfig, RateLimit
from local.sandbox.portal.crm.fields import DEAL
from mostik.errors import (
    ConfigurationError,
    GiveUp,
    RateLimited,
    RetryLater,
    Unknown,
    WhoActs,
)
from mostik.http.endpoint import Endpoint
from mostik.http.gate import Fate, Lane, OpenGate
from mostik.http.limiter import Limit
from mostik.ports import RemainingTime
from tests.integrations.bitrix24.transport.world import (
    ADD,
    CONTACT,
    GET,
    LIST,
    RealClock,
    World,
    add,
    errors,
    update,
    values,
)


def test_outcomes_come_in_the_order_of_the_commands() -> None:
    # GIVEN a portal and 120 deals to be added, of which one is refused
    world = World()
    commands = [add(f"deal {number}") for number in range(120)]
    commands[70] = add("bad", stageId="NO SUCH STAGE")
    # WHEN they are run
    outcomes = world.portal.batch(commands)
    # THEN each has its own outcome, in three requests
    assert world.wire.sent == ["batch"] * 3
    assert isinstance(outcomes[70], Refused)
    assert isinstance(outcomes[70].error, GiveUp)
    del outcomes[70], commands[70]
    assert [item["title"] for item in values(outcomes)] == [
        command.params["fields"]["title"] for command in commands
    ]
    # AND the portal holds each once
    assert len(world.titles()) == len(set(world.titles())) == 119


def test_no_more_than_four_batches_are_on_their_way_and_no_fewer() -> None:
    # GIVEN a portal that takes its time
    world = World(work=0.02)
    # WHEN twelve batches are run
    world.portal.batch([add(str(number)) for number in range(600)])
    # THEN four were on their way at once
    assert world.wire.most_at_once == 4
    assert len(world.titles()) == 600


def test_nothing_to_run_is_no_request() -> None:
    world = World()
    assert list(world.portal.batch([])) == []
    assert world.wire.sent == []


def test_a_command_uses_what_an_earlier_one_has_returned() -> None:
    # GIVEN a contact, a deal that points at it and a look at that deal
    world = World()
    contact = Command(ADD, {"entityTypeId": CONTACT, "fields": {"name": "Анна"}}, "contact")
    deal = add("with a contact", "deal", contactIds=[Ref("contact", "item", "id")])
    look = Command(GET, {"entityTypeId": DEAL, "id": Ref("deal", "item", "id")})
    # WHEN they are run together
    outcomes = world.portal.batch([contact, deal, look])
    # THEN one request was enough
    assert world.wire.sent == ["batch"]
    found, _, read = values(outcomes)
    assert read["contactIds"] == [found["id"]]


def test_a_typed_reference_reaches_the_portal_as_it_was_typed() -> None:
    # GIVEN a customer who calls himself like a reference, in the middle of other records
    world = World()
    name = "$result[c0][item][id]"
    # WHEN he is written beside others, and something refers to him
    outcomes = world.portal.batch(
        [add("first"), add(name, "odd"), add("last", comments=Ref("odd", "item", "title"))]
    )
    # THEN his name is what he has typed
    assert [item["title"] for item in values(outcomes)] == ["first", name, "last"]
    assert values(outcomes)[2]["comments"] == name


def test_only_what_failed_is_repeated() -> None:
    # GIVEN updates among adds, and a portal that fails in the middle of one of the updates
    world = World()
    world.hold(2)
    world.breaks(
        "crm.item.update", FaultKind.STATUS, verb="BATCH", status=500,
        error="INTERNAL_SERVER_ERROR", after=1,
    )  # fmt: skip
    # WHEN they are run
    outcomes = world.portal.batch([add("new"), update(1, "one"), update(2, "two"), add("newer")])
    # THEN that one alone was run once more
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert world.titles() == ["one", "two", "new", "newer"]
    assert world.there.calls["crm.item.add"] == 2
    assert world.there.calls["crm.item.update"] == 2
    assert world.wire.sent == ["batch", "batch"]


def test_a_write_that_failed_in_the_middle_is_not_repeated_but_looked_up_by_the_caller() -> None:
    # GIVEN a portal that fails in the middle of an add
    world = World()
    world.breaks(
        "crm.item.add", FaultKind.STATUS, verb="BATCH", status=500, error="INTERNAL_SERVER_ERROR"
    )
    # WHEN two are run
    first, second = world.portal.batch([add("first"), add("second")])
    # THEN the first is in doubt, the second is done, and nothing was sent twice
    assert isinstance(first, Refused)
    assert isinstance(first.error, Unknown)
    assert isinstance(second, Done)
    assert world.wire.sent == ["batch"]


def test_a_lost_answer_leaves_unsafe_writes_in_doubt_and_repeats_the_others() -> None:
    # GIVEN a portal whose answer is lost after the work
    world = World()
    world.hold(1)
    world.breaks("batch", FaultKind.LOST_ANSWER)
    # WHEN an add, an update and a look at what was added are run
    added, updated, looked = world.portal.batch(
        [
            add("new", "new"),
            update(1, "changed"),
            Command(GET, {"entityTypeId": DEAL, "id": Ref("new", "item", "id")}),
        ]
    )
    # THEN the add is in doubt, and so is what needs it
    assert [type(error) for error in errors([added, looked])] == [Unknown, Unknown]
    # AND the update was run again
    assert isinstance(updated, Done)
    # AND the portal holds the new deal exactly once
    assert world.titles() == ["changed", "new"]


def test_reads_whose_answers_stay_away_are_to_be_tried_later() -> None:
    # GIVEN a portal that shows a proxy's page
    world = World()
    world.breaks("batch", FaultKind.HTML, times=None, status=502)
    # WHEN something is looked up
    outcomes = world.portal.batch([Command(LIST, {"entityTypeId": DEAL})])
    # THEN it may be tried later
    assert [type(error) for error in errors(outcomes)] == [RetryLater]


def test_what_needs_a_command_that_is_repeated_is_repeated_with_it() -> None:
    # GIVEN a look-up that fails at first, and an update of what it finds
    world = World()
    world.hold(1)
    world.breaks(
        "crm.item.get", FaultKind.STATUS, verb="BATCH", status=500, error="INTERNAL_SERVER_ERROR"
    )
    look = Command(GET, {"entityTypeId": DEAL, "id": 1}, "look")
    change = update(0, "found")
    change = Command(change.endpoint, {**change.params, "id": Ref("look", "item", "id")})
    # WHEN they are run
    outcomes = world.portal.batch([look, change])
    # THEN both are done
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert world.titles() == ["found"]


def test_what_needs_a_command_that_was_refused_says_why() -> None:
    # GIVEN a look-up of something that is not there, and an update of it
    world = World()
    look = Command(GET, {"entityTypeId": DEAL, "id": 77}, "look")
    change = Command(
        update(0, "x").endpoint, {"entityTypeId": DEAL, "id": Ref("look", "item", "id")}
    )
    # WHEN they are run
    first, second = errors(world.portal.batch([look, change]))
    # THEN both have one reason
    assert isinstance(first, GiveUp)
    assert second is first


def test_a_method_that_rests_is_left_out_and_the_others_are_run() -> None:
    # GIVEN a portal where one method has used up its working time
    world = World()
    world.breaks(
        "crm.item.add", FaultKind.STATUS, verb="BATCH", status=429, error="OPERATION_TIME_LIMIT"
    )
    world.hold(1)
    commands = [add("new"), update(1, "changed")]
    # WHEN it is met, and when it is met again
    for _ in range(2):
        outcomes = world.portal.batch(commands)
        # THEN it is refused by a gate of its own
        (error,) = errors(outcomes)
        assert isinstance(error, RateLimited)
        assert error.gate == "portal:crm.item.add"
        # AND the other one was run
        assert isinstance(outcomes[1], Done)
    assert world.parked == {"crm.item.add"}
    assert world.there.calls["crm.item.add"] == 0
    # AND it is run when it has rested
    world.clock.advance(700)
    assert not errors(world.portal.batch(commands))
    assert world.titles() == ["changed", "new"]


def test_a_batch_of_nothing_but_resting_methods_is_no_request() -> None:
    # GIVEN a method that rests
    world = World()
    world.breaks(
        "crm.item.add", FaultKind.STATUS, verb="BATCH", status=429, error="OPERATION_TIME_LIMIT"
    )
    world.portal.batch([add("x")])
    # WHEN it is asked for again, with something that needs it
    outcomes = world.portal.batch(
        [add("y", "y"), Command(GET, {"entityTypeId": DEAL, "id": Ref("y", "item", "id")})]
    )
    # THEN nothing was sent
    assert world.wire.sent == ["batch"]
    assert [type(error) for error in errors(outcomes)] == [RateLimited, RateLimited]


@pytest.mark.parametrize("code", ["OVERLOAD_LIMIT", "overload_limit", "PORTAL_DELETED"])
def test_a_blocked_portal_is_asked_no_further(code: str) -> None:
    # GIVEN a portal that somebody has blocked by hand
    world = World(work=0.02)
    world.breaks("batch", FaultKind.STATUS, times=None, status=503, error=code)
    # WHEN twenty batches are to be run
    outcomes = world.portal.batch([add(str(number)) for number in range(1000)])
    # THEN those on their way were the only ones, and all say what a person must do
    assert len(world.wire.sent) <= 4
    assert {type(error) for error in errors(outcomes)} == {ConfigurationError}
    assert len(outcomes) == 1000


def test_an_integer_for_a_code_is_a_code() -> None:
    # GIVEN a command without what the method demands
    world = World()
    # WHEN it is run
    (error,) = errors(world.portal.batch([Command(ADD, {"fields": {"title": "x"}})]))
    # THEN it is refused by the portal's number
    assert isinstance(error, GiveUp)
    assert error.code == "100"


def test_where_others_have_taken_the_slots_a_batch_is_kept_back_whole() -> None:
    # GIVEN a portal whose limit others of ours have used up
    limit = Limit("bitrix24:portal", per_second=2.0, burst=50)
    world = World(limit=limit)
    world.slots.fill(limit.key, now=world.clock(), level=60.0)
    # WHEN a batch is to be run
    outcomes = world.portal.batch([add("x")])
    # THEN it was not sent, and says when to come again
    (error,) = errors(outcomes)
    assert isinstance(error, RateLimited)
    assert error.gate == "portal"
    assert error.retry_after == pytest.approx(60.5 - 24.25 - 2.0)
    assert world.wire.sent == []


def test_what_has_begun_waits_for_its_slots_and_ends_at_the_portals_pace() -> None:
    # GIVEN a portal with a small bucket, a limiter that knows it, and time that really passes
    config = PortalConfig(rate_limit=RateLimit(threshold=40, per_second=20.0))
    world = World(
        config, limit=Limit("bitrix24:portal", per_second=20.0, burst=40), clock=RealClock()
    )
    world.there.fill_bucket()
    world.slots.fill("bitrix24:portal", now=world.clock(), level=2.0)
    began = world.clock()
    # WHEN 40 batches are run
    outcomes = world.portal.batch([add(str(number)) for number in range(2000)])
    # THEN all are done, none was refused, and it took as long as the portal wants
    assert not errors(outcomes)
    assert world.there.refused == 0
    assert 1.8 <= world.clock() - began <= 4.0


def test_what_the_portal_refuses_for_its_rate_is_sent_again() -> None:
    # GIVEN a portal whose bucket somebody else has filled, and that takes half of what is to come
    # even where a second ends just now
    config = PortalConfig(rate_limit=RateLimit(threshold=6, per_second=6.0))
    world = World(config, limit=Limit("p", per_second=20.0, burst=20), clock=RealClock())
    world.there.fill_bucket()
    # WHEN twelve batches are run
    outcomes = world.portal.batch([add(str(number)) for number in range(600)])
    # THEN the first ones were refused, and all are done once
    assert world.there.refused > 0
    assert not errors(outcomes)
    assert len(world.titles()) == 600


class LateGate(OpenGate):
    """Refuses the second call, and only when the first one has long been done."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls = 0
        self._done = Event()

    def admit(self, endpoint: Endpoint, lane: Lane, remaining: RemainingTime) -> None:
        del endpoint, lane, remaining
        with self._lock:
            self._calls += 1
            number = self._calls
        if number == 2:
            self._done.wait(5.0)
            time.sleep(0.05)
            raise RateLimited("No.", who=WhoActs.SYSTEM, retry_after=0.5, gate="portal", pace=2.0)

    def learn(self, endpoint: Endpoint, fate: Fate) -> None:
        del endpoint, fate
        self._done.set()


def test_a_batch_that_is_kept_back_when_all_others_are_done_is_sent_all_the_same() -> None:
    # GIVEN two batches, of which one is refused when nothing else is left to be sent
    world = World(gate=LateGate())
    # WHEN they are run
    outcomes = world.portal.batch([add(str(number)) for number in range(100)])
    # THEN both are done, and it has waited for nothing but its slot
    assert not errors(outcomes)
    assert len(world.titles()) == 100
    assert world.clock.slept == [0.5]


def test_a_job_at_its_end_leaves_the_rest_to_the_next_one() -> None:
    # GIVEN an invocation that has hardly any time left
    world = World(remaining=2.0)
    # WHEN a batch is to be run
    outcomes = world.portal.batch([add("x"), add("y")])
    # THEN it was not sent and may be tried again
    assert {type(error) for error in errors(outcomes)} == {RetryLater}
    assert world.wire.sent == []


def test_the_log_has_an_entry_for_each_batch() -> None:
    world = World()
    world.portal.batch([add("x")])
    (entry,) = world.entries
    assert entry.endpoint == "batch"
    assert world.config.secret not in entry.url
