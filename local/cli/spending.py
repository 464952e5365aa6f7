"""What the log tells of a portal's working time: how much each method has used, and for whom."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mostik.requestlog.entry import LogEntry


@dataclass(frozen=True, slots=True)
class Used:
    """One method.

    Attributes:
        method: its name; ``batch`` is one where the portal charges the whole.
        operating: seconds of the last ten minutes, as the portal last said.
        resets_at: unix seconds when the oldest part of it is forgotten.
        calls: how many we made.
    """

    method: str
    operating: float
    resets_at: float | None
    calls: int


@dataclass(frozen=True, slots=True)
class Spender:
    """Who made calls.

    Attributes:
        who: a run, or the resource or errand of jobs.
        calls: exchanges, each of which counts once for the portal's rate.
        seconds: working time of them, as the portal said.
    """

    who: str
    calls: int
    seconds: float


def used_in(entries: Iterable[LogEntry]) -> list[Used]:
    """The last word on each method, highest first. The entries come newest first."""
    last: dict[str, tuple[float, float | None]] = {}
    calls: defaultdict[str, int] = defaultdict(int)
    for entry in entries:
        for method, time in _times(entry):
            calls[method] += 1
            used = _number(time.get("operating"))
            if used is not None and method not in last:
                last[method] = (used, _number(time.get("operating_reset_at")))
    found = [
        Used(method, *last.get(method, (0.0, None)), calls=number)
        for method, number in calls.items()
    ]
    return sorted(found, key=lambda one: (-one.operating, one.method))


def spenders_in(entries: Iterable[LogEntry]) -> list[Spender]:
    """Who has spent the time, most first."""
    calls: defaultdict[str, int] = defaultdict(int)
    seconds: defaultdict[str, float] = defaultdict(float)
    for entry in entries:
        who = _who(entry)
        calls[who] += 1
        time = _content(entry).get("time")
        if isinstance(time, Mapping):
            seconds[who] += _number(time.get("processing")) or 0.0
    found = [Spender(who, number, seconds[who]) for who, number in calls.items()]
    return sorted(found, key=lambda one: (-one.seconds, -one.calls, one.who))


def _times(entry: LogEntry) -> Iterator[tuple[str, Mapping[str, Any]]]:
    content = _content(entry)
    time = content.get("time")
    yield entry.endpoint, time if isinstance(time, Mapping) else {}
    result = content.get("result")
    inner = result.get("result_time") if isinstance(result, Mapping) else None
    if entry.endpoint != "batch" or not isinstance(inner, Mapping):
        return
    commands = _json(entry.request.body).get("cmd")
    if not isinstance(commands, Mapping):
        return
    for key, spent in inner.items():
        method = str(commands.get(key, "")).partition("?")[0]
        if method and isinstance(spent, Mapping):
            yield method, spent


def _who(entry: LogEntry) -> str:
    if entry.event and entry.event.startswith("run#"):
        return entry.event
    if entry.record:
        return entry.record.partition("/")[0]
    return entry.job or "a person"


def _content(entry: LogEntry) -> Mapping[str, Any]:
    return _json(entry.response.body)


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return {}  # cut, or no JSON: it tells nothing
    return content if isinstance(content, dict) else {}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
