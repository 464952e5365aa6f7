"""Wires functions/exchange."""

from __future__ import annotations

import os
import time
from functools import cache

from mostik.bootstrap.aws import client
from mostik.bootstrap.orders import paper_by_connection
from mostik.bootstrap.state import state_table
from mostik.bootstrap.uploads import rules_by_connection
from mostik.commerceml.outgoing import Outgoing
from mostik.commerceml.server import Exchange
from mostik.connections.connection import is_connection_id
from mostik.inbound.refusals import Refusals
from mostik.jobs.sqs import SqsJobQueue
from mostik.s3 import S3Blobs
from mostik.secrets import SecretsManager
from mostik.settings import ExchangeSettings
from mostik.telemetry import emit, start_line


@cache
def exchange() -> Exchange:
    """Returns the exchange of this container.

    Raises:
        ConfigurationError: an environment variable is missing.
    """
    settings = ExchangeSettings()
    table = state_table(settings.state_table)
    emit(start_line("exchange", time.process_time()))
    return Exchange(
        secrets=SecretsManager(
            lambda: client("secretsmanager"), settings.secrets_prefix, time.time
        ),
        table=table,
        blobs=S3Blobs(lambda: client("s3"), settings.blobs_bucket),
        queue=SqsJobQueue(client("sqs"), settings.jobs_queue_url),
        refusals=Refusals(emit, time.time),
        outbox=Outgoing(table, time.time),
        paper_of=paper_by_connection(table, time.time),
        rules_of=rules_by_connection(table, time.time),
        clock=time.time,
        monotonic=time.monotonic,
        sleep=time.sleep,
        random_bytes=os.urandom,
        is_connection_id=is_connection_id,
        emit=emit,
    )
