"""What the suite ``onec`` measures on: a local stack, portals, 1Cs, and a hand that kills."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from integrations.bitrix24 import integration as bitrix24
from local.chaos.tier3 import turn_down, worker_processes
from local.connections import ONEC_SETTINGS
from local.desk import Desk
from local.sandbox.onec.program import Habits, Program, Site
from local.sandbox.onec.wire import Wire, mode_of
from local.sandbox.portal import PortalConfig, PortalSandbox
from local.sandbox.portal.catalog.config import CatalogConfig, Inventory
from local.stack import down as stack_down
from local.stack import up as stack_up
from local.stack.description import LocalStack
from local.world import LOOPBACK
from mostik.commerceml.client_reply import Http, HttpCall, HttpReply
from mostik.sync.run import Runs
from mostik.worker.importplan import Plans

NAME = "mostik-bench-onec"
_LOGIN, _PASSWORD = "onec", "sandbox-1c-password"
_TICK_EVERY_SECONDS = 10.0
_FORGET_EVERY_SECONDS = 0.5


class EnoughError(Exception):
    """Nobody needs the rest of an exchange."""


@dataclass
class Timed:
    """A way to the site with a clock beside it.

    Attributes:
        http: the way.
        polls: how long each answer to an import took.
        enough: set: no further request is sent.
    """

    http: Http
    polls: list[float] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)

    def __call__(self, call: HttpCall) -> HttpReply:
        """Sends one request."""
        if self.enough.is_set():
            raise EnoughError
        began = time.monotonic()
        try:
            return self.http(call)
        finally:
            if mode_of(call).startswith("import"):
                self.polls.append(time.monotonic() - began)


@dataclass
class Bed:
    """A stack whose connections are 1Cs and portals, each ``onec-<name>`` and ``portal-<name>``."""

    stack: LocalStack
    portals: dict[str, PortalSandbox] = field(default_factory=dict)
    polls: list[float] = field(default_factory=list)
    kills: int = 0
    unlimited: set[str] = field(default_factory=set)
    _ticked_at: float = 0.0

    @property
    def desk(self) -> Desk:
        """The stack's ports."""
        return Desk.of(self.stack)

    def connect(self, name: str, portal: PortalSandbox) -> None:
        """Sets a portal up, and a 1C that exchanges with it. There is no limit at first."""
        self.portals[name] = portal
        settings = {"webhook_url": portal.webhook_url}
        self.desk.connect(f"portal-{name}", "bitrix24", settings, networks=LOOPBACK)
        self.desk.connect(f"onec-{name}", "onec", {**ONEC_SETTINGS, "target": f"portal-{name}"})
        self.desk.admit_1c(f"onec-{name}", _LOGIN, _PASSWORD)
        limit = bitrix24.limit(bitrix24.settings.model_validate(settings))
        assert limit is not None
        self.unlimited.add(limit.key)

    @contextmanager
    def onec(
        self, name: str, habits: Habits, between: Callable[[Timed], Http] = lambda timed: timed
    ) -> Iterator[Program]:
        """A 1C whose requests go through ``between``."""
        with Wire() as wire:
            timed = Timed(wire)
            site = Site(f"{self.stack.api_url}/exchange/onec-{name}", _LOGIN, _PASSWORD)
            try:
                yield Program(between(timed), site, habits, say=_say)
            finally:
                self.polls += timed.polls

    def settle(self, name: str, patience: float) -> bool:
        """Waits until nothing of a 1C is under way. Returns whether it came to that."""
        plans, runs = Plans(self.desk.state), Runs(self.desk.state)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            self.tick()
            links = (f"onec-{name}-", f"onec-{name}/")
            busy = [run for run in runs.open() if run.link.startswith(links)]
            if not busy and not plans.open(f"onec-{name}"):
                return True
            time.sleep(1.0)
        _say(f"not settled: {plans.open(f'onec-{name}')}")
        return False

    def tick(self) -> None:
        """The tick, more often than every minute."""
        if time.monotonic() - self._ticked_at > _TICK_EVERY_SECONDS:
            self._ticked_at = time.monotonic()
            self.desk.invoke("scheduler", {})

    def kill(self) -> bool:
        """Kills every process of the worker that has work in hand. Returns whether any had."""
        asked = "ApproximateNumberOfMessagesNotVisible"
        answer = self.stack.client("sqs").get_queue_attributes(
            QueueUrl=self.stack.jobs_queue_url, AttributeNames=[asked]
        )
        if not int(answer["Attributes"][asked]):
            return False
        killed = 0
        for pid in worker_processes(self.stack):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed += 1
        self.kills += bool(killed)
        return bool(killed)


