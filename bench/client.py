"""The suite ``client``: one call beside a bare ``requests`` call, and ten jobs at once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import requests

from bench.jobs_of_one import Stage
from bench.rows import Row, paired
from local.stack.places import ROOT
from mostik.http.auth import Bearer
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.guard import Reach
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from mostik.http.trail import Trail
from mostik.requestlog.recorder import Recorder

SUITE = "client"
LATENCY_SECONDS = 0.05
THREADS = 20
_JOBS = 10
_KEY = "the-api-key-of-the-bench"
_ORDER = Endpoint("GET", "orders/{id}", Replay.SAFE)


def measure(short: bool) -> Sequence[Row]:
    """Returns the rows of the suite."""
    return [_call(7 if short else 21, 200 if short else 500), _ten_jobs(7 if short else 31)]


def _call(rounds: int, calls: int) -> Row:
    """Alternates blocks of bare calls and of ours against one server in a process of its own."""
    with _api(0.0) as address:
        ours, bare = _our_calls(address), _bare_calls(address)
        ours(50), bare(50)
        own: list[float] = []
        other: list[float] = []
        for number in range(rounds):
            pair = ((ours, own), (bare, other))
            for run, times in pair if number % 2 else reversed(pair):
                times.append(run(calls))
    return paired(
        SUITE, "a call: guard, gate, auth, classify, log entry", "us", ours=own, reference=other,
        reference_name="bare requests.Session.get + json", target=1.35,
    )  # fmt: skip


def _our_calls(address: str) -> Callable[[int], float]:
    recorder = Recorder()
    client = ApiClient(
        connection="shop",
        base_url=address,
        session=open_session(THREADS, Reach(("127.0.0.0/8",))),
        auth=Bearer(_KEY),
        dialect=Dialect(errors={}),
        redactor=Redactor([_KEY]),
        effects=Effects(time.time, time.sleep, random.random),
    )

    def run(calls: int) -> float:
        began = time.perf_counter()
        for _ in range(calls):
            api = client.following(Trail(record_entry=recorder.add, job="shop/orders/1001"))
            assert api.request(_ORDER, path={"id": "1001"}).content["id"] == "1001"
        took = time.perf_counter() - began
        assert len(recorder.take()) == calls
        return took / calls * 1e6

    return run


def _bare_calls(address: str) -> Callable[[int], float]:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {_KEY}"

    def run(calls: int) -> float:
        began = time.perf_counter()
        for _ in range(calls):
            answer = session.get(f"{address}orders/1001", timeout=(5.0, 30.0))
            assert answer.json()["id"] == "1001"
        return (time.perf_counter() - began) / calls * 1e6

    return run


def _ten_jobs(rounds: int) -> Row:
    """One invocation of the worker: ten touches of one connection, each a read over HTTP."""
    with (
        _api(LATENCY_SECONDS) as address,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        stage = Stage(address, pool)
        stage.run(_JOBS)  # opens the connections
        took = [stage.run(_JOBS) for _ in range(rounds)]
    latency = LATENCY_SECONDS * 1000
    return paired(
        SUITE, "ten jobs of one connection, 20 threads", "ms",
        ours=[seconds * 1000 for seconds in took], reference=[latency] * rounds,
        reference_name="the API's latency", target=1.3,
    )  # fmt: skip


@contextmanager
def _api(latency: float) -> Iterator[str]:
    process: subprocess.Popen[Any] = subprocess.Popen(
        [sys.executable, "-m", "bench.api", str(latency)], cwd=ROOT, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/api/"
    finally:
        process.kill()
        process.wait()
