"""The contracts of ``JobQueue``, ``DeadLetters`` and ``QueueGauge``."""

from __future__ import annotations

import pytest

from mostik.jobs.message import Message, Receipt, StateEvent, Touch, dump, load
from mostik.ports import QueueDepth
from tests.aws.worlds import Queues, World
from tests.support.clock import FakeClock
from tests.support.queue import MemoryQueue


@pytest.fixture
def queues(world: World) -> Queues:
    return world.queues()


def until_empty(queues: Queues) -> list[str]:
    """Bodies of everything that is visible; SQS may show less than it has in one answer."""
    bodies: list[str] = []
    while received := queues.receive():
        bodies += [message.body for message in received]
        for message in received:
            queues.delete(message.handle)
    return bodies


def test_a_message_arrives_with_its_text_and_its_group(world: World) -> None:
    # GIVEN
    queues = world.queues()
    before = world.clock()
    # WHEN
    queues.jobs.send("Заказ 🙂", group="shop")
    # THEN
    (message,) = queues.receive()
    assert (message.body, message.group, message.receives) == ("Заказ 🙂", "shop", 1)
    assert before - 1 <= message.sent_at <= world.clock() + 1


def test_many_messages_all_arrive(queues: Queues) -> None:
    # WHEN
    for number in range(13):
        queues.jobs.send(f"message {number}", group=f"group {number % 3}")
    # THEN
    assert sorted(until_empty(queues)) == sorted(f"message {number}" for number in range(13))


def test_many_messages_sent_together_all_arrive(queues: Queues) -> None:
    # WHEN there are more than one request takes, and more bytes
    bodies = [f"message {number}" for number in range(23)] + ["я" * 200_000] * 3
    queues.jobs.send_many(bodies, group="shop")
    # THEN
    assert sorted(until_empty(queues)) == sorted(bodies)


def test_a_received_message_is_hidden_until_its_visibility_timeout(world: World) -> None:
    # GIVEN
    queues = world.queues(visibility=1)
    queues.jobs.send("x", group="shop")
    # WHEN
    queues.receive()
    # THEN
    assert queues.receive() == []
    # WHEN
    world.pass_time(1)
    # THEN
    (again,) = queues.receive()
    assert (again.body, again.receives) == ("x", 2)


def test_a_deleted_message_does_not_come_back(world: World) -> None:
    # GIVEN
    queues = world.queues(visibility=1)
    queues.jobs.send("x", group="shop")
    (message,) = queues.receive()
    # WHEN
    queues.delete(message.handle)
    world.pass_time(1)
    # THEN
    assert queues.receive() == []


def test_a_delayed_message_is_hidden_until_its_delay_is_over(world: World) -> None:
    # GIVEN
    queues = world.queues()
    queues.jobs.send("x", group="shop", delay=1)
    # THEN
    assert queues.receive() == []
    assert queues.gauge.jobs() == QueueDepth(visible=0, in_flight=0, delayed=1)
    # WHEN
    world.pass_time(1)
    # THEN
    assert [message.body for message in queues.receive()] == ["x"]


def test_a_returned_message_is_visible_again_when_it_was_asked_to_be(world: World) -> None:
    # GIVEN
    queues = world.queues(visibility=600)
    queues.jobs.send("x", group="shop")
    (message,) = queues.receive()
    # WHEN
    queues.jobs.return_at(message.handle, 1)
    # THEN
    assert queues.receive() == []
    # WHEN
    world.pass_time(1)
    # THEN
    assert [message.body for message in queues.receive()] == ["x"]


def test_a_message_can_be_returned_at_once(world: World) -> None:
    # GIVEN
    queues = world.queues(visibility=600)
    queues.jobs.send("x", group="shop")
    (message,) = queues.receive()
    # WHEN
    queues.jobs.return_at(message.handle, 0)
    world.pass_time(0)
    # THEN
    assert [again.receives for again in queues.receive()] == [2]


def test_a_message_of_128_kilobytes_is_taken(queues: Queues) -> None:
    # WHEN
    queues.jobs.send("x" * 131_072, group="shop")
    # THEN
    assert [len(message.body) for message in queues.receive()] == [131_072]


def test_the_gauge_tells_visible_from_in_flight_and_delayed(queues: Queues) -> None:
    # GIVEN
    assert queues.gauge.jobs() == QueueDepth(0, 0, 0)
    queues.jobs.send("in flight", group="shop")
    queues.receive()
    # WHEN
    queues.jobs.send("visible", group="shop")
    queues.jobs.send("visible", group="shop")
    queues.jobs.send("delayed", group="shop", delay=300)
    # THEN
    assert queues.gauge.jobs() == QueueDepth(visible=2, in_flight=1, delayed=1)
    assert queues.gauge.dead_letters() == QueueDepth(0, 0, 0)


