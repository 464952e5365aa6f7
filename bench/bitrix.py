"""The suite ``bitrix``: lists and writes of a portal beside the floor and both peers.

All clients meet one sandbox portal, in a process of its own. Rows without a limiter are medians
of interleaved runs; rows under a limiter run once, the peers too. The limiter's minimum is what the
documented leaky bucket lets through: a full one as many requests a second as it forgets, an empty
one as many more as it holds; to that comes the answer of the last request.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from bench.bitrix_bed import PEERS, Portal, portal, run, shared_slots
from bench.bitrix_caller import client_for, measured
from bench.rows import Row, absolute, paired

SUITE = "bitrix"
LATENCY = 0.05
_ROWS_OF_A_REQUEST = 2_500
_COMMANDS_OF_A_REQUEST = 50
_AFTER_THE_FIRST_SECOND = 1.0
_PROCESSES = 4
_LONG_LISTS = (50_000, 100_000)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Attributes:
        lists: lengths of the lists without a limiter, and their targets.
        writes: records added and updated.
        rounds: paired runs.
        long: length of the list under the limiter.
        limited: records added under it.
        limit: the portal's.
        slow: seconds that it works on a batch where it is slow.
        crowd: records that each of four processes adds.
        operating: length of the list that the working time does not suffice for.
        peers: whether the peers run where a limiter or a park makes them slow.
    """

    lists: Mapping[int, float]
    writes: int
    rounds: int
    long: int
    limited: int
    limit: Mapping[str, float]
    slow: float
    crowd: int
    operating: int
    peers: bool


_FULL = Size(
    lists={10_000: 0.95, 50_000: 0.90}, writes=5_000, rounds=5, long=50_000, limited=5_000,
    limit={"per_second": 2.0, "burst": 50}, slow=1.05, crowd=1_500, operating=60_000, peers=True,
)  # fmt: skip
_SHORT = Size(
    lists={10_000: 0.95, 20_000: 0.90}, writes=1_000, rounds=3, long=10_000, limited=4_800,
    limit={"per_second": 4.0, "burst": 50}, slow=0.5, crowd=1_250, operating=10_000, peers=False,
)  # fmt: skip


def measure(short: bool) -> Sequence[Row]:
    """Returns the rows of the suite."""
    size = _SHORT if short else _FULL
    return [
        *_unlimited(size),
        *_memory(size),
        *_full_bucket(size),
        *_empty_bucket(size),
        *_crowd(size),
        *_lost_answers(),
        *_operating(size),
    ]


# ── without a limiter ─────────────────────────────────────────────────────────────────────────────


def _unlimited(size: Size) -> Sequence[Row]:
    rows: list[Row] = []
    with portal(latency=LATENCY) as there:
        for length, target in size.lists.items():
            there.do("hold", deals=length)
            rows += _beside(there, "list", length, size.rounds, target)
        there.do("hold", deals=size.writes)
        rows += _beside(there, "update", size.writes, size.rounds, 0.80)
        rows += _beside(there, "add", size.writes, size.rounds, 0.80)
    return rows


def _beside(there: Portal, work: str, records: int, rounds: int, target: float) -> Sequence[Row]:
    """Alternates our runs with the floor's; then each peer runs once."""
    took: dict[str, list[float]] = {"ours": [], "floor": []}
    told = {"webhook": there.webhook, "work": work, "records": records}
    clients = {name: client_for({**told, "client": name}) for name in took}
    for number in range(rounds + 1):
        for name in sorted(took, reverse=number % 2 == 1):
            if work == "add":
                there.do("hold", deals=0)
            result = measured(clients[name], told)
            assert result["error"] is None, f"{name}: {result['error']}"
            assert result["records"] == records, f"{name}: {result['records']} of {records}"
            if number:  # the first round only warms up
                took[name].append(result["seconds"])
    what = f"no limiter, {work} {records:,}"
    row = paired(
        SUITE, what, "s", ours=took["ours"], reference=took["floor"],
        reference_name="one thread, batches of 50", target=target,
    )  # fmt: skip
    _progress(row)
    peers = []
    for name in PEERS:
        if work == "add":
            there.do("hold", deals=0)
        result = run([{**told, "client": name}], patience=120.0)[0]
        peers.append(_with_peer(what, name, median(took["ours"]), result, records))
    return [row, *peers]


