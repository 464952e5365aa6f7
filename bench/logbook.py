"""A request log of any size for ``bench.log``: batches as a worker writes them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from mostik.errors import Family
from mostik.ids import ulid
from mostik.ports import Item, Page, Table
from mostik.requestlog.entry import Direction, Exchange, LogEntry
from tests.support.weight import weight_of

NOW = 1_790_000_000.0
DAYS = 14
SHOPS = [f"shop-{number}" for number in range(20)]
"""The first has half of the traffic, the last nearly none."""
_EVENTS_A_BATCH = 20
_RUN_EVERY = 25
"""Every so many batches one belongs to a run: a page of a list and fifty writes."""
_RUN_WRITES = 50
_ERRORS = (  # share of the calls, status, family
    (0.015, 503, Family.RETRY_LATER),
    (0.005, 500, Family.UNKNOWN),
    (0.004, 422, Family.GIVE_UP),
    (0.001, 404, Family.GIVE_UP),
    (0.003, None, Family.RETRY_LATER),
)
_REQUEST = {
    "User-Agent": "mostik/1",
    "Accept-Encoding": "gzip, deflate",
    "Accept": "application/json",
    "Connection": "keep-alive",
    "Content-Type": "application/json",
    "Content-Length": "1020",
    "Authorization": "[redacted]",
}


@dataclass(slots=True)
class Logbook:
    """Makes batches and remembers what can be searched for."""

    entries: int
    dice: random.Random = field(default_factory=lambda: random.Random(4))  # noqa: S311 - repeatable
    events: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)

    def batches(self) -> Iterator[Sequence[LogEntry]]:
        """Yields batches, oldest first, spread over the days."""
        made = number = 0
        count = max(1, self.entries // (3 * _EVENTS_A_BATCH))
        step = DAYS * 86_400 / count
        while made < self.entries:
            at = NOW - DAYS * 86_400 + number * step
            shop = self._shop()
            run = number % _RUN_EVERY == _RUN_EVERY - 1
            batch = self.run(shop, at) if run else self.hints(shop, at, _EVENTS_A_BATCH)
            yield batch[: self.entries - made]
            made += len(batch)
            number += 1

    def hints(self, shop: str, at: float, events: int) -> list[LogEntry]:
        """A batch of hints: each a receipt, a read and a write, with bodies of 1 KB."""
        batch: list[LogEntry] = []
        for _ in range(events):
            received = at + self.dice.random()
            event = f"{shop}:{self._id(received)}"
            job = f"{shop}/orders/{self.dice.randrange(max(10, self.entries // 60))}"
            self.events.append(event)
            self.jobs.append(job)
            batch.append(self._receipt(shop, received, event))
            batch.append(self._read(shop, received + 0.2, event, job))
            batch.append(self._write(received + 0.5, event, job))
        return batch

    def run(self, shop: str, at: float) -> list[LogEntry]:
        """A batch of a run."""
        run = f"run:{self._id(at)}"
        self.runs.append(run)
        batch = [self._read(shop, at, run, f"{run}/1")]
        for number in range(_RUN_WRITES):
            job = f"{run}/{number}"
            batch.append(self._write(at + 0.1 * number, run, job))
        return batch

    def _receipt(self, shop: str, at: float, event: str) -> LogEntry:
        headers = {
            "content-type": "application/json",
            "content-length": "1024",
            "user-agent": "shop/2.1",
            "x-forwarded-for": f"203.0.113.{self.dice.randrange(250)}",
            "webhook-id": f"msg_{self.dice.getrandbits(64):x}",
            "webhook-timestamp": f"{at:.0f}",
            "mostik-scheme": "standard_webhooks",
            "mostik-key-id": "1",
        }
        return self._entry(
            at, shop, Direction.IN, "POST", "/webhooks/{connection}",
            f"https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/webhooks/{shop}",
            Exchange(headers, self._body(), 1_024), Exchange(), event=event, job=event,
            trace=f"{self.dice.getrandbits(72):x}=",
        )  # fmt: skip

    def _read(self, shop: str, at: float, event: str, job: str) -> LogEntry:
        key = job.rpartition("/")[2]
        return self._call(
            at, shop, "GET", "orders/{id}", f"https://{shop}.example/api/v1/orders/{key}",
            Exchange(_REQUEST), Exchange(self._answer(), self._body(), 1_024), event, job,
        )  # fmt: skip

    def _write(self, at: float, event: str, job: str) -> LogEntry:
        answer = json.dumps(
            {
                "result": {"item": {"id": self.dice.randrange(10**5), "stageId": "C1:NEW"}},
                "time": {"start": round(at, 4), "duration": round(self.dice.random(), 6)},
            }
        ).encode()
        return self._call(
            at, "portal", "POST", "crm.item.update",
            "https://example.bitrix24.ru/rest/1/[redacted]/crm.item.update",
            Exchange(_REQUEST, self._body(), 1_024),
            Exchange(self._answer(), answer, len(answer)), event, job,
        )  # fmt: skip

    def _call(
        self, at: float, connection: str, method: str, endpoint: str, url: str,
        request: Exchange, response: Exchange, event: str, job: str,
    ) -> LogEntry:  # fmt: skip
        status: int | None = 200
        family, drawn = None, self.dice.random()
        for share, failed, why in _ERRORS:
            if drawn < share:
                status, family = failed, why
                break
            drawn -= share
        return self._entry(
            at, connection, Direction.OUT, method, endpoint, url, request, response,
            status=status, family=family, event=event, job=job, record=job.partition("/")[2],
            error="The other side answered with an error of its own." if family else None,
        )  # fmt: skip

    def _entry(
        self, at: float, connection: str, direction: Direction, method: str, endpoint: str,
        url: str, request: Exchange, response: Exchange, *, status: int | None = 200, **more: Any,
    ) -> LogEntry:  # fmt: skip
        return LogEntry(
            id=self._id(at), at=at, connection=connection, direction=direction, method=method,
            endpoint=endpoint, url=url, status=status, duration_ms=self.dice.randrange(20, 900),
            request=request, response=response, **more,
        )  # fmt: skip

    def _answer(self) -> Mapping[str, str]:
        number = self.dice.randrange
        return {
            "Server": "nginx",
            "Date": f"Mon, 21 Sep 2026 12:{number(60):02}:{number(60):02} GMT",
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": "1024",
            "X-Request-Id": f"{self.dice.getrandbits(96):x}",
        }

    def _body(self) -> bytes:
        """An order of 1 KB as JSON, no two alike."""
        number = self.dice.randrange
        content = {
            "id": number(10**6),
            "status": self.dice.choice(["new", "paid", "sent", "done"]),
            "created_at": f"2026-09-{number(1, 29):02}T{number(24):02}:{number(60):02}:00Z",
            "currency": "RUB",
            "customer": {"id": number(10**5), "full_name": "[name]", "phone": "[phone]"},
            "items": [
                {
                    "product_id": number(10**5),
                    "sku": f"A-{number(10**4):04}",
                    "name": self.dice.choice(["Стол письменный", "Лампа настольная", "Кресло"]),
                    "quantity": number(1, 5),
                    "price_kopecks": number(10**6),
                    "vat_rate": 20,
                }
                for _ in range(7)
            ],
        }
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return (text + b" " * 1_024)[:1_024] if len(text) < 1_024 else text[:1_024]

    def _shop(self) -> str:
        place = min(int(self.dice.expovariate(0.7)), len(SHOPS) - 1)
        return SHOPS[place]

    def _id(self, at: float) -> str:
        return ulid(at, self.dice.randbytes)


class WeighedTable:
    """A table whose read units are arithmetic on the weight of what it read: the emulator counts
    every query alike."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._last: dict[tuple[str, str], int] = {}
        self.read_units = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def query(self, pk: str, **how: Any) -> Page:
        """See ``Table.query``."""
        page = self._table.query(pk, **how)
        weight = sum(map(weight_of, page.items)) + self._last.get((pk, how.get("after") or ""), 0)
        if page.after is not None:
            self._last[pk, page.after] = weight_of(page.items[-1])
        units = units_of(weight)
        self.read_units += units
        return Page(page.items, page.after, units)


def units_of(weight: int) -> float:
    """Read units of a query that read so many bytes, eventually consistent."""
    return 0.5 * max(1, ceil(weight / 4_096))


def write_units_of(rows: Iterable[Item]) -> int:
    """Write units of rows: one for each begun kilobyte of each."""
    return sum(ceil(weight_of(row) / 1_024) for row in rows)
