"""Imports: what became of a file (or of the end of a package) that 1C asked to be imported.

Rows: ``import#<connection>`` / ``<upload>/<id>``. An upload is a ULID, so the rows of a connection
lie in the order of time and those of one session together. The id is a hash of upload, step, file
and content: asking again is the same import. Its message says where the row is; the worker (which
reads the file and starts the runs) keeps the row up to date, and the door only reads it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from mostik.commerceml.protocol import Answer, failure, progress, shown, success
from mostik.ports import Clock, Item, Table

KIND = "import"
"""Kind of its message."""
ROW_SECONDS = 35 * 86_400
LOST_AFTER_SECONDS = 60.0
"""A message that nobody took up for so long is sent again; the work is claimed by its row."""
MOST_SENTENCES = 50
_MOST_SENTENCE = 500
_TRIES = 8


class State(StrEnum):
    """How far an import is."""

    RECEIVED = "received"
    READING = "reading"
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    """All that could be applied was; single records were not, and the report names them."""
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether it stays so."""
        return self in (State.DONE, State.PARTIAL, State.FAILED)


class Step(StrEnum):
    """What was asked for."""

    FILE = "file"
    DEACTIVATE = "deactivate"
    """The package was a full one: what it did not hold may be switched off, under the brake."""
    COMPLETE = "complete"
    """The package is at its end."""


class By(StrEnum):
    """Who asked."""

    ONEC = "1c"
    IDLE = "idle"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One import.

    Attributes:
        session: the upload that the file is of; what people call the session.
        id: names it within its session.
        kind: type of the exchange: catalog, sale, reference.
        step: what was asked for.
        by: who asked.
        file: name of the file as 1C asked for it; it may lie inside of an archive.
        file_id: the stored file of that name, if it was sent by itself.
        archives: else the stored archives in which it must be.
        content: names the content; of archives, all of theirs together.
        timestamp: of ``deactivate``: what was not seen since may be switched off.
        schema: agreed with 1C, if it named one.
        state: how far it is.
        done: records applied.
        total: records in all; 0 as long as nobody knows.
        counts: records by what became of them.
        errors: sentences for the 1C programmer.
        created_at: unix seconds.
        sent_at: when its message was last sent.
        updated_at: of the last change.
        version: of the row.
    """

    connection: str
    session: str
    id: str
    kind: str
    created_at: float
    step: Step = Step.FILE
    by: By = By.ONEC
    file: str = ""
    file_id: str | None = None
    archives: tuple[str, ...] = ()
    content: str = ""
    timestamp: int | None = None
    schema: str | None = None
    state: State = State.RECEIVED
    done: int = 0
    total: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    sent_at: float = 0.0
    updated_at: float = 0.0
    version: int = 1

    @property
    def key(self) -> tuple[str, str]:
        """Partition and sort key of the row."""
        return f"import#{self.connection}", f"{self.session}/{self.id}"


class Imports:
    """Import rows.

    Args:
        table: the state table.
        clock: unix seconds.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def begin(self, row: ImportRow) -> ImportRow:
        """Writes a row that is not there yet. Returns the one that stands."""
        standing = self._table.insert(_item(row))
        return row if standing is None else _from_item(standing)

    def get(self, connection: str, session: str, import_id: str) -> ImportRow | None:
        """Returns an import."""
        item = self._table.get(f"import#{connection}", f"{session}/{import_id}")
        return None if item is None else _from_item(item)

    def change(self, row: ImportRow, **changes: Any) -> ImportRow:
        """Changes fields of an import; one that has ended stays as it ended.

        Returns:
            The row as it stands now.
        """
        if "errors" in changes:
            changes["errors"] = sentences(changes["errors"])
        for _ in range(_TRIES):
            if row.state.is_final and "state" in changes:
                return row
            changed = replace(row, **changes, updated_at=self._clock(), version=row.version + 1)
            answer = self._table.replace(_item(changed), row.version)
            if answer.done or answer.standing is None:
                return changed
            row = _from_item(answer.standing)
        return row

    def of(
        self, connection: str, session: str | None = None, *, before: str | None = None
    ) -> Iterator[ImportRow]:
        """Yields the imports of a connection, newest session first.

        Args:
            connection: whose.
            session: only of this one.
            before: only of sessions that are older than this one.
        """
        first, last = (f"{session}/", f"{session}/~") if session else (None, None)
        if session is None and before is not None:
            last = f"{before}/"
        after: str | None = None
        while True:
            page = self._table.query(
                f"import#{connection}", first=first, last=last, after=after, newest_first=True
            )
            yield from map(_from_item, page.items)
            after = page.after
            if after is None:
                return


