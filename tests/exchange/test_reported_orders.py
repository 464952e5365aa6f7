"""Reported failures of other exchanges with orders; ours through real HTTP, 1C being as strict as
UT11. The numbers are those of the list of reported failures in the facts on the exchange protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from local.sandbox.onec.ledger import Ledger
from local.sandbox.onec.program import Habits
from mostik.commerce.order import Line, Order, OrderStatus, Payment, Shipment, ShipmentLine
from mostik.commerce.record import Ref
from mostik.commerceml.client_flow import push_orders
from mostik.commerceml.mapping_orders import OrderWords, order_writer
from mostik.commerceml.outbox import Offer
from mostik.commerceml.protocol import Word
from mostik.commerceml.rules import Rules
from tests.exchange.files import CATALOGUE, catalogue, good, guid, offer, package
from tests.exchange.orders import CHARACTERISTIC, GOOD, a_line, an_order
from tests.exchange.street import Street
from tests.exchange.town import Town

pytestmark = pytest.mark.loopback

WORDS = OrderWords(system="onec", zone=ZoneInfo("Europe/Moscow"), statuses={"N": "Принят"})


@pytest.fixture
def shop(street: Street) -> Street:
    """A site whose orders are written by the project's own writer."""
    street.site.write_order = order_writer(WORDS)
    return street


def wait_for_1c(street: Street, *orders: Order) -> None:
    """Orders changed in the shop, in this order."""
    offers = street.site.outbox.offers
    for order in orders:
        offers.append(Offer(order, f"{len(offers) + 1:08d}"))


@pytest.mark.parametrize("key", [GOOD, f"{GOOD}#{CHARACTERISTIC}"])
def test_17_a_line_is_called_as_1c_called_the_good_and_never_doubled(
    shop: Street, key: str
) -> None:
    # GIVEN an order for a good, or for one of its characteristics
    wait_for_1c(shop, an_order("15", a_line(key)))
    # WHEN 1C takes it
    ledger = Ledger()
    assert shop.onec(ledger=ledger).take_orders().loaded == ["15"]
    # THEN the line has the very key that 1C had sent
    assert [line.key for line in ledger.order("15").order.lines] == [key]


def test_24_a_number_that_1c_would_cut_never_leaves(shop: Street) -> None:
    # GIVEN an order whose number 1C would cut, between two others
    wait_for_1c(shop, an_order("15"), an_order("12345678901234"), an_order("12345678901"))
    # WHEN 1C takes the orders
    ledger = Ledger()
    taken = shop.onec(ledger=ledger).take_orders()
    # THEN it has those whose numbers it keeps whole, and the other one is named with its reason
    assert taken.loaded == ["15", "12345678901"]
    ((number, why),) = shop.site.outbox.left
    assert number == "12345678901234"
    assert "1С его обрежет" in why


def test_p4_one_poison_order_blocks_no_other(shop: Street) -> None:
    # GIVEN orders that 1C would refuse, and with each of them the whole answer
    poison = [
        an_order("16", total=None),
        an_order("17", date=None),
        an_order("18", a_line(GOOD), total={"amount": "99.99", "currency": "RUB"}),
        an_order("19\u0007"),
    ]
    wait_for_1c(shop, an_order("15"), *poison, an_order("20"))
    # WHEN 1C takes the orders
    ledger = Ledger()
    program = shop.onec(ledger=ledger)
    taken = program.take_orders()
    # THEN it has the good ones, and was told nothing that it refuses
    assert taken.refusal is None
    assert taken.loaded == ["15", "20"]
    assert [number for number, _ in shop.site.outbox.left] == ["16", "17", "18", "19\u0007"]
    # AND the bad ones do not come again and again
    assert program.take_orders().loaded == []
    assert shop.endpoint.seen[-1].body == b"success\n"