@contextmanager
def bed(timeout: int) -> Iterator[Bed]:
    """A fresh stack whose worker may run so many seconds."""
    stack = stack_up(name=NAME, fresh=True, report=_say)
    made = Bed(stack)
    over = threading.Event()
    forgetful = threading.Thread(target=_forget_calls, args=(made, over), daemon=True)
    try:
        turn_down(stack, timeout)
        forgetful.start()
        yield made
    finally:
        over.set()
        forgetful.join()
        stack_down(name=NAME)


@contextmanager
def portal() -> Iterator[PortalSandbox]:
    """An empty portal without a limit."""
    catalog = CatalogConfig(inventory=Inventory.ON)
    with PortalSandbox(PortalConfig(rate_limit=None, catalog=catalog)) as made:
        yield made


def _forget_calls(made: Bed, over: threading.Event) -> None:
    """Our own limiter has no switch: where it shall be off, its counter is put back all the time.
    That costs each call a second request at times; it makes nothing faster than it is."""
    state = made.desk.state
    while not over.wait(_FORGET_EVERY_SECONDS):
        for key in list(made.unlimited):
            state.remove(f"limit#{key}", "limit")


# ── what a portal holds ───────────────────────────────────────────────────────────────────────────

Content = Mapping[tuple[str, str], Any]
_LEFT_OUT = frozenset(
    {"id", "timestampX", "dateCreate", "createdBy", "modifiedBy", "detailPicture", "previewPicture"}
)


def content_of(there: PortalSandbox) -> Content:
    """Returns what a portal's catalogue holds, by external codes: equal for equal catalogues,
    whatever their ids, and in whatever order they were filled. Two of one code show as one more.
    """
    with there.lock:
        return dict(_content(there))


def stock_of(there: PortalSandbox) -> Mapping[tuple[str, str], float]:
    """Returns what lies in the warehouses, by the external codes of good and warehouse."""
    with there.lock:
        goods, stores = _codes(there, "goods"), _codes(there, "stores")
        return {
            (goods[row["productId"]], stores[row["storeId"]]): float(row["amount"])
            for row in there.catalog.stock
        }


def _codes(there: PortalSandbox, table: str) -> dict[int, str]:
    return {
        row["id"]: str(row.get("xmlId") or row.get("code") or row.get("title") or row.get("name"))
        for row in there.catalog.tables[table]
    }


def _content(there: PortalSandbox) -> Iterator[tuple[tuple[str, str], Any]]:
    catalog = there.catalog
    goods, sections = _codes(there, "goods"), _codes(there, "sections")
    properties, enums = _codes(there, "properties"), _codes(there, "enums")
    stores, kinds = _codes(there, "stores"), _codes(there, "price_types")
    seen: dict[tuple[str, str], int] = {}

    def key(table: str, code: str) -> tuple[str, str]:
        number = seen[table, code] = seen.get((table, code), 0) + 1
        return (table, code if number == 1 else f"{code} again")

    for row in catalog.sections:
        above = sections.get(row.get("iblockSectionId") or 0)
        yield key("section", sections[row["id"]]), (row["name"], row["active"], above)
    for row in catalog.properties:
        what = (row["name"], row["propertyType"], row["multiple"])
        yield key("property", properties[row["id"]]), what
    for row in catalog.enums:
        yield key("enum", enums[row["id"]]), (properties[row["propertyId"]], row["value"])
    lists = {row["id"] for row in catalog.properties if row["propertyType"] == "L"}
    files = {row["id"] for row in catalog.properties if row["propertyType"] == "F"}
    for row in catalog.goods:
        shown: dict[str, Any] = {}
        for name, value in row.items():
            number = int(name[8:]) if name.startswith("property") and name[8:].isdigit() else None
            if number is not None and number not in files:
                shown[properties[number]] = _values(value, enums if number in lists else {}, goods)
            elif number is None and name not in _LEFT_OUT:
                shown[name] = value
        shown["iblockSectionId"] = sections.get(row.get("iblockSectionId") or 0)
        yield key("good", goods[row["id"]]), shown
    for row in catalog.prices:
        code = f"{goods[row['productId']]} {kinds[row['catalogGroupId']]}"
        yield key("price", code), (float(row["price"]), row["currency"])
    for row in catalog.stock:
        code = f"{goods[row['productId']]} {stores[row['storeId']]}"
        yield key("stock", code), float(row["amount"])
    for row in catalog.images:
        yield key("picture", f"{goods.get(row['productId'])} {row['name']}"), row["type"]


def _values(value: Any, enums: Mapping[int, str], goods: Mapping[int, str]) -> Any:
    if isinstance(value, list):
        return sorted(str(_values(one, enums, goods)) for one in value)
    found = value.get("value") if isinstance(value, dict) else value
    text = str(found)
    if enums and text.isdigit():
        return enums.get(int(text), text)
    return text


def _say(line: str) -> None:
    if ": progress " not in line:
        print(f"  {line}", file=sys.stderr, flush=True)
