"""Resources that are declared: what is refused, how rows are read, what is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from integrations.http_api import integration
from integrations.http_api.models import Settings
from local.sandbox.oddshop import OddConfig, OddShop
from mostik.commerce.money import Money
from mostik.commerce.order import Order, OrderStatus
from mostik.commerce.parties import Customer
from mostik.commerce.record import Ref
from mostik.errors import GiveUp, Pending
from mostik.http.client import ApiClient, Effects
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from mostik.http.trail import Trail
from mostik.integration import Deletable, Listed, Misfit
from tests.integrations.http_api.played import declared
from tests.support.api_router import ApiRouter
from tests.support.clock import FakeClock
from tests.support.wire import SandboxWire

HERE, ELSEWHERE = "odd", "portal"


def once(name: str, find: Any, create: Any) -> Any:
    """``CreateOnce`` of a world with one worker."""
    del name
    return find() or create()


class World:
    """A connection to an odd shop, or to an API of a table of answers."""

    def __init__(
        self, answers: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> None:
        self.clock = FakeClock()
        self.shop = OddShop(OddConfig(clock=self.clock, stale_share=0.0))
        self.settings = Settings.model_validate(settings or declared())
        self.router = ApiRouter(self.settings.base_url, answers or {})
        self.wire = SandboxWire(self.shop)
        session = open_session(2)
        session.mount("https://", self.wire if answers is None else self.router)
        auth: Any = integration.auth(self.settings)
        self.api = ApiClient(
            connection=HERE,
            base_url=self.settings.base_url,
            session=session,
            auth=auth,
            dialect=integration.dialect,
            redactor=Redactor([]),
            effects=Effects(self.clock, self.clock.sleep, lambda: 0.5),
        )

    def resource(self, name: str) -> Any:
        """A resource as the core builds it for one job."""
        client = integration.client(self.api.following(Trail(lambda: 900.0)), self.settings)
        return integration.resources[name](client, self.settings, HERE)


def told(resources: Mapping[str, Any]) -> dict[str, str]:
    """What the form says of resources, by place."""
    with pytest.raises(ValidationError) as raised:
        Settings(base_url="https://x.example/", credential=SecretStr("c"), resources=resources)
    return {".".join(map(str, one["loc"])): one["msg"] for one in raised.value.errors()}


def test_what_is_wrong_with_a_declaration_is_told_at_its_field() -> None:
    # GIVEN a declaration with a fault in several fields
    fields = [
        {"ours": "nam", "theirs": "n"},
        {"ours": "phone", "theirs": "tel", "by": "fone"},
        {"ours": "email", "theirs": "mail", "by": "email", "options": {"as": "x"}},
    ]
    found = told(
        {
            "customers": {
                "get": {"path": "c/{id}"},
                "create": {"path": "c"},
                "list": {"path": "c", "since": {"parameter": "s", "zone": "Mars/Base"}},
                "fields": fields,
            },
            "gadgets": {"get": {"path": "g/{id}"}, "fields": [{"ours": "x", "theirs": "y"}]},
        }
    )
    # THEN each is told where it is, and says what there is instead
    assert set(found) == {
        "resources.customers.external_key",
        "resources.customers.list.since",
        "resources.customers.fields.0.ours",
        "resources.customers.fields.1.by",
        "resources.customers.fields.2.options",
        "resources.gadgets",
    }
    assert "it has active" in found["resources.customers.fields.0.ours"]
    assert "there are: date, email" in found["resources.customers.fields.1.by"]


def test_a_status_that_stands_for_none_of_ours_is_told_at_its_field() -> None:
    rules = [
        {"ours": "number", "theirs": "n"},
        {"ours": "status", "theirs": "s", "values": {"open": "opened"}},
    ]
    found = told({"orders": {"get": {"path": "o/{id}"}, "fields": rules}})
    assert list(found) == ["resources.orders.fields.1.ours"]
    assert "of our side takes only new, paid" in found["resources.orders.fields.1.ours"]


def test_a_resource_offers_what_is_declared_and_no_more() -> None:
    bare = {"customers": {"get": {"path": "c/{id}"}, "fields": [{"ours": "name", "theirs": "n"}]}}
    world = World({}, declared(resources=bare))
    assert not isinstance(world.resource("customers"), Listed)
    assert not isinstance(world.resource("customers"), Deletable)
    whole = World().resource("customers")
    assert isinstance(whole, Listed)
    assert isinstance(whole, Deletable)
    with pytest.raises(GiveUp, match="declares no resource orders"):
        world.resource("orders")


def test_an_odd_order_is_read_in_our_terms() -> None:
    world = World()
    client = world.shop.create("clients", {"fio": "Иван"})["client_no"]
    lines = [
        {"title": "Чашка", "qty": 2, "price": 49_990},
        {"title": "Вес", "qty": 0.35, "price": 1},
    ]
    said = {"code": "Z-1", "state": "courier", "sum": 99_981, "client": client, "positions": lines}
    key = world.shop.create("orders", said)["order_no"]
    # WHEN it is read
    order = world.resource("orders").read(str(key))
    # THEN kopecks are an amount, the status is ours, the time has its zone, nothing is a float
    assert order.number == "Z-1"
    assert order.status is OrderStatus.SHIPPED
    assert order.total == Money(amount=Decimal("999.81"), currency="RUB")
    assert order.customer_ref == Ref(key=str(client))
    assert [line.price for line in order.lines] == [Decimal("499.90"), Decimal("0.01")]
    assert [line.quantity for line in order.lines] == [Decimal(2), Decimal("0.35")]
    assert order.changed_at.timestamp() == int(world.clock())


def test_what_a_row_holds_beside_its_declaration_is_kept_for_a_mapping_and_for_the_report() -> None:
    # GIVEN a row with a field that nobody has declared
    row = {"order_no": 4, "code": "Z-4", "state": "new", "utm": "spring"}
    answers = {"GET orders": {"result": {"rows": [row]}}}
    # WHEN it is read
    [order] = World(answers).resource("orders").page(None, None).items
    # THEN it stands beside, and what is declared does not
    assert order.extra == {"utm": "spring"}


def test_a_put_keeps_what_no_rule_names_and_spellings_that_say_the_same() -> None:
    world = World()
    said = {"fio": "Иван", "tel": "8 (903) 123-45-67", "bonus": 7}
    key = str(world.shop.create("clients", said)["client_no"])
    clients = world.resource("customers")
    # WHEN the name is changed, and the phone says the same in other words
    record = Customer(key="C-1", name="Пётр", phone="+79031234567")
    after = clients.update(key, record, ELSEWHERE, once)
    # THEN the bonus is still there, and the phone as it was typed
    [row] = world.shop.rows("clients")
    assert (row["fio"], row["tel"], row["bonus"]) == ("Пётр", "8 (903) 123-45-67", 7)
    assert after.name == "Пётр"
    # WHEN nothing is different
    before = len(world.wire.sent)
    clients.update(key, record, ELSEWHERE, once)
    # THEN nothing is written
    assert [sent.verb for sent in world.wire.sent[before:]] == ["GET"]


def test_a_creation_that_is_answered_with_the_key_alone_is_the_record_as_it_was_written() -> None:
    # GIVEN a shop that answers a creation with nothing but its number
    world = World()
    record = Customer(key="C-1", name="Анна", phone="+79031234567", email="anna@example.test")
    made = world.resource("customers").create(record, ELSEWHERE, once)
    # THEN what was agreed is what is there, and no later change of the other side seems older
    there = world.resource("customers").read(made.key)
    assert there is not None
    assert made.fingerprint() == there.fingerprint() == record.fingerprint()


def test_a_status_that_stands_for_ours_already_is_not_written_over() -> None:
    world = World()
    key = str(world.shop.create("orders", {"code": "Z-1", "state": "issued"})["order_no"])
    orders = world.resource("orders")
    record = Order(key="D-1", number="Z-1", status=OrderStatus.SHIPPED, comment="Позвонить")
    orders.update(key, record, ELSEWHERE, once)
    [row] = world.shop.rows("orders")
    assert (row["state"], row["note"]) == ("issued", "Позвонить")
    # WHEN it says something else, the first of their words for it is written
    orders.update(key, record.model_copy(update={"status": OrderStatus.PACKED}), ELSEWHERE, once)
    assert world.shop.rows("orders")[0]["state"] == "ready"


def test_a_creation_carries_its_key_and_is_found_by_it() -> None:
    world = World()
    orders = world.resource("orders")
    client = world.shop.create("clients", {"fio": "Иван"})["client_no"]
    ref = Ref(key="C-9", external_ids={HERE: str(client)})
    total = Money(amount=Decimal("12.30"), currency="RUB")
    record = Order(key="D-1", number="Z-1", total=total, customer_ref=ref)
    made = orders.create(record, ELSEWHERE, once)
    [row] = world.shop.rows("orders")
    assert (row["sum"], row["foreign_id"]) == (1230, "portal/D-1")
    assert str(row["client"]) == str(client)
    assert made.external_ids == {ELSEWHERE: "D-1"}
    assert orders.find(ELSEWHERE, "D-1").key == made.key
    assert orders.find(ELSEWHERE, "D-2") is None
    # WHEN a second one carries it
    world.shop.create("orders", {"code": "Z-2", "foreign_id": "portal/D-1"})
    with pytest.raises(GiveUp, match="Several records"):
        orders.find(ELSEWHERE, "D-1")


def test_a_reference_that_is_not_linked_yet_waits() -> None:
    record = Order(key="D-1", number="Z-1", customer_ref=Ref(key="C-9"))
    with pytest.raises(Pending) as raised:
        World().resource("orders").create(record, ELSEWHERE, once)
    assert (raised.value.resource, raised.value.key) == ("customers", "C-9")


def test_a_find_that_passes_over_its_filter_finds_no_stranger() -> None:
    rows = {"result": {"rows": [{"client_no": 1, "fio": "X", "foreign_id": "portal/C-2"}]}}
    clients = World({"GET clients": rows}).resource("customers")
    assert clients.find(ELSEWHERE, "C-1") is None
    assert clients.find(ELSEWHERE, "C-2").key == "1"


def test_a_row_that_is_no_record_is_a_misfit_and_the_list_goes_on() -> None:
    rows = [{"order_no": 1}, {"code": "Z"}, {"order_no": 3, "code": "Z-3", "state": "lost"}]
    good = {"order_no": 4, "code": "Z-4", "state": "new"}
    found = World({"GET orders": {"result": {"rows": [*rows, good]}}}).resource("orders")
    items = found.page(None, None).items
    assert [type(item) for item in items] == [Misfit, Misfit, Misfit, Order]
    assert [item.key for item in items if isinstance(item, Misfit)][::2] == ["1", "3"]
    assert "'lost'" in str(items[2].error)


PAGINGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "single_page": ({}, {}),
    "page_number": ({"parameter": "page"}, {}),
    "keyset": ({"parameter": "after"}, {}),
    "cursor": ({"parameter": "cursor", "next": "next"}, {"next": "c2"}),
    "json_link": ({"next": "links.next"}, {"links": {"next": "/v2/things?page=2"}}),
}


@pytest.mark.parametrize("kind", PAGINGS)
def test_a_list_is_walked_as_it_is_declared(kind: str) -> None:
    more, tells = PAGINGS[kind]
    listing = {"path": "things", "rows": "rows", "paging": {"kind": kind, **more}}
    things = {
        "list": listing,
        "get": {"path": "things/{id}"},
        "fields": [{"ours": "name", "theirs": "n"}],
    }
    first = {"rows": [{"id": 1, "n": "A"}, {"id": 2, "n": "B"}], **tells}
    world = World({"GET things": first}, declared(resources={"customers": things}))
    page = world.resource("customers").page(None, None)
    assert [item.name for item in page.items] == ["A", "B"]
    assert (page.cursor is None) is (kind == "single_page")
    if page.cursor is None:
        return
    # WHEN the next page is asked for, it is told as declared, and an empty one is the last
    world = World({"GET things": {"rows": []}}, declared(resources={"customers": things}))
    last = world.resource("customers").page(page.cursor, None)
    asked = world.router.calls[-1].url.partition("?")[2]
    expected = {"page_number": "page=2", "keyset": "after=2", "cursor": "cursor=c2"}
    assert asked == expected.get(kind, "page=2")
    assert (list(last.items), last.cursor) == ([], None)


def test_a_list_is_asked_for_changes_in_the_apis_own_time() -> None:
    world = World()
    world.shop.create("clients", {"fio": "Old"})
    world.clock.advance(3600)
    world.shop.create("clients", {"fio": "New"})
    resource = world.resource("customers")
    since = resource.page(None, None).items[0].changed_at
    assert [item.name for item in resource.page(None, since).items] == ["New"]


@pytest.mark.parametrize("days", [None, 7])
def test_how_long_changes_are_remembered_is_declared(days: int | None) -> None:
    listing = {"path": "things", "since": {"parameter": "since", "days": days}}
    things = {
        "list": listing,
        "get": {"path": "things/{id}"},
        "fields": [{"ours": "name", "theirs": "n"}],
    }
    world = World({"GET things": []}, declared(resources={"customers": things}))
    kept = timedelta(days=days) if days is not None else None
    assert world.resource("customers").changes_kept == kept


def test_pages_that_are_capped_and_answers_that_are_stale_end_with_every_row() -> None:
    world = World()
    world.shop = OddShop(OddConfig(clock=world.clock, stale_share=0.5))
    world.wire._sandbox = world.shop
    for number in range(60):
        world.shop.create("clients", {"fio": f"N {number}"})
    world.clock.advance(10)
    resource, cursor, names = world.resource("customers"), None, set()
    while True:
        page = resource.page(cursor, None)
        names |= {item.name for item in page.items}
        cursor = page.cursor
        if cursor is None:
            break
    assert len(names) == 60
    assert world.shop.stale
