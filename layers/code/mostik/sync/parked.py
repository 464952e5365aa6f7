"""Records that are not carried over: in quarantine, or pending because of another record.

A record in quarantine waits for a person or for its next change; one that is pending is touched by
the tick again and again. Its pair says that it is parked, so whoever carries it over clears it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mostik.errors import Family, Pending, WhoActs
from mostik.jobs.message import Touch, dump
from mostik.jobs.row import DUE_INDEX, Failure, time_key
from mostik.ports import Busy, Clock, Item, JobQueue, RemainingTime, Table
from mostik.sync.link import Link, Side
from mostik.sync.verdict import Verdict
from mostik.sync.xref import Pair, Pairs, PairState, Parking

_PENDING = "pending"
PENDING_SECONDS = (60, 300, 1_800, 7_200, 36_000)
"""When a pending record is tried again; after the last, every ten hours."""
_TIME_RESERVE = 5.0
_PAGE = 100


@dataclass(frozen=True, slots=True)
class ParkedRecord:
    """A record in quarantine or pending.

    Attributes:
        link: the link that does not carry it over.
        side: where it comes from.
        connection: its connection there.
        resource: its resource there.
        key: its key there.
        verdict: quarantined or pending.
        failure: why, and who must act.
        tries: how often it was tried in this shape.
        run: the run that has met it last.
        waits_for: of a pending one: resource and key of what is missing.
        due_at: of a pending one: when it is tried again.
    """

    link: str
    side: Side
    connection: str
    resource: str
    key: str
    verdict: Verdict
    failure: Failure
    tries: int = 1
    run: str | None = None
    waits_for: tuple[str, str] | None = None
    due_at: float | None = None


@dataclass(frozen=True, slots=True)
class ParkedPage:
    """Some of them, and where to go on."""

    records: Sequence[ParkedRecord]
    after: str | None


class Parked:
    """Parked records in the state table."""

    def __init__(self, table: Table, pairs: Pairs, clock: Clock) -> None:
        self._table = table
        self._pairs = pairs
        self._clock = clock

    def park(
        self,
        link: Link,
        side: Side,
        key: str,
        *,
        mark: str,
        ask: str,
        error: Exception,
        run: str | None = None,
    ) -> Verdict:
        """Puts a record into quarantine, or among the pending ones when that is what it said."""
        now = self._clock()
        verdict = Verdict.PENDING if isinstance(error, Pending) else Verdict.QUARANTINED
        pair = self._pairs.find(link.id, side, key)
        tries = _tries(pair, mark, ask, verdict)
        waits = PENDING_SECONDS[min(tries, len(PENDING_SECONDS)) - 1]
        record = ParkedRecord(
            link=link.id,
            side=side,
            connection=link.end(side).connection,
            resource=link.end(side).resource,
            key=key,
            verdict=verdict,
            failure=failure_of(error, now),
            tries=tries,
            run=run,
            waits_for=(error.resource, error.key) if isinstance(error, Pending) else None,
            due_at=now + waits if verdict is Verdict.PENDING else None,
        )
        self._table.put(_to_item(record))
        standing = pair if pair is not None else Pair({side: key}, {}, PairState.LOOSE)
        self._pairs.save(link.id, _parked(standing, Parking(mark, tries, ask, verdict), now))
        return verdict

    def clear(self, link: str, side: Side, key: str) -> None:
        """Forgets that a record was parked."""
        self._table.remove(_partition(link), _key(side, key))

    def drop(self, record: ParkedRecord) -> None:
        """A person takes a record out of quarantine without carrying it over."""
        self.forget(record.link, record.side, record.key)

    def forget(self, link: str, side: Side, key: str) -> None:
        """Takes a record out, and its pair does not say any more that it is parked."""
        pair = self._pairs.find(link, side, key)
        if pair is not None and pair.parked is not None:
            self._pairs.save(link, _parked(pair, None, self._clock()))
        self.clear(link, side, key)

    def get(self, link: str, side: Side, key: str) -> ParkedRecord | None:
        """Returns a record that is parked; ``None``: it is not."""
        item = self._table.get(_partition(link), _key(side, key))
        return _from_item(item) if item is not None else None

    def standing(self, link: str, side: Side, keys: Sequence[str]) -> frozenset[str]:
        """Returns the keys of records that are parked."""
        places = {(_partition(link), _key(side, key)): key for key in keys}
        found = self._table.get_many(list(places)) if places else ()
        return frozenset(places[item["pk"], item["sk"]] for item in found)

    def page(self, link: str, *, after: str | None = None, limit: int = _PAGE) -> ParkedPage:
        """Returns parked records of a link."""
        page = self._table.query(_partition(link), after=after, limit=limit)
        return ParkedPage([_from_item(item) for item in page.items], page.after)

    def touch_due(self, queue: JobQueue, remaining: RemainingTime) -> int:
        """Touches pending records whose time has come. Returns how many."""
        now, sent = self._clock(), 0
        while remaining() > _TIME_RESERVE:
            page = self._table.query(
                _PENDING, index=DUE_INDEX, last=f"{time_key(now)}~", limit=_PAGE
            )
            records = [_from_item(item) for item in page.items]
            for record in records:
                # The time first: should the message be lost, it comes due again.
                waits = PENDING_SECONDS[min(record.tries, len(PENDING_SECONDS)) - 1]
                self._table.put(_to_item(_due_at(record, now + max(waits, 60))))
                try:
                    queue.send(dump(touch_of(record, now)), group=record.connection)
                except Busy:
                    return sent
                sent += 1
            if page.after is None or not records:
                break
        return sent

    def touch_waiting(
        self, link: str, waits_for: tuple[str, str], queue: JobQueue, remaining: RemainingTime
    ) -> int:
        """Touches the records of a link that wait for something that has come. Returns how many.

        Raises:
            Busy: AWS refused something; the rest waits on.
        """
        now, sent = self._clock(), 0
        after: str | None = None
        while remaining() > _TIME_RESERVE:
            page = self.page(link, after=after)
            for record in page.records:
                if record.waits_for == waits_for:
                    # As in ``touch_due``; it is not touched once more for the same reason.
                    self._table.put(_to_item(replace(record, waits_for=None, due_at=now + 60.0)))
                    queue.send(dump(touch_of(record, now)), group=record.connection)
                    sent += 1
            after = page.after
            if after is None:
                break
        return sent


def touch_all(parked: Parked, link: str, queue: JobQueue, now: float) -> int:
    """Touches every parked record of a link: its mapping is another one now. Returns how many.

    Raises:
        Busy: the queue did not take all; doing it again is harmless.
    """
    sent, after = 0, None
    while True:
        page = parked.page(link, after=after)
        for record in page.records:
            queue.send(dump(touch_of(record, now)), group=record.connection)
        sent, after = sent + len(page.records), page.after
        if after is None:
            return sent


def touch_of(record: ParkedRecord, now: float) -> Touch:
    """Returns the message that tries a parked record again."""
    return Touch(record.connection, record.resource, record.key, "parked", now)


def failure_of(error: Exception, now: float) -> Failure:
    """Returns what an error says, for the person who looks into the quarantine."""
    family = getattr(error, "family", Family.GIVE_UP)
    who = getattr(error, "who", WhoActs.EXTERNAL_ADMIN)
    text = getattr(error, "text", None)
    if text is None:  # a defect; its text may hold data
        text = f"Unexpected {type(error).__name__} in the code; see the function's log."
        who = WhoActs.DEVELOPER
    return Failure(family, text, who, now, getattr(error, "code", None))


def _tries(pair: Pair | None, mark: str, ask: str, verdict: Verdict) -> int:
    parked = pair.parked if pair is not None else None
    if parked is None or parked.verdict is not verdict:
        return 1
    if parked.mark != mark and verdict is Verdict.QUARANTINED:
        return 1
    return parked.tries + (parked.ask != ask)


def _parked(pair: Pair, parking: Parking | None, now: float) -> Pair:
    return replace(pair, parked=parking, at=max(pair.at, now))


def _due_at(record: ParkedRecord, due_at: float) -> ParkedRecord:
    return replace(record, due_at=due_at)


def _partition(link: str) -> str:
    return f"parked#{link}"


def _key(side: Side, key: str) -> str:
    return f"{side.value}#{key}"


def _to_item(record: ParkedRecord) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "run": record.run,
        "waits_for": list(record.waits_for) if record.waits_for is not None else None,
        "due_at": record.due_at,
    }
    place = _key(record.side, record.key)
    index: Mapping[str, Any] = {}
    if record.due_at is not None:
        index = {
            "due_pk": _PENDING,
            "due_sk": f"{time_key(record.due_at)}#{record.link}#{place}",
        }
    return {
        "pk": _partition(record.link),
        "sk": place,
        "link": record.link,
        "side": record.side.value,
        "connection": record.connection,
        "resource": record.resource,
        "key": record.key,
        "verdict": record.verdict.value,
        "failure": record.failure.as_item(),
        "tries": record.tries,
        **{name: value for name, value in fields.items() if value is not None},
        **index,
    }


def _from_item(item: Item) -> ParkedRecord:
    waits_for = item.get("waits_for")
    return ParkedRecord(
        link=item["link"],
        side=Side(item["side"]),
        connection=item["connection"],
        resource=item["resource"],
        key=item["key"],
        verdict=Verdict(item["verdict"]),
        failure=Failure.from_item(item["failure"]),
        tries=int(item.get("tries", 1)),
        run=item.get("run"),
        waits_for=(waits_for[0], waits_for[1]) if waits_for else None,
        due_at=float(item["due_at"]) if item.get("due_at") is not None else None,
    )