def _memory(size: Size) -> Sequence[Row]:
    """By how much processes grow that read a list and keep none of it. Both lists are long enough
    for all four batches to be on their way; one page of them more or less is a tenth."""
    short, long = _LONG_LISTS
    grown: dict[int, list[float]] = {short: [], long: []}
    with portal(latency=0.0) as there:
        for length, found in grown.items():
            there.do("hold", deals=length)
            told = {"webhook": there.webhook, "work": "list", "client": "ours"}
            for _ in range(size.rounds - 1):
                found.append(run([told], patience=120.0)[0]["grown_mb"])
    row = paired(
        SUITE, f"memory grown by, list {long:,}", "MB", ours=grown[long], reference=grown[short],
        reference_name=f"list {short:,}", target=1.20,
    )  # fmt: skip
    _progress(row)
    return [row]


# ── behind a limiter ──────────────────────────────────────────────────────────────────────────────


def _full_bucket(size: Size) -> Sequence[Row]:
    """Nobody has told us that the bucket is full. The list is read, then the records are added."""
    listing = -(-size.long // _ROWS_OF_A_REQUEST)
    requests = listing + size.limited // _COMMANDS_OF_A_REQUEST
    least = requests / size.limit["per_second"] + LATENCY
    what = f"bucket full, list {size.long:,}, add {size.limited:,}"
    expected = size.long + size.limited
    rows: list[Row] = []
    with portal(latency=LATENCY, limit=size.limit) as there:
        result = _once(there, "ours", "list and add", size, deals=size.long, full=True)
        rows.append(_limited(what, result, least, 1.05))
        late = [at for at in result["refused"] if at > _AFTER_THE_FIRST_SECOND]
        rows.append(
            absolute(
                SUITE, f"{what}: refused after the first second", "requests", ours=len(late),
                target=0,
            )
        )  # fmt: skip
        assert result["records"] == expected, f"{result['records']} of {expected}"
        rows.append(_list_alone(size, listing, result["listed_after"]))
        for name in PEERS if size.peers else ():
            peer = _once(there, name, "list and add", size, deals=size.long, full=True)
            rows.append(_with_peer(what, name, result["seconds"], peer, expected))
    return rows


def _list_alone(size: Size, requests: int, took: float) -> Row:
    """Only shown: a bucket whose level we do not know costs the first call 1.25 s, whatever
    follows; a second of that is the vendor's own, who may have drained it just before."""
    row = replace(
        paired(
            SUITE, f"bucket full, of it list {size.long:,}", "s", ours=[took],
            reference=[requests / size.limit["per_second"] + LATENCY],
            reference_name="the limiter's minimum", target=float("inf"),
        ),
        target=None,
    )  # fmt: skip
    _progress(row)
    return row


def _empty_bucket(size: Size) -> Sequence[Row]:
    requests = size.limited // _COMMANDS_OF_A_REQUEST
    beyond = max(0.0, requests - size.limit["burst"])
    least = beyond / size.limit["per_second"] + size.slow
    what = f"bucket empty, {size.slow:g} s a batch, add {size.limited:,}"
    rows: list[Row] = []
    with portal(latency=size.slow, limit=size.limit) as there:
        result = _once(there, "ours", "add", size, deals=0, full=False)
        rows.append(_limited(what, result, least, 1.10))
        for name in PEERS if size.peers else ():
            peer = _once(there, name, "add", size, deals=0, full=False)
            rows.append(_with_peer(what, name, result["seconds"], peer, size.limited))
    return rows


def _once(
    there: Portal, name: str, work: str, size: Size, *, deals: int, full: bool
) -> dict[str, Any]:
    there.do("hold", deals=deals)
    told = {
        "webhook": there.webhook, "work": work, "client": name, "first": 1_000_001,
        "records": size.limited, "limit": size.limit,
    }  # fmt: skip
    begin = (lambda: there.do("fill")) if full else None
    return run([told], patience=200.0, ready=begin)[0]


def _crowd(size: Size) -> Sequence[Row]:
    """Four processes add at once, behind one bucket that is full."""
    expected = _PROCESSES * size.crowd
    least = expected / _COMMANDS_OF_A_REQUEST / size.limit["per_second"] + LATENCY
    what = f"{_PROCESSES} processes add {expected:,}, bucket full"
    rows: list[Row] = []
    with portal(latency=LATENCY, limit=size.limit) as there, shared_slots() as slots:
        for name in ("ours", *(PEERS if size.peers else ())):
            there.do("hold", deals=0)
            told = [
                {
                    "webhook": there.webhook, "work": "add", "client": name, "limit": size.limit,
                    "records": size.crowd, "first": 1 + number * size.crowd, "slots": slots,
                }
                for number in range(_PROCESSES)
            ]  # fmt: skip
            found = run(told, patience=200.0, ready=lambda: there.do("fill"))
            created = there.do("look")["deals"]
            took = max(result["seconds"] for result in found)
            died = [result for result in found if result["error"] is not None]
            if name == "ours":
                rows.append(_limited(what, {**found[0], "seconds": took}, least, 1.05))
                rows.append(
                    absolute(
                        SUITE, f"{what}: missing or too many", "deals",
                        ours=abs(expected - created), target=0,
                    )
                )  # fmt: skip
                ours = took
                continue
            error = f"{len(died)} of {_PROCESSES} died" if died else None
            result = {"seconds": took, "records": created, "error": error}
            rows.append(_with_peer(what, name, ours, result, expected))
    return rows


# ── what goes wrong ───────────────────────────────────────────────────────────────────────────────


def _lost_answers() -> Sequence[Row]:
    """Two batches of adds, both answers lost after the work."""
    wanted, ours = 100, 0
    what = f"{wanted} adds, every answer lost after the work: too many or missing"
    rows: list[Row] = []
    with portal() as there:
        for name in ("ours", *PEERS):
            there.do("hold", deals=0)
            told = {"webhook": there.webhook, "work": "add", "client": name, "records": wanted}
            lose = lambda: there.do("lose", times=wanted // _COMMANDS_OF_A_REQUEST)  # noqa: E731
            result = run([told], patience=60.0, ready=lose)[0]
            wrong = abs(there.do("look")["deals"] - wanted)
            if name == "ours":
                ours = wrong
                rows.append(_count(what, "deals", result, wrong))
            else:
                said = result["error"] or f"says {result['records']} were added"
                rows.append(_count_of_peer(what, "deals", ours, wrong, f"{name}: {said}"))
    return rows


def _operating(size: Size) -> Sequence[Row]:
    """The working time is used up four fifths down the list; ten minutes pass in ten seconds."""
    times, budget, ours = 60 if size.peers else 120, 480.0, 0
    what = f"working time used up in the middle of {size.operating:,} rows: missing"
    rows: list[Row] = []
    start = time.time()
    with portal(
        start=start, times=times, operating_limit=budget,
        operating_cost={"crm.deal.list": budget / (0.8 * size.operating / 50)},
    ) as there:  # fmt: skip
        for name in ("ours", *(PEERS if size.peers else ())):
            there.do("hold", deals=size.operating)
            told = {
                "webhook": there.webhook, "work": "list", "client": name, "start": start,
                "times": times,
            }  # fmt: skip
            result = run([told], patience=60.0)[0]
            missing = size.operating - result["records"]
            if name == "ours":
                ours = missing
                rows.append(_count(what, "rows", result, missing))
            else:
                said = result["error"] or "says it has all"
                rows.append(_count_of_peer(what, "rows", ours, missing, f"{name}: {said}"))
    return rows


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────


def _limited(what: str, result: Mapping[str, Any], least: float, target: float) -> Row:
    assert result["error"] is None, result["error"]
    row = paired(
        SUITE, what, "s", ours=[result["seconds"]], reference=[least],
        reference_name="the limiter's minimum", target=target,
    )  # fmt: skip
    _progress(row)
    return row


def _count(what: str, unit: str, result: Mapping[str, Any], wrong: int) -> Row:
    assert result["error"] is None, result["error"]
    row = absolute(SUITE, what, unit, ours=wrong, target=0)
    _progress(row)
    return row


def _count_of_peer(what: str, unit: str, ours: int, wrong: int, said: str) -> Row:
    """A row that is only shown."""
    value = ours / wrong if wrong else float(ours)
    name = said.partition(":")[0]
    row = Row(
        SUITE, f"{what}, beside {name}", unit, "lower", ours, wrong, said, value, None, True, 1
    )
    _progress(row)
    return row


def _with_peer(what: str, name: str, ours: float, result: Mapping[str, Any], expected: int) -> Row:
    """A row that is only shown: a peer's seconds, or how it failed."""
    failed = result["error"] or (
        f"{result['records']:,} of {expected:,}" if result["records"] != expected else None
    )
    said = f"{name} FAILED: {failed}" if failed else name
    seconds = round(result["seconds"], 4)
    row = Row(
        SUITE, f"{what}, beside {name}", "s", "lower", round(ours, 4), seconds, said,
        round(ours / seconds, 4), None, True, 1,
    )  # fmt: skip
    _progress(row)
    return row


def _progress(row: Row) -> None:
    beside = "" if row.reference is None else f" / {row.reference:g} {row.reference_name}"
    print(f"  {row.case}: {row.ours:g}{beside} = {row.value:g}", file=sys.stderr)
