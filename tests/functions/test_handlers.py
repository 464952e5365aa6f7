"""Every function's handler with the sample events, on AWS as moto has it."""

from __future__ import annotations

import json
import time
from base64 import b64decode, b64encode
from types import SimpleNamespace
from typing import Any

import pytest

import admin.handler
import exchange.handler
import scheduler.handler
import webhook.handler
import worker.handler
from mostik.bootstrap import admin as admin_root
from mostik.bootstrap import exchange as exchange_root
from mostik.bootstrap import scheduler as scheduler_root
from mostik.bootstrap import state
from mostik.bootstrap import webhook as webhook_root
from mostik.bootstrap import worker as worker_root
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.errors import ConfigurationError
from tests.support.deployed import CONTEXT, PASSWORD, TOKEN, sample, signed


def waiting(stack: Any) -> int:
    """How many messages are in the jobs queue."""
    answer = stack.sqs.get_queue_attributes(
        QueueUrl=stack.jobs, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def test_a_signed_order_is_queued_and_acknowledged(stack: Any) -> None:
    # GIVEN an event as the shop signs it
    event = signed(sample("webhook-order-created"))
    # WHEN it comes to the door
    answer = webhook.handler.handler(event, CONTEXT)
    # THEN it is acknowledged and in the queue
    assert answer["statusCode"] == 200
    assert waiting(stack) == 1


def test_a_bitrix24_event_is_queued_without_the_token_that_proved_it(stack: Any) -> None:
    # WHEN a deal's update comes as the portal sends it
    answer = webhook.handler.handler(sample("webhook-bitrix24-deal-update"), CONTEXT)
    # THEN it is queued, and its message does not hold the application token
    assert answer["statusCode"] == 200
    body = stack.sqs.receive_message(QueueUrl=stack.jobs)["Messages"][0]["Body"]
    assert "ONCRMDEALUPDATE" in body
    assert TOKEN not in body


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"pathParameters": {"connection": "nobody"}}, 404),
        ({"pathParameters": {"connection": "../admin"}}, 404),
        ({"pathParameters": None}, 404),
        ({"body": None}, 401),
        ({"body": "{malformed"}, 401),
        ({"body": b64encode(b"\xff\xfe\x00").decode(), "isBase64Encoded": True}, 401),
        ({"body": "not base64!", "isBase64Encoded": True}, 401),
        ({"body": "x" * 1001}, 413),
        ({"headers": {}}, 401),
    ],
)
def test_bad_input_is_refused_in_words_and_nothing_is_queued(
    stack: Any, changed: dict[str, Any], status: int
) -> None:
    # GIVEN a signed event that was changed on its way
    event = {**signed(sample("webhook-order-created")), **changed}
    # WHEN it comes to the door
    answer = webhook.handler.handler(event, CONTEXT)
    # THEN it is a problem document that gives nothing away, and nothing is queued
    assert answer["statusCode"] == status
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert set(json.loads(answer["body"])) == {"type", "title", "status"}
    assert waiting(stack) == 0


@pytest.mark.usefixtures("stack")
def test_the_worker_settles_a_batch_for_a_connection_that_does_not_exist_yet() -> None:
    # WHEN the sample batch comes before its connection was set up
    answer = worker.handler.handler(sample("worker-batch"), CONTEXT)
    # THEN the job is held behind the connection's gate, and its message may go
    assert answer == {"batchItemFailures": []}
    health = {"requestContext": {}, **sample("admin-health")}
    health["headers"]["authorization"] = basic("admin", PASSWORD)
    figures = json.loads(admin.handler.handler(health, CONTEXT)["body"])
    assert figures["status"] == "attention"
    assert [gate["connection"] for gate in figures["closed_gates"]] == ["shop"]


@pytest.mark.usefixtures("stack")
def test_the_tick_says_what_it_did() -> None:
    # WHEN it runs on an empty stack
    report = scheduler.handler.handler(sample("scheduler-tick"), CONTEXT)
    # THEN it did nothing, and says so
    assert report["ran"]
    assert (report["sent"], report["released"], report["buried"]) == (0, 0, 0)


