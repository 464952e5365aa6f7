"""The outbox: what waits is given until 1C says that it has it, and one order blocks no other."""

from __future__ import annotations

import zlib
from contextlib import suppress
from decimal import Decimal

import pytest

from local.sandbox.onec.documents import NotAnOrder
from mostik.commerce.money import Money
from mostik.commerce.record import Ref
from mostik.commerceml.cards import Standing
from mostik.commerceml.orderdesk import OrderDesk
from mostik.commerceml.outbox import Handed
from mostik.commerceml.outgoing import Outgoing
from mostik.commerceml.refusal import Refused
from mostik.errors import MostikError, Pending
from mostik.integration import Write
from mostik.ports import Busy
from mostik.sync.verdict import Verdict
from tests.integrations.bitrix24.catalog.world import just_create
from tests.support.clock import FakeClock
from tests.support.memory import MemoryTable, state_table
from tests.support.shelf import Killed
from tests.unit.onec_orders.cases import a_line, an_order, numbered
from tests.unit.onec_orders.world import ONEC, SHOP, PlainShop, World, a_query


def outgoing(table: MemoryTable | None = None) -> Outgoing:
    clock = FakeClock()

    def ticking() -> float:
        clock.advance(1)
        return clock()

    return Outgoing(table or state_table(), ticking)


def given(box: Outgoing) -> list[str]:
    return [offer.order.number for offer in box.orders_for(ONEC)]


def test_orders_are_given_in_the_order_of_change_and_each_once() -> None:
    # GIVEN orders that changed one after the other, the first of them once more
    box = outgoing()
    for number in ("1", "2", "3"):
        box.put(ONEC, numbered(number))
    box.put(ONEC, numbered("1", comment="changed"))
    # THEN each is given once, where it changed last, as it is now
    offers = list(box.orders_for(ONEC))
    assert [offer.order.number for offer in offers] == ["2", "3", "1"]
    assert offers[-1].order.comment == "changed"
    assert [offer.mark for offer in offers] == sorted(offer.mark for offer in offers)


def test_what_1c_does_not_confirm_is_given_again_and_what_it_confirms_is_not() -> None:
    # GIVEN an order that 1C has read, and a connection that breaks before success
    world = World(PlainShop())
    world.place(numbered("1"))
    client = a_query(world)
    assert world.waiting() == ["1"]
    # WHEN it comes again and says success
    assert world.take().loaded == ["1"]
    # THEN nothing waits, and the card says in which session it was taken
    assert world.waiting() == []
    card = world.outgoing.cards.get(ONEC, "1")
    assert card is not None
    assert card.standing is Standing.TAKEN
    assert card.taken_at is not None
    # AND a success that comes late, or twice, changes nothing
    client.success()
    client.success()
    assert world.waiting() == []


def test_a_change_between_query_and_success_is_given_next_time() -> None:
    # GIVEN an order that 1C has read and not confirmed yet
    world = World(PlainShop())
    world.place(numbered("1"))
    client = a_query(world)
    # WHEN the buyer changes it, and then success comes
    world.place(numbered("1", comment="Позвонить"))
    client.success()
    # THEN the change waits
    assert world.waiting() == ["1"]
    assert world.take().loaded == ["1"]
    assert world.onec.ledger.order("1").order.comment == "Позвонить"
    assert world.take().loaded == []


def test_a_change_that_is_stored_slowly_is_given_behind_a_later_one_that_is_taken() -> None:
    # GIVEN a worker that has made its mark, and is slow to store it
    table, clock = state_table(), FakeClock()
    slow = Outgoing(table, lambda: clock() - 30)
    quick = Outgoing(table, clock)
    quick.put(ONEC, numbered("2"))
    [offer] = quick.orders_for(ONEC)
    # WHEN 1C takes what is there, and the older mark appears after that
    given = ((offer.order.key, offer.mark),)
    quick.taken(Handed(ONEC, "session", clock(), offer.mark, given))
    slow.put(ONEC, numbered("1"))
    # THEN it is given all the same
    [late] = quick.orders_for(ONEC)
    assert late.order.number == "1"
    assert late.mark < offer.mark


