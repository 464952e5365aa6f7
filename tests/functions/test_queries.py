"""The saved queries of template.yaml find what they promise in lines that the handlers wrote."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

import scheduler.handler
import webhook.handler
import worker.handler
from local.connections import shop_settings
from local.sandbox.portal import PortalSandbox
from local.sandbox.portal.config import PortalConfig
from local.sandbox.server import Answer
from local.sandbox.shop.config import ShopConfig
from local.sandbox.shop.shop import ShopSandbox
from mostik.bootstrap import state
from mostik.bootstrap import worker as worker_root
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.sync.link import End, Link, Links, Side
from tests.project.cloudformation import template
from tests.support.deployed import CONTEXT, sample, signed
from tests.support.insights import Line, Row, ask
from tests.support.wire import SandboxWire, Spoilt

ORDER = sample("webhook-order-created")
REQUEST: str = ORDER["requestContext"]["requestId"]
QUERIES = template().of_type("AWS::Logs::QueryDefinition")
VARIABLE = re.compile(r"\$context\.(\w+)")

_BEGIN = 1_790_000_000.0
"""When the first line was written; each later one a second after."""


class Log:
    """The log group: what functions and the API write, in the order in which they did."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.lines: list[Line] = []

    def take(self) -> None:
        """Takes what was written since."""
        written = self._capsys.readouterr().out.splitlines()
        for text in written:
            self._add(text)

    def access(self, event: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """The API's own line of a request, in the template's format."""
        context = event["requestContext"]
        said = {
            "requestId": context["requestId"],
            "requestTime": context["time"],
            "routeKey": context["routeKey"],
            "status": str(answer["statusCode"]),
            "responseLatency": "12",
            "integrationErrorMessage": "-",
        }
        form = template().body["Globals"]["HttpApi"]["AccessLogSettings"]["Format"]
        line = VARIABLE.sub(lambda found: said[found[1]], form)
        self._add(line)

    def _add(self, text: str) -> None:
        self.lines.append(Line(_BEGIN + len(self.lines), text))

    def ask(self, query: str, **parameters: str) -> list[Row]:
        """What a saved query says of the log."""
        return ask(QUERIES[query]["QueryString"], self.lines, **parameters)


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(capsys)


@pytest.fixture
def world(stack: Any, log: Log) -> Any:
    """A stack with a shop, a portal and the link between their orders; wires lead to sandboxes."""
    settings = shop_settings("https://shop.example")
    portal = PortalSandbox(PortalConfig())
    hidden = {
        "shop": {"credential": settings.pop("credential")},
        "portal": {"webhook_url": f"https://portal.example/rest/1/{portal.config.secret}/"},
    }
    table = state.state_table("StateTable")
    book = ConnectionBook(table, time.time)
    book.save(Connection("shop", "http_api", settings))
    book.save(Connection("portal", "bitrix24", {}))
    for name, document in hidden.items():
        boto3.client("secretsmanager").create_secret(
            Name=f"stack/client/{name}", SecretString=json.dumps(document)
        )
    orders = Link(
        "orders", End("shop", "orders"), End("portal", "orders"), creates=frozenset({Side.RIGHT})
    )
    Links(table, time.time).save(orders)
    shop = ShopSandbox(ShopConfig())
    buyer = shop.create("customers", {"full_name": "Иван Петров", "phone": "+7 900 000-00-17"})
    wanted = {"status": "new", "total_kopecks": 99_900, "currency": "RUB"}
    order = shop.create("orders", {**wanted, "customer_id": buyer["id"]})["id"]
    event = {**ORDER, "body": ORDER["body"].replace("1001", order)}
    wires = {"shop": SandboxWire(shop), "portal": SandboxWire(portal)}
    for name, wire in wires.items():
        # The one private name: the network is exchanged below the client.
        worker_root.worker().connections.get(name).api._session.mount("https://", wire)
    log.take()  # the worker has started
    return SimpleNamespace(
        stack=stack, wires=wires, shop=shop, portal=portal, order=order, event=event
    )


def door(log: Log, event: dict[str, Any]) -> None:
    """A request comes to the webhook function by way of the API."""
    answer = webhook.handler.handler(event, CONTEXT)
    log.take()
    log.access(event, answer)


def work(log: Log, stack: Any) -> None:
    """Lambda hands the worker what lies in the queue."""
    records = [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
        }
        for message in stack.sqs.receive_message(
            QueueUrl=stack.jobs,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        )["Messages"]
    ]
    worker.handler.handler({"Records": records}, CONTEXT)
    log.take()


def test_an_order_is_followed_from_the_api_through_the_queue_to_the_calls(
    world: Any, log: Log
) -> None:
    # GIVEN an order's event that is taken and carried over
    door(log, signed(world.event))
    work(log, world.stack)
    assert world.wires["portal"].sent
    # WHEN its story is asked for by API Gateway's request id
    story = log.ask("StoryQuery", id=REQUEST)
    # THEN it is the API's line, then the attempts with the event's own id
    access, attempts = story
    assert (access["routeKey"], access["status"]) == ("POST /webhooks/{connection}", "200")
    assert attempts["trace"] == REQUEST
    assert attempts["event"] == "shop:msg_1"
    # AND by that id, and by the record, the same attempts are found
    assert log.ask("StoryQuery", id="shop:msg_1") == [attempts]
    assert log.ask("StoryQuery", id=f"shop/orders/{world.order}") == [attempts]
    # AND every call that reached an external system is in them
    calls = json.loads(attempts["@message"])["attempts"]
    for name, wire in world.wires.items():
        assert [call["connection"] for call in calls].count(name) == len(wire.sent) > 0


