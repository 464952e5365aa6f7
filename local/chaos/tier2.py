"""Tier 2: every boundary × every fault, over botocore and moto.

The worker and the tick are the real ones over their real adapters; the integrations, the clients
and the gates between a sandbox shop and a sandbox portal are real too. A story is told once
undisturbed and its calls are counted, then once for each call and each thing that can happen to it:
AWS throttles it, its answer is lost, the process ends before it or after it; the API refuses it,
fails, cannot be reached.
"""

from __future__ import annotations

import json
import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from moto import mock_aws

from local.chaos.moto_stack import PORTAL, SHOP, MotoStack
from local.chaos.tally import Say, Tally
from local.chaos.wire import API_FATES, AWS_FATES, Fate, HookedClients, Killed, Wire
from local.sandbox.faults import Fault, FaultKind
from local.sandbox.shop.records import iso
from mostik.errors import Busy
from mostik.jobs.message import Receipt, dump
from mostik.jobs.row import JobState
from mostik.jobs.waiting import waiting_row
from mostik.requestlog.entry import Direction

MOST_DEPTH = 50
"""moto's queues cost O(depth)."""
_ROUNDS = 400
_STEP_SECONDS = 10.0
_CHUNK = 25
_KILLS = frozenset({Fate.KILLED_BEFORE, Fate.KILLED_AFTER})
_STAGES = {"new": "NEW", "paid": "PREPAYMENT_INVOICE", "packed": "EXECUTING"}


@dataclass(frozen=True, slots=True)
class Case:
    """One telling: which call meets what."""

    number: int
    fate: Fate

    def __str__(self) -> str:
        return f"call {self.number} {self.fate}"


@dataclass(frozen=True, slots=True)
class Told:
    """What one telling came to.

    Attributes:
        events: accepted events.
        duplicates: deliveries that came twice.
        hit: the call that met the case's fate; ``None`` when the story ended before it.
        calls: all calls, in order.
        problems: what is not as promised.
    """

    events: int
    duplicates: int
    hit: str | None
    calls: tuple[str, ...]
    problems: tuple[str, ...]


def tell(clients: HookedClients, case: Case | None = None) -> Told:
    """Tells the story on a fresh stack, with one disturbance or none."""
    with mock_aws():
        wire = Wire({case.number: case.fate} if case is not None else {})
        stack = MotoStack(clients, wire)
        story = _Story(stack)
        ended = story.play()
        problems = [] if ended else ["it does not end: " + _standing(stack)]
        problems += _problems(stack, case)
        if story.deepest > MOST_DEPTH:
            problems.append(f"the queue held {story.deepest} messages")
        hit = wire.calls[case.number] if case and case.number < len(wire.calls) else None
        return Told(story.events, story.duplicates, hit, tuple(wire.calls), tuple(problems))


class _Story:
    """Two orders of one buyer. One event's body lies in the bucket, one delivery comes twice, one
    event was refused by the queue and waits as a row, one order changes while it is carried over;
    the portal refuses once for its limit and the shop is away once."""

    def __init__(self, stack: MotoStack) -> None:
        self._stack = stack
        self.events = self.duplicates = self.deepest = 0
        self._changed = False
        shop = stack.shop
        buyer = shop.create("customers", {"full_name": "Иван Петров", "phone": "+7 900 000-00-17"})
        self.orders = [
            str(
                shop.create(
                    "orders",
                    {
                        "status": "new",
                        "total_kopecks": kopecks,
                        "currency": "RUB",
                        "customer_id": buyer["id"],
                    },
                )["id"]
            )
            for kopecks in (1_234_550, 99_900)
        ]
        first, second = self.orders
        self._send_from_the_bucket(self._receipt("d1", first))
        twice = self._receipt("d2", second)
        stack.send(twice)
        stack.send(twice)
        self.duplicates += 1
        refused = self._receipt("d3", second)
        row = waiting_row(refused, dump(refused), now=stack.clock())
        stack.rows.write(row, None)
        stack.portal.faults.add(
            Fault("crm.item.list", FaultKind.STATUS, status=503, error="QUERY_LIMIT_EXCEEDED")
        )
        stack.shop.faults.add(Fault("/api/v1/customers/*", FaultKind.STATUS, status=503, after=1))
        stack.seen = self._change_when_carried

    def play(self) -> bool:
        """Turns the clock from moment to moment. Returns whether everything came to its end."""
        stack = self._stack
        for _ in range(_ROUNDS):
            self.deepest = max(self.deepest, stack.depth())
            if stack.tick_has_work():
                with suppress(Busy, Killed):
                    stack.tick()
            for _ in range(2):
                with suppress(Busy, Killed):
                    stack.work()
            if not stack.carried():
                return True
            stack.clock.advance(max(_STEP_SECONDS, min(stack.moments(), default=60.0) + 0.1))
        return False

    def _change_when_carried(self, target: str) -> None:
        """A manager of the shop is quicker: the worker has read the order and now looks for its
        deal."""
        if target == "crm.item.add" and not self._changed:
            self._changed = True
            self._stack.shop.edit("orders", self.orders[0], {"status": "packed"})
            self._stack.send(self._receipt("d4", self.orders[0]))

    def _receipt(self, delivery: str, order: str) -> Receipt:
        self.events += 1
        now = self._stack.clock()
        event = {"type": "order.updated", "timestamp": iso(now), "data": {"id": order}}
        return Receipt(
            id=f"{SHOP}:{delivery}",
            connection=SHOP,
            received_at=now,
            scheme="standard_webhooks",
            key_id="1",
            method="POST",
            url=f"https://api.example/webhooks/{SHOP}",
            headers={"content-type": "application/json"},
            body=json.dumps(event).encode(),
            delivery_id=delivery,
        )

    def _send_from_the_bucket(self, receipt: Receipt) -> None:
        key = f"bodies/{receipt.id}"
        self._stack.blobs.put(key, receipt.body or b"")
        self._stack.send(receipt.in_blob(key))


