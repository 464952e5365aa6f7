"""Imports a session again, from the files that are still kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mostik.commerceml.imports import (
    By,
    ImportRow,
    Imports,
    State,
    Step,
    import_id,
    message_of,
)
from mostik.commerceml.uploads import Uploads
from mostik.errors import Skip
from mostik.ports import Clock, JobQueue


@dataclass(frozen=True, slots=True)
class Again:
    """Imports sessions again.

    What newer sessions have said meanwhile stays: a record that both tell of is as told last.

    Attributes:
        imports: the rows.
        uploads: the files.
        queue: takes the messages.
        clock: unix seconds.
    """

    imports: Imports
    uploads: Uploads
    queue: JobQueue
    clock: Clock

    def session(self, connection: str, session: str) -> Sequence[ImportRow]:
        """Begins the imports of a session anew, in their order. Returns their rows.

        Raises:
            Skip: there is no such session, or its files are no longer kept.
            Busy: the queue refused a message; the tick sends it when it looks at the upload.
        """
        rows = sorted(
            (row for row in self.imports.of(connection, session) if row.step is Step.FILE),
            key=lambda row: row.created_at,
        )
        latest = {row.file: row for row in rows}
        if not latest:
            raise Skip(f"The connection {connection!r} has no session {session!r} with files.")
        kept = {file.id for file in self.uploads.files(connection, session)}
        lost = [row.file for row in latest.values() if not _is_kept(row, kept)]
        if lost:
            raise Skip(f"Files of this session are no longer kept: {', '.join(lost)}.")
        return [self._begun(row) for row in latest.values()]

    def _begun(self, row: ImportRow) -> ImportRow:
        now = self.clock()
        fresh = replace(
            row,
            id=import_id(row.session, row.step, row.file, f"{row.content}/{now}"),
            by=By.AGAIN,
            state=State.RECEIVED,
            done=0,
            total=0,
            counts={},
            errors=(),
            created_at=now,
            sent_at=now,
            updated_at=now,
            version=1,
        )
        begun = self.imports.begin(fresh)
        self.queue.send(message_of(begun), group=begun.connection)
        return begun


def _is_kept(row: ImportRow, kept: set[str]) -> bool:
    wanted = {row.file_id} if row.file_id is not None else set(row.archives)
    return bool(wanted) and wanted <= kept