@pytest.mark.usefixtures("stack")
def test_1c_logs_in_and_gets_a_session() -> None:
    # WHEN 1C calls checkauth with its login and password
    answer = exchange.handler.handler(sample("exchange-checkauth"), CONTEXT)
    # THEN the first line is success, and a cookie's name and value follow, each line ended by LF
    lines = b64decode(answer["body"]).decode("windows-1251").split("\n")
    assert lines[0] == "success"
    assert len(lines[2]) == 32
    assert lines[3].startswith("sessid=")


@pytest.mark.parametrize("header", ["", "Basic !!!", "Basic " + b64encode(b"onec:no").decode()])
@pytest.mark.usefixtures("stack")
def test_1c_with_a_wrong_login_reads_failure(header: str) -> None:
    # GIVEN a wrong login
    event = sample("exchange-checkauth")
    event["headers"]["authorization"] = header
    # WHEN 1C calls checkauth
    answer = exchange.handler.handler(event, CONTEXT)
    # THEN the first line is failure and a sentence follows
    assert answer["statusCode"] == 401
    assert b64decode(answer["body"]).startswith(b"failure\n")


def test_1c_sends_a_file_and_its_import_is_queued(stack: Any) -> None:
    # GIVEN a session with 1C
    opened = b64decode(exchange.handler.handler(sample("exchange-checkauth"), CONTEXT)["body"])
    cookie, token = opened.decode("windows-1251").split("\n")[1:3]

    def call(query: str, body: bytes = b"", seconds: float = 80) -> tuple[str, str]:
        event = sample("exchange-checkauth")
        event["headers"].pop("authorization")
        event["cookies"] = [f"{cookie}={token}"]
        event["rawQueryString"] = f"type=catalog&{query}"
        event["requestContext"]["http"]["method"] = "POST" if body else "GET"
        event["body"], event["isBase64Encoded"] = b64encode(body).decode(), True
        left = SimpleNamespace(get_remaining_time_in_millis=lambda: seconds * 1_000)
        answer = exchange.handler.handler(event, left)
        return b64decode(answer["body"]).decode("windows-1251"), answer["headers"]["Content-Type"]

    # WHEN it asks for the terms and sends a file in two fragments, the last of them twice
    assert call("mode=init")[0] == "zip=yes\nfile_limit=3000000"
    for fragment in (b"\xef\xbb\xbf<a>", b"</a>", b"</a>"):
        assert call("mode=file&filename=import.xml", fragment)[0] == "success\n"
    # THEN its import is not ready yet, and is in the queue once
    text, kind = call("mode=import&filename=import.xml", seconds=7)
    assert text.startswith("progress\nФайл import.xml принят")
    assert kind == "text/html; charset=windows-1251"
    call("mode=import&filename=import.xml", seconds=7)
    assert waiting(stack) == 1
    # AND an order list is a document
    event_text, kind = call("mode=query".replace("mode", "type=sale&mode", 1), seconds=7)
    assert kind.startswith("text/html"), "the first type counts"
    assert event_text.startswith("failure\n")


def test_an_upload_of_1c_that_fell_silent_is_imported_by_the_tick(stack: Any) -> None:
    # GIVEN a connection whose files may be imported at once, and 1C that uploads and never asks
    book = ConnectionBook(state.state_table("StateTable"), time.time)
    book.save(Connection("onec", "onec", {"exchange": {"idle_seconds": 0}}))
    event = sample("exchange-checkauth")
    opened = b64decode(exchange.handler.handler(event, CONTEXT)["body"]).decode("windows-1251")
    cookie, token = opened.split("\n")[1:3]
    event["cookies"] = [f"{cookie}={token}"]
    event["rawQueryString"] = "type=catalog&mode=file&filename=import.xml"
    event["requestContext"]["http"]["method"] = "POST"
    event["body"], event["isBase64Encoded"] = b64encode(b"<a></a>").decode(), True
    assert b64decode(exchange.handler.handler(event, CONTEXT)["body"]) == b"success\n"
    # WHEN the tick comes
    report = scheduler.handler.handler(sample("scheduler-tick"), CONTEXT)
    # THEN the import is in the queue
    assert report["imported"] == 1
    assert waiting(stack) == 1