def _problems(stack: MotoStack, case: Case | None) -> Iterator[str]:
    """DESIGN 3.2's promise and the invariants of the harness, looked at when all is quiet."""
    portal, orders = stack.portal, stack.shop.orders
    for what, records in (("deal", portal.deals), ("contact", portal.contacts)):
        keys = Counter((record["originatorId"], record["originId"]) for record in records)
        yield from (f"{what} {key} was created {n} times" for key, n in keys.items() if n > 1)
    deals = {deal["originId"]: deal for deal in portal.deals}
    for order in orders:
        deal = deals.get(order["id"])
        if deal is None:
            yield f"order {order['id']} never came to the portal"
        elif deal["stageId"] != _STAGES[order["status"]]:
            yield f"order {order['id']} is {order['status']}, its deal {deal['stageId']}"
        elif round(float(deal["opportunity"]) * 100) != order["total_kopecks"]:
            yield f"order {order['id']} and its deal name different totals"
    for row in stack.jobs():
        if row.state is not JobState.DONE:
            why = f": {row.failure.text}" if row.failure else ""
            yield f"job {row.id} is left {row.state}{why}"
    yield from (f"{target} was called without an attempt row" for target in stack.unclaimed)
    if portal.refused:
        yield f"the portal's limit was exceeded {portal.refused} times"
    called = sum(name.startswith("api:") for name in stack.wire.calls)
    if case is not None and case.fate is Fate.KILLED_BEFORE and _is_api(stack, case):
        called -= 1  # the process ended before it was made
    logged = sum(entry.direction is Direction.OUT for entry in stack.entries())
    if logged > called:
        yield f"{called} calls were made and {logged} are in the log"
    if logged < called and (case is None or case.fate not in _KILLS):
        yield f"{called} calls were made, {logged} are in the log, and no process was killed"


def _is_api(stack: MotoStack, case: Case) -> bool:
    calls = stack.wire.calls
    return case.number < len(calls) and calls[case.number].startswith("api:")


def _standing(stack: MotoStack) -> str:
    rows = ", ".join(f"{row.id} {row.state} {row.failure}" for row in stack.jobs())
    return f"{stack.depth()} messages; {rows}"


def cases_of(calls: Sequence[str]) -> list[Case]:
    """Every call × everything that can happen to it."""
    return [
        Case(number, fate)
        for number, name in enumerate(calls)
        for fate in (API_FATES if name.startswith("api:") else AWS_FATES)
    ]


def tell_all(cases: Sequence[Case]) -> list[tuple[Case, Told]]:
    """Tells the story once for each case."""
    clients = HookedClients()
    try:
        return [(case, tell(clients, case)) for case in cases]
    finally:
        clients.close()


def run(say: Say, *, processes: int = 2, every: int = 1) -> Tally:
    """Runs tier 2.

    Args:
        say: told about progress and about each violation.
        processes: tellings at the same time.
        every: only each so many-th case; 1 is all of them.
    """
    tally = Tally()
    clients = HookedClients()
    try:
        undisturbed = tell(clients)
    finally:
        clients.close()
    _add(tally, None, undisturbed, say)
    cases = cases_of(undisturbed.calls)[::every]
    say(f"tier 2: {len(undisturbed.calls)} calls in the story, {len(cases)} cases")
    chunks = [cases[start : start + _CHUNK] for start in range(0, len(cases), _CHUNK)]
    done = 0
    for told in _told(chunks, processes):
        for case, one in told:
            _add(tally, case, one, say)
        done += len(told)
        say(f"tier 2: {done} of {len(cases)} cases, {len(tally.violations)} violations")
    return tally


def _told(chunks: Sequence[Sequence[Case]], processes: int) -> Iterator[list[tuple[Case, Told]]]:
    if processes < 2:
        yield from map(tell_all, chunks)
        return
    # Not forked: the parent may hold threads of its own.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(tell_all, chunks)


def _add(tally: Tally, case: Case | None, told: Told, say: Say) -> None:
    tally.events += told.events
    tally.duplicates += told.duplicates
    tally.faults += 2  # the limit and the outage in every telling
    if case is not None and told.hit is not None:
        if case.fate in _KILLS:
            tally.kills += 1
        elif told.hit.startswith("aws:"):
            tally.throttles += 1
        else:
            tally.faults += 1
    elif case is not None:
        say(f"tier 2: {case}: the story ended before it")
    for problem in told.problems:
        tally.violations.append(f"tier 2, {case or 'undisturbed'} ({told.hit}): {problem}")
        say(f"VIOLATION: {tally.violations[-1]}")


__all__ = ["PORTAL", "Case", "Told", "cases_of", "run", "tell", "tell_all"]
