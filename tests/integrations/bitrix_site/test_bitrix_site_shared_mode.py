"""A real 1C exchanges with the site at the same time: it loses nothing, and the watermark stays its
own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import pytest

from local.sandbox.site import SiteConfig
from mostik.commerceml.client import ExchangeClient
from mostik.errors import RetryLater
from tests.integrations.bitrix_site.world import (
    ELSEWHERE,
    OurSite,
    an_order,
    buy,
    change,
    just_create,
    on,
    one_c,
    order_rows,
    read_all,
    write_all,
)

SCRIPT = "/bitrix/admin/1c_exchange.php"
COPY = "/mostik/exchange.php"
COMMITTED = "last_export_time_committed_/bitrix/admin/1c_excha"


def shared(**site: Any) -> OurSite:
    """A site that 1C exchanges with."""
    return on("exchange", SiteConfig(**site), one_c="shared")


def test_shared_mode_never_confirms_anything() -> None:
    # GIVEN a shop with orders, which 1C has not asked for yet
    ours = shared()
    for number in range(3):
        buy(ours, f"{number}")
    # WHEN Mostik lists, reads and writes them, again and again
    for _ in range(3):
        listed = read_all(ours.resource("orders"))
        ours.resource("orders").read(listed[0].key)
        write_all(ours.resource("orders"), [an_order("9")])
        ours.clock.advance(600)
    # THEN the site was never told "success", and its watermark has not moved
    assert not ours.there.exchange.said_success
    assert COMMITTED not in ours.options()
    # AND 1C gets each of the orders
    assert sorted(one_c(ours).exchange_orders().loaded) == ["1", "2", "3"]


def test_watermark_trap_success_at_the_address_of_1c_steals_its_orders() -> None:
    # GIVEN a connection that was told, wrongly, that no 1C comes to this address
    ours = on("exchange", one_c="own")
    buy(ours, "украден")
    ours.clock.advance(60)
    # WHEN Mostik takes the order and says so
    assert len(read_all(ours.resource("orders"))) == 1
    # THEN that has moved the watermark of 1C, which never hears of this order
    assert COMMITTED in ours.options()
    assert one_c(ours).exchange_orders().loaded == []


def test_watermark_of_a_copied_script_is_its_own() -> None:
    # GIVEN a copy of the script in another folder, for Mostik alone
    site = SiteConfig(scripts=(SCRIPT, COPY))
    ours = on("exchange", site, one_c="own", script=COPY.lstrip("/"))
    buy(ours, "свой")
    ours.clock.advance(60)
    # WHEN Mostik takes the order and says so
    assert len(read_all(ours.resource("orders"))) == 1
    # THEN 1C gets it as well, for its watermark is another one
    assert set(ours.there.exchange.said_success) == {COPY[:22]}
    assert one_c(ours).exchange_orders().loaded == ["1"]


@pytest.mark.parametrize(
    "script", ["bitrix/admin/1c_exchange_mostik.php", "bitrix/admin/1c_exchanger.php"]
)
def test_watermark_of_a_copy_in_the_same_folder_would_be_that_of_1c(script: str) -> None:
    # GIVEN the path of a copy whose first 22 signs are those of the script of 1C
    # WHEN it is entered THEN the form refuses it, and says why
    with pytest.raises(ValueError, match="first 22 signs"):
        on("exchange", one_c="own", script=script)


def test_watermark_comes_after_the_orders_are_kept_and_not_before() -> None:
    # GIVEN a site with an order, and a state table that is away
    ours = on("exchange", one_c="own")
    buy(ours, "не потерян")
    ours.table.fail_next("put_many")
    # WHEN the order is asked for, and cannot be kept
    with pytest.raises(RetryLater, match="could not all be kept"):
        ours.resource("orders").page(None, None)
    # THEN nothing was confirmed, and the next look finds it
    assert not ours.there.exchange.said_success
    assert [one.comment for one in read_all(ours.resource("orders"))] == ["не потерян"]
    assert ours.there.exchange.said_success


@pytest.mark.parametrize(
    ("mode", "calls"),
    [
        ("shared", ["catalog.checkauth", "crm.query"]),
        ("own", ["sale.checkauth", "sale.init", "sale.query", "sale.success"]),
    ],
)
def test_watermark_is_moved_by_one_mode_only(mode: str, calls: list[str]) -> None:
    # GIVEN a connection in a mode
    ours = on("exchange", one_c=mode)
    buy(ours)
    # WHEN it has a look at the orders
    read_all(ours.resource("orders"))
    # THEN those are the requests that it makes: the tests of what runs at the same time rely on it
    assert ours.wire.sent == [f"1c.{call}" for call in calls]
    # AND in mode shared no option of the site has moved
    assert bool(ours.options()) is (mode == "own")


def test_shared_mode_remembers_what_1c_has_confirmed_meanwhile() -> None:
    # GIVEN orders that Mostik has seen
    ours = shared()
    for number in range(4):
        buy(ours, f"{number}")
    assert len(read_all(ours.resource("orders"))) == 4
    # WHEN 1C takes and confirms them, and one changes
    ours.clock.advance(60)
    assert len(one_c(ours).exchange_orders().loaded) == 4
    ours.clock.advance(60)
    change(ours, "2", "передумал")
    # THEN the next look brings that one, and the others are known as they were
    listed = {one.key: one.comment for one in read_all(ours.resource("orders"))}
    assert listed == {"1": "0", "2": "передумал", "3": "2", "4": "3"}


def test_shared_mode_tells_only_what_has_changed_since() -> None:
    # GIVEN orders that a run has listed
    ours = shared()
    buy(ours, "старый")
    read_all(ours.resource("orders"))
    ours.clock.advance(3_600)
    buy(ours, "новый")
    # WHEN a later run asks for what is new since then
    resource = ours.resource("orders")
    [known] = read_all(ours.resource("orders"))[:1]
    page = resource.page(None, known.changed_at.replace(year=known.changed_at.year + 1))
    since = [one for one in read_all(ours.resource("orders")) if one.comment == "новый"]
    # THEN it is told the new one, under the time at which it was seen
    assert page.items == []
    assert since[0].changed_at > known.changed_at
    fresh = ours.resource("orders").page(None, since[0].changed_at).items
    assert [one.comment for one in fresh] == ["новый"]


# ── at the same time ───────────────────────────────────────────────────────────────────────────


class Steps:
    """1C's exchange of orders, one request after the other."""

    def __init__(self, ours: OurSite) -> None:
        self.program = one_c(ours)
        self.client: ExchangeClient = self.program.client("sale")
        self.answer = b""
        self.confirmed: list[bool] = []

    def all(self) -> list[Callable[[], None]]:
        """Its requests in order."""
        return [self.login, self.ask, self.confirm]

    def login(self) -> None:
        self.client.check_auth()

    def ask(self) -> None:
        self.answer = self.client.query()

    def confirm(self) -> None:
        self.program.ledger.take(self.answer)
        try:
            self.client.success()
        except Exception:  # noqa: BLE001 - 1C writes it into its log and comes again
            self.confirmed.append(False)
        else:
            self.confirmed.append(True)


