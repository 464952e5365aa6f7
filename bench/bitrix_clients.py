"""The clients that are measured: ours and the floor; the peers stand in ``bench.bitrix_peers``.

The floor is one thread with ``requests.Session``: batches of 50, JSON and nothing else.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

import requests

from integrations.bitrix24 import integration
from integrations.bitrix24.transport.batch import Command, Done, Outcome, Refused
from integrations.bitrix24.transport.listing import Listing
from integrations.bitrix24.transport.portal import Portal
from mostik.errors import RateLimited, Unknown
from mostik.http.client import ApiClient, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.gatekeeper import Gatekeeper
from mostik.http.guard import Reach
from mostik.http.limiter import Limit, Limiter
from mostik.http.parking import Parking
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from mostik.http.trail import Trail
from mostik.ports import Clock, Slots
from mostik.requestlog.recorder import Recorder
from tests.support.memory import state_table

DEAL = 2
SYSTEM = "shop"
FIELDS = (
    "ID", "TITLE", "STAGE_ID", "OPPORTUNITY", "CURRENCY_ID", "CONTACT_ID", "ORIGIN_ID",
    "DATE_MODIFY",
)  # fmt: skip
_ADD = Endpoint("POST", "crm.item.add", Replay.UNSAFE)
_FIND = Endpoint("POST", "crm.item.list", Replay.SAFE)
_LIST = Endpoint("POST", "crm.deal.list", Replay.SAFE)
_UPDATE = Endpoint("POST", "crm.item.update", Replay.SAFE)
_DEALS = Listing(_LIST, rows=None, id="ID")
"""By the older method: it is the one that both peers can list."""
_PAGE = 50
_BATCH = 50


def fields_of(number: int) -> dict[str, Any]:
    """Returns what a new deal says."""
    return {
        "title": f"Заказ {number}",
        "opportunity": f"{100 + number}.50",
        "currencyId": "RUB",
        "comments": "к 18:00, позвонить за час",
        "originatorId": SYSTEM,
        "originId": f"n{number}",
    }


class Worker(Protocol):
    """One client."""

    def list(self) -> int:
        """Reads all deals, in whatever order it can. Returns how many."""
        ...

    def add(self, numbers: Sequence[int]) -> int:
        """Adds deals. Returns how many it says it has added."""
        ...

    def update(self, ids: Sequence[int]) -> int:
        """Changes deals. Returns how many it says it has changed."""
        ...


class Floor:
    """See the module."""

    def __init__(self, webhook: str) -> None:
        self._url = f"{webhook}batch"
        self._session = requests.Session()

    def list(self) -> int:
        """See ``Worker.list``: pages by ``start``, as many as the first batch has counted."""
        found, start, total = 0, 0, 1
        selected = urlencode([(f"select[{at}]", name) for at, name in enumerate(FIELDS)])
        while start < total:
            cmd = {
                f"c{page}": f"crm.deal.list?order[ID]=ASC&{selected}&start={start + page * _PAGE}"
                for page in range(_BATCH)
            }
            result = self._run(cmd)
            total = result["result_total"]["c0"]
            found += sum(len(page) for page in result["result"].values())
            start += _PAGE * _BATCH
        return found

    def add(self, numbers: Sequence[int]) -> int:
        """See ``Worker.add``."""
        return self._write(
            [
                "crm.item.add?"
                + urlencode(
                    [("entityTypeId", DEAL)]
                    + [(f"fields[{name}]", value) for name, value in fields_of(number).items()]
                )
                for number in numbers
            ]
        )

    def update(self, ids: Sequence[int]) -> int:
        """See ``Worker.update``."""
        return self._write(
            [
                "crm.item.update?"
                + urlencode([("entityTypeId", DEAL), ("id", id_), ("fields[comments]", f"{id_}")])
                for id_ in ids
            ]
        )

    def _write(self, commands: Sequence[str]) -> int:
        done = 0
        for start in range(0, len(commands), _BATCH):
            cmd = {f"c{at}": text for at, text in enumerate(commands[start : start + _BATCH])}
            done += len(self._run(cmd)["result"])
        return done

    def _run(self, cmd: dict[str, str]) -> Any:
        answer = self._session.post(self._url, json={"halt": 0, "cmd": cmd}, timeout=60.0)
        result = answer.json()["result"]
        assert not result["result_error"], "the floor met an error"
        return result


class Ours:
    """The transport of the integration, with its gate and its log.

    Args:
        webhook: the portal's.
        limit: of the portal; ``None`` has no limiter.
        slots: the shared bucket.
        clock: unix seconds.
        sleep: waits.
    """

    def __init__(
        self,
        webhook: str,
        *,
        limit: Limit | None = None,
        slots: Slots | None = None,
        clock: Clock = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.refused: list[float] = []
        """When the portal has refused a call for its rate."""
        self._recorder = Recorder()
        self._sleep = sleep
        limiter = None
        if limit is not None and slots is not None:
            limiter = Limiter(
                slots, limit, share=1.0, connection="portal", clock=clock, sleep=sleep
            )
        api = ApiClient(
            connection="portal",
            base_url=webhook,
            session=open_session(20, Reach(("127.0.0.0/8",))),
            auth=None,
            dialect=integration.dialect,
            redactor=Redactor([webhook]),
            effects=Effects(clock, sleep, random.random),
            gate=Gatekeeper(
                "portal",
                limiter=limiter,
                parking=Parking(state_table(), "portal", clock),
                clock=clock,
                emit=lambda _line: None,
            ),
            most_bytes=integration.most_bytes,
        )
        self._portal = Portal(api.following(Trail(record_entry=self._recorder.add)))

    def list(self) -> int:
        """See ``Worker.list``: in order."""
        found, last = 0, 0
        for ids in self.ids():
            assert [last, *ids] == sorted({last, *ids}), "the order was lost"
            found, last = found + len(ids), ids[-1]
        return found

    def ids(self) -> Iterator[Sequence[int]]:
        """Yields the ids of all deals page by page; where the portal lets a method rest, it goes
        on behind the last page when the rest is over, as a run does."""
        cursor = None
        while True:
            try:
                for page in self._portal.stream(_DEALS, select=FIELDS, cursor=cursor):
                    self._look_at_the_log()
                    if page.items:
                        yield [int(row["ID"]) for row in page.items]
                    cursor = page.cursor
            except RateLimited as refusal:
                self._sleep(refusal.retry_after or 1.0)
            else:
                return

    def add(self, numbers: Sequence[int]) -> int:
        """See ``Worker.add``: what is kept back is asked for again, as a held job is; what may
        have happened is looked for by its external key first."""
        left = list(numbers)
        done = 0
        while left:
            commands = [
                Command(_ADD, {"entityTypeId": DEAL, "fields": fields_of(number)})
                for number in left
            ]
            outcomes = self._run(commands)
            done += sum(isinstance(outcome, Done) for outcome in outcomes)
            kept = [
                number
                for number, outcome in zip(left, outcomes, strict=True)
                if isinstance(outcome, Refused) and isinstance(outcome.error, RateLimited)
            ]
            doubtful = [
                number
                for number, outcome in zip(left, outcomes, strict=True)
                if isinstance(outcome, Refused) and isinstance(outcome.error, Unknown)
            ]
            found = self._found(doubtful)
            done += len(found)
            left = [*kept, *(number for number in doubtful if number not in found)]
            if kept:
                self._sleep(_longest_wait(outcomes))
        return done

    def update(self, ids: Sequence[int]) -> int:
        """See ``Worker.update``."""
        params = [
            {"entityTypeId": DEAL, "id": id_, "fields": {"comments": f"{id_}"}} for id_ in ids
        ]
        outcomes = self._run([Command(_UPDATE, each) for each in params])
        return sum(isinstance(outcome, Done) for outcome in outcomes)

    def _found(self, numbers: Sequence[int]) -> set[int]:
        conditions = [{"originatorId": SYSTEM, "originId": f"n{number}"} for number in numbers]
        outcomes = self._run(
            [
                Command(_FIND, {"entityTypeId": DEAL, "filter": each, "start": -1})
                for each in conditions
            ]
        )
        return {
            number
            for number, outcome in zip(numbers, outcomes, strict=True)
            if isinstance(outcome, Done) and outcome.value["items"]
        }

    def _run(self, commands: Sequence[Command]) -> Sequence[Outcome]:
        outcomes = self._portal.batch(commands)
        self._look_at_the_log()
        return outcomes

    def _look_at_the_log(self) -> None:
        self.refused += [entry.at for entry in self._recorder.take() if entry.status == 503]


def _longest_wait(outcomes: Sequence[Outcome]) -> float:
    waits = [
        outcome.error.retry_after or 1.0
        for outcome in outcomes
        if isinstance(outcome, Refused) and isinstance(outcome.error, RateLimited)
    ]
    return max(waits, default=0.0)
