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
from mostik.jobs.sqs import SqsJobQueue
from mostik.s3 import S3Blobs
from mostik.secrets import SecretsManager
from mostik.settings import WebhookSettings
from mostik.telemetry import emit


@cache
def webhook() -> Intake:
    """Returns the door of this container.

    Raises:
        ConfigurationError: an environment variable is missing.
    """
    settings = WebhookSettings.read()

    def rows():  # type: ignore[no-untyped-def]  # its type would import what it is meant to defer
        from mostik.bootstrap.state import job_rows  # noqa: PLC0415 - only when SQS refuses

        return job_rows(settings.state_table)

    def read(url: str) -> bytes:
        from mostik.inbound.https_read import https_read  # noqa: PLC0415 - few schemes need it

        return https_read(url)

    return Intake(
        secrets=SecretsManager(
            lambda: client("secretsmanager"), settings.secrets_prefix, time.time
        ),
        queue=SqsJobQueue(client("sqs"), settings.jobs_queue_url),
        rows=rows,
        blobs=S3Blobs(lambda: client("s3"), settings.blobs_bucket),
        refusals=Refusals(emit, time.time),
        clock=time.time,
        random_bytes=os.urandom,
        max_body=settings.max_body_bytes,
        is_connection_id=is_connection_id,
        fetch=CachedFetch(read),
    )
