"""Stock: the portal equals the target in both modes, whatever happens between."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from integrations.bitrix24.stock.endpoints import DOCUMENT_CONDUCT
from integrations.bitrix24.stock.levels import Level, Target
from local.sandbox.faults import FaultKind
from local.sandbox.portal.catalog.config import Inventory
from mostik.commerce.stock import Stock
from mostik.errors import GiveUp, Pending, Unknown
from mostik.integration import Write
from tests.integrations.bitrix24.catalog.world import (
    SHOP,
    Job,
    a_good,
    a_job,
    errors_in,
    just_create,
    name_store,
    on_loopback,
)
from tests.integrations.bitrix24.stock.figures import (
    STORES,
    TARGETS,
    a_record,
    a_sale_before,
    by_place,
    drafts,
    fill,
    moved,
    the_targets,
)


@pytest.mark.loopback
def test_by_documents_the_portal_equals_the_target_through_a_sale_and_a_lost_answer() -> None:
    # GIVEN a portal with inventory management, four goods, three warehouses
    with on_loopback(Inventory.ON) as job:
        ids = fill(job)
        # AND it sells between our read and our write, and one answer to a conduct gets lost
        job.breaks("catalog.document.conduct", FaultKind.LOST_ANSWER, after=1)
        # WHEN the targets are written
        with a_sale_before(
            job,
            "catalog.document.conduct",
            lambda: job.there.catalog.sell(ids["lamp"], 2, 1),
        ):
            answers = job.resource("stock").write_many(the_targets(), SHOP, just_create)
        # THEN the portal equals the target
        wanted = {
            (ids[good], store): float(amount)
            for good, amount in TARGETS.items()
            for store in STORES
        }
        assert {**dict.fromkeys(wanted, 0.0), **by_place(job)} == wanted
        # AND so say the answers
        assert [answer.on_hand for answer in answers] == [
            write.record.on_hand for write in the_targets()
        ]
        # AND no draft is left, and nothing was applied twice
        assert drafts(job) == []
        sums = moved(job)
        assert sums[ids["lamp"], 1] == 10 - 7 + 2
        assert sums[ids["lamp"], 2] == 10 - 25
        assert sums[ids["cable"], 3] == -4
        assert sums[ids["preorder"], 2] == -3
        assert sums[ids["sand"], 3] == 2.5


@pytest.mark.loopback
def test_by_quantity_the_portal_equals_the_target_through_a_sale_and_a_lost_answer() -> None:
    # GIVEN a portal without inventory management: one quantity of each good
    with on_loopback(Inventory.OFF, {"summed_warehouses": list(STORES.values())}) as job:
        ids = fill(job)
        # AND it sells between our read and our write, and the answer to a write gets lost
        job.breaks("batch", FaultKind.LOST_ANSWER, after=3)
        # WHEN the targets are written
        with a_sale_before(
            job, "catalog.product.update", lambda: job.there.catalog.sell(ids["lamp"], 2)
        ):
            answers = job.resource("stock").write_many(the_targets(), SHOP, just_create)
        # THEN each good has the sum of its three warehouses
        quantities = {row["id"]: row["quantity"] for row in job.table("goods")}
        assert quantities == {ids[good]: 3 * float(amount) for good, amount in TARGETS.items()}
        assert not errors_in(answers)
        # AND there is no document at all
        assert job.table("documents") == []


def test_there_is_one_document_for_each_warehouse_and_sign_numbered_by_our_work() -> None:
    # GIVEN
    job = a_job(Inventory.ON)
    fill(job)
    # WHEN
    job.resource("stock").write_many(the_targets(), SHOP, just_create)
    # THEN additions are adjustments, for a receipt demands a supplier
    made = [(row["docType"], row["docNumber"].partition("/")[0]) for row in job.table("documents")]
    assert sorted(made) == [("D", "run-7")] * 3 + [("S", "run-7")] * 3


def test_stock_that_is_as_it_should_be_makes_no_document() -> None:
    # GIVEN
    job = a_job(Inventory.ON)
    fill(job)
    job.resource("stock").write_many(the_targets(), SHOP, just_create)
    before = job.writes()
    # WHEN
    again = job.resource("stock").write_many(the_targets(), SHOP, just_create)
    # THEN
    assert not errors_in(again)
    assert job.writes() == before


def test_a_conduct_that_may_still_be_going_on_is_left_for_later_and_not_repeated() -> None:
    # GIVEN a portal that goes on when nobody waits any more: the draft is not conducted yet
    job = a_job(Inventory.ON)
    name_store(job, 1, "main")
    good = a_good(job, "lamp")
    job.breaks("catalog.document.conduct", FaultKind.DOWN)
    writes = [Write(a_record("lamp", "main", "5"))]
    # WHEN
    (answer,) = job.resource("stock").write_many(writes, SHOP, just_create)
    # THEN nobody says that it failed
    assert isinstance(answer, Unknown)
    assert [row["status"] for row in job.table("documents")] == ["N"]
    # AND when the portal has conducted it meanwhile, the next attempt finds nothing to do
    conduct = job.there._methods[DOCUMENT_CONDUCT.path.lower()]
    caller: Any = type("Caller", (), {"user_id": 1})()
    conduct({"id": job.table("documents")[0]["id"]}, caller)
    (later,) = job.resource("stock").write_many(writes, SHOP, just_create)
    assert later.on_hand == 5
    assert by_place(job) == {(good, 1): 5}
    assert len(job.table("documents")) == 1


def test_a_draft_that_an_earlier_attempt_left_is_deleted_and_made_anew() -> None:
    # GIVEN an attempt that ended before its document was conducted
    job = a_job(Inventory.ON)
    name_store(job, 1, "main")
    good = a_good(job, "lamp")
    job.breaks("catalog.document.conduct", FaultKind.DOWN)
    writes = [Write(a_record("lamp", "main", "5"))]
    job.resource("stock").write_many(writes, SHOP, just_create)
    # WHEN the same work is tried again
    (answer,) = Job(job.there).resource("stock").write_many(writes, SHOP, just_create)
    # THEN
    assert answer.on_hand == 5
    assert by_place(job) == {(good, 1): 5}
    assert drafts(job) == []


def test_drafts_of_other_work_and_of_people_are_left_alone() -> None:
    # GIVEN a draft of a person, and one of another work of ours
    job = a_job(Inventory.ON)
    name_store(job, 1, "main")
    a_good(job, "lamp")
    for number in ("IN-00042", "run-77/1", "run-7"):
        job.there.catalog.documents.add({"docNumber": number, "status": "N", "docType": "S"})
    # WHEN
    job.resource("stock").write_many([Write(a_record("lamp", "main", "5"))], SHOP, just_create)
    # THEN
    assert [row["docNumber"] for row in drafts(job)] == ["IN-00042", "run-77/1", "run-7"]


def test_what_orders_have_reserved_is_never_taken_and_it_is_said() -> None:
    # GIVEN 6 lamps, 4 of them promised
    job = a_job(Inventory.ON)
    name_store(job, 1, "main")
    good = a_good(job, "lamp", canBuyZero="Y")
    job.there.catalog.move(good, 1, 6)
    job.there.catalog.reserve(good, 4, 1)
    # WHEN there should be one
    (answer,) = job.resource("stock").write_many(
        [Write(a_record("lamp", "main", "1"))], SHOP, just_create
    )
    # THEN
    assert by_place(job) == {(good, 1): 4}
    assert isinstance(answer, GiveUp)
    assert "have reserved 4, more than the 1" in answer.text


@pytest.mark.parametrize(
    ("amount", "reserved", "wanted", "becomes"),
    [(6, 4, 1, 4), (6, 0, -1, -1), (2, 4, 1, 2), (2, 4, 3, 3), (2, 4, 9, 9), (-1, 2, -3, -1)],
)
def test_what_is_reserved_is_neither_taken_nor_invented(
    amount: int, reserved: int, wanted: int, becomes: int
) -> None:
    level = Level(Decimal(amount), Decimal(reserved))
    assert Target(on_hand=Decimal(wanted)).within(level) == becomes


def test_free_stock_is_added_to_what_is_reserved() -> None:
    # GIVEN
    job = a_job(Inventory.ON)
    name_store(job, 1, "main")
    good = a_good(job, "lamp")
    job.there.catalog.move(good, 1, 6)
    job.there.catalog.reserve(good, 4, 1)
    record = Stock(key="x", owner="lamp", warehouse="main", available=Decimal(3))
    # WHEN
    (answer,) = job.resource("stock").write_many([Write(record)], SHOP, just_create)
    # THEN
    assert (answer.on_hand, answer.reserved, answer.available) == (7, 4, 3)


def test_one_good_that_the_portal_refuses_does_not_keep_the_others_back() -> None:
    # GIVEN a good that may not be negative among others
    job = a_job(Inventory.ON)
    name_store(job, 1, "main")
    ids = {name: a_good(job, name, canBuyZero="Y") for name in ("a", "b", "c", "d")}
    strict = a_good(job, "strict", canBuyZero="N")
    writes = [Write(a_record(name, "main", "-1")) for name in (*ids, "strict")]
    # WHEN all are to be negative
    answers = job.resource("stock").write_many(writes, SHOP, just_create)
    # THEN
    assert [type(answer) for answer in answers] == [Stock] * 4 + [GiveUp]
    held = by_place(job)
    assert {held[id_, 1] for id_ in ids.values()} == {-1}
    assert held.get((strict, 1), 0) == 0
    assert drafts(job) == []


def test_a_good_or_a_warehouse_that_is_not_there_yet_is_waited_for() -> None:
    # GIVEN
    job = a_job(Inventory.ON)
    name_store(job, 1, "main")
    a_good(job, "lamp")
    writes = [
        Write(a_record("lamp", "main", "5")),
        Write(a_record("unknown", "main", "5")),
        Write(a_record("lamp", "unknown", "5")),
    ]
    # WHEN
    answers = job.resource("stock").write_many(writes, SHOP, just_create)
    # THEN
    assert [type(answer) for answer in answers] == [Stock, Pending, Pending]
    assert [(one.resource, one.key) for one in answers[1:]] == [
        ("variants", "unknown"),
        ("warehouses", "unknown"),
    ]


def test_what_is_finer_than_the_portal_keeps_makes_no_document() -> None:
    # GIVEN a third of a metre, as a system with more digits counts it
    job = a_job(Inventory.ON)
    name_store(job, 1, "main")
    a_good(job, "cable")
    writes = [Write(a_record("cable", "main", "0.3333333333"))]
    job.resource("stock").write_many(writes, SHOP, just_create)
    # WHEN it comes again
    (again,) = job.resource("stock").write_many(writes, SHOP, just_create)
    # THEN
    assert again.on_hand == Decimal("0.3333")
    assert len(job.table("documents")) == 1
