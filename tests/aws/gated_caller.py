"""A worker process for test_limiter_processes: calls a sandbox portal through the whole gate.

Reads one JSON line that says where everything is, answers ``ready``, waits for another line, makes
its calls and prints one JSON line about them.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from typing import Any

from integrations.bitrix24 import integration as bitrix24
from local.stack.description import emulator_client
from local.stack.processes import REGION
from mostik.bootstrap.state import STATE_INDEXES
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.gatehouse import Gatehouse
from mostik.connections.open import OpenConnections
from mostik.dynamodb import DynamoTable
from mostik.errors import RateLimited
from mostik.http.client import ApiClient, Effects
from mostik.http.dynamodb import DynamoSlots
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.limiter import Limit
from mostik.http.trail import Trail
from mostik.requestlog.entry import LogEntry
from tests.support.memory import MemorySecrets

BATCH = Endpoint("POST", "batch", Replay.SAFE)
BODY = {"halt": 0, "cmd": {"c0": "crm.item.list?entityTypeId=2"}}


def open_portal(told: dict[str, Any], entries: list[LogEntry]) -> ApiClient:
    """Opens the connection as a worker does."""
    client = emulator_client("dynamodb", told["emulator"], REGION)
    table = DynamoTable(client, told["table"], STATE_INDEXES)
    effects = Effects(time.time, time.sleep, lambda: 0.5)
    limited = replace(
        bitrix24, limit=lambda _settings: Limit("portal", told["per_second"], told["burst"])
    )
    book = ConnectionBook(table, time.time)
    book.save(Connection("portal", "bitrix24", networks=("127.0.0.0/8",)))
    connections = OpenConnections(
        book,
        MemorySecrets({"client/portal": json.dumps({"webhook_url": told["webhook_url"]})}),
        lambda _name: limited,
        effects,
        gate=Gatehouse(table, DynamoSlots(client, told["table"]), effects, lambda _line: None),
    )
    return connections.get("portal").api.following(Trail(record_entry=entries.append))


def main() -> None:
    """See the module."""
    told = json.loads(sys.stdin.readline())
    entries: list[LogEntry] = []
    api = open_portal(told, entries)
    say("ready")
    sys.stdin.readline()
    done = held = 0
    while done < told["calls"]:
        try:
            api.request(BATCH, body=BODY)
            done += 1
        except RateLimited as refusal:
            held += 1
            time.sleep(refusal.retry_after or 1.0)
    refused = [entry.at for entry in entries if entry.status != 200]
    say(json.dumps({"done": done, "held": held, "refused": refused, "ended": time.time()}))


def say(line: str) -> None:
    """Tells the test."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
