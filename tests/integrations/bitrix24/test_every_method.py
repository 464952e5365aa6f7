"""Every method of the portal that is called has an example of its documentation, and is replayed.

The examples lie beside the areas; each area's own test replays them. Here are those that belong to
no area, and what keeps a method from being used without one.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import integrations.bitrix24 as package
from integrations.bitrix24.app.owner import PARTS as OWNERS
from integrations.bitrix24.crm.models import EntityType
from integrations.bitrix24.crm.userfields import user_fields
from integrations.bitrix24.discover import SOURCES
from local.sandbox.portal import PortalConfig, PortalSandbox, UserField
from mostik.http.endpoint import Endpoint, Replay
from mostik.integration import Hint
from tests.integrations.bitrix24.app.documented import BATCH, DIRECTORIES, PARTS
from tests.integrations.bitrix24.app.test_documented import PAGES as PLATFORM
from tests.integrations.bitrix24.catalog.documented import METHODS as CATALOG
from tests.integrations.bitrix24.catalog.world import Job
from tests.integrations.bitrix24.trade.documented import PAGES as TRADE
from tests.integrations.bitrix24.trade.documented import Page
from tests.integrations.bitrix24.trade.test_documented import lacks, shape
from tests.support.sandbox import PortalInProcess

ROOT = Path(package.__file__).parent
REPLAYED = {
    one.lower()
    for one in (
        *(page.method for page in (*TRADE, *PARTS, *DIRECTORIES, BATCH)),
        *CATALOG,
        *(method for method, _, _ in PLATFORM),
    )
}
HERE = (*PARTS, *DIRECTORIES)
_METHOD = re.compile(r"(app|catalog|crm|event|feature|sale|user|userfieldconfig)(\.[A-Za-z]+)+")
FIELD_NAME = "ufCrm_1724077760"


# ── nothing is called without an example ──────────────────────────────────────────────────────


def test_every_method_that_is_called_is_replayed() -> None:
    # WHEN all endpoints are gathered, and all texts that look like a method
    called = {endpoint.path for module in modules() for endpoint in endpoints_in(module)}
    written = {text for path in sorted(ROOT.rglob("*.py")) for text in methods_in(path.read_text())}
    # THEN each has its example; the beginning of a method is none
    assert len(called) > 80
    assert {one for one in called if one.lower() not in REPLAYED} == set()
    assert {one for one in written if not is_replayed(one)} == set()


def test_an_example_that_nobody_needs_is_noticed() -> None:
    called = {endpoint.path.lower() for module in modules() for endpoint in endpoints_in(module)}
    assert called >= REPLAYED


def test_a_method_without_an_example_would_be_found() -> None:
    # GIVEN a module that keeps its endpoints in every way there is
    lead, hidden = "crm.lead.add", Endpoint("POST", "crm.lead.list", Replay.SAFE)
    module = SimpleNamespace(
        ONE=Endpoint("POST", lead, Replay.UNSAFE), TABLE={"a": (hidden,)}, source=SOURCES[0]
    )
    # THEN
    found = {one.path for one in endpoints_in(module)}
    assert found == {lead, hidden.path, SOURCES[0].endpoint.path}
    assert list(methods_in("def call():\n    return portal('crm.lead.get')")) == ["crm.lead.get"]
    assert not is_replayed("crm.lead.get")


def modules() -> list[ModuleType]:
    prefix = f"{package.__name__}."
    found = pkgutil.walk_packages(package.__path__, prefix)
    return [importlib.import_module(one.name) for one in found]


def endpoints_in(module: Any) -> Iterator[Endpoint]:
    for value in list(vars(module).values()):
        yield from _endpoints_of(value)


def _endpoints_of(value: Any) -> Iterator[Endpoint]:
    if isinstance(value, Endpoint):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _endpoints_of(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _endpoints_of(inner)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for one in dataclasses.fields(value):
            yield from _endpoints_of(getattr(value, one.name))


def methods_in(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and _METHOD.fullmatch(text):
            yield text


def is_replayed(text: str) -> bool:
    low = text.lower()
    return low in REPLAYED or any(one.startswith(f"{low}.") for one in REPLAYED)


# ── the examples that belong to no area ───────────────────────────────────────────────────────


def a_portal() -> PortalInProcess:
    """A portal that has what the requests name: an order with parts, a company's requisite, user
    fields of everybody."""
    fields = tuple(
        UserField(kind, FIELD_NAME, "enumeration", label="Radio", enum=(("j", "Jazz"),))
        for kind in (EntityType.DEAL, EntityType.CONTACT, EntityType.COMPANY)
    )
    rest = PortalInProcess(PortalSandbox(PortalConfig(rate_limit=None, user_fields=fields)))
    rest.add(EntityType.COMPANY, title="Company")
    call = rest.result
    call("sale.order.add", {"fields": {"lid": "s1", "personTypeId": 3, "currency": "RUB"}})
    basket = {"orderId": 1, "productId": 0, "name": "Setup", "quantity": 2, "currency": "RUB"}
    call("sale.basketitem.add", {"fields": {**basket, "price": 900}})
    shipment = {"orderId": 1, "allowDelivery": "N", "deducted": "N", "deliveryId": 2}
    call("sale.shipment.add", {"fields": shipment})
    inside = {"orderDeliveryId": 1, "basketId": 1, "quantity": 2}
    call("sale.shipmentitem.add", {"fields": inside})
    call("sale.payment.add", {"fields": {"orderId": 1, "paySystemId": 48, "sum": 10}})
    values = {"order": {"id": 1, "propertyValues": [{"orderPropsId": 20, "value": "John"}]}}
    call("sale.propertyvalue.modify", {"fields": values})
    owner = {"ENTITY_TYPE_ID": 4, "ENTITY_ID": 1, "PRESET_ID": 1, "NAME": "Organization"}
    call("crm.requisite.add", {"fields": owner})
    return rest


@pytest.mark.parametrize("page", HERE, ids=lambda page: page.method)
def test_the_sandbox_answers_the_documented_request_as_documented(page: Page) -> None:
    answered = a_portal().result(page.method, page.request)
    assert answered
    assert lacks(shape(page.result), shape(answered)) == []


@pytest.mark.parametrize(
    "page", [page for page in HERE if page.error], ids=lambda page: page.method
)
def test_the_sandbox_refuses_as_documented(page: Page) -> None:
    assert page.error is not None
    params, code = page.error
    status, body = a_portal()(page.method, params)
    assert (status, body["error"]) == (400, code)


@pytest.mark.parametrize("page", DIRECTORIES[:9], ids=lambda page: page.method)
def test_we_ask_for_a_directory_in_documented_words_and_read_the_documented_answer(
    page: Page,
) -> None:
    # GIVEN
    sources = [one for one in SOURCES if one.endpoint.path == page.method]
    assert sources
    for source in sources:
        # THEN its parameters stand on the page
        assert set(source.params) <= set(page.request)
        # AND the answer has an entry with a key and a name
        (entry,) = source.entries(page.result)
        assert entry.key
        assert entry.name


OWNED = [
    ("payment", Hint("orders", "1")),
    ("shipment", Hint("orders", "1")),
    ("property", Hint("orders", "1")),
    ("requisite", Hint("companies", "1")),
]


@pytest.mark.parametrize(("kind", "hint"), OWNED)
def test_the_documented_answer_of_a_part_names_its_record(kind: str, hint: Hint) -> None:
    # GIVEN
    part, job = OWNERS[kind], Job(a_portal().portal, {"order_as": "order"})
    (page,) = [one for one in PARTS if one.method == part.endpoint.path]
    # THEN what is asked stands on the page, and the answer leads to the record
    assert set(part.params(1)) <= set(page.request)
    assert list(part.owners(job.client, part.fields(page.result, 1))) == [hint]
    assert list(part.owners(job.client, part.fields([], 1))) == []


@pytest.mark.parametrize("kind", [EntityType.DEAL, EntityType.CONTACT, EntityType.COMPANY])
def test_user_fields_of_every_kind_are_read_as_documented(kind: EntityType) -> None:
    # GIVEN
    job = Job(a_portal().portal)
    # WHEN
    (found,) = user_fields(job.client.portal, kind).values()
    # THEN
    assert (found.type, found.multiple, list(found.values)) == ("enumeration", False, ["j"])


def test_a_batch_is_sent_and_read_as_documented() -> None:
    # GIVEN
    rest = a_portal()
    # WHEN
    answered = rest.result(BATCH.method, BATCH.request)
    # THEN
    assert set(answered) == set(BATCH.result)
    assert set(answered["result"]) == {"users"}
    assert answered["result_error"]["nothing"]["error"] == "NOT_FOUND"
    assert answered["result_next"] == []
    assert answered["result_total"]["users"] == len(answered["result"]["users"])