@pytest.mark.parametrize("call", range(1, 9))
def test_a_worker_that_dies_at_any_call_loses_no_change(call: int) -> None:
    # GIVEN an order that waits, and a worker that dies while it stores a change of it
    table = state_table()
    box = outgoing(table)
    box.put(ONEC, numbered("1"))
    seen = 0

    def die(_operation: str) -> None:
        nonlocal seen
        seen += 1
        if seen == call:
            raise Killed

    table.before = die
    died = False
    try:
        box.put(ONEC, numbered("1", comment="changed"))
    except Killed:
        died = True
    table.before = lambda _operation: None
    # THEN 1C gets the order whole, old or new
    [offer] = box.orders_for(ONEC)
    assert offer.order.comment in ("", "changed")
    # AND the repeat of the job makes it the new one, once
    if died:
        box.put(ONEC, numbered("1", comment="changed"))
    assert [one.order.comment for one in box.orders_for(ONEC)] == ["changed"]


@pytest.mark.parametrize("call", range(1, 12))
def test_a_success_that_dies_at_any_call_is_made_good_by_the_next(call: int) -> None:
    # GIVEN two orders that 1C has read, and a door that dies while it hears of success
    world = World(PlainShop())
    world.place(numbered("1"))
    world.place(numbered("2"))
    client = a_query(world)
    seen = 0

    def die(_operation: str) -> None:
        nonlocal seen
        seen += 1
        if seen == call:
            raise Busy("away")

    world.site.table.before = die
    with suppress(MostikError):  # 1C reads failure, or nothing
        client.success()
    world.site.table.before = lambda _operation: None
    # WHEN 1C comes again
    taken = world.take()
    # THEN it has both, none twice, and nothing waits any more
    assert set(taken.loaded) <= {"1", "2"}
    assert world.waiting() == []
    assert {number for number, _ in world.onec.ledger.held} <= {"1", "2"}
    assert world.take().loaded == []


def test_one_bad_order_stays_in_quarantine_and_the_others_go() -> None:
    # GIVEN orders of which one does not add up, one has no lines, one no date
    world = World(PlainShop())
    left = world.left()
    orders = [
        numbered("1"),
        numbered("2").model_copy(update={"total": Money(amount=Decimal("99.99"), currency="RUB")}),
        numbered("3").model_copy(update={"lines": None}),
        numbered("4").model_copy(update={"date": None}),
        numbered("5"),
    ]
    # WHEN the kernel writes them together
    answers = left.write_many([Write(one) for one in orders], SHOP, just_create)
    # THEN the bad ones have their reason, in words for 1C's people, and the others wait for 1C
    reasons = {
        order.number: answer.text
        for order, answer in zip(orders, answers, strict=True)
        if isinstance(answer, Refused)
    }
    assert list(reasons) == ["2", "3", "4"]
    assert "99.99" in reasons["2"]
    assert world.take().loaded == ["1", "5"]


def test_an_order_that_is_mended_goes_the_next_time() -> None:
    # GIVEN an order that does not add up: the shop's event ends with a reason, nothing waits
    world = World(PlainShop())
    bad = numbered("1").model_copy(update={"total": Money(amount=Decimal(1), currency="RUB")})
    world.shop.place(bad)
    assert isinstance(world.touch("1").error, Refused)
    assert world.waiting() == []
    # WHEN somebody corrects it
    world.shop.place(numbered("1"))
    # THEN it goes
    assert world.touch("1").verdict is Verdict.CREATED
    assert world.take().loaded == ["1"]


def test_what_the_writer_refuses_at_last_is_set_aside_and_blocks_nothing() -> None:
    # GIVEN an order that was stored by a release that did not refuse it
    world = World(PlainShop())
    world.place(numbered("1"))
    world.clock.advance(1)
    world.outgoing.put(ONEC, numbered("2").model_copy(update={"date": None}))
    world.place(numbered("3"))
    # WHEN 1C comes
    assert world.take().loaded == ["1", "3"]
    # THEN it is set aside with its reason, and does not come again
    card = world.outgoing.cards.get(ONEC, "2")
    assert card is not None
    assert (card.standing, card.trouble) == (Standing.SET_ASIDE, "Заказ 2: нет даты.")
    assert world.waiting() == []