def interleaved(first: int, second: int) -> Iterator[list[int]]:
    """Every order in which two sequences can run at the same time."""
    for places in combinations(range(first + second), first):
        yield [0 if place in places else 1 for place in range(first + second)]


@pytest.mark.parametrize("moment", range(4))
def test_shared_mode_a_look_at_any_moment_of_an_exchange_of_1c_loses_no_order(moment: int) -> None:
    # GIVEN a shop, and a 1C whose exchange is at some moment of it
    ours = shared()
    first = buy(ours, "первый")
    steps = Steps(ours)
    todo: list[Callable[[], object]] = [*steps.all(), ours.there.exchange.options.copy]
    for number, step in enumerate(todo):
        ours.clock.advance(10)
        if number == moment:
            # WHEN an order changes, another comes, and Mostik has its look just then
            change(ours, first, "изменён")
            buy(ours, "второй")
            ours.clock.advance(10)
            seen = {one.comment for one in read_all(ours.resource("orders"))}
            assert seen == {"изменён", "второй"}
        step()
    # THEN 1C, which comes again, has both as they are now
    ours.clock.advance(600)
    steps.program.exchange_orders()
    assert {one.order.comment for one in steps.program.ledger.held.values()} == seen


def test_shared_mode_every_interleaving_loses_nothing_and_1c_is_never_refused() -> None:
    # GIVEN every order in which the three requests of 1C, the two of our look, and a change of an
    # order by its buyer can come
    lost: list[tuple[str, ...]] = []
    tried, refused = 0, 0
    for order in interleaved(3, 2):
        for moment in range(6):
            ours = shared()
            key = buy(ours, "до")
            theirs = Steps(ours)
            path: list[str] = []
            left, mine = iter(theirs.all()), iter(_look(ours))
            for number, who in enumerate([*order, None]):
                ours.clock.advance(10)
                if number == moment:
                    change(ours, key, "после")
                    path.append("change")
                    ours.clock.advance(10)
                if who is not None:
                    step = next(left if who == 0 else mine)
                    step()
                    path.append(step.__name__)
            # WHEN 1C comes once more, and we look once more
            ours.clock.advance(600)
            theirs.program.exchange_orders()
            seen = [one.comment for one in read_all(ours.resource("orders"))]
            tried += 1
            refused += theirs.confirmed.count(False)
            held = [one.order.comment for one in theirs.program.ledger.held.values()]
            if held != ["после"] or seen != ["после"]:
                lost.append(tuple(path))
    # THEN both have the change in all of them, and 1C was never told "error"
    assert tried == 10 * 6
    assert not lost
    assert not refused


