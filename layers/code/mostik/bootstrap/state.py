"""The tables of a stack over DynamoDB."""

from __future__ import annotations

from functools import cache

from mostik.bootstrap.aws import client
from mostik.clock import SharedClock
from mostik.dynamodb import DynamoTable
from mostik.jobs.row import DUE_INDEX
from mostik.jobs.rows import JobRows

STATE_INDEXES = {DUE_INDEX: ("due_pk", "due_sk")}


def state_table(name: str, *, pool: int = 10, clock: SharedClock | None = None) -> DynamoTable:
    """Returns the state table; its answers set ``clock``."""
    return DynamoTable(client("dynamodb", pool=pool, clock=clock), name, STATE_INDEXES)


def request_log_table(name: str, *, pool: int = 10) -> DynamoTable:
    """Returns the request log's table."""
    return DynamoTable(client("dynamodb", pool=pool), name)


@cache
def job_rows(name: str) -> JobRows:
    """Returns the job rows of the state table."""
    return JobRows(state_table(name))
