"""Links that lie ready, over the sandboxes: one command sets each up, both ways work, and a second
run writes nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest

from local import readylinks
from mostik.sync.link import Links, Side
from mostik.sync.run import RunKind
from tests.support.clock import FakeClock
from tests.support.sandbox_rig import SandboxRig

DEAL, CONTACT = 2, 3


@pytest.fixture
def rig() -> SandboxRig:
    return SandboxRig(FakeClock(time.time()))


@pytest.fixture
def patch(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    return monkeypatch


def contact(rig: SandboxRig, name: str, phone: str, email: str = "") -> int:
    """A manager enters a contact."""
    ways = [{"typeId": "PHONE", "valueType": "WORK", "value": phone}]
    if email:
        ways.append({"typeId": "EMAIL", "valueType": "WORK", "value": email})
    [made] = rig.portal.seed(CONTACT, [{"name": name, "fm": ways}])
    return made


def client(rig: SandboxRig, name: str, phone: str, **more: Any) -> int:
    """A client registers in the odd shop."""
    return int(rig.oddshop.create("clients", {"fio": name, "tel": phone, **more})["client_no"])


def clients(rig: SandboxRig) -> dict[str, dict[str, Any]]:
    """The odd shop's clients, by name."""
    return {row["fio"]: row for row in rig.oddshop.rows("clients")}


def deal(rig: SandboxRig, key: object) -> dict[str, Any]:
    """A deal of the portal."""
    return next(one for one in rig.portal.deals if one["id"] == int(str(key)))


def order(rig: SandboxRig, key: object) -> dict[str, Any]:
    """An order of the odd shop."""
    rows = rig.oddshop.rows("orders")
    return next(row for row in rows if row["order_no"] == int(str(key)))


def made_ready(rig: SandboxRig, patch: pytest.MonkeyPatch, name: str) -> str:
    """Sets links up, as a person does; what was said."""
    result = rig.command(patch, "ready", name)
    assert result.exit_code == 0, result.output
    return result.output


def quiet(rig: SandboxRig, link: str) -> bool:
    """Whether runs from both sides write nothing anywhere."""
    before = rig.everything()
    rig.clock.advance(60)
    counts = rig.both_ways(link)
    assert set(counts) <= {"unchanged", "echoed"}, counts
    return rig.everything() == before


def test_contacts_and_customers_are_kept_equal_both_ways(
    rig: SandboxRig, patch: pytest.MonkeyPatch
) -> None:
    # GIVEN one buyer that both sides know, each in its own spelling, and one on each side alone
    known = contact(rig, "Иван Петров", "+79031234567")
    contact(rig, "Анна Смирнова", "+79037654321", "anna@example.ru")
    twin = client(rig, "Петров Иван", "8 (903) 123-45-67", bonus=7)
    client(rig, "Олег Лис", "8 903 000-00-01")
    # WHEN the link is set up with one command, and runs
    said = made_ready(rig, patch, "portal-contacts")
    assert "may write" in said
    rig.both_ways("portal-contacts")
    # THEN each side has three, and no buyer is there twice
    assert len(rig.portal.contacts) == len(rig.oddshop.rows("clients")) == 3
    assert rig.other_end("portal-contacts", Side.LEFT, known) == str(twin)
    # AND what the link knows nothing of has survived a PUT that replaces everything
    assert next(r for r in rig.oddshop.rows("clients") if r["client_no"] == twin)["bonus"] == 7
    assert clients(rig)["Анна Смирнова"]["tel"] == "+79037654321"
    assert quiet(rig, "portal-contacts")
    # WHEN somebody changes one on the right, where no webhook tells of it, and one on the left
    rig.oddshop.edit("clients", clients(rig)["Олег Лис"]["client_no"], {"fio": "Олег Лисов"})
    rig.portal.edit(CONTACT, known, {"name": "Иван", "lastName": "Петров-Водкин"})
    rig.clock.advance(60)
    rig.run("portal-contacts", Side.RIGHT, RunKind.INCREMENTAL)
    rig.touched("portal", "customers", known)
    # THEN both went over
    names = {f"{one['name']} {one.get('lastName') or ''}".strip() for one in rig.portal.contacts}
    assert "Олег Лисов" in names
    assert "Иван Петров-Водкин" in clients(rig)
    assert quiet(rig, "portal-contacts")


