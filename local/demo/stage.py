"""What the steps of the demo need: a world, patience, and a count of what was asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from local.desk import Desk
from local.world import World
from mostik.jobs.row import JobRow
from mostik.requestlog.entry import Direction, LogEntry
from mostik.requestlog.query import LogFilter

MAIN_JOB = ("portal", "shop")
"""The connections that the main job is about."""
_PATIENCE_SECONDS = 150.0
_TICK_EVERY_SECONDS = 5.0


class StepFailed(Exception):
    """A step did not end as promised."""


@dataclass(slots=True)
class Stage:
    """The world of one demo and what was done to it.

    Attributes:
        began: unix seconds of the start.
        dead_seen: ids of jobs that were seen failed.
        replayed: jobs put back to work.
        refused: requests that the door had to refuse.
    """

    world: World
    say: Callable[[str], None]
    began: float = field(default_factory=time.time)
    dead_seen: set[str] = field(default_factory=set)
    replayed: int = 0
    refused: int = 0
    _ticked_at: float = 0.0

    @property
    def desk(self) -> Desk:
        """The stack's ports for a person."""
        return self.world.desk

    def deals(self) -> list[dict[str, Any]]:
        """The portal's deals."""
        found: list[dict[str, Any]] = self.world.portal.get("/_sandbox/state")["deals"]
        return found

    def deal_of(self, order_id: str) -> dict[str, Any] | None:
        """The deal that carries an order's key."""
        return next((deal for deal in self.deals() if deal.get("originId") == order_id), None)

    def odd(self, rows: str) -> list[dict[str, Any]]:
        """Rows of the odd shop: ``orders`` or ``clients``."""
        found: list[dict[str, Any]] = self.world.oddshop.get("/_sandbox/state")[rows]
        return found

    def order(self, order_id: str) -> dict[str, Any]:
        """An order of the shop."""
        orders = self.world.shop.get("/_sandbox/state")["orders"]
        found: dict[str, Any] = next(order for order in orders if order["id"] == order_id)
        return found

    def new_order(self, *, name: str, kopecks: int, currency: str = "RUB") -> str:
        """A buyer orders in the shop; the shop tells Mostik by itself. Returns the order's id."""
        customer = self.world.shop.post(
            "/_sandbox/create",
            {"resource": "customers", "fields": {"full_name": name, "phone": "+7 900 000-00-17"}},
        )
        order = self.world.shop.post(
            "/_sandbox/create",
            {
                "fields": {
                    "status": "new",
                    "total_kopecks": kopecks,
                    "currency": currency,
                    "customer_id": customer["id"],
                }
            },
        )
        return str(order["id"])

    def move_deal(self, deal_id: int, stage: str) -> None:
        """A manager moves a deal to another stage; the portal tells Mostik by itself."""
        self.world.portal.post(
            "/_sandbox/edit", {"entityTypeId": 2, "id": deal_id, "fields": {"stageId": stage}}
        )

    def until(
        self, what: str, condition: Callable[[], bool], *, patience: float = _PATIENCE_SECONDS
    ) -> float:
        """Waits for a condition, letting the minute tick run more often. Returns the seconds it
        took.

        Raises:
            StepFailed: it did not come true.
        """
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > patience:
                raise StepFailed(f"waited {patience:.0f} s in vain: {what}")
            self._tick_sometimes()
            time.sleep(0.2)
        return time.monotonic() - began

    def until_quiet(self) -> None:
        """Waits until nobody has anything to tell and the queue is empty, twice in a row."""
        quiet = 0

        def is_quiet() -> bool:
            nonlocal quiet
            depth = self.desk.health.gauge.jobs()
            pending = sum(
                sandbox.get("/_sandbox/state")["deliveries_pending"]
                for sandbox in (self.world.portal, self.world.shop)
            )
            busy = depth.visible + depth.in_flight + depth.delayed + pending
            quiet = 0 if busy else quiet + 1
            return quiet >= 3

        self.until("the queue to be empty", is_quiet)

    def failed_jobs(self) -> list[JobRow]:
        """Jobs that wait for a person."""
        rows = list(self.desk.rows.failed(limit=100).rows)
        self.dead_seen |= {row.id for row in rows}
        return rows

    def log_entries(self, **wanted: Any) -> Iterator[LogEntry]:
        """Entries of this demo's log, newest first."""
        query = LogFilter(since=self.began - 60, until=time.time() + 60, **wanted)
        cursor: str | None = None
        while True:
            page = self.desk.log.search(query, limit=200, cursor=cursor)
            yield from page.entries
            cursor = page.cursor
            if cursor is None:
                return

    def successful_writes(self) -> int:
        """Writes that the request log says the other side has taken."""
        return sum(
            entry.direction is Direction.OUT
            and entry.connection in MAIN_JOB
            and entry.family is None
            and (
                entry.endpoint in ("crm.item.add", "crm.item.update")
                or entry.method in ("PUT", "PATCH")
            )
            for entry in self.log_entries()
        )

    def acknowledged(self) -> int:
        """Deliveries of both sandboxes that the door acknowledged."""
        return sum(
            200 <= (delivery["status"] or 0) < 300
            for sandbox in (self.world.portal, self.world.shop)
            for delivery in sandbox.get("/_sandbox/deliveries")
        )

    def _tick_sometimes(self) -> None:
        if time.monotonic() - self._ticked_at > _TICK_EVERY_SECONDS:
            self._ticked_at = time.monotonic()
            self.desk.invoke("scheduler", {})
