"""Erases a person from the log: entries that speak of them lose their headers and bodies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from mostik.ports import Blobs, Table
from mostik.requestlog.entry import Exchange, LogEntry
from mostik.requestlog.keys import (
    digests_of,
    first_id,
    last_digest_for,
    last_id,
    log_partition,
)
from mostik.requestlog.packing import pack_entry, pack_side, pack_summaries, unpack_summaries
from mostik.requestlog.store import PACKED, blob_key, whole_entry

ERASED = "[erased]"
_PHONE_DIGITS = 10
"""The last so many digits tell a number; before them stand +7, 8 or nothing."""
_FEWEST_DIGITS = 7


class Subject:
    """Whose traces are looked for.

    Args:
        phone: in any spelling.
        email: an address.
        record: an external key as ``resource/key``.

    Raises:
        ValueError: nothing is given, or a phone of fewer than seven digits.
    """

    def __init__(
        self, *, phone: str | None = None, email: str | None = None, record: str | None = None
    ) -> None:
        patterns: list[str] = []
        if phone is not None:
            digits = re.sub(r"\D", "", phone)[-_PHONE_DIGITS:]
            if len(digits) < _FEWEST_DIGITS:
                raise ValueError("a phone number has seven digits at least")
            # Other digits may stand before it only as a country's code.
            patterns.append(r"(?<!\d)(?:\+|%2B)?\d{0,3}" + r"[\s().-]*" + r"[\s().-]*".join(digits)
                            + r"(?!\d)")  # fmt: skip
        if email is not None:
            if "@" not in email:
                raise ValueError("an e-mail address holds an @")
            local, _, domain = email.partition("@")
            patterns.append(rf"(?<![\w.+-]){re.escape(local)}(?:@|%40){re.escape(domain)}(?![\w-])")
        if record is not None and "/" not in record:
            raise ValueError("an external key is written as resource/key: customers/55")
        if not patterns and record is None:
            raise ValueError("say whom: a phone, an e-mail address or an external key")
        self._pattern = re.compile("|".join(patterns), re.IGNORECASE) if patterns else None
        self._record = record

    def is_in(self, entry: LogEntry) -> bool:
        """Whether an entry, with its bodies, speaks of the subject."""
        if self._record is not None and self._is_about(entry, self._record):
            return True
        if self._pattern is None:
            return False
        texts = [entry.url, entry.error or ""]
        for side in (entry.request, entry.response):
            texts += [side.body.decode("utf-8", "ignore"), *side.headers.values()]
        return any(self._pattern.search(text) for text in texts)

    def erased_from(self, entry: LogEntry) -> LogEntry:
        """Returns an entry without the subject: no headers, no bodies, no query."""
        url = entry.url.partition("?")[0] + (f"?{ERASED}" if "?" in entry.url else "")
        return replace(
            entry,
            url=self._cut(url),
            error=self._cut(entry.error) if entry.error is not None else None,
            request=Exchange(size=entry.request.size),
            response=Exchange(size=entry.response.size),
        )

    def _cut(self, text: str) -> str:
        return self._pattern.sub(ERASED, text) if self._pattern is not None else text

    @staticmethod
    def _is_about(entry: LogEntry, record: str) -> bool:
        path = f"{unquote(urlsplit(entry.url).path)}/"
        return (
            entry.record == record
            or (entry.job or "").endswith(f"/{record}")
            or f"/{record}/" in path
        )


@dataclass(frozen=True, slots=True)
class Eraser:
    """Goes through the whole log: what a person asks to be erased has no index.

    Attributes:
        table: the log table.
        blobs: where big bodies lie.
        connections: whose entries are looked through.
    """

    table: Table
    blobs: Blobs
    connections: Sequence[str]

    def find(self, subject: Subject, *, since: float, until: float) -> Iterator[LogEntry]:
        """Yields every entry that speaks of the subject, by connection, newest first."""
        for item in self._items(since, until):
            entry = whole_entry(item, self.blobs)
            if subject.is_in(entry):
                yield entry

    def erase(
        self,
        subject: Subject,
        *,
        since: float,
        until: float,
        told: Callable[[LogEntry], None] = lambda _entry: None,
    ) -> int:
        """Erases the subject. Returns from how many entries; repeating it does no harm.

        Raises:
            Busy: the log cannot be read or written now; what was erased stays erased.
        """
        count = 0
        for item in self._items(since, until):
            entry = whole_entry(item, self.blobs)
            if not subject.is_in(entry):
                continue
            if entry.request.body or entry.response.body or subject.erased_from(entry) != entry:
                self._erase(item, entry, subject.erased_from(entry))
                told(entry)
                count += 1
        return count

    def _erase(self, item: Mapping[str, Any], entry: LogEntry, erased: LogEntry) -> None:
        """The bodies first: an erasure that breaks off is found again by its entry."""
        for side in ("request", "response"):
            key = blob_key(entry.id, side)
            if self.blobs.get(key) is not None:
                self.blobs.put(key, pack_side(Exchange()))
        for partition in digests_of(entry):
            self._erase_in_digest(partition, erased)
        self.table.put({**item, PACKED: pack_entry(erased, erased.request, erased.response)})

    def _erase_in_digest(self, partition: str, erased: LogEntry) -> None:
        after: str | None = None
        while True:
            page = self.table.query(
                partition, first=erased.id, last=last_digest_for(erased.id), after=after
            )
            for item in page.items:
                entries = unpack_summaries(item[PACKED])
                if any(entry.id == erased.id for entry in entries):
                    kept = [erased if entry.id == erased.id else entry for entry in entries]
                    self.table.put({**item, PACKED: pack_summaries(kept)})
                    return
            after = page.after
            if after is None:
                return

    def _items(self, since: float, until: float) -> Iterator[Mapping[str, Any]]:
        for connection in self.connections:
            after: str | None = None
            while True:
                page = self.table.query(
                    log_partition(connection),
                    first=first_id(since),
                    last=last_id(until),
                    after=after,
                    newest_first=True,
                )
                yield from page.items
                after = page.after
                if after is None:
                    break
