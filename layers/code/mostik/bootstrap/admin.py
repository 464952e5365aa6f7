"""Wires functions/admin."""

from __future__ import annotations

import time
from functools import cache

from mostik.admin.api import build_api
from mostik.admin.front import Front, Pages
from mostik.admin.health import Health
from mostik.admin.routing import AdminApi
from mostik.admin.signin.door import AdminDoor
from mostik.admin.signin.provider import GuardedCalls
from mostik.admin.signin.sessions import Sessions
from mostik.admin.sqs import SqsGauge
from mostik.bootstrap.aws import client
from mostik.bootstrap.state import request_log_table, state_table
from mostik.connections.book import ConnectionBook
from mostik.http.dynamodb import DynamoSlots
from mostik.jobs.gates import Gates
from mostik.jobs.rows import JobRows
from mostik.jobs.sqs import SqsJobQueue
from mostik.requestlog.query import LogReader
from mostik.s3 import S3Blobs
from mostik.secrets import SecretsManager
from mostik.settings import AdminSettings
from mostik.telemetry import emit, start_line


@cache
def admin() -> Front:
    """Returns the admin of this container.

    Raises:
        ConfigurationError: an environment variable is missing.
    """
    settings = AdminSettings()
    table = state_table(settings.state_table)
    log_table = request_log_table(settings.request_log_table)
    blobs = S3Blobs(lambda: client("s3"), settings.blobs_bucket)
    book = ConnectionBook(table, time.time)
    secrets = SecretsManager(lambda: client("secretsmanager"), settings.secrets_prefix, time.time)
    slots = DynamoSlots(client("dynamodb"), settings.state_table)
    sqs = client("sqs")
    health = Health(
        SqsGauge(sqs, settings.jobs_queue_url, settings.jobs_dead_letter_queue_url),
        JobRows(table),
        Gates(table),
        time.time,
    )

    def json_api() -> AdminApi:
        # About a second of imports that signing in, health and log do not need: routes, models,
        # every integration.
        from mostik.admin.jsonapi import build_json_api  # noqa: PLC0415 - see above
        from mostik.bootstrap.admindesk import admin_desk  # noqa: PLC0415 - see above

        return build_json_api(
            admin_desk(
                table=table,
                log_table=log_table,
                blobs=blobs,
                secrets=secrets,
                queue=SqsJobQueue(sqs, settings.jobs_queue_url),
                slots=slots,
                health=health,
                book=book,
                log_days=settings.log_retention_days,
            )
        )

    def site(api: AdminApi) -> Pages:
        # Templates are of no use to the command line and to tools.
        from mostik.admin.pages.build import build_site  # noqa: PLC0415 - see above

        return build_site(api, time.time)

    emit(start_line("admin", time.process_time()))
    return Front(
        AdminDoor(
            secrets=secrets,
            sessions=Sessions(table, time.time),
            slots=slots,
            calls=GuardedCalls,
            clock=time.time,
        ),
        json_api,
        build_api(
            secrets=secrets,
            health=health,
            log=lambda: LogReader(
                log_table, [connection.id for connection in book.all()], blobs, time.time
            ),
            clock=time.time,
            emit=emit,
        ),
        site,
    )
