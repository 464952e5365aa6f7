"""What happened in one batch, for metrics and the function's log. Thread-safe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from threading import Lock

from mostik.jobs.gates import Gate
from mostik.jobs.message import Receipt, StateEvent, Touch, UnreadableMessage, load
from mostik.jobs.outcome import Outcome
from mostik.jobs.row import JobRow
from mostik.jobs.runwork import RunChunk, RunPage

LogLine = Callable[[str, Mapping[str, object]], None]
"""Writes one structured line: a message and its fields."""


class Report:
    """Counts outcomes and says in the log what a person may want to know.

    Args:
        log: writes one structured line.
    """

    def __init__(self, log: LogLine) -> None:
        self._log = log
        self._counts: Counter[str] = Counter()
        self._gates: dict[str, Gate] = {}
        self._passed: Counter[str] = Counter()
        self._shut: set[str] = set()
        self._lock = Lock()

    def count(self, name: str, number: int = 1) -> None:
        """Adds to a counter."""
        with self._lock:
            self._counts[name] += number

    def outcome(self, outcome: Outcome) -> None:
        """Counts an outcome by its kind."""
        self.count(type(outcome).__name__.lower())

    def failed(self, row: JobRow) -> None:
        """A job has failed and waits for a person."""
        self.count("failed")
        failure = row.failure
        self._log(
            "job failed",
            {
                "job": row.id,
                "event": _event_of(row),
                "connection": row.connection,
                "family": failure.family.value if failure else None,
                "reason": failure.text if failure else None,
                "who": failure.who.value if failure else None,
            },
        )

    def defect(self, error: Exception, job: str) -> None:
        """An exception that is not ours: its place in the code, never its text (it may hold
        data)."""
        self.count("defects")
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = (
            f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
            if trace
            else "unknown"
        )
        self._log(
            "unexpected exception", {"job": job, "type": type(error).__name__, "place": place}
        )

    def passed(self, gate: Gate) -> None:
        """A job went through a gate that had been closed."""
        with self._lock:
            self._gates[gate.name] = gate
            self._passed[gate.name] += 1

    def held(self, gate: str) -> None:
        """A job did not get through a gate, or had to wait long at it."""
        with self._lock:
            self._shut.add(gate)

    @property
    def counts(self) -> Mapping[str, int]:
        """The counters so far."""
        with self._lock:
            return dict(self._counts)

    @property
    def opened_gates(self) -> Sequence[tuple[Gate, int]]:
        """Gates that stood open through this batch, each with the number of jobs that passed."""
        with self._lock:
            return [
                (gate, self._passed[name])
                for name, gate in self._gates.items()
                if name not in self._shut
            ]


def _event_of(row: JobRow) -> str | None:
    """What asked for the job: it ties the line to those of its attempts."""
    try:
        message = load(row.payload)
    except UnreadableMessage:
        return None
    match message:
        case Touch() | StateEvent():
            return message.event
        case Receipt():
            return message.id
        case RunPage() | RunChunk():
            return message.run
        case _:
            return None
