"""The shop's REST API of orders and customers, and its webhooks."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from local.sandbox.server import Answer, Call
from local.sandbox.shop import ShopConfig, ShopSandbox, ShopSubscription
from local.sandbox.shop.signing import signature
from tests.support.sandbox import EventReceiver, FakeClock

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LINE = {"sku": "S-1", "title": "Стол", "quantity": 2, "price_kopecks": 617250}
ORDER = {"total_kopecks": 1234500, "currency": "RUB", "items": [LINE]}


class Client:
    """Calls a shop without a socket."""

    def __init__(self, shop: ShopSandbox, key: str | None = None) -> None:
        self.shop = shop
        self.key = shop.config.api_key if key is None else key

    def __call__(
        self, verb: str, path: str, body: Any = None, query: str = "", **headers: str
    ) -> Answer:
        sent = {"authorization": f"Bearer {self.key}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        data = (
            b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        )
        with self.shop.lock:
            return self.shop.answer(Call(verb, f"/api/v1/{path}", query, sent, data, "127.0.0.1"))

    def json(self, verb: str, path: str, body: Any = None, query: str = "") -> Any:
        return json.loads(self(verb, path, body, query).body)


@pytest.fixture
def client(clock: FakeClock) -> Client:
    told = ShopSubscription("http://127.0.0.1:9/", SECRET)
    return Client(ShopSandbox(ShopConfig(clock=clock, subscriptions=(told,))))


def _types(client: Client) -> list[str]:
    return [one.event for one in client.shop.deliveries.kept()]


def test_a_new_order_gets_what_it_lacks_and_is_told(client: Client, clock: FakeClock) -> None:
    # GIVEN
    clock.now = 1_795_490_000.25

    # WHEN
    answer = client("POST", "orders", ORDER)
    order = json.loads(answer.body)

    # THEN
    assert answer.status == 201
    assert dict(answer.headers) == {"ETag": '"1"', "Location": "/api/v1/orders/1001"}
    assert order == {
        "id": "1001",
        "number": "A-1001",
        "status": "new",
        "total_kopecks": 1234500,
        "currency": "RUB",
        "customer_id": None,
        "comment": "",
        "items": [LINE],
        "created_at": "2026-11-24T03:13:20.250Z",
        "updated_at": "2026-11-24T03:13:20.250Z",
        "version": 1,
    }
    (told,) = client.shop.deliveries.kept()
    assert json.loads(told.body) == {
        "type": "order.created",
        "timestamp": "2026-11-24T03:13:20.250Z",
        "data": order,
    }


def test_an_event_is_signed_over_its_exact_bytes_and_has_an_id_of_its_own(
    client: Client, clock: FakeClock
) -> None:
    # WHEN
    client("POST", "orders", ORDER)
    client("POST", "orders", ORDER)

    # THEN
    first, second = client.shop.deliveries.kept()
    assert first.headers["webhook-timestamp"] == str(int(clock.now))
    assert first.headers["webhook-signature"] == signature(
        SECRET, first.headers["webhook-id"], int(clock.now), first.body
    )
    assert first.headers["webhook-id"] != second.headers["webhook-id"]


def test_a_patch_changes_some_fields_and_the_version(client: Client, clock: FakeClock) -> None:
    # GIVEN
    client("POST", "orders", ORDER)
    clock.turn(1)

    # WHEN
    order = client.json("PATCH", "orders/1001", {"status": "paid"})

    # THEN
    assert (order["status"], order["version"], order["items"]) == ("paid", 2, [LINE])
    assert order["updated_at"] > order["created_at"]
    assert _types(client) == ["order.created", "order.updated"]


def test_the_same_content_again_changes_nothing_and_is_not_told(client: Client) -> None:
    # GIVEN
    order = client.json("POST", "orders", ORDER)

    # WHEN
    put = client.json("PUT", "orders/1001", order)
    patched = client.json("PATCH", "orders/1001", {"status": "new"})

    # THEN
    assert put == patched == order
    assert _types(client) == ["order.created"]


def test_a_put_needs_the_whole_order(client: Client) -> None:
    # GIVEN
    client("POST", "orders", ORDER)

    # WHEN
    answer = client("PUT", "orders/1001", {"status": "paid"})

    # THEN
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["code"]) == (422, "invalid")
    assert set(error["fields"]) == {"total_kopecks", "currency", "customer_id", "comment", "items"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "lost"}, "status"),
        ({"total_kopecks": 10.5}, "total_kopecks"),
        ({"total_kopecks": True}, "total_kopecks"),
        ({"currency": "руб"}, "currency"),
        ({"customer_id": "C-99"}, "customer_id"),
        ({"items": [{"sku": "1"}]}, "items"),
        ({"items": [{**LINE, "price_kopecks": -1}]}, "items"),
        ({"discount": 1}, "discount"),
    ],
)
def test_what_the_shop_does_not_take_is_named(
    client: Client, change: dict[str, Any], field: str
) -> None:
    answer = client("POST", "orders", {**ORDER, **change})

    assert answer.status == 422
    assert set(json.loads(answer.body)["error"]["fields"]) == {field}
    assert client.shop.orders == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_a_body_that_is_no_object_is_refused(client: Client, body: bytes) -> None:
    assert client("POST", "orders", body).status == 422


def test_customers_have_their_own_ids_and_are_told_only_to_who_asks(client: Client) -> None:
    # GIVEN
    client.shop.subscribe(ShopSubscription("http://127.0.0.1:9/", SECRET, ("customer.*",)))

    # WHEN
    customer = client.json("POST", "customers", {"full_name": "Анна Ким", "phone": "+7999"})
    order = client.json("POST", "orders", {**ORDER, "customer_id": customer["id"]})

    # THEN
    assert (customer["id"], customer["email"], order["customer_id"]) == ("C-1", None, "C-1")
    assert _types(client) == ["customer.created", "order.created"]


def test_the_list_goes_by_change_and_pages_by_cursor(client: Client, clock: FakeClock) -> None:
    # GIVEN
    for _ in range(5):
        client("POST", "orders", ORDER)
        clock.turn(10)
    client("PATCH", "orders/1002", {"status": "paid"})
    since = client.json("GET", "orders/1003")["updated_at"]

    # WHEN
    first = client.json("GET", "orders", query=f"updated_since={since}&limit=3")
    second = client.json("GET", "orders", query=f"limit=3&cursor={first['next_cursor']}")

    # THEN
    assert [row["id"] for row in first["data"]] == ["1003", "1004", "1005"]
    assert [row["id"] for row in second["data"]] == ["1002"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=201", "updated_since=now", "cursor=%21", "cursor=AAAA"]
)
def test_a_list_that_cannot_be_asked_for_is_refused(client: Client, query: str) -> None:
    assert client("GET", "orders", query=query).status == 422


def test_a_wrong_key_an_unknown_record_and_an_unknown_path_are_told_apart(client: Client) -> None:
    stranger = Client(client.shop, key="wrong")

    assert stranger("GET", "orders").status == 401
    assert dict(stranger("GET", "orders").headers)["WWW-Authenticate"] == "Bearer"
    assert json.loads(client("GET", "orders/9").body)["error"]["code"] == "not_found"
    assert client("GET", "orders/9").status == 404
    assert client("GET", "goods").status == 404
    assert client("DELETE", "orders/1001").status == 404
    assert client("DELETE", "orders").status == 405
    assert client.shop.requests == 0, "requests are counted by the server, not here"


def test_a_change_of_an_old_version_is_refused(client: Client) -> None:
    # GIVEN
    client("POST", "orders", ORDER)
    client("PATCH", "orders/1001", {"status": "paid"})

    # WHEN
    old = client("PATCH", "orders/1001", {"status": "packed"}, if_match='"1"')
    new = client("PATCH", "orders/1001", {"status": "packed"}, if_match='"2"')

    # THEN
    assert (old.status, new.status) == (412, 200)


def test_a_restored_shop_goes_on_where_the_old_one_ended(client: Client) -> None:
    # GIVEN
    client("POST", "customers", {"full_name": "Анна"})
    client("POST", "orders", ORDER)
    fresh = Client(ShopSandbox(client.shop.config))

    # WHEN
    fresh.shop.restore(client.shop.snapshot())

    # THEN
    assert fresh.shop.orders == client.shop.orders
    assert fresh.json("POST", "orders", ORDER)["id"] == "1002"
    assert fresh.json("POST", "customers", {"full_name": "Б"})["id"] == "C-2"


@pytest.mark.loopback
def test_a_person_edits_an_order_and_the_receiver_gets_the_signed_bytes(
    shop: ShopSandbox, receiver: EventReceiver
) -> None:
    # GIVEN
    control = f"{shop.url}/_sandbox"
    hook = {"url": receiver.url, "secret": SECRET}
    requests.post(f"{control}/subscriptions", json={"subscriptions": [hook]}, timeout=5)
    created = requests.post(f"{control}/create", json={"fields": ORDER}, timeout=5).json()

    # WHEN
    edit = {"id": created["id"], "fields": {"comment": "Позвонить до 18:00"}}
    requests.post(f"{control}/edit", json=edit, timeout=5)
    assert shop.deliveries.wait_idle()

    # THEN
    first, second = receiver.received
    assert json.loads(first.body)["type"] == "order.created"
    assert json.loads(second.body)["data"]["comment"] == "Позвонить до 18:00"
    headers = second.headers
    assert headers["webhook-signature"] == signature(
        SECRET, headers["webhook-id"], int(headers["webhook-timestamp"]), second.body
    )


@pytest.mark.loopback
def test_the_control_endpoints_show_the_state_and_refuse_nonsense(shop: ShopSandbox) -> None:
    # GIVEN
    control = f"{shop.url}/_sandbox"
    key = {"Authorization": f"Bearer {shop.config.api_key}"}
    requests.post(f"{shop.url}/api/v1/orders", json=ORDER, headers=key, timeout=5)

    # WHEN
    state = requests.get(f"{control}/state", timeout=5).json()
    refused = requests.post(f"{control}/edit", json={"id": "9", "fields": {}}, timeout=5)
    unknown = requests.post(f"{control}/nope", json={}, timeout=5)

    # THEN
    assert [order["id"] for order in state["orders"]] == ["1001"]
    assert state["calls"] == {"POST /api/v1/orders": 1}
    assert state["requests"] == 1
    assert refused.status_code == 400
    assert unknown.status_code == 404
    assert "create, edit, subscriptions" in unknown.json()["error"]