def test_p4_without_the_check_1c_would_refuse_for_ever(street: Street) -> None:
    # GIVEN a writer that writes an order without a currency
    street.site.outbox.add("15")
    street.site.outbox.add("16", comment="poison")
    # WHEN 1C comes three times
    program = street.onec()
    refusals = {program.take_orders().refusal for _ in range(3)}
    # THEN it loads nothing: this is what the check keeps away
    assert refusals == {"Не указана валюта документа 16"}
    assert not program.ledger.held
    assert "success" not in street.wire.calls


def test_orders_that_do_not_fit_into_one_answer_come_with_the_next(shop: Street) -> None:
    # GIVEN many orders and answers that are short
    shop.ruled(Rules(most_order_bytes=9_000))
    wait_for_1c(shop, *(an_order(str(number)) for number in range(1, 21)))
    # WHEN 1C comes until nothing is left
    program = shop.onec()
    portions = []
    while loaded := program.take_orders().loaded:
        portions.append(list(loaded))
    # THEN it has each once, in order, and no sum differs
    assert len(portions) > 2
    assert [one for portion in portions for one in portion] == [
        str(number) for number in range(1, 21)
    ]
    assert program.ledger.created == 20
    assert {held.difference for held in program.ledger.held.values()} == {0}


def test_orders_begin_with_the_declaration_and_say_their_encoding(shop: Street) -> None:
    # WHEN 1C asks for orders
    wait_for_1c(shop, an_order("15", comment="Ёлка 😀"))
    shown = shop.call("type=sale&mode=query", cookie=shop.cookie("sale"))
    # THEN nothing stands before the declaration, and header, declaration and bytes agree
    assert shown.body.startswith(b'<?xml version="1.0" encoding="windows-1251"?>')
    assert shown.headers["content-type"] == "application/xml; charset=windows-1251"
    assert "Ёлка &#128512;" in shown.body.decode("windows-1251")


@pytest.mark.parametrize("schema", [None, "2.08", "2.09", "2.10"])
def test_an_exchange_in_each_schema_takes_the_same_orders(shop: Street, schema: str | None) -> None:
    wait_for_1c(shop, an_order("15"))
    program = shop.onec(Habits(schema=schema))
    assert program.take_orders().loaded == ["15"]
    assert program.ledger.order("15").difference == 0


# ── there and back: the whole way from a portal to 1C ───────────────────────────────────────────


