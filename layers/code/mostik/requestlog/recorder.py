"""Collects the entries of one batch from many threads; they are written together at its end."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from mostik.requestlog.entry import LogEntry


class Recorder:
    """A thread-safe collection of entries."""

    def __init__(self) -> None:
        self._entries: list[LogEntry] = []
        self._lock = Lock()

    def add(self, entry: LogEntry) -> None:
        """Keeps an entry until it is taken."""
        with self._lock:
            self._entries.append(entry)

    def take(self) -> Sequence[LogEntry]:
        """Returns what was collected, and forgets it."""
        with self._lock:
            entries, self._entries = self._entries, []
        return entries
