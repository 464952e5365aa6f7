"""What each event of the portal is about, whichever way it comes."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.bitrix24.models import Settings
from integrations.bitrix24.webhook import LIFE, RECORDS, WAKE_UP, findings, hints_of, parameters
from local.sandbox.portal.bindings import EVENTS
from mostik.integration import Hint
from mostik.jobs.message import Receipt
from tests.integrations.bitrix24.app.world import AppWorld
from tests.support.sandbox import PortalInProcess

WAY = {"webhook_url": "https://c.bitrix24.ru/rest/1/secret00000000/"}
SETTINGS = Settings.model_validate(WAY)
STORE = Settings.model_validate({**WAY, "order_as": "order"})
BOTH = Settings.model_validate({**WAY, "order_as": "order+deal"})


def receipt(event: str, **fields: str) -> Receipt:
    body = {"event": event, **{f"data[FIELDS][{name}]": value for name, value in fields.items()}}
    return Receipt(
        id="portal:1",
        connection="portal",
        received_at=0.0,
        scheme="bitrix24",
        key_id="1",
        method="POST",
        url="https://door.example/webhooks/portal",
        body=urlencode(body).encode(),
    )


# The documented events of each area (fixtures on_*, catalog_*), and what they are about.
ABOUT: list[tuple[str, dict[str, str], Hint]] = [
    ("ONCRMDEALADD", {"ID": "6641"}, Hint("orders", "6641")),
    ("ONCRMDEALDELETE", {"ID": "1765"}, Hint("orders", "1765")),
    (
        "ONCRMDEALMOVETOCATEGORY",
        {"ID": "6675", "CATEGORY_ID": "1", "STAGE_ID": "C1:NEW"},
        Hint("orders", "6675"),
    ),
    ("ONCRMCONTACTUPDATE", {"ID": "82"}, Hint("customers", "82")),
    ("ONCRMCOMPANYADD", {"ID": "2917"}, Hint("companies", "2917")),
    (
        "ONCRMDYNAMICITEMADD",
        {"ID": "22", "ENTITY_TYPE_ID": "1220"},
        Hint("items", "1220:22"),
    ),
    ("ONCRMDYNAMICITEMUPDATE_1220", {"ID": "24"}, Hint("items", "1220:24")),
    ("ONCRMREQUISITEUPDATE", {"ID": "4"}, Hint("owner", "requisite:4")),
    ("CATALOG.PRODUCT.ON.ADD", {"ID": "1", "TYPE": "1"}, Hint("products", "1")),
    ("CATALOG.PRODUCT.ON.UPDATE", {"ID": "1", "TYPE": "3"}, Hint("products", "1")),
    ("CATALOG.PRODUCT.ON.DELETE", {"ID": "1", "TYPE": "4"}, Hint("variants", "1")),
    ("CATALOG.PRICE.ON.UPDATE", {"ID": "1"}, Hint("prices", "1")),
    ("ONSALEORDERSAVED", {"ID": "300", "XML_ID": "", "ACTION": "save"}, Hint("orders", "300")),
    (
        "ONSALEBEFOREORDERDELETE",
        {"ID": "300", "XML_ID": "", "ACTION": "delete"},
        Hint("orders", "300"),
    ),
    ("ONORDERENTITYSAVED", {"ID": "300"}, Hint("orders", "300")),
    ("ONORDERDELETED", {"ID": "300"}, Hint("orders", "300")),
    ("ONPAYMENTENTITYSAVED", {"ID": "300"}, Hint("owner", "payment:300")),
    ("ONSHIPMENTDELETED", {"ID": "300"}, Hint("owner", "shipment:300")),
    ("ONPROPERTYVALUEENTITYSAVED", {"ID": "300"}, Hint("owner", "property:300")),
]


@pytest.mark.parametrize(("event", "fields", "about"), ABOUT, ids=[one[0] for one in ABOUT])
def test_an_event_is_about_its_record(event: str, fields: dict[str, str], about: Hint) -> None:
    # GIVEN a portal on which an order is what the event is about
    settings = SETTINGS if event.startswith("ONCRMDEAL") else STORE
    # WHEN it is sent, and when it lies in the offline queue
    sent = findings(receipt(event, **fields), settings)
    queued = hints_of(event.lower(), fields, settings)
    # THEN
    assert list(sent) == list(queued) == [about]


@pytest.mark.parametrize(("event", "fields", "about"), ABOUT, ids=[one[0] for one in ABOUT])
def test_events_of_what_is_no_order_here_ask_for_no_order_of_the_same_id(
    event: str, fields: dict[str, str], about: Hint
) -> None:
    # GIVEN deals and orders of the store count their ids apart
    of_deal = event.startswith("ONCRMDEAL")
    of_store = event.startswith(("ONSALE", "ONORDER", "ONPAYMENT", "ONSHIPMENT", "ONPROPERTY"))
    # THEN each setting takes its own
    for settings, taken in ((SETTINGS, not of_store), (STORE, not of_deal), (BOTH, not of_deal)):
        assert list(hints_of(event, fields, settings)) == ([about] if taken else [])


def test_every_event_that_is_bound_is_understood_and_known_to_the_portal() -> None:
    for event in RECORDS:
        fields = {"ID": "1", "ENTITY_TYPE_ID": "128", "TYPE": "1"}
        assert [hints_of(event, fields, one) for one in (SETTINGS, STORE)] != [[], []], event
        assert event in EVENTS


@pytest.mark.parametrize("event", LIFE)
def test_events_of_the_application_itself_have_its_standing_looked_at(event: str) -> None:
    assert list(findings(receipt(event), SETTINGS)) == [Hint("app", "standing")]


def test_the_wake_up_has_the_queue_read() -> None:
    assert list(findings(receipt(WAKE_UP), SETTINGS)) == [Hint("feed", "queue")]


@pytest.mark.parametrize("event", ["ONTASKADD", "ONCRMLEADADD", "ONUSERADD", "ONAPPTEST"])
def test_what_nobody_here_needs_is_no_error(event: str) -> None:
    assert list(findings(receipt(event, ID="1"), SETTINGS)) == []


@given(st.sampled_from(sorted(RECORDS)), st.dictionaries(st.text(), st.text(), max_size=3))
def test_whatever_an_entry_says_it_is_a_record_or_a_value_error(
    event: str, fields: dict[str, str]
) -> None:
    for settings in (SETTINGS, STORE):
        try:
            hints = hints_of(event, fields, settings)
        except ValueError:
            continue
        assert all(hint.key.isascii() for hint in hints)


def test_an_application_is_known_by_its_member_id_and_a_webhook_by_its_domain_too() -> None:
    way = {"webhook_url": "https://c.bitrix24.ru/rest/1/secret00000000/"}
    named = {"member_id": "m", "domain": "c.bitrix24.ru"}
    app = {"client_id": "local.1", "client_secret": "secret00000000", **named}
    assert parameters(Settings.model_validate({**way, **named})) == named
    assert parameters(Settings.model_validate(app)) == {"member_id": "m"}


ORDER = {"lid": "s1", "personTypeId": 3, "currency": "RUB"}
OF_STORE = {"order_as": "order"}


def test_a_payment_leads_to_its_order_and_one_that_is_gone_to_nothing() -> None:
    # GIVEN
    world = AppWorld(used=("orders",), more=OF_STORE).installed()
    rest = PortalInProcess(world.there)
    order = rest.result("sale.order.add", {"fields": ORDER})["order"]["id"]
    fields = {"orderId": order, "paySystemId": 6, "sum": 10}
    payment = rest.result("sale.payment.add", {"fields": fields})["payment"]["id"]
    world.asked()
    # WHEN
    world.run("owner", f"payment:{payment}")
    world.run("owner", "payment:999")
    world.run("owner", "nonsense:1")
    # THEN
    assert world.asked() == [f"orders/{order}"]


def test_a_payment_of_a_deal_leads_to_the_deal() -> None:
    # GIVEN deals are the orders, their payments are carried, and ids of orders differ from theirs
    world = AppWorld(used=("orders",), more={"deal_payments": True}).installed()
    rest = PortalInProcess(world.there)
    rest.result("sale.order.add", {"fields": ORDER})
    (deal,) = world.there.seed(2, [{"title": "a"}])
    owner = {"entityId": deal, "entityTypeId": 2}
    payment = rest.result("crm.item.payment.add", owner)
    world.asked()
    # WHEN its event comes
    (hint,) = hints_of("ONPAYMENTENTITYSAVED", {"ID": str(payment)}, world.settings)
    world.run(hint.resource, hint.key)
    # THEN
    assert world.asked() == [f"orders/{deal}"]


def test_a_shipment_a_property_value_and_a_requisite_lead_to_their_records() -> None:
    # GIVEN
    world = AppWorld(used=("orders", "companies"), more=OF_STORE).installed()
    rest = PortalInProcess(world.there)
    order = rest.result("sale.order.add", {"fields": ORDER})["order"]["id"]
    shipment = rest.result(
        "sale.shipment.add",
        {"fields": {"orderId": order, "deliveryId": 1, "allowDelivery": "N", "deducted": "N"}},
    )["shipment"]["id"]
    (company,) = world.there.seed(4, [{"title": "a"}])
    fields = {"ENTITY_TYPE_ID": 4, "ENTITY_ID": company, "PRESET_ID": 1, "NAME": "a"}
    requisite = rest.result("crm.requisite.add", {"fields": fields})
    world.asked()
    # WHEN
    world.run("owner", f"shipment:{shipment}")
    world.run("owner", f"requisite:{requisite}")
    # THEN
    assert world.asked() == [f"companies/{company}", f"orders/{order}"]
    # AND a property value, of which only the list tells the order
    values = {"order": {"id": order, "propertyValues": [{"orderPropsId": 20, "value": "Anna"}]}}
    rest.result("sale.propertyvalue.modify", {"fields": values})
    (value,) = rest.result("sale.propertyvalue.list", {})["propertyValues"]
    world.asked()
    world.run("owner", f"property:{value['id']}")
    world.run("owner", "property:999")
    assert world.asked() == [f"orders/{order}"]
