"""Tier 3: real sockets, real processes, SIGKILL.

The real template in the emulator, a sandbox shop that tells it about 500 changes of 60 orders, a
sandbox portal that takes them, both with scripted faults. Meanwhile the processes in which the
emulator runs the worker are killed, several times, in the middle of their batches. When all is
quiet, every order must have exactly one deal that says what the order says.

Two numbers of the stack are turned down, so that what a killed worker held comes back in minutes:
the worker's timeout (and with it the lease) and the queue's visibility timeout, which stays longer
than the lease.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.chaos.tally import Say, Tally
from local.connections import shop_settings
from local.desk import Desk
from local.sandbox.faults import Fault, FaultKind
from local.sandbox.portal import PortalConfig, PortalSandbox, RateLimit
from local.sandbox.server import Sandbox
from local.sandbox.shop import DEFAULT_SECRET, ShopConfig, ShopSandbox, ShopSubscription
from local.stack import down as stack_down
from local.stack import up as stack_up
from local.stack.description import LocalStack
from local.world import LOOPBACK
from mostik.dynamodb import from_attributes
from mostik.jobs.life import LEASE_MARGIN_SECONDS
from mostik.jobs.row import JobRow, JobState, from_item
from mostik.requestlog.entry import Direction
from mostik.requestlog.store import whole_entry
from mostik.sync.link import End, Link, Side

NAME = "mostik-chaos"
EVENTS = 500
ORDERS = 60
KILLS = 6
DUPLICATES = 0.05
EVENTS_A_SECOND = 8.0
WORKER_TIMEOUT = 45
_SECONDS_BETWEEN_KILLS = 12.0
_SETTLED_SECONDS = 10.0
"""Only a process of this age is killed: when one dies while it starts, the emulator takes the code
away from all others that start."""
_PATIENCE_SECONDS = 900.0
_TICK_EVERY_SECONDS = 10.0
_RESTLESS = frozenset(
    {JobState.QUEUED, JobState.RUNNING, JobState.WAITING, JobState.HELD, JobState.UNKNOWN}
)
_STAGES = {
    "new": "NEW",
    "paid": "PREPAYMENT_INVOICE",
    "packed": "EXECUTING",
    "shipped": "WON",
    "cancelled": "LOSE",
}


def _portal_faults() -> list[Fault]:
    return [
        Fault("crm.item.add", FaultKind.LOST_ANSWER, times=3, after=10),
        Fault("crm.item.add", FaultKind.HTML, times=2, after=20, status=502),
        Fault("crm.item.list", FaultKind.STATUS, times=3, after=30, error="QUERY_LIMIT_EXCEEDED"),
        Fault("crm.item.update", FaultKind.DOWN, times=3, after=10),
        Fault("crm.item.update", FaultKind.LATE_ANSWER, times=3, after=20, seconds=3.0),
        Fault("crm.item.get", FaultKind.JUNK, times=2, after=10),
    ]


def _shop_faults() -> list[Fault]:
    return [
        Fault("/api/v1/orders/*", FaultKind.STATUS, verb="GET", times=4, after=20, status=503),
        Fault("/api/v1/orders/*", FaultKind.DOWN, verb="GET", times=2, after=60),
        Fault("/api/v1/customers/*", FaultKind.STATUS, times=2, after=15, status=429),
        Fault("/api/v1/customers/*", FaultKind.DELAY, times=3, after=30, seconds=2.0),
    ]


@dataclass
class _Scene:
    stack: LocalStack
    shop: ShopSandbox
    portal: PortalSandbox
    say: Say
    tally: Tally = field(default_factory=Tally)
    dice: random.Random = field(default_factory=lambda: random.Random(20_261_124))  # noqa: S311 - seeded
    killed_at: float = 0.0
    ticked_at: float = 0.0

    @property
    def desk(self) -> Desk:
        return Desk.of(self.stack)


def run(say: Say, *, events: int = EVENTS, orders: int = ORDERS, kills: int = KILLS) -> Tally:
    """Runs tier 3 on a stack of its own and stops it.

    Args:
        say: told about progress.
        events: changes in the shop.
        orders: so many records they are about.
        kills: how often the worker's processes are killed.
    """
    stack = stack_up(name=NAME, fresh=True, report=say)
    with ExitStack() as stopped:
        stopped.callback(stack_down, name=NAME)
        portal = PortalSandbox(PortalConfig(rate_limit=RateLimit(250, 5.0)))
        told = ShopSubscription(f"{stack.api_url}/webhooks/shop")
        shop = ShopSandbox(ShopConfig(subscriptions=(told,)))
        scene = _Scene(stack, stopped.enter_context(shop), stopped.enter_context(portal), say)
        _set_up(scene)
        began = time.monotonic()
        _let_things_happen(scene, events, orders, kills)
        _settle(scene)
        say(f"tier 3: quiet after {time.monotonic() - began:.0f} s")
        scene.tally.faults = _faults_met(scene)
        scene.tally.violations += [f"tier 3: {problem}" for problem in _problems(scene)]
        for violation in scene.tally.violations:
            say(f"VIOLATION: {violation}")
    return scene.tally


def _set_up(scene: _Scene) -> None:
    stack, desk = scene.stack, scene.desk
    turn_down(stack, WORKER_TIMEOUT)
    desk.connect(
        "portal",
        "bitrix24",
        {"webhook_url": scene.portal.webhook_url, "enterprise": True},
        networks=LOOPBACK,
    )
    desk.connect(
        "shop", "http_api", shop_settings(scene.shop.url), door_secret=DEFAULT_SECRET,
        networks=LOOPBACK,
    )  # fmt: skip
    orders = Link(
        "orders",
        left=End("shop", "orders"),
        right=End("portal", "orders"),
        creates=frozenset({Side.RIGHT}),
    )
    desk.link(orders)
    scene.portal.faults.add(*_portal_faults())
    scene.shop.faults.add(*_shop_faults())


def turn_down(stack: LocalStack, timeout: int) -> None:
    """Has what a killed worker held come back soon: so long may the worker run from now on."""
    functions, worker = stack.client("lambda"), stack.functions["worker"]
    variables: dict[str, str] = functions.get_function_configuration(FunctionName=worker)[
        "Environment"
    ]["Variables"]
    functions.update_function_configuration(
        FunctionName=worker,
        Timeout=timeout,
        Environment={"Variables": {**variables, "WORKER_TIMEOUT_SECONDS": str(timeout)}},
    )
    visibility = int(timeout + LEASE_MARGIN_SECONDS + 15)
    stack.client("sqs").set_queue_attributes(
        QueueUrl=stack.jobs_queue_url, Attributes={"VisibilityTimeout": str(visibility)}
    )


# ── what happens ───────────────────────────────────────────────────────────────────────────────


def _let_things_happen(scene: _Scene, events: int, orders: int, kills: int) -> None:
    """Buyers order and change their orders; the worker's processes are killed meanwhile."""
    began = time.monotonic()
    ids: list[str] = []
    left = kills
    for number in range(events):
        if len(ids) < orders and number % 2 == 0:
            ids.append(_order(scene))
        else:
            _change(scene, scene.dice.choice(ids), number)
        if left and number > events // 10 and _kill_workers(scene):
            left -= 1
        time.sleep(max(0.0, began + number / EVENTS_A_SECOND - time.monotonic()))
    deadline = time.monotonic() + 120.0
    while left and time.monotonic() < deadline:
        left -= _kill_workers(scene)
        time.sleep(0.2)
    if left:
        scene.tally.violations.append(f"tier 3: {left} kills met no worker at work")
    _deliver_all(scene)