STORE = {"order_as": "order", "payer_type": 3, "pay_system": 48, "delivery_service": 2}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A town whose portal sells in its online store."""
    with Town(monkeypatch, {"orders": {"statuses": {"F": "shipped"}}}, shop=STORE) as opened:
        yield opened


def test_20_what_1c_has_changed_itself_does_not_come_back_to_it(store: Town) -> None:
    # GIVEN an order that 1C has taken and posted
    program = store.onec()
    key = store.place(an_order("15"))
    (number,) = program.take_orders().loaded
    program.ledger.post(number)
    # WHEN money arrives there, and the portal hears of it and says that the order has changed
    program.ledger.pay(number)
    assert [told.word for told in program.send_orders()][-1] is Word.SUCCESS
    store.settle()
    assert store.order(key).flags is not None
    store.touch(key)
    # THEN 1C is not given its own change: its document stays in the books
    assert program.take_orders().loaded == []
    assert program.ledger.order(number).posted
    assert program.ledger.unposted == 0


def test_21_payments_and_shipments_that_1c_does_not_send_stay(store: Town) -> None:
    # GIVEN an order with a payment and a shipment, which 1C's module does not know
    paid = Payment(key="p1", name="Карта", sum=Decimal(100), currency="RUB", paid=True)
    shipment = Shipment(key="s1", lines=(ShipmentLine(line="1", quantity=Decimal(1)),))
    key = store.place(an_order("15", payments=(paid,), shipments=(shipment,)))
    before = store.order(key)
    assert before.payments
    assert before.shipments
    # WHEN 1C sends the order back without them, twice
    program = store.onec(ledger=Ledger(knows_children=False))
    (number,) = program.take_orders().loaded
    for _ in range(2):
        program.ledger.post(number)
        assert program.send_orders()
        store.settle()
    # THEN they are what they were: absence is not deletion
    after = store.order(key)
    assert (after.payments, after.shipments) == (before.payments, before.shipments)


@pytest.mark.parametrize("spelling", ["Статуса заказа ИД", "Статус заказа ИД"])
def test_22_a_status_is_understood_in_both_spellings(store: Town, spelling: str) -> None:
    # GIVEN an order of which a manager has chosen another status in 1C
    program = store.onec()
    key = store.place(an_order("15"))
    (number,) = program.take_orders().loaded
    assert store.order(key).status is not OrderStatus.SHIPPED
    program.ledger.choose(number, "F")
    content = program.ledger.export()
    assert content is not None
    usual = "Статуса заказа ИД".encode("windows-1251")
    content = content.replace(usual, spelling.encode("windows-1251"))
    content = content.replace("Статус заказа<".encode("windows-1251"), b"x<")
    # WHEN 1C sends it, its attribute spelled in either way
    told = list(push_orders(program.client("sale"), "orders-1.xml", content))
    assert told[-1].word is Word.SUCCESS
    store.settle()
    # THEN the portal's order has it
    assert store.order(key).status is OrderStatus.SHIPPED


def test_23_the_goods_of_an_order_are_those_that_1c_has_sent(store: Town) -> None:
    # GIVEN goods that came from 1C
    red = f"{GOOD}#{CHARACTERISTIC}"
    files = [
        ("import0_1.xml", catalogue(good(GOOD, "Комбайн"), good(guid(7), "Чайник"))),
        ("offers0_1.xml", package(offer(red, name="Комбайн (красный)"), offer(guid(7)))),
    ]
    assert store.push(*files).whole
    store.settle()
    # WHEN a buyer orders the variant and the simple good on the portal, and 1C takes the order
    here = store.goods()
    lines = [
        Line(key=str(place), variant=Ref(key=str(here[key]["id"]),
             external_ids={"portal": str(here[key]["id"])}), name=name,
             price=Decimal(100), quantity=Decimal(1))
        for place, (key, name) in enumerate(((red, "Комбайн"), (guid(7), "Чайник")), 1)
    ]  # fmt: skip
    store.place(an_order("15", *lines))
    program = store.onec()
    (number,) = program.take_orders().loaded
    # THEN each line has the key under which 1C knows the good: nothing is made a second time
    taken = program.ledger.order(number).order.lines
    assert [line.key for line in taken] == [red, guid(7)]
    # AND the catalogue that 1C keeps it in
    assert {line.catalog for line in taken} == {CATALOGUE}
    # WHEN 1C has named a second catalogue
    other = catalogue(good(guid(8), "Плед")).replace(CATALOGUE.encode(), guid(99).encode())
    assert store.push(("import1_1.xml", other)).whole
    store.place(an_order("16", *lines))
    (number,) = program.take_orders().loaded
    # THEN none is said: a wrong one would be worse
    assert {line.catalog for line in program.ledger.order(number).order.lines} == {""}


def test_24_a_number_that_is_too_long_has_a_short_one_in_1c_for_ever(store: Town) -> None:
    # GIVEN an order with a number of fourteen signs, as the shop shows it
    program = store.onec()
    key = store.place(an_order("12345678901234"))
    (number,) = program.take_orders().loaded
    assert len(number) <= 11
    # WHEN it changes, and comes again
    changed = store.order(key).model_copy(update={"comment": "Позвоните"})
    store.change(key, changed)
    # THEN it is the same order in 1C
    assert program.take_orders().loaded == [number]
    assert program.ledger.created == 1
    assert program.ledger.order(number).order.comment == "Позвоните"
