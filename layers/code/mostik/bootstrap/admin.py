"""Wires functions/admin."""

from __future__ import annotations

import time
from functools import cache

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from mostik.admin.api import build_api
from mostik.admin.health import Health
from mostik.admin.sqs import SqsGauge
from mostik.bootstrap.aws import client
from mostik.bootstrap.state import request_log_table, state_table
from mostik.connections.book import ConnectionBook
from mostik.jobs.gates import Gates
from mostik.jobs.rows import JobRows
from mostik.requestlog.query import LogReader
from mostik.s3 import S3Blobs
from mostik.secrets import SecretsManager
from mostik.settings import AdminSettings
from mostik.telemetry import emit


@cache
def admin() -> APIGatewayHttpResolver:
    """Returns the admin of this container.

    Raises:
        ConfigurationError: an environment variable is missing.
    """
    settings = AdminSettings()
    table = state_table(settings.state_table)
    log_table = request_log_table(settings.request_log_table)
    blobs = S3Blobs(lambda: client("s3"), settings.blobs_bucket)
    book = ConnectionBook(table, time.time)
    return build_api(
        secrets=SecretsManager(
            lambda: client("secretsmanager"), settings.secrets_prefix, time.time
        ),
        health=Health(
            SqsGauge(client("sqs"), settings.jobs_queue_url, settings.jobs_dead_letter_queue_url),
            JobRows(table),
            Gates(table),
            time.time,
        ),
        log=lambda: LogReader(
            log_table, [connection.id for connection in book.all()], blobs, time.time
        ),
        clock=time.time,
        emit=emit,
    )