def import_id(session: str, step: Step, file: str, content: str) -> str:
    """Returns the id that makes asking again harmless."""
    text = json.dumps([session, step.value, file, content], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def message_of(row: ImportRow) -> str:
    """Returns the message that has an import done; an additive kind of message version 1."""
    return json.dumps(
        {
            "v": 1,
            "kind": KIND,
            "connection": row.connection,
            "session": row.session,
            "id": row.id,
            "asked_at": float(row.created_at),
        },
        separators=(",", ":"),
    )


def needs_carrier(row: ImportRow, now: float) -> bool:
    """Whether nobody seems to have the import in hand: its message was never sent, or is lost."""
    return row.state is State.RECEIVED and now - row.sent_at >= LOST_AFTER_SECONDS


def answer_of(row: ImportRow) -> Answer:
    """Returns what 1C reads about an import: exactly one of the three words, and one sentence."""
    name = f"Файл {shown(row.file)}"
    match row.state:
        case State.RECEIVED:
            return progress(f"{name} принят и ждёт обработки.")
        case State.READING:
            read = f", прочитано записей: {row.done}" if row.done else ""
            return progress(f"{name} читается{read}.")
        case State.RUNNING:
            return progress(f"{name}: {_share(row)}.")
        case State.DONE:
            return success(f"{name} обработан: {_counted(row)}.{_first(row)}")
        case State.PARTIAL:
            return success(f"{name} обработан не полностью: {_counted(row)}.{_first(row)}")
        case State.FAILED:
            why = row.errors[0] if row.errors else "причина записана в журнале сервиса."
            return failure(f"{name} не обработан: {why}")


_WORDS = {
    "created": "создано",
    "updated": "изменено",
    "unchanged": "без изменений",
    "echoed": "собственные изменения",
    "conflict": "расхождений",
    "quarantined": "отложено с ошибкой",
    "skipped": "пропущено",
    "pending": "ждут связанных данных",
    "deleted": "отключено",
}


def _first(row: ImportRow) -> str:
    return f" {row.errors[0]}" if row.errors else ""


def _share(row: ImportRow) -> str:
    if row.total <= 0:
        return f"обработано {row.done}"
    return f"обработано {row.done} из {row.total} ({min(100, 100 * row.done // row.total)} %)"


def _counted(row: ImportRow) -> str:
    named = [f"{word} {row.counts[name]}" for name, word in _WORDS.items() if row.counts.get(name)]
    return ", ".join([f"записей {row.total or row.done}", *named])


def sentences(texts: Sequence[str]) -> tuple[str, ...]:
    """Returns sentences as a row can hold them: not too many, not too long."""
    kept = [text if len(text) <= _MOST_SENTENCE else f"{text[:_MOST_SENTENCE]}…" for text in texts]
    more = len(kept) - MOST_SENTENCES
    return (*kept[:MOST_SENTENCES], f"… и ещё {more}") if more > 0 else tuple(kept)


def _item(row: ImportRow) -> Item:
    pk, sk = row.key
    return {
        "pk": pk,
        "sk": sk,
        "kind": row.kind,
        "step": row.step.value,
        "by": row.by.value,
        "file": row.file,
        "file_id": row.file_id,
        "archives": list(row.archives),
        "content": row.content,
        "timestamp": row.timestamp,
        "schema": row.schema,
        "state": row.state.value,
        "done": row.done,
        "total": row.total,
        "counts": dict(row.counts),
        "errors": list(row.errors),
        "created_at": row.created_at,
        "sent_at": row.sent_at,
        "updated_at": row.updated_at,
        "expires_at": int(row.created_at + ROW_SECONDS),
        "version": row.version,
    }


def _from_item(item: Item) -> ImportRow:
    session, _, own = str(item["sk"]).partition("/")
    return ImportRow(
        connection=str(item["pk"]).partition("#")[2],
        session=session,
        id=own,
        kind=item["kind"],
        step=Step(item["step"]),
        by=By(item["by"]),
        file=item["file"],
        file_id=item["file_id"],
        archives=tuple(item["archives"]),
        content=item["content"],
        timestamp=item["timestamp"],
        schema=item["schema"],
        state=State(item["state"]),
        done=item["done"],
        total=item["total"],
        counts=item["counts"],
        errors=tuple(item["errors"]),
        created_at=item["created_at"],
        sent_at=item["sent_at"],
        updated_at=item["updated_at"],
        version=item["version"],
    )
