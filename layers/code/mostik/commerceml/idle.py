"""Imports what 1C sent and never asked to be imported.

A setting of 1C uploads without waiting and never calls ``import``; some modules only ever upload.
The tick calls ``Finaliser.run``: it is level-triggered, so a lost or doubled run does no harm. It
also sends messages of imports that nobody took up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mostik.commerceml.assembled import looks_complete
from mostik.commerceml.imports import By, Imports, State, Step
from mostik.commerceml.protocol import shown
from mostik.commerceml.refusal import Refused
from mostik.commerceml.rules import Rules
from mostik.commerceml.starting import Asking, Starter
from mostik.commerceml.uploads import OPEN, StoredFile, Uploads
from mostik.ports import Blobs, Clock, RemainingTime, Table

_PAGE = 100
_TIME_RESERVE = 8.0


@dataclass(frozen=True, slots=True)
class Finaliser:
    """Finishes uploads that have fallen silent.

    Attributes:
        table: the state table.
        uploads: the files.
        imports: what was asked for.
        starter: begins imports.
        blobs: the fragments.
        rules_of: the settings of a connection's exchange.
        clock: unix seconds.
    """

    table: Table
    uploads: Uploads
    imports: Imports
    starter: Starter
    blobs: Blobs
    rules_of: Callable[[str], Rules]
    clock: Clock

    def run(self, remaining: RemainingTime = lambda: float("inf")) -> int:
        """Looks at every open upload. Returns how many imports it began.

        Args:
            remaining: seconds left; it stops in time, the next tick begins anew.

        Raises:
            Busy: a service behind it is; the next tick does it.
        """
        begun = 0
        after: str | None = None
        while True:
            page = self.table.query(OPEN, after=after, limit=_PAGE)
            for item in page.items:
                if remaining() < _TIME_RESERVE:
                    return begun
                connection, _, upload = str(item["sk"]).partition("/")
                begun += self._look_at(connection, upload, str(item.get("kind", "catalog")))
            after = page.after
            if after is None:
                return begun

    def _look_at(self, connection: str, upload: str, kind: str) -> int:
        files = list(self.uploads.files(connection, upload))
        rows = list(self.imports.of(connection, upload))
        for row in rows:
            self.starter.carry(row)
        last = max(
            [file.last_at for file in files]
            + [file.asked_at or 0.0 for file in files]
            + [max(row.created_at, row.updated_at) for row in rows],
            default=0.0,
        )
        if self.clock() - last < self.rules_of(connection).idle_seconds:
            return 0
        asking = Asking(connection, upload, kind, by=By.IDLE)
        # 1C that asks for imports asks for all of them, and for none after a failure.
        asks_itself = any(row.by is By.ONEC and row.step is Step.FILE for row in rows)
        waiting = [
            one for one in files if one.is_document and one.asked_at is None and not asks_itself
        ]
        begun = sum(self._begin(asking, file) for file in sorted(waiting, key=_in_order))
        if not any(row.state is State.RECEIVED for row in self.imports.of(connection, upload)):
            self.uploads.close(connection, upload)
        return begun

    def _begin(self, asking: Asking, file: StoredFile) -> int:
        try:
            if not file.parts or not looks_complete(file, self.blobs):
                why = f"Файл {shown(file.name)} передан не до конца, 1С прервала обмен."
                self.starter.failed(asking, file, why)
                return 0
            self.starter.file(asking, file.name)
        except Refused as refused:
            self.starter.failed(asking, file, refused.text)
            return 0
        return 1


def _in_order(file: StoredFile) -> tuple[int, float, str]:
    """Goods before what is about them; else as they came."""
    name = file.name.rpartition("/")[2].casefold()
    ranks = ("import", "goods", "offers", "prices", "rests")
    rank = next((place for place, word in enumerate(ranks) if name.startswith(word)), 0)
    return (rank, file.first_at, file.name)
