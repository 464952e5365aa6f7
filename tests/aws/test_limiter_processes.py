"""Four worker processes, one portal, one row: over real sockets, in real time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from local.sandbox.portal import PortalConfig, PortalSandbox, RateLimit
from tests.aws.worlds import AwsWorld
from tests.project.cloudformation import ROOT

PROCESSES = 4
CALLS = 30
LIMIT = RateLimit(threshold=50, per_second=4.0)
"""Twice the pace of a portal's standard plan, so that it takes half a minute."""


@contextmanager
def caller(told: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """A worker process that waits for its sign."""
    roots = [ROOT / "layers/code", ROOT / "functions", ROOT]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.aws.gated_caller"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        try:
            yield process
        finally:
            process.kill()


def run_at_once(processes: Sequence[subprocess.Popen[str]], portal: PortalSandbox) -> list[Any]:
    """Fills the portal's bucket, gives the sign and returns what each process says at its end."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    portal.fill_bucket()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(process.communicate(timeout=300)[0]) for process in processes]


@pytest.mark.emulator
@pytest.mark.loopback
def test_four_processes_at_a_full_portal_lose_next_to_nothing(emulator_world: AwsWorld) -> None:
    # GIVEN a portal whose bucket somebody else has filled, and four workers that do not know it
    config = PortalConfig(rate_limit=LIMIT)
    with PortalSandbox(config) as portal, ExitStack() as stack:
        told = {
            "emulator": emulator_world.clients["dynamodb"].meta.endpoint_url,
            "table": emulator_world.table("StateTable"),
            "webhook_url": portal.webhook_url,
            "per_second": LIMIT.per_second,
            "burst": LIMIT.threshold,
            "calls": CALLS,
        }
        processes = [stack.enter_context(caller(told)) for _ in range(PROCESSES)]
        # WHEN each makes thirty batch calls at once
        start = time.time()
        ended = run_at_once(processes, portal)
        start = max(start, portal_filled_at(ended))
    # THEN all succeed
    assert [each["done"] for each in ended] == [CALLS] * PROCESSES
    # AND nothing is refused after the first second
    refused = [at - start for each in ended for at in each["refused"]]
    assert refused
    assert max(refused) <= 1.0
    # AND it takes at most a twentieth longer than the portal's own minimum
    took = max(each["ended"] for each in ended) - start
    least = PROCESSES * CALLS / LIMIT.per_second
    sys.stdout.write(f"{took:.2f} s, {took / least:.3f} of the minimum; {len(refused)} refused\n")
    assert took <= 1.05 * least


def portal_filled_at(ended: Sequence[Any]) -> float:
    """The first call met a full bucket: that is when the race began."""
    return min(float(at) for each in ended for at in each["refused"])