def receive_and_die(queues: Queues, world: World, times: int) -> None:
    for _ in range(times):
        for message in queues.receive():
            queues.jobs.return_at(message.handle, 0)
        world.pass_time(0)


def test_a_message_that_is_received_too_often_becomes_a_dead_letter(world: World) -> None:
    # GIVEN
    queues = world.queues(most_receives=2)
    before = world.clock()
    queues.jobs.send("poison", group="shop")
    # WHEN
    receive_and_die(queues, world, 3)
    # THEN
    assert queues.receive() == []
    assert queues.gauge.jobs() == QueueDepth(0, 0, 0)
    assert queues.gauge.dead_letters() == QueueDepth(visible=1, in_flight=0, delayed=0)
    (letter,) = queues.dead_letters.receive(10)
    assert letter.body == "poison"
    assert letter.receives >= 1
    assert before - 1 <= letter.first_sent_at <= world.clock() + 1


def test_a_dead_letter_comes_back_unless_it_is_deleted(world: World) -> None:
    # GIVEN
    queues = world.queues(visibility=30, most_receives=1)
    queues.jobs.send("poison", group="shop")
    receive_and_die(queues, world, 2)
    (letter,) = queues.dead_letters.receive(10)
    # THEN
    assert queues.dead_letters.receive(10) == []
    assert queues.gauge.dead_letters() == QueueDepth(visible=0, in_flight=1, delayed=0)
    # WHEN
    queues.dead_letters.delete(letter.handle)
    # THEN
    assert queues.gauge.dead_letters() == QueueDepth(0, 0, 0)


def test_dead_letters_are_taken_at_most_as_many_as_wanted(world: World) -> None:
    # GIVEN
    queues = world.queues(most_receives=1)
    for number in range(3):
        queues.jobs.send(f"{number}", group="shop")
    receive_and_die(queues, world, 2)
    # THEN
    assert len(queues.dead_letters.receive(2)) == 2
    assert len(queues.dead_letters.receive(50)) == 1


REFUSED = "".join(map(chr, [*range(9), 0xB, 0xC, *range(0xE, 0x20), 0xFFFE, 0xFFFF])) + "\ud800"
REFUSED_IDS = [*(f"{ord(character):04x}" for character in REFUSED), "all"]


@pytest.mark.parametrize("character", [*REFUSED, REFUSED], ids=REFUSED_IDS)
def test_no_character_that_sqs_refuses_comes_out_of_a_message(character: str) -> None:
    # GIVEN the fake queue, which is as strict as SQS; moto and the emulator are not
    queue = MemoryQueue(FakeClock())
    body = character.encode("utf-8", "surrogatepass")
    messages: list[Message] = [
        Touch("shop", "products", f"a{character}b", "event", 1.0),
        StateEvent("id", "shop", "products", "1", {"n": character}, "event", 1.0),
        Receipt("id", "shop", 1.0, "s", "k", "POST", f"/{character}", {"x": character}, body),
    ]
    # WHEN
    for message in messages:
        queue.send(dump(message), group="shop")
    # THEN
    assert queue.messages == messages


def test_a_message_goes_through_a_queue_unharmed(queues: Queues) -> None:
    # GIVEN
    receipt = Receipt(
        "shop/1", "shop", 1.5, "hmac", "k", "POST", "/w", {"x": "ы"}, "тело 🙂\x00".encode()
    )
    # WHEN
    queues.jobs.send(dump(receipt), group="shop")
    # THEN
    (message,) = queues.receive()
    assert load(message.body) == receipt


@pytest.mark.parametrize("body", ["", "\x00", "\ufffe", "\ud800", "x" * 1_048_577])
def test_the_fake_refuses_what_sqs_refuses(body: str) -> None:
    with pytest.raises(ValueError, match=r"SQS takes no such characters|is the most"):
        MemoryQueue(FakeClock()).send(body, group="shop")


def test_the_fake_hands_messages_over_as_lambda_does() -> None:
    # GIVEN
    queue = MemoryQueue(FakeClock())
    for body in ("done", "failed"):
        queue.send(body, group="shop")
    # WHEN
    event = queue.event()
    failed = event["Records"][1]["messageId"]
    queue.settle(event, {"batchItemFailures": [{"itemIdentifier": failed}]})
    # THEN
    assert [record["attributes"]["MessageGroupId"] for record in event["Records"]] == ["shop"] * 2
    assert queue.bodies == ["failed"]
    assert queue.depth == QueueDepth(visible=0, in_flight=1, delayed=0)
