"""A stack as the template deploys it, on AWS as moto has it: what the handlers' tests stand on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.sandbox.shop.signing import signed_headers
from mostik.bootstrap import admin as admin_root
from mostik.bootstrap import aws, state
from mostik.bootstrap import exchange as exchange_root
from mostik.bootstrap import scheduler as scheduler_root
from mostik.bootstrap import webhook as webhook_root
from mostik.bootstrap import worker as worker_root
from tests.project.cloudformation import template

EVENTS = Path(__file__).resolve().parents[2] / "events"
SIGNING_SECRET = "whsec_dGVzdC1zaWduaW5nLWtleS0wMDAwMDAwMDAw"
TOKEN = "sandbox-application-token"
PASSWORD = "a-generated-password"
CONTEXT: Any = SimpleNamespace(
    aws_request_id="request-1", get_remaining_time_in_millis=lambda: 80_000, function_name="f"
)
ROOTS = (
    webhook_root.webhook, worker_root._worker, scheduler_root._tick, exchange_root.exchange,
    admin_root.admin, aws._session, aws.shared_clock, state.job_rows,
)  # fmt: skip


def sample(name: str) -> dict[str, Any]:
    """A sample event of events/."""
    content: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return content


def signed(event: dict[str, Any]) -> dict[str, Any]:
    """The event as its sender signs it now."""
    proof = signed_headers(SIGNING_SECRET, "msg_1", int(time.time()), event["body"].encode())
    return {**event, "headers": {**event["headers"], **proof}}


def table(logical_id: str) -> str:
    """Makes a table as the template describes it. Returns its name."""
    properties = template().properties(logical_id)
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    boto3.client("dynamodb").create_table(
        TableName=logical_id, **{key: properties[key] for key in wanted if key in properties}
    )
    return logical_id


@contextmanager
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The queue of a stack whose functions are configured as the template configures them."""
    for root in ROOTS:
        root.cache_clear()
    with mock_aws():
        sqs = boto3.client("sqs")
        jobs = sqs.create_queue(QueueName="jobs")["QueueUrl"]
        dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
        boto3.client("s3").create_bucket(Bucket="blobs")
        state_name, log_name = table("StateTable"), table("RequestLogTable")
        secrets = boto3.client("secretsmanager")
        doors = {
            "shop": {"scheme": "standard_webhooks", "value": SIGNING_SECRET},
            "portal": {"scheme": "bitrix24", "value": TOKEN},
            "onec": {"scheme": "basic", "value": "onec:sandbox-1c-password"},
        }
        for name, door in doors.items():
            document = {
                "v": 1,
                "scheme": door["scheme"],
                "secrets": [{"id": "1", "value": door["value"], "not_after": None}],
            }
            secrets.create_secret(Name=f"stack/door/{name}", SecretString=json.dumps(document))
        secrets.create_secret(Name="stack/admin", SecretString=PASSWORD)
        for name, value in {
            "STAGE": "test", "STATE_TABLE": state_name, "REQUEST_LOG_TABLE": log_name,
            "JOBS_QUEUE_URL": jobs, "JOBS_DEAD_LETTER_QUEUE_URL": dead, "BLOBS_BUCKET": "blobs",
            "SECRETS_PREFIX": "stack", "MAX_BODY_BYTES": "1000", "WORKER_TIMEOUT_SECONDS": "90",
            "LOG_RETENTION_DAYS": "30",
            "ALERT_TOPIC_ARN": boto3.client("sns").create_topic(Name="alerts")["TopicArn"],
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield SimpleNamespace(sqs=sqs, jobs=jobs)
    for root in ROOTS:
        root.cache_clear()