def test_an_order_that_1c_refuses_for_a_reason_of_its_own_does_not_block_the_others() -> None:
    # GIVEN ten orders, one of which this 1C cannot load, and nobody knows why
    world = World(PlainShop())
    for number in range(1, 11):
        world.place(numbered(str(number)))
    ledger = world.onec.ledger
    load = ledger.take

    def refusing(answer: bytes) -> list[str]:
        if "<Номер>7</Номер>" in answer.decode("windows-1251"):
            raise NotAnOrder("Значение поля не уникально")
        return load(answer)

    ledger.take = refusing  # type: ignore[method-assign]  # this 1C is pickier than the others
    # WHEN it comes again and again
    for _ in range(60):
        world.take()
    # THEN it has all others
    assert {number for number, _ in ledger.held} == {str(n) for n in range(1, 11)} - {"7"}
    assert world.waiting() == ["7"]
    # WHEN another one comes behind it
    world.place(numbered("11"))
    world.take()
    # THEN that goes at once, and the one is set aside with the reason
    assert "11" in {number for number, _ in ledger.held}
    card = world.outgoing.cards.get(ONEC, "7")
    assert card is not None
    assert card.standing is Standing.SET_ASIDE
    assert "не подтвердила приём" in card.trouble
    # AND a person may give it again, or the shop by changing it
    OrderDesk(world.site.table, world.clock).give_again(ONEC, ["7"])
    assert world.waiting() == ["7"]


def test_1c_that_confirms_nothing_at_all_has_no_order_set_aside() -> None:
    # GIVEN three orders, and 1C whose success never arrives
    world = World(PlainShop())
    for number in ("1", "2", "3"):
        world.place(numbered(number))
    for _ in range(60):
        a_query(world)
    # THEN all of them still wait
    assert sorted(world.waiting()) == ["1", "2", "3"]
    # AND go as soon as it can say so
    while world.take().loaded:
        pass
    assert world.waiting() == []
    assert {number for number, _ in world.onec.ledger.held} == {"1", "2", "3"}


def test_a_number_and_a_date_never_change_for_1c() -> None:
    # GIVEN an order that 1C has
    world = World(PlainShop())
    order = numbered("1")
    world.place(order)
    world.take()
    # WHEN the shop gives it another number and another date
    assert order.date is not None
    later = order.date.replace(day=25)
    changed = order.model_copy(update={"number": "А-1", "date": later, "comment": "нов"})
    world.place(changed)
    # THEN 1C finds the order that it has
    assert world.take().loaded == ["1"]
    assert world.onec.ledger.created == 1


def test_rows_that_no_card_knows_are_swept_away() -> None:
    # GIVEN a row that a worker left before it died
    world = World(PlainShop())
    world.place(numbered("1"))
    stale = "0000000000000000000000000A"
    world.site.table.put({"pk": f"outbox#{ONEC}", "sk": stale, "key": "1"})
    # WHEN 1C asks
    assert world.take().loaded == ["1"]
    # THEN it is gone
    assert not world.site.table.rows("outbox#")


def test_a_good_that_1c_does_not_have_goes_by_its_name_alone() -> None:
    # GIVEN a line whose good never came from 1C
    world = World(PlainShop())
    line = a_line("100", variant=Ref(key="55", name="Свой"), name="Свой товар")
    world.place(an_order("100", line, key="1", number="1"))
    # WHEN 1C takes the order
    world.take()
    # THEN it does not read the shop's own key as that of a good of its own
    [held] = world.onec.ledger.order("1").order.lines
    assert (held.key, held.name) == ("", "Свой товар")


def test_an_order_waits_for_its_goods_where_the_owner_wants_that() -> None:
    world = World(PlainShop(), orders={"unknown_goods": "wait"})
    line = a_line("100", variant=Ref(key="55", name="Свой"))
    world.shop.place(an_order("100", line, key="1", number="1"))
    result = world.touch("1")
    assert result.verdict is Verdict.PENDING
    assert isinstance(result.error, Pending)
    assert (result.error.resource, result.error.key) == ("products", "55")
    assert world.waiting() == []


def test_an_order_that_another_release_has_stored_blocks_nothing() -> None:
    # GIVEN an order whose row this release cannot read
    world = World(PlainShop())
    world.place(numbered("1"))
    world.place(numbered("2"))
    row = dict(world.site.table.get(f"order-card#{ONEC}", "=1") or {})
    strange = zlib.compress(b'{"key": "1", "number": "1", "of_the_future": true}')
    world.site.table.put({**row, "order": strange})
    # WHEN 1C comes
    assert world.take().loaded == ["2"]
    # THEN it is set aside, and the next change of it makes it good
    card = world.outgoing.cards.get(ONEC, "1")
    assert card is not None
    assert card.standing is Standing.SET_ASIDE
    world.place(numbered("1", comment="changed"))
    assert world.take().loaded == ["1"]


def test_a_thousand_orders_come_in_portions_and_each_once() -> None:
    box = outgoing()
    for number in range(1, 121):
        box.put(ONEC, numbered(str(number)))
    assert given(box) == [str(number) for number in range(1, 121)]
