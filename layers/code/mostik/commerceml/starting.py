"""Begins imports: finds what a name means in an upload, writes the row, sends the message.

The row comes first, then the message; whoever looks at a row that nobody took up (the next poll of
1C, the idle finaliser) sends it again. So a queue that refuses loses nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from mostik.commerceml.imports import (
    By,
    ImportRow,
    Imports,
    State,
    Step,
    import_id,
    message_of,
    needs_carrier,
)
from mostik.commerceml.protocol import shown
from mostik.commerceml.refusal import Refused, Why
from mostik.commerceml.uploads import StoredFile, Uploads
from mostik.ports import Busy, Clock, JobQueue

STORED_ONLY = "reference"
"""A type whose files are kept and reported, and go nowhere."""
_KEPT = "Справочник сохранён. Обмен справочниками (type=reference) не загружает данные."


@dataclass(frozen=True, slots=True)
class Asking:
    """On whose behalf an import is begun.

    Attributes:
        session: the upload.
        kind: type of the exchange.
        schema: agreed with 1C, if it named one.
        by: who asks.
    """

    connection: str
    session: str
    kind: str
    schema: str | None = None
    by: By = By.ONEC


class Starter:
    """Begins imports.

    Args:
        uploads: the files.
        imports: the rows.
        queue: takes the messages.
        clock: unix seconds.
    """

    def __init__(self, uploads: Uploads, imports: Imports, queue: JobQueue, clock: Clock) -> None:
        self._uploads = uploads
        self._imports = imports
        self._queue = queue
        self._clock = clock

    def file(self, asking: Asking, name: str) -> ImportRow:
        """Begins the import of a file, sent by itself or inside of an archive.

        Raises:
            Refused: nothing of this name was sent.
        """
        file, archives = self._sent(asking, name)
        sources = [file] if file is not None else archives
        content = sources[0].chain if len(sources) == 1 else _joined(sources)
        row = self._row(
            asking,
            Step.FILE,
            file=name,
            content=content,
            file_id=file.id if file is not None else None,
            archives=tuple(archive.id for archive in archives),
        )
        for source in sources:
            self._uploads.asked(source)
        return row

    def end(self, asking: Asking, step: Step, timestamp: int | None = None) -> ImportRow:
        """Records the end of a package, for the worker to act on."""
        content = "" if timestamp is None else str(timestamp)
        return self._row(asking, step, content=content, timestamp=timestamp)

    def failed(self, asking: Asking, file: StoredFile, why: str) -> ImportRow:
        """Records that a file cannot be imported, so that a person reads of it."""
        row = self._begin(asking, Step.FILE, file=file.name, file_id=file.id, content=file.chain)
        return self._imports.change(row, state=State.FAILED, errors=(why,))

    def carry(self, row: ImportRow) -> ImportRow:
        """Sends an import's message unless somebody has it in hand."""
        now = self._clock()
        if not needs_carrier(row, now):
            return row
        try:
            self._queue.send(message_of(row), group=row.connection)
        except Busy:
            return row  # the next look at the row tries again
        return self._imports.change(row, sent_at=now)

    def _sent(self, asking: Asking, name: str) -> tuple[StoredFile | None, Sequence[StoredFile]]:
        file = self._uploads.find(asking.connection, asking.session, name)
        if file is not None:
            if not file.parts:
                raise Refused(Why.EMPTY, f"Файл {shown(name)} пуст.")
            return file, ()
        archives = self._uploads.archives(asking.connection, asking.session)
        if not archives:
            raise Refused(
                Why.EMPTY, f"Файл {shown(name)} не был передан в этом сеансе: начните обмен заново."
            )
        return None, archives

    def _row(self, asking: Asking, step: Step, **fields: object) -> ImportRow:
        row = self._begin(asking, step, **fields)
        if asking.kind == STORED_ONLY and not row.state.is_final:
            return self._imports.change(row, state=State.DONE, errors=(_KEPT,))
        return self.carry(row)

    def _begin(self, asking: Asking, step: Step, **fields: object) -> ImportRow:
        file, content = str(fields.get("file", "")), str(fields.get("content", ""))
        fresh = ImportRow(
            connection=asking.connection,
            session=asking.session,
            id=import_id(asking.session, step, file, content),
            kind=asking.kind,
            created_at=self._clock(),
            step=step,
            by=asking.by,
            schema=asking.schema,
            **fields,  # type: ignore[arg-type]  # named by the methods above
        )
        return self._imports.begin(fresh)


def _joined(files: Sequence[StoredFile]) -> str:
    return hashlib.sha256("/".join(file.chain for file in files).encode()).hexdigest()
