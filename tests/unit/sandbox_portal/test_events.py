"""Outgoing webhooks: which bytes, for which changes, and once only."""

from __future__ import annotations

import base64
from urllib.parse import parse_qsl

import pytest
import requests

from local.sandbox.portal import PortalConfig, PortalSandbox, Subscription
from local.sandbox.portal.events import event_body
from tests.support.sandbox import EventReceiver, FakeClock

DEAL, CONTACT = 2, 3


def test_the_body_is_the_documented_form_byte_for_byte() -> None:
    # GIVEN the sample of b24restdocs api-reference/events/index.md, form-encoded
    expected = (
        b"event=ONCRMDEALADD&event_handler_id=975&data%5BFIELDS%5D%5BID%5D=7405&ts=1766047124"
        b"&auth%5Bdomain%5D=some-domain.bitrix24.com"
        b"&auth%5Bclient_endpoint%5D=https%3A%2F%2Fsome-domain.bitrix24.com%2Frest%2F"
        b"&auth%5Bserver_endpoint%5D=https%3A%2F%2Foauth.bitrix.info%2Frest%2F"
        b"&auth%5Bmember_id%5D=d897063e1ce7c5eb9f04b9751eef5915"
        b"&auth%5Bapplication_token%5D=jvh9y1ulvt2m6k5or90v9mg8nn32ozas"
    )

    # WHEN
    body = event_body(
        event="ONCRMDEALADD",
        handler_id=975,
        fields={"ID": 7405},
        ts=1766047124,
        domain="some-domain.bitrix24.com",
        client_endpoint="https://some-domain.bitrix24.com/rest/",
        member_id="d897063e1ce7c5eb9f04b9751eef5915",
        application_token="jvh9y1ulvt2m6k5or90v9mg8nn32ozas",
    )

    # THEN
    assert body == expected


def _events(portal: PortalSandbox) -> list[tuple[str, str]]:
    return [(one.event, one.subject) for one in portal.deliveries.kept()]


def test_every_change_is_told_also_our_own_and_nothing_when_nothing_changed(
    clock: FakeClock,
) -> None:
    # GIVEN nobody listens yet: what would be sent is what counts
    subscription = Subscription("*", "http://127.0.0.1:9/")
    portal = PortalSandbox(PortalConfig(clock=clock, subscriptions=(subscription,)))
    deals, contacts = portal.items.stores[DEAL], portal.items.stores[CONTACT]

    # WHEN
    deal = portal.items.add(deals, {"title": "a"}, 1)
    portal.items.add(contacts, {"name": "b"}, 1)
    deal = portal.items.update(deals, deal, {"title": "c"}, 1)
    portal.items.update(deals, deal, {"title": "c"}, 1)
    portal.edit(DEAL, 1, {"title": "d"})
    portal.items.delete(deals, deals.items[1])
    portal.seed(DEAL, [{}])

    # THEN
    assert _events(portal) == [
        ("ONCRMDEALADD", "1"),
        ("ONCRMCONTACTADD", "1"),
        ("ONCRMDEALUPDATE", "1"),
        ("ONCRMDEALUPDATE", "1"),
        ("ONCRMDEALDELETE", "1"),
    ]


def test_a_subscriber_gets_only_its_event_with_its_token_and_its_handler(
    clock: FakeClock,
) -> None:
    # GIVEN
    portal = PortalSandbox(PortalConfig(clock=clock))
    portal.subscribe(Subscription("ONCRMDEALUPDATE", "http://127.0.0.1:9/a", "first"))
    portal.subscribe(Subscription("ONCRMDEALADD", "http://127.0.0.1:9/b", "second"))

    # WHEN
    portal.items.add(portal.items.stores[DEAL], {}, 1)

    # THEN
    (delivery,) = portal.deliveries.kept()
    form = dict(parse_qsl(delivery.body.decode()))
    assert delivery.url.endswith("/b")
    assert form["auth[application_token]"] == "second"
    assert form["event_handler_id"] == "2"
    assert form["ts"] == str(int(clock.now))


@pytest.mark.loopback
def test_an_event_is_sent_once_even_when_the_receiver_fails(
    portal: PortalSandbox, receiver: EventReceiver
) -> None:
    # GIVEN
    receiver.status = 500
    portal.subscribe(Subscription("ONCRMDEALADD", receiver.url, "token"))

    # WHEN
    requests.post(
        f"{portal.webhook_url}crm.item.add", json={"entityTypeId": 2, "fields": {}}, timeout=5
    )
    assert portal.deliveries.wait_idle()

    # THEN
    (received,) = receiver.received
    (kept,) = portal.deliveries.kept()
    assert received.headers["content-type"] == "application/x-www-form-urlencoded"
    assert received.body == kept.body
    assert kept.status == 500
    form = dict(parse_qsl(received.body.decode()))
    assert form["data[FIELDS][ID]"] == "1"
    assert form["auth[domain]"] == portal.address
    assert form["auth[client_endpoint]"] == f"{portal.url}/rest/"


@pytest.mark.loopback
def test_a_receiver_that_is_down_loses_the_event_and_the_sandbox_says_so(
    portal: PortalSandbox,
) -> None:
    # GIVEN
    portal.subscribe(Subscription("*", "http://127.0.0.1:1/"))

    # WHEN
    portal.items.add(portal.items.stores[DEAL], {}, 1)
    assert portal.deliveries.wait_idle()

    # THEN
    (kept,) = portal.deliveries.kept()
    assert kept.status is None
    assert kept.error is not None
    assert "refused" in kept.error


@pytest.mark.loopback
def test_the_same_bytes_can_be_sent_again_on_demand(
    portal: PortalSandbox, receiver: EventReceiver
) -> None:
    # GIVEN
    control = f"{portal.url}/_sandbox"
    subscription = {"event": "ONCRMDEALUPDATE", "url": receiver.url, "application_token": "t"}
    requests.post(f"{control}/subscriptions", json={"subscriptions": [subscription]}, timeout=5)
    portal.seed(DEAL, [{"title": "a"}])
    edit = {"entityTypeId": 2, "id": 1, "fields": {"title": "b"}}
    assert requests.post(f"{control}/edit", json=edit, timeout=5).status_code == 200
    assert portal.deliveries.wait_idle()

    # WHEN
    (first,) = requests.get(f"{control}/deliveries", timeout=5).json()
    requests.post(f"{control}/deliveries/{first['id']}/resend", timeout=5)
    assert portal.deliveries.wait_idle()

    # THEN
    assert [one.body for one in receiver.received] == [base64.b64decode(first["body_base64"])] * 2
    second = requests.get(f"{control}/deliveries", timeout=5).json()[1]
    assert second["resend_of"] == first["id"]
