"""3, worker: a batch of jobs is claimed, run against the external APIs, and settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from mostik.bootstrap.worker import worker
from mostik.worker.worker import received


def handler(event: Mapping[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    """Handles one SQS batch; returns the messages to be shown again (partial batch response)."""
    return worker().handle(
        received(event),
        owner=context.aws_request_id,
        remaining=lambda: context.get_remaining_time_in_millis() / 1000,
    )
