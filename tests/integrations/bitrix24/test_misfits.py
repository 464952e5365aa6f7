"""A row that is no record goes into quarantine with a sentence; the rows around it go over."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.sandbox.faults import FaultKind
from local.sandbox.portal.catalog.config import Inventory
from mostik.commerce.record import Canonical
from mostik.errors import GiveUp, MostikError
from mostik.integration import Integration, Misfit
from mostik.sync.run import RunKind, RunState
from mostik.sync.verdict import Verdict
from tests.integrations.bitrix24.catalog.world import Job, a_good, a_job
from tests.integrations.bitrix24.trade.orders import SALE, an_order, carry
from tests.support.rig import HERE, Rig
from tests.support.sandbox import PortalInProcess
from tests.support.shelf import RESOURCE
from tests.unit.sync.stories import run_of

DEAL, CONTACT, COMPANY = 2, 3, 4
GOODS, OFFERS = 23, 24


@dataclass(frozen=True)
class Case:
    """A list of three records, of which the second can be spoilt.

    Attributes:
        resource: its name.
        make: makes the three. Returns their keys.
        spoil: makes the one of a key unreadable.
        says: what the sentence must name.
        settings: of the connection.
        inventory: of the portal.
        others: how many more the portal has of its own.
    """

    resource: str
    make: Callable[[Job], list[str]]
    spoil: Callable[[Job, str], None]
    says: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    inventory: Inventory = Inventory.OFF

    def job(self) -> Job:
        return a_job(self.inventory, settings=self.settings)


def items(entity: int) -> Callable[[Job], list[str]]:
    rows: list[Mapping[str, Any]] = [{"title": f"row {n}", "name": f"row {n}"} for n in range(3)]
    return lambda job: [str(id_) for id_ in job.there.seed(entity, rows)]


def item_row(entity: int, **bad: Any) -> Callable[[Job, str], None]:
    def spoil(job: Job, key: str) -> None:
        job.there.items.stores[entity].items[int(key)].update(bad)

    return spoil


def table_row(table: str, **bad: Any) -> Callable[[Job, str], None]:
    return lambda job, key: job.there.catalog.tables[table].rows[int(key)].update(bad)


def goods(job: Job) -> list[str]:
    return [str(a_good(job, code)) for code in ("cup", "lamp", "spoon")]


def added(method: str, **fields: Any) -> Callable[[Job], list[str]]:
    def make(job: Job) -> list[str]:
        rest = PortalInProcess(job.there)
        rows = [
            rest.result(f"{method}.add", {"fields": {**fields, "name": f"row {n}"}})
            for n in range(3)
        ]
        return [str(next(iter(row.values()))["id"]) for row in rows]

    return make


def prices(job: Job) -> list[str]:
    rest = PortalInProcess(job.there)
    keys = []
    for good in goods(job):
        fields = {"productId": int(good), "catalogGroupId": 1, "price": 10, "currency": "RUB"}
        keys.append(str(rest.result("catalog.price.add", {"fields": fields})["price"]["id"]))
    return keys


def levels(job: Job) -> list[str]:
    keys = goods(job)
    for good in keys:
        job.there.catalog.move(int(good), 1, 5)
    return [f"{good}@1" for good in keys]


def level_row(job: Job, key: str) -> None:
    product, _, store = key.partition("@")
    (row,) = job.there.catalog.stock.where(productId=int(product), storeId=int(store))
    row["amount"] = "plenty"


def store_orders(job: Job) -> list[str]:
    return [carry(job, "orders", an_order(number)).key for number in ("1001", "1002", "1003")]


def store_order(**bad: Any) -> Callable[[Job, str], None]:
    return lambda job, key: job.there.trade.store.orders.rows[int(key)].update(bad)


CASES = {
    "deal in a stage that stands for nothing": Case(
        "orders", items(DEAL), item_row(DEAL, stageId="C9:NONE"), "stage 'C9:NONE'"
    ),
    "deal of another shape": Case(
        "orders", items(DEAL), item_row(DEAL, opportunity="much"), "opportunity"
    ),
    "deal in a currency that is none": Case(
        "orders", items(DEAL), item_row(DEAL, currencyId="ROUBLES"), "currency"
    ),
    "contact": Case("customers", items(CONTACT), item_row(CONTACT, updatedTime="soon"), "updated"),
    "company": Case("companies", items(COMPANY), item_row(COMPANY, updatedTime="soon"), "updated"),
    "order of the store in a status that stands for nothing": Case(
        "orders", store_orders, store_order(statusId="ZZ"), "status 'ZZ'", SALE
    ),
    "order of the store of another shape": Case(
        "orders", store_orders, store_order(price="much"), "price", SALE
    ),
    "good": Case("products", goods, table_row("goods", weight="heavy"), "weight"),
    "variation": Case(
        "variants", added("catalog.product.offer", iblockId=OFFERS),
        table_row("goods", weight="heavy"), "weight",
    ),
    "section": Case(
        "sections", added("catalog.section", iblockId=GOODS),
        table_row("sections", sort="first"), "sort",
    ),
    "price": Case("prices", prices, table_row("prices", price="dear"), "price"),
    "quantity": Case("stock", goods, table_row("goods", quantity="plenty"), "quantity"),
    "level": Case("stock", levels, level_row, "amount", inventory=Inventory.ON),
}  # fmt: skip


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[str(request.param)]


def test_a_page_with_a_bad_row_in_its_middle_keeps_the_others_in_order(case: Case) -> None:
    # GIVEN
    job = case.job()
    keys = case.make(job)
    case.spoil(job, keys[1])
    # WHEN
    shown = [one for page in every_page(job, case) for one in page if one.key in keys]
    # THEN
    assert [one.key for one in shown] == keys
    assert [isinstance(one, Misfit) for one in shown] == [False, True, False]
    assert case.says in str(shown[1].error)


def test_bulk_reads_answer_an_error_for_a_bad_row_alone(case: Case) -> None:
    # GIVEN
    job = case.job()
    keys = case.make(job)
    case.spoil(job, keys[1])
    # WHEN
    found = job.resource(case.resource).read_many(keys)
    # THEN
    assert {key: isinstance(one, MostikError) for key, one in found.items()} == dict(
        zip(keys, [False, True, False], strict=True)
    )
    assert case.says in str(found[keys[1]])


def test_a_run_goes_on_and_the_bad_row_is_in_quarantine_with_a_sentence(case: Case) -> None:
    # GIVEN a link from the portal to a drawer that takes everything
    job = case.job()
    rig = a_rig(job, case)
    keys = case.make(job)
    case.spoil(job, keys[1])
    # WHEN
    run = run_of(rig, RunKind.FULL)
    # THEN the others went over, and all are accounted for
    assert run.state is RunState.PARTIAL
    assert run.totals is not None
    assert run.totals.counts[Verdict.QUARANTINED] == 1
    assert run.totals.listed == sum(run.totals.counts.values())
    assert {keys[0], keys[2]} <= set(rig.drawer.records)
    assert keys[1] not in rig.drawer.records
    # AND the row lies there with what is wrong and who must act
    (lying,) = rig.parked.page("link").records
    assert (lying.key, lying.verdict) == (keys[1], Verdict.QUARANTINED)
    assert case.says in lying.failure.text
    assert lying.failure.text.endswith(".")
    assert rig.defects == []


def test_a_row_that_was_corrected_goes_over_with_the_next_run() -> None:
    # GIVEN
    case = CASES["price"]
    job = case.job()
    rig = a_rig(job, case)
    keys = case.make(job)
    case.spoil(job, keys[1])
    run_of(rig, RunKind.FULL)
    # WHEN
    table_row("prices", price=12)(job, keys[1])
    run = run_of(rig, RunKind.FULL)
    # THEN
    assert run.state is RunState.DONE
    assert rig.drawer.records.keys() == set(keys)
    assert rig.parked.page("link").records == []


def test_what_concerns_all_rows_is_not_taken_for_the_fault_of_each() -> None:
    # GIVEN three goods, and a portal that shows no VAT rates
    job = a_job()
    goods(job)
    job.breaks("catalog.vat.list", FaultKind.STATUS, status=500, times=None)
    # WHEN
    with pytest.raises(MostikError) as raised:
        every_page(job, CASES["good"])
    # THEN the page is read again later; nothing was put aside
    assert not isinstance(raised.value, GiveUp)
    assert job.there.calls["catalog.vat.list"] <= 3


def every_page(job: Job, case: Case) -> list[list[Any]]:
    found, cursor = [], None
    while True:
        page = job.resource(case.resource).page(cursor, None)
        found.append(list(page.items))
        cursor = page.cursor
        if cursor is None:
            return found


class Drawer:
    """The other side: takes any record."""

    def __init__(self) -> None:
        self.records: dict[str, Canonical] = {}

    def read(self, key: str) -> Canonical | None:
        return self.records.get(key)

    def find(self, system: str, key: str) -> Canonical | None:
        del system
        return self.records.get(key)

    def create(self, record: Canonical, system: str, once: Any) -> Canonical:
        return self.update(record.key, record, system, once)

    def update(self, key: str, record: Canonical, system: str, once: Any) -> Canonical:
        del once
        self.records[key] = record.model_copy(update={"external_ids": {system: key}})
        return self.records[key]

    def from_state(self, content: Mapping[str, Any]) -> Canonical:
        raise NotImplementedError


@dataclass
class PortalRig(Rig):
    """A portal ``here``, a drawer ``there``."""

    portal: Job | None = None
    resource: str = ""
    drawer: Drawer = field(default_factory=Drawer)

    def offers(self) -> Integration[Any, Any]:
        def either(_client: Any, _settings: Any, own: str) -> Any:
            assert self.portal is not None
            return self.portal.resource(self.resource) if own == HERE else self.drawer

        return dataclasses.replace(super().offers(), resources={RESOURCE: either})


def a_rig(job: Job, case: Case) -> PortalRig:
    return PortalRig(portal=job, resource=case.resource)
