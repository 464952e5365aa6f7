"""Wires functions/webhook: one read and one send on a cold path, other clients only where
needed."""

from __future__ import annotations

import os
import time
from functools import cache

from mostik.bootstrap.aws import client
from mostik.connections.connection import is_connection_id
from mostik.inbound.intake import Intake
from mostik.inbound.keys import CachedFetch
from mostik.inbound.refusals import Refusals
from mostik.jobs.message import Receipt
from mostik.jobs.sqs import SqsJobQueue
from mostik.s3 import S3Blobs
from mostik.secrets import SecretsManager
from mostik.settings import WebhookSettings
from mostik.telemetry import emit, start_line


@cache
def webhook() -> Intake:
    """Returns the door of this container.

    Raises:
        ConfigurationError: an environment variable is missing.
    """
    settings = WebhookSettings()

    def divert(receipt: Receipt, payload: str) -> None:
        from mostik.bootstrap.state import job_rows  # noqa: PLC0415 - only when SQS refuses
        from mostik.jobs.waiting import waiting_row  # noqa: PLC0415 - as above

        row = waiting_row(receipt, payload, now=time.time())
        job_rows(settings.state_table).write(row, None)

    def read(url: str) -> bytes:
        from mostik.inbound.https_read import https_read  # noqa: PLC0415 - few schemes need it

        return https_read(url)

    secrets = SecretsManager(lambda: client("secretsmanager"), settings.secrets_prefix, time.time)

    def deposit(connection: str, document: str) -> None:
        secrets.write(f"deposits/{connection}", document)

    emit(start_line("webhook", time.process_time()))
    return Intake(
        secrets=secrets,
        queue=SqsJobQueue(client("sqs"), settings.jobs_queue_url),
        divert=divert,
        blobs=S3Blobs(lambda: client("s3"), settings.blobs_bucket),
        refusals=Refusals(emit, time.time),
        clock=time.time,
        random_bytes=os.urandom,
        max_body=settings.max_body_bytes,
        is_connection_id=is_connection_id,
        fetch=CachedFetch(read),
        deposit=deposit,
    )
