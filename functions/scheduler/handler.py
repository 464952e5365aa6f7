"""The tick, once a minute: due jobs are sent, gates opened, dead letters turned into failed
jobs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from mostik.bootstrap.scheduler import tick
from mostik.jobs.figures import figures
from mostik.telemetry import emit


def handler(_event: Mapping[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    """Runs one tick and says what it did."""
    report = tick()(context.aws_request_id, lambda: context.get_remaining_time_in_millis() / 1000)
    for line in figures(report, now=time.time()):
        emit(line)
    return asdict(report)
