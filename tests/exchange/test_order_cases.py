"""Every kind of order the whole way: portal, event, worker, outbox, HTTP, 1C and back; no sum
differs on any side, and a second pass writes nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from local.sandbox.onec.ledger import Ledger
from local.sandbox.onec.program import Habits
from mostik.commerceml.protocol import Word
from tests.exchange.town import Town
from tests.unit.onec_orders.cases import CASES

pytestmark = pytest.mark.loopback

TRADE = {"payer_type": 3, "pay_system": 48, "delivery_service": 2}
SHOPS = {
    "deals": {**TRADE, "order_as": "deal", "deal_payments": True},
    "the online store": {**TRADE, "order_as": "order"},
}
NUMBERED = {
    name: order.model_copy(
        update={
            "key": f"c{place}",
            "number": order.number if len(order.number) > 2 else f"З-{place}",
        }
    )
    for place, (name, order) in enumerate(CASES.items(), 1)
}


@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("schema", [None, "2.09", "2.10"])
def test_all_orders_go_to_1c_and_back_with_no_difference(
    monkeypatch: pytest.MonkeyPatch, shop: str, schema: str | None
) -> None:
    onec = {"orders": {"documents": schema is not None}}
    with Town(monkeypatch, onec, shop=SHOPS[shop], currencies=("RUB", "EUR")) as town:
        # GIVEN orders of every kind on the portal, each with its event
        keys = {name: town.place(order) for name, order in NUMBERED.items()}
        before = {name: town.order(key) for name, key in keys.items()}
        assert town.works.defects == []
        # WHEN 1C takes them
        program = town.onec(Habits(schema=schema, retries=0), ledger=Ledger())
        taken = program.take_orders()
        # THEN it has all of them, in one transaction, and counts for itself what the portal says
        assert taken.refusal is None
        assert len(taken.loaded) == len(set(taken.loaded)) == len(NUMBERED)
        assert all(len(number) <= 11 for number in taken.loaded)
        held = {one.order.key: one for one in program.ledger.held.values()}
        for name, key in keys.items():
            total = before[name].total
            assert total is not None
            assert held[key].difference == Decimal(0), name
            assert held[key].order.amount == total.amount, name
        # WHEN it posts them and sends them back with its own numbers
        for number in taken.loaded:
            program.ledger.post(number)
        writes = town.writes()
        assert [told.word for told in program.send_orders()][-1] is Word.SUCCESS
        town.settle()
        # THEN the import says so in words, and nothing was written: every sum is what it was
        assert town.works.defects == []
        [row] = [one for one in town.imports() if one.kind == "sale"]
        assert (row.done, row.total, list(row.errors)) == (len(NUMBERED), len(NUMBERED), [])
        assert town.writes() == writes
        assert {name: town.order(key).content() for name, key in keys.items()} == {
            name: order.content() for name, order in before.items()
        }
        # AND a second pass, in both directions, writes nothing
        for key in keys.values():
            town.touch(key)
        assert program.take_orders().loaded == []
        assert program.send_orders(taken.loaded)
        town.settle()
        assert town.writes() == writes
        assert program.take_orders().loaded == []
