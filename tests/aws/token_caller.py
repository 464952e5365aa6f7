"""A worker process for test_token_processes: calls an API that wants a token, as a container does.

Reads one JSON line that says where everything is, answers ``ready``, waits for another line, makes
its calls and prints one JSON line about them.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.stack.description import emulator_client
from local.stack.processes import REGION
from mostik.bootstrap.state import STATE_INDEXES
from mostik.connections.connection import Connection
from mostik.connections.tokens import Tokens
from mostik.dynamodb import DynamoTable
from mostik.http.auth import OAuth2RefreshToken
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.guard import Reach
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from mostik.secrets import SecretsManager

ORDERS = Endpoint("GET", "orders", Replay.SAFE)
THREADS = 4


def client_of(told: dict[str, Any]) -> ApiClient:
    """The client of a container that has just started."""
    effects = Effects(time.time, time.sleep, lambda: 0.5)
    networks = ("127.0.0.0/8",)
    table = DynamoTable(
        emulator_client("dynamodb", told["emulator"], REGION), told["table"], STATE_INDEXES
    )
    secrets_manager = emulator_client("secretsmanager", told["emulator"], REGION)
    session, redactor = open_session(THREADS, Reach(networks)), Redactor()
    keeper = Tokens(
        SecretsManager(lambda: secrets_manager, told["prefix"], time.time), table, effects
    ).keeper(
        Connection("shop", "http_api", networks=networks),
        OAuth2RefreshToken(f"{told['services']}/token", "mostik", "secret-0000", told["refresh"]),
        session,
        redactor,
    )
    return ApiClient(
        connection="shop",
        base_url=f"{told['services']}/",
        session=session,
        auth=keeper,
        dialect=Dialect(errors={}),
        redactor=redactor,
        effects=effects,
    )


def main() -> None:
    """See the module."""
    told = json.loads(sys.stdin.readline())
    api = client_of(told)
    say("ready")
    sys.stdin.readline()
    with ThreadPoolExecutor(THREADS) as pool:
        calls = [pool.submit(api.request, ORDERS) for _ in range(THREADS)]
        say(json.dumps([call.result().status for call in calls]))


def say(line: str) -> None:
    """Tells the test."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