def test_shared_mode_both_carry_many_orders_at_the_same_time() -> None:
    # GIVEN a shop in which orders come and change all the time, a 1C and a Mostik that both look
    ours, program = shared(), None
    program = one_c(ours)
    keys: list[str] = []
    seen: dict[str, str] = {}
    for turn in range(12):
        for number in range(10):
            keys.append(buy(ours, f"{turn}.{number}"))
        change(ours, keys[turn], f"изменён {turn}")
        ours.clock.advance(30)
        # WHEN Mostik looks before 1C does, and sends something too
        seen |= {one.key: one.comment for one in read_all(ours.resource("orders"))}
        write_all(ours.resource("orders"), [an_order(f"{turn}")])
        ours.clock.advance(30)
        program.exchange_orders()
        ours.clock.advance(30)
    # THEN both have each order of the shop as it is now
    now = {
        str(row["id"]): row["userDescription"]
        for row in order_rows(ours)
        if row["externalOrder"] == "N"
    }
    assert len(now) == 120
    assert {key: comment for key, comment in seen.items() if key in now} == now
    held = {one.order.key: one.order.comment for one in program.ledger.held.values()}
    assert held == now


@pytest.mark.parametrize("mode", ["shared", "own"])
def test_shared_mode_and_its_own_delete_no_payment_that_they_do_not_know(mode: str) -> None:
    # GIVEN an order with a payment, at a site that deletes what a document lacks
    ours = on("exchange", one_c=mode)
    key = buy(ours, "с оплатой", paid=True)
    [there] = read_all(ours.resource("orders"))
    # WHEN it is changed by a side that knows nothing of payments and shipments
    record = there.model_copy(
        update={"key": "77", "comment": "новый", "payments": None, "shipments": None}
    )
    resource = ours.resource("orders")
    resource.update(key, record, ELSEWHERE, just_create)
    # THEN they are still there
    store = ours.there.trade.store
    assert [row["paid"] for row in store.payments.rows.values()] == ["Y"]
    assert len(store.shipments) == 1
    assert order_rows(ours)[0]["userDescription"] == "новый"


def test_shared_mode_sees_its_own_writes_come_back_as_what_it_wrote() -> None:
    # GIVEN an order of the shop that was written from outside, at a site that gives it again
    ours = shared()
    key = buy(ours, "до")
    [there] = read_all(ours.resource("orders"))
    record = there.model_copy(update={"comment": "после"})
    resource = ours.resource("orders")
    wrote = resource.update(key, record, ELSEWHERE, just_create)
    ours.clock.advance(60)
    # WHEN the next look brings the echo
    [echo] = read_all(ours.resource("orders"))
    # THEN it says what was written: the core takes it for no change
    assert echo.fingerprint(resource.holds) == wrote.fingerprint(resource.holds)


def _look(ours: OurSite) -> list[Callable[[], None]]:
    """Our look in mode shared, one request after the other: what ``changes`` does."""
    client: ExchangeClient = one_c(ours).client("crm")

    def we_login() -> None:
        client.check_auth("catalog")

    def we_ask() -> None:
        client.changed_orders(0, 100)

    return [we_login, we_ask]
