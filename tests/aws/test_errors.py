"""Every error of AWS and of the way there becomes ``Busy``; each fake can be told to be it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import ANY, Stubber

from local.stack.processes import REGION
from mostik.admin.sqs import SqsGauge
from mostik.dynamodb import DynamoTable
from mostik.jobs.deadletters.sqs import SqsDeadLetters
from mostik.jobs.sqs import SqsJobQueue
from mostik.ports import Busy, Replaced
from mostik.s3 import S3Blobs
from tests.support.clock import FakeClock
from tests.support.faults import Faults
from tests.support.memory import MemoryBlobs, MemorySecrets, MemoryTable
from tests.support.queue import MemoryGauge, MemoryQueue

URL = "https://sqs.example/jobs"
ROW = {"pk": "one", "sk": "a", "version": 1}

OPERATIONS: dict[str, tuple[str, str, Callable[[Any], object]]] = {
    "get": ("dynamodb", "get_item", lambda c: DynamoTable(c, "t").get("one", "a")),
    "insert": ("dynamodb", "put_item", lambda c: DynamoTable(c, "t").insert(ROW)),
    "replace": ("dynamodb", "put_item", lambda c: DynamoTable(c, "t").replace(ROW, 1)),
    "put": ("dynamodb", "put_item", lambda c: DynamoTable(c, "t").put(ROW)),
    "remove": ("dynamodb", "delete_item", lambda c: DynamoTable(c, "t").remove("one", "a", 1)),
    "query": ("dynamodb", "query", lambda c: DynamoTable(c, "t").query("one")),
    "send": ("sqs", "send_message", lambda c: SqsJobQueue(c, URL).send("x", group="g")),
    "send many": (
        "sqs",
        "send_message_batch",
        lambda c: SqsJobQueue(c, URL).send_many(["x"], group="g"),
    ),
    "return at": (
        "sqs",
        "change_message_visibility",
        lambda c: SqsJobQueue(c, URL).return_at("h", 1),
    ),
    "receive": ("sqs", "receive_message", lambda c: SqsDeadLetters(c, URL).receive(1)),
    "delete": ("sqs", "delete_message", lambda c: SqsDeadLetters(c, URL).delete("h")),
    "gauge": ("sqs", "get_queue_attributes", lambda c: SqsGauge(c, URL, URL).jobs()),
    "put blob": ("s3", "put_object", lambda c: S3Blobs(lambda: c, "bucket").put("k", b"")),
    "get blob": ("s3", "get_object", lambda c: S3Blobs(lambda: c, "bucket").get("k")),
}
EACH = pytest.mark.parametrize(
    ("service", "operation", "call"), OPERATIONS.values(), ids=OPERATIONS.keys()
)


@pytest.fixture(scope="module")
def session(no_aws_account: None) -> Any:  # noqa: ARG001 - comes first
    return botocore.session.Session()


@pytest.fixture
def connect(session: Any) -> Iterator[Callable[[str], Any]]:
    made: list[Any] = []

    def client(service: str) -> Any:
        once = Config(retries={"total_max_attempts": 1})
        made.append(session.create_client(service, region_name=REGION, config=once))
        return made[-1]

    yield client
    for one in made:
        one.close()


@EACH
@pytest.mark.parametrize(
    ("code", "status"),
    [("ThrottlingException", 400), ("InternalServerError", 500), ("AccessDeniedException", 403)],
)
def test_an_error_of_the_service_is_busy(
    connect: Callable[[str], Any],
    service: str,
    operation: str,
    call: Callable[[Any], object],
    code: str,
    status: int,
) -> None:
    # GIVEN
    client = connect(service)
    with Stubber(client) as stubber:
        stubber.add_client_error(operation, code, http_status_code=status)
        # THEN
        with pytest.raises(Busy):
            call(client)


@EACH
def test_no_way_to_the_service_is_busy(
    connect: Callable[[str], Any], service: str, operation: str, call: Callable[[Any], object]
) -> None:
    assert hasattr(connect(service), operation)
    # GIVEN
    client = connect(service)

    def unreachable(request: Any, **_: Any) -> None:
        raise ConnectTimeoutError(endpoint_url=request.url)

    client.meta.events.register(f"before-send.{service}", unreachable)
    # THEN
    with pytest.raises(Busy):
        call(client)


def test_a_condition_that_fails_without_a_row_answers_that_nothing_stands(
    connect: Callable[[str], Any],
) -> None:
    # GIVEN
    client = connect("dynamodb")
    with Stubber(client) as stubber:
        stubber.add_client_error("delete_item", "ConditionalCheckFailedException")
        # THEN
        assert DynamoTable(client, "t").remove("one", "a", 1) == Replaced(False, None)


def test_rows_that_the_service_leaves_are_sent_again(connect: Callable[[str], Any]) -> None:
    # GIVEN
    client = connect("dynamodb")
    left = {"t": [{"PutRequest": {"Item": {"pk": {"S": "one"}, "sk": {"S": "b"}}}}]}
    with Stubber(client) as stubber:
        stubber.add_response("batch_write_item", {"UnprocessedItems": left}, {"RequestItems": ANY})
        stubber.add_response("batch_write_item", {}, {"RequestItems": left})
        # WHEN
        rows = [{"pk": "one", "sk": "a"}, {"pk": "one", "sk": "b"}]
        # THEN
        assert DynamoTable(client, "t").put_many(rows) == []


def test_rows_that_the_service_never_takes_are_returned(connect: Callable[[str], Any]) -> None:
    # GIVEN
    client = connect("dynamodb")
    row = {"pk": "one", "sk": "b", "n": 1.5, "data": b"x"}
    left = {
        "t": [
            {
                "PutRequest": {
                    "Item": {
                        "pk": {"S": "one"},
                        "sk": {"S": "b"},
                        "n": {"N": "1.5"},
                        "data": {"B": b"x"},
                    }
                }
            }
        ]
    }
    with Stubber(client) as stubber:
        stubber.add_response("batch_write_item", {"UnprocessedItems": left}, {"RequestItems": ANY})
        stubber.add_client_error("batch_write_item", "ProvisionedThroughputExceededException")
        stubber.add_response("batch_write_item", {"UnprocessedItems": left}, {"RequestItems": ANY})
        # THEN
        assert DynamoTable(client, "t").put_many([{"pk": "one", "sk": "a"}, row]) == [row]


# ── the fakes ─────────────────────────────────────────────────────────────────────────────────────


def busy_times(call: Callable[[], object], tries: int) -> list[bool]:
    def is_busy() -> bool:
        try:
            call()
        except Busy:
            return True
        return False

    return [is_busy() for _ in range(tries)]


def fakes() -> dict[str, tuple[Faults, str, Callable[[], object]]]:
    table = MemoryTable()
    blobs = MemoryBlobs()
    secrets = MemorySecrets()
    queue = MemoryQueue(FakeClock())
    gauge = MemoryGauge(queue)
    return {
        "get": (table, "get", lambda: table.get("one", "a")),
        "insert": (table, "insert", lambda: table.insert(ROW)),
        "replace": (table, "replace", lambda: table.replace(ROW, 1)),
        "put": (table, "put", lambda: table.put(ROW)),
        "remove": (table, "remove", lambda: table.remove("one", "a")),
        "query": (table, "query", lambda: table.query("one")),
        "put blob": (blobs, "put", lambda: blobs.put("k", b"")),
        "get blob": (blobs, "get", lambda: blobs.get("k")),
        "read": (secrets, "read", lambda: secrets.read("door/shop")),
        "refresh": (secrets, "refresh", lambda: secrets.refresh("door/shop")),
        "write": (secrets, "write", lambda: secrets.write("door/shop", "x")),
        "send": (queue, "send", lambda: queue.send("x", group="g")),
        "return at": (queue, "return_at", lambda: queue.return_at("h", 1)),
        "receive letters": (queue.dead, "receive", lambda: queue.dead.receive(1)),
        "delete letter": (queue.dead, "delete", lambda: queue.dead.delete("h")),
        "gauge": (gauge, "jobs", gauge.jobs),
        "gauge of letters": (gauge, "dead_letters", gauge.dead_letters),
    }


@pytest.mark.parametrize(("fake", "operation", "call"), fakes().values(), ids=fakes().keys())
def test_a_fake_is_busy_when_it_was_told_to_be(
    fake: Faults, operation: str, call: Callable[[], object]
) -> None:
    # WHEN
    fake.fail_next(operation, 2, after=1)
    # THEN
    assert busy_times(call, 4) == [False, True, True, False]
    # WHEN
    fake.fail_next(operation, 100)
    fake.recover()
    # THEN
    assert busy_times(call, 1) == [False]


def test_a_refused_write_has_no_effect_and_one_whose_answer_is_lost_has() -> None:
    # GIVEN
    table = MemoryTable()
    table.fail_next("put")
    table.fail_next("put", effect=True)
    # THEN
    with pytest.raises(Busy):
        table.put(ROW)
    assert table.get("one", "a") is None
    with pytest.raises(Busy):
        table.put(ROW)
    assert table.get("one", "a") == ROW


def test_a_fault_of_an_operation_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"no operation 'update'; it has: get, get_many, insert"):
        MemoryTable().fail_next("update")


def test_a_test_can_die_before_any_call() -> None:
    # GIVEN
    queue = MemoryQueue(FakeClock())
    died: list[str] = []

    def die(operation: str) -> None:
        died.append(operation)
        raise KeyboardInterrupt

    queue.before = die
    # THEN
    with pytest.raises(KeyboardInterrupt):
        queue.send("x", group="g")
    assert died == ["send"]
    assert queue.bodies == []
