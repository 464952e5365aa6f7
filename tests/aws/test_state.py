"""Leases, gates, links, pairs and connections over a table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mostik.connections.book import CACHE_SECONDS, ConnectionBook
from mostik.connections.connection import Connection
from mostik.errors import ConfigurationError, Family, WhoActs
from mostik.jobs.gates import Gate, Gates
from mostik.jobs.leases import Leases, LeaseTaken
from mostik.jobs.row import Failure
from mostik.ports import Table
from mostik.sync.link import End, Link, Links, Side
from mostik.sync.xref import Pair, Pairs
from tests.support.clock import FakeClock

# ── leases ────────────────────────────────────────────────────────────────────────────────────────


def is_free(leases: Leases, name: str) -> bool:
    try:
        with leases.hold(name, "somebody else", 1.0):
            return True
    except LeaseTaken:
        return False


def test_a_lease_is_one_holders_until_the_end_of_its_block(table: Table) -> None:
    # GIVEN
    clock = FakeClock()
    leases = Leases(table, clock)
    # WHEN
    with leases.hold("tick", "first", 60.0):
        # THEN
        with pytest.raises(LeaseTaken) as taken, leases.hold("tick", "second", 60.0):
            pass
        assert taken.value.until == clock() + 60
        assert is_free(leases, "another name")
    assert is_free(leases, "tick")


def test_a_lease_ends_by_itself(table: Table) -> None:
    # GIVEN
    clock = FakeClock()
    leases = Leases(table, clock)
    with leases.hold("tick", "first", 60.0):
        # WHEN
        clock.advance(59.9)
        assert not is_free(leases, "tick")
        clock.advance(0.1)
        # THEN
        assert is_free(leases, "tick")


def test_after_an_error_the_lease_is_not_released(table: Table) -> None:
    # GIVEN
    clock = FakeClock()
    leases = Leases(table, clock)
    # WHEN the outcome of what was begun may be unknown
    with pytest.raises(ZeroDivisionError), leases.hold("create", "first", 60.0):
        raise ZeroDivisionError
    # THEN
    assert not is_free(leases, "create")
    clock.advance(60)
    assert is_free(leases, "create")


def test_a_late_holder_does_not_release_the_lease_of_the_next(table: Table) -> None:
    # GIVEN
    clock = FakeClock()
    leases = Leases(table, clock)
    late = leases.hold("tick", "first", 60.0)
    late.__enter__()
    clock.advance(61)
    following = leases.hold("tick", "second", 60.0)
    following.__enter__()
    # WHEN
    late.__exit__(None, None, None)
    # THEN
    assert not is_free(leases, "tick")
    following.__exit__(None, None, None)
    assert is_free(leases, "tick")


def test_of_two_that_take_over_an_ended_lease_one_gets_it(table: Table) -> None:
    # GIVEN a clock that stands still: both versions would be alike
    clock = FakeClock()
    leases = Leases(table, clock)
    with leases.hold("tick", "first", 0.0):
        # WHEN
        with leases.hold("tick", "second", 60.0):
            assert not is_free(leases, "tick")
        # THEN
        assert is_free(leases, "tick")


# ── gates ─────────────────────────────────────────────────────────────────────────────────────────

NOW = 1_760_000_000.5
LIMITED = Failure(Family.RATE_LIMITED, "Лимит запросов.", WhoActs.SYSTEM, NOW, "429")
REVOKED = Failure(Family.CONFIGURATION, "Доступ отозван.", WhoActs.ADMIN, NOW + 5)


def test_a_gate_that_was_never_closed_is_open(table: Table) -> None:
    assert Gates(table).get("shop") is None
    assert Gates(table).all() == []


def test_a_closed_gate_says_until_when_and_why(table: Table) -> None:
    # GIVEN
    gates = Gates(table)
    # WHEN
    gates.close("shop", until=NOW + 60, why=LIMITED)
    # THEN
    gate = gates.get("shop")
    assert gate == Gate("shop", NOW + 60, LIMITED, NOW)
    assert gate.is_closed(NOW + 59.9)
    assert not gate.is_closed(NOW + 60)
    assert not gate.probes


def test_a_gate_that_only_a_person_opens_is_probed(table: Table) -> None:
    # WHEN
    Gates(table).close("shop", until=NOW + 600, why=REVOKED)
    # THEN
    gate = Gates(table).get("shop")
    assert gate is not None
    assert gate.probes


def test_a_gate_that_is_closed_longer_already_stays_so(table: Table) -> None:
    # GIVEN
    gates = Gates(table)
    gates.close("shop", until=NOW + 600, why=REVOKED)
    # WHEN
    gates.close("shop", until=NOW + 60, why=LIMITED)
    # THEN
    assert gates.get("shop") == Gate("shop", NOW + 600, REVOKED, NOW + 5)


def test_a_gate_that_closes_again_remembers_since_when(table: Table) -> None:
    # GIVEN
    gates = Gates(table)
    gates.close("shop", until=NOW + 60, why=LIMITED)
    # WHEN
    gates.close("shop", until=NOW + 600, why=REVOKED)
    # THEN
    assert gates.get("shop") == Gate("shop", NOW + 600, REVOKED, closed_at=NOW)


def test_a_gate_through_which_a_job_has_passed_is_open_and_says_since_when(table: Table) -> None:
    # GIVEN
    gates = Gates(table)
    gates.close("shop", until=NOW + 600, why=REVOKED)
    gate = gates.get("shop")
    assert gate is not None
    # WHEN
    gates.open(gate, NOW + 7)
    # THEN
    opened = gates.get("shop")
    assert opened == Gate("shop", NOW + 600, REVOKED, NOW + 5, passed_at=NOW + 7)
    assert not opened.is_closed(NOW + 8)
    assert not opened.probes


def test_a_gate_that_closes_after_it_was_open_begins_anew(table: Table) -> None:
    # GIVEN
    gates = Gates(table)
    gates.close("shop", until=NOW + 600, why=LIMITED)
    gate = gates.get("shop")
    assert gate is not None
    gates.open(gate, NOW + 2)
    # WHEN it closes for less long than it would have been
    gates.close("shop", until=NOW + 60, why=REVOKED)
    # THEN
    assert gates.get("shop") == Gate("shop", NOW + 60, REVOKED, closed_at=NOW + 5)


def test_a_forgotten_gate_is_gone_and_the_others_stay(table: Table) -> None:
    # GIVEN more gates than one page holds
    gates = Gates(table)
    names = [f"shop-{number:03}" for number in range(103)]
    for name in names:
        gates.close(name, until=NOW + 60, why=LIMITED)
    gate = gates.get("shop-007")
    assert gate is not None
    # WHEN
    gates.forget(gate)
    gates.forget(gate)
    # THEN
    assert [gate.name for gate in gates.all()] == [name for name in names if name != "shop-007"]


def test_a_gate_that_was_closed_again_meanwhile_is_not_forgotten(table: Table) -> None:
    # GIVEN
    gates = Gates(table)
    gates.close("shop", until=NOW + 60, why=LIMITED)
    seen = gates.get("shop")
    assert seen is not None
    # WHEN
    gates.close("shop", until=NOW + 120, why=LIMITED)
    gates.forget(seen)
    # THEN
    standing = gates.get("shop")
    assert standing is not None
    assert standing.reopens_at == NOW + 120


# ── links and pairs ───────────────────────────────────────────────────────────────────────────────

LINK = Link(
    id="orders",
    left=End("shop", "orders"),
    right=End("crm", "orders"),
    creates=frozenset(Side),
    owner=Side.RIGHT,
)


def test_a_saved_link_comes_back(table: Table) -> None:
    # GIVEN
    clock = FakeClock()
    bare = Link("bare", End("a", "x"), End("b", "y"), creates=frozenset())
    # WHEN
    Links(table, clock).save(LINK)
    Links(table, clock).save(bare)
    # THEN
    assert Links(table, clock).all() == [bare, LINK]


def test_links_are_served_from_memory_for_a_minute_and_ones_own_change_at_once(
    table: Table,
) -> None:
    # GIVEN
    clock = FakeClock()
    reader = Links(table, clock)
    assert reader.all() == []
    # WHEN
    Links(table, clock).save(LINK)
    # THEN
    clock.advance(59)
    assert reader.all() == []
    clock.advance(1)
    assert reader.all() == [LINK]
    # WHEN
    other = Link("other", LINK.left, LINK.right)
    reader.save(other)
    # THEN
    assert reader.all() == [LINK, other]


def test_a_pair_is_found_by_the_key_of_either_side(table: Table) -> None:
    # GIVEN
    pairs = Pairs(table)
    pair = Pair({Side.LEFT: "1", Side.RIGHT: "Заказ/№1#x"}, {Side.LEFT: "aa", Side.RIGHT: "bb"})
    # WHEN
    pairs.save("orders", pair)
    # THEN
    assert pairs.find("orders", Side.LEFT, "1") == pair
    assert pairs.find("orders", Side.RIGHT, "Заказ/№1#x") == pair
    assert pairs.find("orders", Side.RIGHT, "1") is None
    assert pairs.find("products", Side.LEFT, "1") is None


def test_a_pair_is_replaced_under_both_its_keys(table: Table) -> None:
    # GIVEN
    pairs = Pairs(table)
    keys = {Side.LEFT: "1", Side.RIGHT: "2"}
    first = pairs.save("orders", Pair(keys, {}))
    assert first is not None
    # WHEN whoever has seen it writes it anew
    pair = replace(first, agreed={Side.LEFT: "new", Side.RIGHT: "new"})
    pairs.save("orders", pair)
    # THEN
    assert pairs.find("orders", Side.LEFT, "1") == pair
    assert pairs.find("orders", Side.RIGHT, "2") == pair
    # WHEN somebody writes it who has not seen it
    blind = pairs.save("orders", Pair(keys, {}))
    # THEN
    assert blind is None
    assert pairs.find("orders", Side.LEFT, "1") == pair


# ── connections ───────────────────────────────────────────────────────────────────────────────────

SHOP = Connection(
    "shop", "bitrix_site", {"url": "https://shop.example", "часы": 3, "on": True}, ("10.0.0.0/8",)
)


def test_a_saved_connection_comes_back(table: Table) -> None:
    # GIVEN
    book = ConnectionBook(table, FakeClock())
    # WHEN
    book.save(SHOP)
    book.save(Connection("crm", "bitrix24"))
    # THEN
    assert book.get("shop") == SHOP
    assert book.all() == [Connection("crm", "bitrix24"), SHOP]


def test_an_unknown_connection_is_an_error_that_lists_the_known(table: Table) -> None:
    # GIVEN
    book = ConnectionBook(table, FakeClock())
    # THEN
    with pytest.raises(ConfigurationError, match="Existing: none yet"):
        book.get("shop")
    # WHEN
    book.save(SHOP)
    book.save(Connection("crm", "bitrix24"))
    # THEN
    with pytest.raises(
        ConfigurationError, match=r"no connection 'x'. Existing: crm, shop"
    ) as error:
        book.get("x")
    assert error.value.gate == "x"


def test_connections_are_served_from_memory_for_a_minute(table: Table) -> None:
    # GIVEN
    clock = FakeClock()
    reader = ConnectionBook(table, clock)
    assert reader.all() == []
    # WHEN
    ConnectionBook(table, clock).save(SHOP)
    # THEN
    clock.advance(CACHE_SECONDS - 1)
    assert reader.all() == []
    clock.advance(1)
    assert reader.all() == [SHOP]


def test_more_connections_than_one_page_holds_are_all_read(table: Table) -> None:
    # GIVEN
    book = ConnectionBook(table, FakeClock())
    for number in range(103):
        book.save(Connection(f"c{number:03}", "http_api"))
    # THEN
    assert [connection.id for connection in book.all()] == [f"c{n:03}" for n in range(103)]