def test_a_buyer_who_may_be_two_is_left_to_a_person(
    rig: SandboxRig, patch: pytest.MonkeyPatch
) -> None:
    # GIVEN a contact whose phone two clients of the odd shop have
    contact(rig, "Иван Петров", "+79031234567")
    for _ in range(2):
        client(rig, "Иван Петров", "8 903 123 45 67")
    before = rig.everything()
    # WHEN the link is set up
    result = rig.command(patch, "ready", "portal-contacts")
    # THEN it says so, and writes nothing
    assert result.exit_code == 1
    assert "a person decides" in result.output
    for _ in range(5):
        rig.minute()
    assert rig.everything() == before


def test_deals_and_orders_of_the_odd_shop_are_kept_equal_both_ways(
    rig: SandboxRig, patch: pytest.MonkeyPatch
) -> None:
    # GIVEN a deal of a contact here, and an order of a client there
    buyer = contact(rig, "Анна Смирнова", "+79037654321")
    [deal_id] = rig.portal.seed(
        DEAL,
        [
            {
                "title": "Заказ D-1",
                "stageId": "NEW",
                "opportunity": "990.50",
                "currencyId": "RUB",
                "contactIds": [buyer],
            }
        ],
    )
    person = client(rig, "Олег Лис", "8 903 000-00-01")
    lines = [{"title": "Чайник", "qty": 2, "price": 50_000}]
    said = {"code": "Z-1", "sum": 100_000, "client": person, "positions": lines}
    number = rig.oddshop.create("orders", {**said, "state": "awaiting_payment"})["order_no"]
    # WHEN both links are set up, each with one command
    for link in ("portal-contacts", "portal-orders"):
        made_ready(rig, patch, link)
        rig.both_ways(link)
    # THEN each is on the other side, with its buyer, and money agrees to the kopeck
    there = order(rig, rig.other_end("portal-orders", Side.LEFT, deal_id))
    assert (there["code"], there["sum"], there["state"]) == ("D-1", 99_050, "new")
    assert there["client"] == str(clients(rig)["Анна Смирнова"]["client_no"])
    here = deal(rig, rig.other_end("portal-orders", Side.RIGHT, number))
    assert (here["title"], float(here["opportunity"])) == ("Заказ Z-1", 1000.0)
    assert here["contactIds"] == [int(rig.other_end("portal-contacts", Side.RIGHT, person))]
    assert here["stageId"] == "NEW"
    assert quiet(rig, "portal-orders")
    # WHEN a manager moves the deal on, and the odd shop's storekeeper the order, twice: of two
    # states that mean the same the second says nothing new
    rig.portal.edit(DEAL, here["id"], {"stageId": "EXECUTING"})
    rig.touched("portal", "orders", here["id"])
    assert order(rig, number)["state"] == "ready"
    for state in ("assembling", "courier"):
        rig.oddshop.edit("orders", there["order_no"], {"state": state, "courier_slip": "C-7"})
        rig.clock.advance(60)
        rig.run("portal-orders", Side.RIGHT, RunKind.INCREMENTAL)
    # THEN each is heard on the other side
    assert deal(rig, deal_id)["stageId"] == "WON"
    assert order(rig, there["order_no"])["state"] == "courier"
    assert order(rig, there["order_no"])["courier_slip"] == "C-7"
    assert quiet(rig, "portal-orders")


def test_orders_of_the_shop_become_deals_and_a_moved_deal_comes_back(
    rig: SandboxRig, patch: pytest.MonkeyPatch
) -> None:
    # GIVEN an order of the shop
    made_ready(rig, patch, "shop-orders")
    buyer = rig.shop.create("customers", {"full_name": "Иван Петров", "phone": "+79000000017"})
    fields = {"status": "new", "total_kopecks": 1_234_550, "currency": "RUB"}
    key = rig.shop.create("orders", {**fields, "customer_id": buyer["id"]})["id"]
    # WHEN its webhook comes, and a run behind it
    rig.touched("shop", "orders", key)
    rig.both_ways("orders")
    # THEN there is one deal with its contact
    [made] = rig.portal.deals
    assert (made["originId"], float(made["opportunity"])) == (key, 12_345.5)
    assert made["contactIds"] == [rig.portal.contacts[0]["id"]]
    assert quiet(rig, "orders")
    # WHEN a manager moves it
    rig.portal.edit(DEAL, made["id"], {"stageId": "EXECUTING"})
    rig.touched("portal", "orders", made["id"])
    # THEN the order says so
    assert rig.shop.snapshot()["orders"][0]["status"] == "packed"
    assert quiet(rig, "orders")


def test_an_unknown_name_is_answered_with_those_that_there_are(
    rig: SandboxRig, patch: pytest.MonkeyPatch
) -> None:
    # WHEN
    result = rig.command(patch, "ready", "nothing")
    # THEN
    assert result.exit_code == 1
    for name in readylinks.names():
        assert name in result.output
    assert not Links(rig.table, rig.clock).all()