def _order(scene: _Scene) -> str:
    if not scene.shop.customers or scene.dice.random() < 0.5:
        scene.shop.create("customers", {"full_name": "Иван Петров", "phone": "+7 900 000-00-17"})
    order = {
        "status": "new",
        "total_kopecks": scene.dice.randrange(100, 10_000_000),
        "currency": "RUB",
        "customer_id": scene.dice.choice(scene.shop.customers)["id"],
    }
    return str(scene.shop.create("orders", order)["id"])


def _change(scene: _Scene, order: str, number: int) -> None:
    fields: dict[str, Any] = {"total_kopecks": 10_000_000 + number}
    if scene.dice.random() < 0.5:
        fields["status"] = scene.dice.choice(sorted(_STAGES))
    scene.shop.edit("orders", order, fields)


def _deliver_all(scene: _Scene) -> None:
    """A delivery that the door could not take is not accepted: its sender repeats it. Of the others
    some come twice."""
    for _ in range(20):
        _wait_for_deliveries(scene.shop)
        repeated = {one.resend_of for one in scene.shop.deliveries.kept()}
        refused = [
            one.id
            for one in scene.shop.deliveries.kept()
            if one.status != 200 and one.id not in repeated
        ]
        if not refused:
            break
        scene.say(f"tier 3: {len(refused)} deliveries were not accepted and come again")
        for one in refused:
            scene.shop.deliveries.resend(one)
    accepted = [one for one in scene.shop.deliveries.kept() if one.status == 200]
    scene.tally.events = len(accepted)
    for delivery in accepted:
        if scene.dice.random() < DUPLICATES:
            scene.shop.deliveries.resend(delivery.id)
            scene.tally.duplicates += 1
    _wait_for_deliveries(scene.shop)


def _wait_for_deliveries(shop: Sandbox) -> None:
    deadline = time.monotonic() + 120.0
    while shop.deliveries.pending and time.monotonic() < deadline:
        time.sleep(0.1)


def _kill_workers(scene: _Scene) -> bool:
    """Kills every process of the worker, when one is in the middle of a job. Returns whether."""
    if time.monotonic() - scene.killed_at < _SECONDS_BETWEEN_KILLS:
        return False
    if not any(row.state is JobState.RUNNING for row in _jobs(scene.stack)):
        return False
    killed = 0
    for pid in worker_processes(scene.stack):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        killed += 1
    if killed:
        scene.killed_at = time.monotonic()
        scene.tally.kills += killed
        scene.say(f"tier 3: {killed} processes of the worker killed")
    return bool(killed)