@pytest.mark.parametrize(
    ("mode", "word"), [("import", "progress"), ("file", "failure"), ("checkauth", "failure")]
)
@pytest.mark.usefixtures("stack")
def test_1c_reads_one_of_three_words_when_nothing_comes_in_time(mode: str, word: str) -> None:
    # GIVEN a call that has no time left
    event = sample("exchange-checkauth")
    event["rawQueryString"] = f"type=catalog&mode={mode}&filename=a.xml"
    left = SimpleNamespace(get_remaining_time_in_millis=lambda: 1_000)
    # WHEN it is answered
    answer = exchange.handler.handler(event, left)
    # THEN the first line says whether to ask again
    assert answer["statusCode"] == 200
    assert b64decode(answer["body"]).startswith(f"{word}\n".encode())


@pytest.mark.parametrize("name", ["admin-health", "admin-log"])
@pytest.mark.usefixtures("stack")
def test_the_admin_answers_only_with_its_password(name: str) -> None:
    # GIVEN the sample request without and with the password
    event = sample(name)
    # WHEN it is sent without
    refused = admin.handler.handler(event, CONTEXT)
    # THEN it is refused
    assert refused["statusCode"] == 401
    # WHEN it is sent with
    event["headers"]["authorization"] = basic("admin", PASSWORD)
    answer = admin.handler.handler(event, CONTEXT)
    # THEN it is answered
    assert answer["statusCode"] == 200


@pytest.mark.usefixtures("stack")
def test_a_wrong_filter_of_the_log_is_answered_in_words() -> None:
    # GIVEN a filter that does not exist
    event = sample("admin-log")
    event["headers"]["authorization"] = basic("admin", PASSWORD)
    event["queryStringParameters"] = {"colour": "red"}
    event["rawQueryString"] = "colour=red"
    # WHEN it is asked
    answer = admin.handler.handler(event, CONTEXT)
    # THEN the answer names the filters that do
    assert answer["statusCode"] == 400
    assert "status" in json.loads(answer["body"])["title"]


@pytest.mark.parametrize(
    ("path", "holds"), [("session", "admin"), ("connections", "connections"), ("overview", "ok")]
)
@pytest.mark.usefixtures("stack")
def test_the_admins_api_answers_over_real_adapters(path: str, holds: str) -> None:
    # GIVEN a request of the command line
    event = sample("admin-health")
    event["rawPath"] = event["requestContext"]["http"]["path"] = f"/admin/api/{path}"
    # WHEN it is sent without the password
    assert admin.handler.handler(event, CONTEXT)["statusCode"] == 401
    # AND with it
    event["headers"]["authorization"] = basic("admin", PASSWORD)
    answer = admin.handler.handler(event, CONTEXT)
    # THEN
    assert answer["statusCode"] == 200
    assert holds in answer["body"]
    assert "default-src 'none'" in answer["headers"]["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("call", "variable"),
    [
        (webhook_root.webhook, "MAX_BODY_BYTES"),
        (worker_root.worker, "REQUEST_LOG_TABLE"),
        (scheduler_root.tick, "JOBS_DEAD_LETTER_QUEUE_URL"),
        (exchange_root.exchange, "SECRETS_PREFIX"),
        (admin_root.admin, "REQUEST_LOG_TABLE"),
    ],
)
@pytest.mark.usefixtures("stack")
def test_a_setting_that_is_missing_at_start_is_named(
    monkeypatch: pytest.MonkeyPatch, call: Any, variable: str
) -> None:
    # GIVEN a function that was deployed without a variable
    monkeypatch.delenv(variable)
    # WHEN it starts
    # THEN the error names the variable and says what to do
    with pytest.raises(ConfigurationError, match=f"{variable} is missing.*template.yaml"):
        call()


def basic(login: str, password: str) -> str:
    """A Basic Authorization header."""
    return "Basic " + b64encode(f"{login}:{password}".encode()).decode()