def test_calls_are_counted_by_endpoint_with_the_slowest_first(world: Any, log: Log) -> None:
    # GIVEN a shop that answers slowly
    world.wires["shop"].before = lambda _place, _call: time.sleep(0.05)
    door(log, signed(world.event))
    work(log, world.stack)
    # WHEN
    slow = log.ask("SlowQuery")
    # THEN the shop's endpoint stands first, by its template and not by an order's own address
    assert slow[0]["call.connection"] == "shop"
    assert "{id}" in slow[0]["call.endpoint"]
    assert slow[0]["p95_ms"] >= 50
    assert slow[0]["longest_ms"] >= slow[0]["mean_ms"] >= slow[-1]["mean_ms"]
    assert sum(row["calls"] for row in slow) == sum(len(w.sent) for w in world.wires.values())


@pytest.mark.parametrize(
    ("spoilt", "family"), [(Spoilt.BROKEN, "retry_later"), (Spoilt.REFUSED, "configuration")]
)
def test_errors_are_counted_by_connection(
    world: Any, log: Log, spoilt: Spoilt, family: str
) -> None:
    # GIVEN a shop that fails
    world.wires["shop"].spoil = lambda _place, _call: spoilt
    door(log, signed(world.event))
    work(log, world.stack)
    # WHEN
    (errors,) = log.ask("ErrorsQuery")
    # THEN
    assert (errors["call.connection"], errors["call.status"]) == ("shop", int(spoilt))
    assert errors["call.family"] == family
    assert errors["errors"] == len(world.wires["shop"].sent)
    assert log.ask("ThrottlesQuery") == []


def test_a_limit_of_an_external_system_is_a_throttle_with_its_connection(
    world: Any, log: Log
) -> None:
    # GIVEN a shop at its limit
    world.wires["shop"].spoil = lambda _place, _call: Spoilt.LIMITED
    door(log, signed(world.event))
    work(log, world.stack)
    # WHEN
    (throttled,) = log.ask("ThrottlesQuery")
    # THEN
    assert (throttled["call.connection"], throttled["call.status"]) == ("shop", 429)
    assert throttled["refused"] == len(world.wires["shop"].sent)
    assert log.ask("BusyQuery") == [], "AWS was not busy"


def test_a_job_that_fails_is_part_of_its_events_story(world: Any, log: Log) -> None:
    # GIVEN a portal that says no for good
    no = {"error": "ERROR_ARGUMENT", "error_description": "no"}
    world.wires["portal"].exchanged = lambda _answer: Answer.of_json(no, 400)
    door(log, signed(world.event))
    work(log, world.stack)
    # WHEN the event's story is asked for
    story = log.ask("StoryQuery", id="shop:msg_1")
    # THEN it ends with the failure, and says why
    assert [row["message"] for row in story] == ["job failed", "attempts"]
    assert story[0]["job"] == f"shop/orders/{world.order}"
    assert story[0]["family"] == "give_up"


def test_refusals_are_counted_by_their_reason(world: Any, log: Log) -> None:
    # GIVEN two requests without a signature and one to a connection that does not exist
    unsigned = {**ORDER, "headers": {"content-type": "application/json"}}
    for event in (unsigned, unsigned, {**unsigned, "pathParameters": {"connection": "nobody"}}):
        door(log, event)
    # WHEN
    refused = {row["reason"]: row["refused"] for row in log.ask("RejectsQuery")}
    # THEN
    assert refused == {"signature_missing": 2, "unknown_connection": 1}
    assert world.wires["shop"].sent == []


def test_an_event_that_the_queue_refused_shows_as_a_throttle_by_aws(world: Any, log: Log) -> None:
    # GIVEN a queue that is not there
    world.stack.sqs.delete_queue(QueueUrl=world.stack.jobs)
    # WHEN an order comes
    door(log, signed(world.event))
    # THEN it was taken by the table, and the query says so
    (busy,) = log.ask("BusyQuery")
    assert (busy["service"], busy["diverted"]) == ("webhook", 1)


def test_requests_that_the_apis_own_limit_turned_away_are_throttles_by_aws(log: Log) -> None:
    # GIVEN an answer that the API gave by itself
    log.access(ORDER, {"statusCode": 429})
    log.access(ORDER, {"statusCode": 200})
    # THEN
    (busy,) = log.ask("BusyQuery")
    assert busy["lines"] == 1


def test_an_environment_says_once_that_it_started(world: Any, log: Log) -> None:
    # GIVEN two events through the same environments, and two ticks
    for _ in range(2):
        door(log, signed(world.event))
        work(log, world.stack)
        scheduler.handler.handler(sample("scheduler-tick"), CONTEXT)
        log.take()
    # WHEN
    starts = log.ask("ColdStartsQuery")
    # THEN each function has one, with what it cost
    assert {row["service"]: row["starts"] for row in starts} == {
        "webhook": 1, "worker": 1, "scheduler": 1,
    }  # fmt: skip
    assert all(row["longest_cpu_seconds"] > 0 for row in starts)


def test_no_line_holds_a_secret_an_address_or_a_body(world: Any, log: Log) -> None:
    # GIVEN an order that was carried over
    door(log, signed(world.event))
    work(log, world.stack)
    # THEN
    text = "".join(line.message for line in log.lines)
    assert world.portal.config.secret not in text
    assert world.shop.config.api_key not in text
    assert "https://" not in text
    assert "TITLE" not in text


@pytest.mark.parametrize("name", QUERIES)
def test_every_saved_query_is_asked_here(name: str) -> None:
    with open(__file__, encoding="utf-8") as text:
        assert f'"{name}"' in text.read()
