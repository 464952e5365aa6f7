"""Five worker processes need a token at one moment: over real sockets and the emulator's rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.aws.token_caller import THREADS
from tests.aws.worlds import AwsWorld
from tests.project.cloudformation import ROOT

PROCESSES = 5
FIRST_REFRESH = "refresh-token-number-0"
SLOW = 0.5


class Services(ThreadingHTTPServer):
    """A token service whose refresh tokens are good once, and an API that takes its last token."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = Lock()
        self.asked: list[str] = []
        self.refresh = FIRST_REFRESH
        self.token = ""

    def issue(self, refresh: str) -> tuple[int, dict[str, Any]]:
        """Answers a token call."""
        with self.lock:
            self.asked.append(refresh)
            time.sleep(SLOW)
            if refresh != self.refresh:
                return 400, {"error": "invalid_grant"}
            self.refresh = f"refresh-token-number-{len(self.asked)}"
            self.token = f"access-token-number-{len(self.asked)}"
            return 200, {
                "access_token": self.token,
                "refresh_token": self.refresh,
                "expires_in": 3600,
            }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Services

    def do_POST(self) -> None:
        """The token service."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(*self.server.issue(parse_qs(body)["refresh_token"][0]))

    def do_GET(self) -> None:
        """The API."""
        good = self.headers["Authorization"] == f"Bearer {self.server.token}"
        self._answer(200 if good else 401, {})

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def services() -> Iterator[Services]:
    with Services() as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def caller(told: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """A worker process that waits for its sign."""
    roots = [ROOT / "layers/code", ROOT / "functions", ROOT]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.aws.token_caller"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        tell(process, json.dumps(told))
        try:
            yield process
        finally:
            process.kill()


def tell(process: subprocess.Popen[str], line: str) -> None:
    """Gives a process a line."""
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def run_at_once(processes: Sequence[subprocess.Popen[str]]) -> list[Any]:
    """Gives the sign and returns what each process says at its end."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        tell(process, "go")
    return [json.loads(process.communicate(timeout=60)[0]) for process in processes]


@pytest.mark.emulator
@pytest.mark.loopback
def test_five_processes_at_once_make_one_token_call(
    emulator_world: AwsWorld, services: Services
) -> None:
    # GIVEN five workers without a token, and a refresh token that is good once
    told = {
        "emulator": emulator_world.clients["dynamodb"].meta.endpoint_url,
        "table": emulator_world.table("StateTable"),
        "prefix": f"tokens-{time.time_ns()}",
        "services": f"http://127.0.0.1:{services.server_port}",
        "refresh": FIRST_REFRESH,
    }
    for round_number in (1, 2):
        with ExitStack() as stack:
            processes = [stack.enter_context(caller(told)) for _ in range(PROCESSES)]
            # WHEN each makes calls at once
            ended = run_at_once(processes)
        # THEN all succeed
        assert ended == [[200] * THREADS] * PROCESSES
        # AND it was spent once; workers that start later take what is stored
        assert services.asked == [FIRST_REFRESH], f"round {round_number}"
