"""The steps of the main job. Each returns one line that says what was seen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import requests

from local.demo.stage import MAIN_JOB, Stage, StepFailed
from local.sandbox.shop import DEFAULT_SECRET
from local.sandbox.shop.signing import signed_headers
from mostik.jobs.row import JobState

OUTAGE_SECONDS = 12.0
"""Longer than the ten seconds that a worker may spend on quick repeats."""
_TOO_LARGE = 1_048_577


def require(condition: bool, what: str) -> None:
    """Raises ``StepFailed`` unless what was promised holds."""
    if not condition:
        raise StepFailed(what)


def order_becomes_deal(stage: Stage) -> str:
    """1. A signed order webhook becomes a deal with its contact, found by its external key."""
    order_id = stage.new_order(name="Иван Петров", kopecks=1_234_550)
    took = stage.until("the deal to appear", lambda: stage.deal_of(order_id) is not None)
    stage.until_quiet()
    deal = stage.deal_of(order_id) or {}
    contacts = stage.world.portal.get("/_sandbox/state")["contacts"]
    contact = next((c for c in contacts if c["id"] in deal["contactIds"]), None)
    require(contact is not None and contact["name"] == "Иван", "the deal has its contact")
    require(float(deal["opportunity"]) == 12345.5, "the deal has the order's sum")
    return (
        f"order {order_id} is deal {deal['id']} with contact {deal['contactIds'][0]} ({took:.1f} s)"
    )


def deal_updates_order(stage: Stage) -> str:
    """2. ONCRMDEALUPDATE makes the worker read the deal again and update the order."""
    deal = stage.deals()[0]
    order_id = deal["originId"]
    stage.move_deal(deal["id"], "EXECUTING")
    took = stage.until(
        "the order to be packed", lambda: stage.order(order_id)["status"] == "packed"
    )
    stage.until_quiet()
    return f"deal {deal['id']} moved to EXECUTING: order {order_id} is packed ({took:.1f} s)"


def same_deliveries_again(stage: Stage) -> str:
    """3. The same deliveries again have no second effect."""
    before, writes = _everything(stage), stage.successful_writes()
    sent = 0
    for sandbox in (stage.world.shop, stage.world.portal):
        for delivery in sandbox.get("/_sandbox/deliveries"):
            sandbox.post(f"/_sandbox/deliveries/{delivery['id']}/resend", {})
            sent += 1
    stage.until_quiet()
    require(_everything(stage) == before, "nothing changed on either side")
    require(stage.successful_writes() == writes, "no write was made")
    return f"{sent} deliveries sent again, byte for byte: no write, nothing changed"


def portal_limits_calls(stage: Stage) -> str:
    """4. The portal answers 503 QUERY_LIMIT_EXCEEDED, then works: delivered, no attempt lost."""
    stage.world.portal.post(
        "/_sandbox/faults",
        [
            {
                "method": "*",
                "kind": "status",
                "status": 503,
                "error": "QUERY_LIMIT_EXCEEDED",
                "times": 5,
            }
        ],
    )
    order_id = stage.new_order(name="Анна Смирнова", kopecks=99_000)
    took = stage.until("the deal to appear", lambda: stage.deal_of(order_id) is not None)
    stage.until_quiet()
    refused = [
        entry for entry in stage.log_entries(connection="portal", status="503") if entry.error
    ]
    require(len(refused) == 5, f"all five refusals are in the log, found {len(refused)}")
    return f"5 refusals, then order {order_id} is a deal ({took:.1f} s); each refusal is in the log"


def outage_is_survived(stage: Stage) -> str:
    """5. The external API is down for longer than the in-process budget: the job waits."""
    deal = stage.deals()[-1]
    order_id = deal["originId"]
    stage.world.shop.post("/_sandbox/faults", [{"path": "*", "kind": "down"}])
    stage.move_deal(deal["id"], "WON")
    job_id = f"portal/orders/{deal['id']}"

    def waits() -> bool:
        row = stage.desk.rows.get(job_id)
        return row is not None and row.state is JobState.WAITING

    stage.until("the job to wait", waits)
    down_until = time.monotonic() + OUTAGE_SECONDS
    stage.until("the outage to last", lambda: time.monotonic() > down_until)
    require(stage.desk.rows.get(job_id) is not None, "the job is still there")
    stage.world.shop.delete("/_sandbox/faults")
    took = stage.until(
        "the order to be shipped", lambda: stage.order(order_id)["status"] == "shipped"
    )
    stage.until_quiet()
    return (
        f"{OUTAGE_SECONDS:.0f} s down, the job waited; order {order_id} shipped {took:.0f} s after"
    )


def poison_is_failed_and_replayed(stage: Stage) -> str:
    """6. A poison event ends as failed with its reason; replayed after the cause is gone, it
    succeeds."""
    order_id = stage.new_order(name="Пётр Яков", kopecks=500_000, currency="XTS")
    job_id = f"shop/orders/{order_id}"
    stage.until("the job to fail", lambda: any(row.id == job_id for row in stage.failed_jobs()))
    row = stage.desk.rows.get(job_id)
    require(row is not None and row.failure is not None, "the failure has a reason")
    reason = row.failure.text if row and row.failure else ""
    stage.world.portal.post("/_sandbox/currencies", {"add": ["XTS"]})
    stage.desk.replay.one(job_id)
    stage.replayed += 1
    stage.until("the deal to appear", lambda: stage.deal_of(order_id) is not None)
    stage.until_quiet()
    require(stage.desk.rows.get(job_id) is None, "nothing is left of the job")
    return f"failed: {reason} Replayed after the currency was enabled: done"


def door_refuses(stage: Stage) -> str:
    """7. Wrong signature, stale timestamp, body over the limit, junk: refused, nothing queued."""
    stage.until_quiet()
    entries = _logged(stage)
    body = json.dumps({"type": "order.created", "data": {"id": "1001"}}).encode()
    now = int(time.time())
    shop, portal = stage.world.webhook_url("shop"), stage.world.webhook_url("portal")
    signed = signed_headers(DEFAULT_SECRET, "msg_demo_refused", now, body)
    stale = signed_headers(DEFAULT_SECRET, "msg_demo_stale", now - 3_600, body)
    form = {"content-type": "application/x-www-form-urlencoded"}
    attempts: list[tuple[str, str, bytes, dict[str, str], int]] = [
        ("wrong signature", shop, body + b" ", signed, 401),
        ("no signature", shop, body, {"content-type": "application/json"}, 401),
        ("stale timestamp", shop, body, stale, 401),
        ("over the limit", shop, b"x" * _TOO_LARGE, signed, 413),
        ("wrong token", portal, b"event=ONCRMDEALUPDATE&auth[application_token]=no", form, 401),
        ("junk", portal, b"\xff\xfe\x00junk", form, 401),
        ("unknown connection", stage.world.webhook_url("nobody"), body, signed, 404),
    ]
    for what, url, content, headers, expected in attempts:
        answer = requests.post(url, data=content, headers=headers, timeout=30)
        require(
            answer.status_code == expected, f"{what}: {expected} was due, got {answer.status_code}"
        )
        require(set(answer.json()) == {"type", "title", "status"}, f"{what}: gives nothing away")
        stage.refused += 1
    stage.until_quiet()
    require(_logged(stage) == entries, "nothing was queued or logged")
    return f"{len(attempts)} requests refused, nothing queued, nothing logged"


def _logged(stage: Stage) -> int:
    """How many entries of the main job the log has."""
    return sum(entry.connection in MAIN_JOB for entry in stage.log_entries())


def _everything(stage: Stage) -> dict[str, Any]:
    """What both sandboxes hold."""
    portal = stage.world.portal.get("/_sandbox/state")
    shop = stage.world.shop.get("/_sandbox/state")
    return {
        "deals": portal["deals"],
        "contacts": portal["contacts"],
        "orders": shop["orders"],
        "customers": shop["customers"],
    }


STEPS: tuple[Callable[[Stage], str], ...] = (
    order_becomes_deal,
    deal_updates_order,
    same_deliveries_again,
    portal_limits_calls,
    outage_is_survived,
    poison_is_failed_and_replayed,
    door_refuses,
)