def worker_processes(stack: LocalStack) -> Iterator[int]:
    """Processes in which this emulator, and no other, runs the worker."""
    mark = f"AWS_LAMBDA_FUNCTION_NAME={stack.functions['worker']}".encode()
    up = float(Path("/proc/uptime").read_text().split()[0])
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            # Behind the name in brackets: state, parent, ... and as the 20th the start, in ticks.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            age = up - int(fields[19]) / os.sysconf("SC_CLK_TCK")
            if int(fields[1]) != stack.pid or age < _SETTLED_SECONDS:
                continue
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)
        except OSError:
            continue  # it has ended


def _settle(scene: _Scene) -> None:
    """Waits until nothing is queued and no row waits for anything; the tick comes more often."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    said = 0.0
    while time.monotonic() < deadline:
        if time.monotonic() - scene.ticked_at > _TICK_EVERY_SECONDS:
            scene.desk.invoke("scheduler", {})
            scene.ticked_at = time.monotonic()
        depth = _depth(scene.stack)
        states = Counter(row.state for row in _jobs(scene.stack) if row.state in _RESTLESS)
        if not depth and not states:
            return
        if time.monotonic() - said > 30.0:
            said = time.monotonic()
            rows = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
            scene.say(f"tier 3: {depth} messages; rows: {rows or 'none'}")
        time.sleep(1.0)
    scene.tally.violations.append(
        f"tier 3: not quiet after {_PATIENCE_SECONDS:.0f} s: {depth} messages, {dict(states)}"
    )


# ── what stands at the end ─────────────────────────────────────────────────────────────────────


def _problems(scene: _Scene) -> Iterator[str]:
    portal = scene.portal
    for what, records in (("deal", portal.deals), ("contact", portal.contacts)):
        keys = Counter((record["originatorId"], record["originId"]) for record in records)
        yield from (f"{what} {key} was created {n} times" for key, n in keys.items() if n > 1)
    deals: Mapping[str, Any] = {deal["originId"]: deal for deal in portal.deals}
    for order in scene.shop.orders:
        deal = deals.get(order["id"])
        if deal is None:
            yield f"order {order['id']} never came to the portal"
        elif (deal["stageId"], round(float(deal["opportunity"]) * 100)) != (
            _STAGES[order["status"]],
            order["total_kopecks"],
        ):
            yield f"order {order['id']} and its deal disagree"
    for row in _jobs(scene.stack):
        if row.state is JobState.FAILED and row.failure is not None:
            yield f"job {row.id} failed: {row.failure.text}"
    scripted = sum(
        fault.times - left
        for fault, left in _met(scene)
        if fault.kind is FaultKind.STATUS and fault.status in (429, 503) and fault.times is not None
    )
    refused = portal.refused + scene.shop.refused
    if refused > scripted:
        yield f"the portal's limit was exceeded {refused - scripted} times"
    calls = portal.requests + scene.shop.requests
    logged = _logged(scene.stack)
    scene.say(f"tier 3: {calls} calls, {logged} in the log")
    if logged > calls:
        yield f"{calls} calls were made and {logged} are in the log"


def _faults_met(scene: _Scene) -> int:
    return sum((fault.times or 0) - left for fault, left in _met(scene))


def _met(scene: _Scene) -> Iterator[tuple[Fault, int]]:
    """Each scripted fault as it was, and how many more calls it would have hit."""
    for script, sandbox in ((_portal_faults(), scene.portal), (_shop_faults(), scene.shop)):
        left = {(one["target"], one["kind"]): int(one["times"]) for one in sandbox.faults.as_json()}
        for fault in script:
            yield fault, left.get((fault.target, fault.kind.value), 0)


def _depth(stack: LocalStack) -> int:
    names = [f"ApproximateNumberOfMessages{suffix}" for suffix in ("", "NotVisible", "Delayed")]
    depth = 0
    for url in (stack.jobs_queue_url, stack.jobs_dead_letter_queue_url):
        answer = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
        depth += sum(int(answer["Attributes"][name]) for name in names)
    return depth


def _jobs(stack: LocalStack) -> list[JobRow]:
    return [from_item(item) for item in _items(stack, stack.state_table) if item["sk"] == "job"]


def _logged(stack: LocalStack) -> int:
    entries = (
        whole_entry(item, None)
        for item in _items(stack, stack.request_log_table)
        if item["pk"].startswith("log#")
    )
    return sum(entry.direction is Direction.OUT for entry in entries)


def _items(stack: LocalStack, table: str) -> Iterator[dict[str, Any]]:
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    for page in pages:
        yield from map(from_attributes, page["Items"])


if __name__ == "__main__":
    import sys
    from dataclasses import asdict

    print(json.dumps(asdict(run(lambda line: print(line, file=sys.stderr, flush=True)))))
