"""The core carries records to and from a site: it is a side of a link like any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from integrations.bitrix_site import integration
from integrations.bitrix_site.polling import ERRANDS, wakes
from local.sandbox.site import SiteConfig
from mostik.commerce.order import OrderStatus
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.open import OpenConnections
from mostik.errors import ConfigurationError, GiveUp
from mostik.http.client import Effects
from mostik.http.trail import Trail
from mostik.integration import Hint, Storage, Write
from mostik.sync.apply import Apply
from mostik.sync.decide import Attempt
from mostik.sync.link import End, Link, Side
from mostik.sync.route import Route
from mostik.sync.verdict import Verdict
from mostik.sync.xref import Pairs
from tests.integrations.bitrix_site.world import (
    CHUNK,
    ELSEWHERE,
    OWN,
    OurSite,
    an_order,
    buy,
    change,
    goods,
    just_create,
    on,
    order_rows,
    read_all,
    write_all,
)
from tests.support.clock import FakeClock
from tests.support.memory import MemoryBlobs, MemorySecrets, state_table

BOTH = [("rest", "exchange"), ("exchange", "rest"), ("exchange", "exchange"), ("rest", "rest")]


class Between:
    """A link between two sites, and what the core remembers of it."""

    def __init__(self, left: OurSite, right: OurSite, resource: str) -> None:
        self._sides = {Side.LEFT: left, Side.RIGHT: right}
        self._resource = resource
        # The left site is the connection that the records come from.
        self._link = Link("link", End(ELSEWHERE, resource), End(OWN, resource))
        self._pairs = Pairs(state_table())
        self._number = 0

    def run(self, side: Side = Side.LEFT) -> Counter[Verdict | None]:
        """Carries everything that one side lists. Returns what became of it."""
        source = self._sides[side].resource(self._resource)
        target = self._sides[side.other].resource(self._resource)
        counts: Counter[Verdict | None] = Counter()
        records = read_all(source)
        for start in range(0, len(records), CHUNK):
            self._number += 1
            attempt = Attempt(job=f"job-{self._number}", ask=f"ask-{self._number}", now=1.8e9)
            apply = Apply(
                Route(self._link, side, source, target), self._pairs, just_create, attempt
            )
            counts.update(one.verdict for one in apply(records[start : start + CHUNK]))
        return counts


@pytest.mark.parametrize(("left", "right"), BOTH)
def test_bitrix_site_orders_are_carried_once_and_a_second_run_changes_nothing(
    left: str, right: str
) -> None:
    # GIVEN a shop with orders, and a second site
    shop, other = on(left), on(right)
    for number in range(60):
        buy(shop, f"заказ {number}", paid=number % 3 == 0)
    link = Between(shop, other, "orders")
    # WHEN the orders are carried over, three times, one of them changed in between
    first = link.run()
    second = link.run()
    shop.clock.advance(600)
    change(shop, "7", "иначе")
    third = link.run()
    # THEN each was made once, and only the changed one was written again
    assert first == {Verdict.CREATED: 60}
    assert second == {Verdict.UNCHANGED: 60}
    assert third == {Verdict.UNCHANGED: 59, Verdict.UPDATED: 1}
    rows = order_rows(other)
    assert len(rows) == 60
    assert sorted(row["userDescription"] for row in rows)[0] == "заказ 0"
    assert "иначе" in {row["userDescription"] for row in rows}
    assert {row["price"] for row in rows} == {500}


@pytest.mark.parametrize(("left", "right"), BOTH)
def test_bitrix_site_goods_are_carried_once_and_a_second_run_changes_nothing(
    left: str, right: str
) -> None:
    # GIVEN a site with goods, and an empty one
    shop, other = on(left), on(right)
    write_all(shop.resource("products"), [_without_refs(one) for one in goods(120)])
    link = Between(shop, other, "products")
    # WHEN they are carried over twice
    first, second = link.run(), link.run()
    # THEN each was made once
    assert first == {Verdict.CREATED: 120}
    assert second == {Verdict.UNCHANGED: 120}
    assert sorted(row["name"] for row in other.there.catalog.goods) == sorted(
        row["name"] for row in shop.there.catalog.goods
    )


def test_bitrix_site_echo_of_what_was_written_comes_back_as_no_change() -> None:
    # GIVEN orders of a site that were changed from outside, where the site gives them again
    shop, other = on("exchange"), on("rest")
    for number in range(20):
        buy(shop, f"{number}")
    link = Between(shop, other, "orders")
    link.run()
    for row in order_rows(other):
        other.there.run("sale.order.update", id=row["id"], fields={"statusId": "S"})
    # WHEN the change goes back, and the site gives the echo
    back = link.run(Side.RIGHT)
    shop.clock.advance(60)
    echo = link.run()
    # THEN it is taken for what it is
    assert back == {Verdict.UPDATED: 20}
    assert {row["statusId"] for row in order_rows(shop)} == {"S"}
    assert echo == {Verdict.ECHOED: 20}


def test_bitrix_site_refuses_one_record_and_the_others_of_its_file_get_through() -> None:
    # GIVEN goods of which the site refuses one: it demands a name
    ours = on("exchange", SiteConfig(demands_names=True))
    records = goods(9)
    records[4] = records[4].model_copy(update={"name": ""})
    # WHEN they are written together
    answers = ours.resource("products").write_many(
        [Write(one) for one in records], ELSEWHERE, just_create
    )
    # THEN that one has the site's reason, and the eight others are there
    [error] = [one for one in answers if isinstance(one, Exception)]
    assert isinstance(error, GiveUp)
    assert "Не заполнено название" in str(error)
    assert answers[4] is error
    assert len(ours.there.catalog.goods) == 8


def test_bitrix_site_order_whose_money_does_not_agree_holds_up_no_other() -> None:
    # GIVEN three orders, one with a total that its lines do not give
    ours = on("exchange")
    orders = [an_order(str(number)) for number in range(3)]
    total = orders[1].total
    assert total is not None
    orders[1] = orders[1].model_copy(
        update={"total": total.model_copy(update={"amount": total.amount + 1})}
    )
    # WHEN they are written together
    answers = ours.resource("orders").write_many(
        [Write(one) for one in orders], ELSEWHERE, just_create
    )
    # THEN that one is refused with both sums, and the others are there
    assert "650.90" in str(answers[1])
    assert "649.90" in str(answers[1])
    assert sorted(row["id1c"] for row in order_rows(ours)) == ["m-onec-0", "m-onec-2"]


def test_bitrix_site_order_from_outside_is_never_taken_for_one_of_the_shop() -> None:
    # GIVEN an order of the shop, and one from outside whose key and number are the same
    ours = on("exchange")
    key = buy(ours, "свой")
    # WHEN the other one is written
    [other] = write_all(ours.resource("orders"), [an_order(key, number=key, comment="чужой")])
    # THEN there are two
    assert {row["userDescription"] for row in order_rows(ours)} == {"свой", "чужой"}
    assert other.key == f"m-{ELSEWHERE}-{key}"


def test_bitrix_site_status_that_stands_for_none_is_put_aside_and_the_others_come() -> None:
    # GIVEN a shop with a status of its own
    ours = on("exchange")
    for _ in range(3):
        buy(ours)
    ours.there.trade.store.orders.rows[2]["statusId"] = "XX"
    # WHEN orders are listed
    listed = read_all(ours.resource("orders"))
    # THEN two are there, and the third says which status is to be entered
    [misfit] = [one for one in listed if hasattr(one, "error")]
    assert len(listed) == 3
    assert misfit.key == "2"
    assert "'XX'" in str(misfit.error)
    # AND with that status entered, it comes
    told = on("exchange", more_statuses={"XX": OrderStatus.PACKED})
    told.there.trade.store.statuses.append({"id": "XX", "type": "O"})
    buy(told)
    told.there.trade.store.orders.rows[1]["statusId"] = "XX"
    assert read_all(told.resource("orders"))[0].status is OrderStatus.PACKED


# ── schedule, wiring, log ──────────────────────────────────────────────────────────────────────


class Noted:
    """The tools of an errand, which note what they are asked."""

    connection = OWN

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.touched: list[Hint] = []
        self._notes: dict[str, Any] = {}

    def now(self) -> float:
        return self._clock()

    def remaining(self) -> float:
        return 800.0

    def uses(self, resource: str) -> bool:
        return resource == "orders"

    def touch(self, hints: Sequence[Hint]) -> int:
        self.touched += hints
        return len(hints)

    def recall(self, name: str) -> Any:
        return self._notes.get(name)

    def note(self, name: str, values: Any) -> None:
        self._notes[name] = values


@pytest.mark.parametrize("way", ["rest", "exchange"])
def test_bitrix_site_is_polled_and_only_what_has_changed_is_asked_for(way: str) -> None:
    # GIVEN a site that tells of nothing by itself
    ours = on(way)
    tools = Noted(ours.clock)
    [errand, key, every] = next(iter(wakes(ours.set)))
    assert every >= 60

    def look() -> list[Hint]:
        tools.touched.clear()
        run: Any = ERRANDS[errand].run
        run(ours.client(), ours.set, tools, key)
        return list(tools.touched)

    look()
    # WHEN orders come, and later one of them changes
    ours.clock.advance(900)
    for _ in range(3):
        buy(ours)
    came = look()
    ours.clock.advance(900)
    change(ours, "2", "иначе")
    changed = look()
    ours.clock.advance(900)
    # THEN those are asked for, and in between nothing is
    assert set(came) == {Hint("orders", "1"), Hint("orders", "2"), Hint("orders", "3")}
    assert changed == [Hint("orders", "2")]
    assert look() == []


def test_bitrix_site_keeps_what_it_was_told_where_the_worker_opens_it() -> None:
    # GIVEN a stack with a connection as 1C
    clock, table = FakeClock(), state_table()
    book = ConnectionBook(table, clock)
    settings = {"address": "https://shop.example/", "transport": "exchange"}
    book.save(Connection(OWN, "bitrix_site", {**settings, "exchange_login": "mostik"}))
    secrets = MemorySecrets({f"client/{OWN}": '{"exchange_password": "sandbox-0000"}'})

    make: Any = integration.resources["orders"]

    def opened(**more: Any) -> OpenConnections:
        effects = Effects(clock, clock.sleep, lambda: 0.5)
        return OpenConnections(book, secrets, lambda _name: integration, effects, **more)

    # WHEN a worker opens it, which keeps things
    kept = opened(storage=lambda name: Storage(name, table, MemoryBlobs(), clock)).get(OWN)
    client = kept.client(Trail())
    # THEN it has a shelf, and its resources can be built
    assert client.shelf is not None
    assert make(client, kept.settings, OWN) is not None
    # AND where nothing is kept, a record is refused in words instead of being lost
    bare = opened().get(OWN)
    with pytest.raises(ConfigurationError, match="keeps nothing"):
        make(bare.client(Trail()), bare.settings, OWN)


@pytest.mark.parametrize("way", ["rest", "exchange"])
def test_bitrix_site_log_holds_no_secret_and_no_session(way: str) -> None:
    # GIVEN a site that was worked with in every way
    ours = on(way)
    buy(ours)
    read_all(ours.resource("orders"))
    write_all(ours.resource("products"), goods(3))
    ours.checks()
    # WHEN the log is looked through
    written = repr(ours.entries)
    # THEN neither login nor secret nor the value of a session's cookie stands in it
    sessions = ours.there.exchange.sessions.values()
    secrets = [ours.there.config.secret, "sandbox-exchange-0000"]
    secrets += [text for one in sessions for text in (one.id, one.sessid)]
    assert ours.entries
    assert len(secrets) > 2
    assert not [one for one in secrets if one in written]


@pytest.mark.parametrize("way", ["rest", "exchange"])
def test_bitrix_site_discovery_fills_the_dictionaries(way: str) -> None:
    # GIVEN a site, and no webhook where none is needed
    ours = on(way) if way == "rest" else on(way, webhook_url=None)
    # WHEN it is looked at
    assert integration.discover is not None
    found = integration.discover(ours.client(), ours.set)
    # THEN statuses, payment systems and delivery services are there, and nothing of a CRM
    by_name = {one.name: {entry.key for entry in one.entries} for one in found.directories}
    assert {"N", "P", "S", "F", "D"} <= by_name["order statuses"]
    assert by_name["pay systems"] == {"6", "48"}
    assert by_name["delivery services"] == {"1", "2"}
    assert not {"stages", "funnels"} & set(by_name)
    # AND 1C can be told what they are called and mean
    assert found.vocabulary is not None
    assert found.vocabulary.meanings["S"] == "shipped"
    # AND values are proposed for settings that there are
    proposed = {(one.setting, one.about): one.value for one in found.proposals}
    assert proposed["order_statuses", "new"] == "N"
    assert proposed["one_c", ""] in ("shared", "own")
    assert {name for name, _ in proposed} <= set(integration.settings.model_fields)


def _without_refs(good: Any) -> Any:
    """Units are linked by a resource of their own, which this link does not have."""
    return good.model_copy(update={"unit": None})
