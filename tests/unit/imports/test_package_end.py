"""What a whole export lacks is switched off, at the end of the package and under a brake only."""

from __future__ import annotations

import pytest

from mostik.commerceml.client import ExchangeClient
from mostik.commerceml.imports import State, Step
from tests.support.onec_world import ONEC, Stack
from tests.unit.imports.files import catalogue, file, good, offer, package, xml


def exported(
    stack: Stack, *portions: bytes, ends: bool = True, zips: bool = False
) -> ExchangeClient:
    """1C exports portions in sessions of their own, as UT11 does, and says that it was all."""
    del zips
    stack.clock.advance(60)
    first: str | None = None
    client: ExchangeClient | None = None
    for number, content in enumerate(portions, 1):
        client = stack.program(zips=False).client()
        client.check_auth()
        first = first or client.timestamp
        client.init()
        client.send_fragment(f"import0_{number}.xml", content)
        list(client.import_file(f"import0_{number}.xml"))
    assert client is not None
    if ends:
        client.deactivate(first)
        client.complete()
    stack.settle_down()
    return client


def goods(*names: str, changes: bool = False) -> bytes:
    return xml(catalogue(*map(good, names), changes=changes))


def active(stack: Stack) -> dict[str, bool | None]:
    return {one.external_ids[ONEC]: one.active for one in stack.shop.records["products"].values()}


def test_what_a_whole_export_lacks_is_switched_off_at_its_end() -> None:
    # GIVEN three goods
    stack = Stack()
    exported(stack, goods("a", "b", "c"))
    # WHEN a whole export in two portions lacks one; only the first portion says that it is whole
    exported(stack, goods("a"), goods("c", changes=True))
    # THEN that one is switched off, not deleted
    assert active(stack) == {"a": True, "b": False, "c": True}
    end = stack.rows_of(step=Step.DEACTIVATE)[-1]
    assert end.state is State.DONE
    assert end.counts["deleted"] == 1
    # AND it is on again when 1C has it again, without a second good
    exported(stack, goods("b", changes=True), ends=False)
    assert active(stack) == {"a": True, "b": True, "c": True}


def test_the_first_portion_alone_switches_nothing_off() -> None:
    # GIVEN
    stack = Stack()
    exported(stack, goods("a", "b", "c"))
    # WHEN the first portion of a whole export comes, and nothing behind it
    exported(stack, goods("a"), ends=False)
    # THEN
    assert active(stack) == {"a": True, "b": True, "c": True}


def test_changes_switch_nothing_off_whatever_1c_says_at_their_end() -> None:
    # GIVEN
    stack = Stack()
    exported(stack, goods("a", "b", "c"))
    # WHEN an export of changes ends with ``deactivate``
    exported(stack, goods("a", changes=True))
    # THEN nothing is off, and the report says why
    assert active(stack) == {"a": True, "b": True, "c": True}
    end = stack.rows_of(step=Step.DEACTIVATE)[-1]
    assert any("только изменения" in text for text in end.errors)


def test_a_whole_export_with_a_broken_portion_switches_nothing_off() -> None:
    # GIVEN
    stack = Stack()
    exported(stack, goods("a", "b", "c"))
    stack.clock.advance(60)
    # WHEN the second portion breaks off, and 1C says all the same that the package is over
    client = stack.program(zips=False).client()
    client.check_auth()
    client.init()
    client.send_fragment("import0_1.xml", goods("a"))
    list(client.import_file("import0_1.xml"))
    client.send_fragment("import0_2.xml", goods("b", changes=True)[:-40])
    assert client.import_once("import0_2.xml").word.value in ("progress", "failure")
    stack.work()
    client.deactivate()
    stack.settle_down()
    # THEN
    assert active(stack) == {"a": True, "b": True, "c": True}
    end = stack.rows_of(step=Step.DEACTIVATE)[-1]
    assert any("import0_2.xml" in text for text in end.errors), end.errors


def test_too_many_that_are_gone_wait_for_a_person() -> None:
    # GIVEN a hundred goods
    stack = Stack()
    names = [f"g{number:03}" for number in range(100)]
    exported(stack, goods(*names))
    # WHEN a whole export has half of them
    exported(stack, goods(*names[:50]))
    # THEN the run is held, and nothing is off
    [run] = stack.held
    assert "50 of 100" in run.held_for[0]
    assert all(active(stack).values())
    # WHEN a person approves
    stack.desk.approve(run.id)
    stack.settle_down()
    # THEN
    assert sum(not one for one in active(stack).values()) == 50


def test_a_variant_that_is_gone_is_switched_off_and_its_good_is_not() -> None:
    # GIVEN a good with two variants
    stack = Stack()
    both = package(offer("a#1", "1", what="S"), offer("a#2", "2", what="M"))
    exported(stack, xml(catalogue(good("a")), both))
    # WHEN a whole export has one of them
    exported(stack, xml(catalogue(good("a")), package(offer("a#1", "1", what="S"))))
    # THEN
    assert stack.shop.one("variants", "a#1").active is True
    assert stack.shop.one("variants", "a#2").active is False
    assert stack.shop.one("products", "a").active is True
    assert stack.shop.one("prices", "a#2/retail").amount == 2


def test_a_deletion_mark_switches_a_good_off_and_stock_does_not_switch_it_on() -> None:
    # GIVEN a good with a deletion mark
    stack = Stack()
    marked = good("a", more="<ПометкаУдаления>true</ПометкаУдаления>")
    stack.program().push([file("import.xml", catalogue(marked), package(offer("a", "1", "1")))])
    assert stack.shop.one("products", "a").active is False
    # WHEN its stock comes
    stack.program().push([file("rests.xml", package(offer("a", quantity="7"), types=()))])
    # THEN it is still off
    assert stack.shop.one("products", "a").active is False
    assert stack.shop.one("stock", "a").on_hand == 7


@pytest.mark.parametrize("gone", ["keep", "delete"])
def test_the_settings_say_what_becomes_of_goods_that_are_gone(gone: str) -> None:
    # GIVEN a connection that keeps them, or one that deletes them
    stack = Stack({"goods": {"gone": gone}})
    exported(stack, goods("a", "b"))
    # WHEN a whole export lacks one
    exported(stack, goods("a"))
    # THEN
    assert set(active(stack)) == ({"a", "b"} if gone == "keep" else {"a"})
