"""Scripted faults: what goes wrong, with which calls, and how many times.

One mechanism serves both sandboxes. A fault names its target by a shell pattern (a REST method of
the portal, a path of the shop); the first one that matches is used up and decides what happens to
the call.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any


class FaultKind(StrEnum):
    """What a fault does to a call."""

    STATUS = "status"
    """Answered with ``status`` and the vendor's error body; the work is not done."""
    HTML = "html"
    """Answered with an HTML page and ``status``, as a proxy in front of the vendor does."""
    JUNK = "junk"
    """Answered 200 with JSON that breaks off in the middle; the work is not done."""
    DELAY = "delay"
    """The call waits ``seconds`` and then goes its normal way."""
    LATE_ANSWER = "late_answer"
    """The work is done at once, the answer comes ``seconds`` later."""
    LOST_ANSWER = "lost_answer"
    """The work is done, then the connection is reset without an answer."""
    LATE_WORK = "late_work"
    """The connection is reset at once, and the work is done ``seconds`` later all the same: a
    portal goes on when nobody waits any more."""
    DOWN = "down"
    """The connection is reset at once and nothing is done."""


DEFAULT_STATUS = {FaultKind.STATUS: 503, FaultKind.HTML: 502}


@dataclass(slots=True)
class Fault:
    """One scripted fault.

    Attributes:
        target: shell pattern of what it hits (``crm.item.add``, ``/api/v1/orders*``, ``*``).
        kind: what it does.
        verb: HTTP method that it hits; ``*`` is any.
        times: how many more calls it hits; ``None`` is until it is cleared.
        after: how many matching calls pass unharmed first.
        status: HTTP status of the answer (``status`` and ``html``).
        error: the vendor's error code in the body (``status``).
        description: the vendor's text beside the code.
        seconds: how long (``delay`` and ``late_answer``).
        retry_after: value of a ``Retry-After`` header, verbatim.
    """

    target: str
    kind: FaultKind
    verb: str = "*"
    times: int | None = 1
    after: int = 0
    status: int = 503
    error: str | None = None
    description: str | None = None
    seconds: float = 0.0
    retry_after: str | None = None

    @classmethod
    def parse(cls, data: Mapping[str, Any], *, target: str, verb: str | None) -> Fault:
        """Reads one fault as a control request spells it.

        Args:
            data: the JSON object.
            target: the key that holds the target's pattern (``method`` for the portal).
            verb: the key that holds the HTTP method, where the sandbox tells verbs apart.

        Raises:
            ValueError: a key or a value is not known; the text names the valid ones.
        """
        plain = {
            "kind", "times", "after", "status", "error", "description", "seconds", "retry_after",
        }  # fmt: skip
        known = plain | {target} | ({verb} if verb else set())
        if unknown := sorted(set(data) - known):
            raise ValueError(f"unknown keys {unknown}; known are {sorted(known)}")
        kinds = [kind.value for kind in FaultKind]
        if data.get("kind") not in kinds:
            raise ValueError(f"kind is {data.get('kind')!r}; it must be one of {kinds}")
        kind = FaultKind(data["kind"])
        times = data.get("times", None if kind is FaultKind.DOWN else 1)
        return cls(
            target=str(data.get(target, "*")),
            kind=kind,
            verb=str(data.get(verb, "*")).upper() if verb else "*",
            times=None if times is None else int(times),
            after=int(data.get("after", 0)),
            status=int(data.get("status", DEFAULT_STATUS.get(kind, 200))),
            error=None if data.get("error") is None else str(data["error"]),
            description=None if data.get("description") is None else str(data["description"]),
            seconds=float(data.get("seconds", 0)),
            retry_after=None if data.get("retry_after") is None else str(data["retry_after"]),
        )

    def hits(self, target: str, verb: str) -> bool:
        """Whether a call is one of those that the fault is meant for."""
        return self.verb in ("*", verb) and fnmatchcase(target, self.target)

    def as_json(self) -> dict[str, Any]:
        """What ``GET /_sandbox/faults`` shows."""
        return {
            "target": self.target,
            "verb": self.verb,
            "kind": self.kind.value,
            "times": self.times,
            "after": self.after,
            "status": self.status,
            "error": self.error,
            "seconds": self.seconds,
        }


class FaultScript:
    """The faults still to come, oldest first. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Appends faults to the script."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """Ends every fault, also those without a number of times."""
        with self._lock:
            self._faults.clear()

    def take(
        self, target: str, verb: str = "*", kinds: Iterable[FaultKind] = FaultKind
    ) -> Fault | None:
        """Uses up and returns the first fault of ``kinds`` that hits this call, or nothing."""
        if not self._faults:
            return None
        wanted = tuple(kinds)
        with self._lock:
            for fault in self._faults:
                if fault.kind not in wanted or not fault.hits(target, verb):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None

    def as_json(self) -> list[dict[str, Any]]:
        """The script as a list of JSON objects."""
        with self._lock:
            return [fault.as_json() for fault in self._faults]
