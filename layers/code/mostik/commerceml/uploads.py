"""Files that 1C sends: fragments become blobs, a row says which and in what order.

A fragment comes with nothing but the file's name: the same name again means "append" (facts on the
exchange protocol, mode ``file``). So a proxy that repeats a request would double it. 1C splits a
file into fragments of exactly ``file_limit`` bytes, and no two fragments of a real file are equal;
hence a fragment that is there already is a repeat. Short fragments, of clients that cut as they
like, are only compared with the one before.

Rows: ``upload#<connection>#<upload>`` / file id. Blobs: ``uploads/<connection>/<upload>/<file
id>/<digest>``: a key says what is in it, so a killed request or two at once leave nothing wrong
behind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mostik.commerceml.filenames import file_id
from mostik.commerceml.protocol import shown
from mostik.commerceml.refusal import Refused, Why
from mostik.ports import Blobs, Busy, Clock, Item, Table

UPLOAD_SECONDS = 30 * 86_400
"""Rows live as long as the blobs; the bucket's life cycle takes those."""
MOST_PARTS = 4_000
MOST_BYTES = 8 * 1024**3
CERTAINLY_UNIQUE_BYTES = 4_096
"""From this size on, equal bytes anywhere in a file are a repeat."""
OPEN = "uploads#open"
"""Partition of the uploads that hold files for an import."""
_ZIP = b"PK\x03\x04"
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One fragment: the beginning of its SHA-256, and its size."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it was sent so far.

    Attributes:
        upload: ULID of the upload that it belongs to.
        id: of its name.
        name: relative, safe to show.
        parts: its fragments, in order.
        chain: running SHA-256 over the fragments: names the content.
        zip: it begins as an archive does.
        repeats: fragments that came again and were not appended.
        began: ordinal of its first version in this upload; a file that is sent again after its
            import is another one.
        first_at: unix seconds of the first fragment.
        last_at: unix seconds of the last.
        asked_at: when an import of it was asked for first.
        version: of the row.
    """

    connection: str
    upload: str
    id: str
    name: str
    parts: tuple[Part, ...] = ()
    chain: str = ""
    zip: bool = False
    repeats: int = 0
    began: int = 1
    first_at: float = 0.0
    last_at: float = 0.0
    asked_at: float | None = None
    version: int = 0

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(part.size for part in self.parts)

    @property
    def keys(self) -> Sequence[str]:
        """Returns the blobs' keys, in order."""
        return [part_key(self, part) for part in self.parts]

    @property
    def is_document(self) -> bool:
        """Whether it is something to import by itself: an archive or an XML document."""
        return self.zip or self.name.casefold().endswith((".xml", ".zip"))


class Uploads:
    """Stores fragments.

    Args:
        table: the state table.
        blobs: for the fragments.
        clock: unix seconds.
        unique_bytes: see ``CERTAINLY_UNIQUE_BYTES``.
    """

    def __init__(
        self,
        table: Table,
        blobs: Blobs,
        clock: Clock,
        unique_bytes: int = CERTAINLY_UNIQUE_BYTES,
    ) -> None:
        self._table = table
        self._blobs = blobs
        self._clock = clock
        self._unique_bytes = unique_bytes

    def append(
        self, connection: str, upload: str, name: str, body: bytes, *, kind: str = "catalog"
    ) -> StoredFile:
        """Appends a fragment, unless it is there already.

        Args:
            connection: an id that was checked.
            upload: of the session.
            name: a safe name.
            body: the fragment; empty makes an empty file.
            kind: type of the exchange.

        Raises:
            Refused: the file is larger than any real one.
            Busy: nothing was appended.
        """
        part = Part(hashlib.sha256(body).hexdigest()[:32], len(body))
        for _ in range(_TRIES):
            file, standing = self._standing(connection, upload, name)
            if body and self._is_repeat(file, part):
                return self._count_repeat(file, standing)
            changed = self._with(file, part if body else None, body)
            if body:
                self._blobs.put(part_key(changed, part), body)
            if changed.is_document and len(changed.parts) <= 1:
                self._open(changed, kind)  # first: a repeat would not come here
            if self._write(changed, standing):
                return changed
        raise Busy("two requests append to one file at the same time, again and again")

    def find(self, connection: str, upload: str, name: str) -> StoredFile | None:
        """Returns a file by its safe name."""
        item = self._table.get(partition(connection, upload), file_id(name))
        return None if item is None else _from_item(item)

    def files(self, connection: str, upload: str) -> Iterator[StoredFile]:
        """Yields the files of an upload."""
        after: str | None = None
        while True:
            page = self._table.query(partition(connection, upload), after=after)
            yield from map(_from_item, page.items)
            after = page.after
            if after is None:
                return

    def archives(self, connection: str, upload: str) -> Sequence[StoredFile]:
        """Returns the archives of an upload, in the order in which they came."""
        found = [file for file in self.files(connection, upload) if file.zip and file.parts]
        return sorted(found, key=lambda file: (file.first_at, file.id))

    def asked(self, file: StoredFile) -> None:
        """Remembers that an import of a file was asked for: more bytes of this name are another
        file from now on."""
        for _ in range(_TRIES):
            if file.asked_at is not None:
                return
            changed = replace(file, asked_at=self._clock(), version=file.version + 1)
            answer = self._table.replace(_item(changed), file.version)
            if answer.done or answer.standing is None:
                return
            standing = _from_item(answer.standing)
            if standing.chain != file.chain:
                return  # it has grown meanwhile: that is not what was asked for
            file = standing

    def close(self, connection: str, upload: str) -> None:
        """Takes an upload from the list of those that may need to be imported unasked."""
        self._table.remove(OPEN, f"{connection}/{upload}")

    def _standing(self, connection: str, upload: str, name: str) -> tuple[StoredFile, bool]:
        found = self.find(connection, upload, name)
        if found is not None:
            return found, True
        return StoredFile(connection, upload, file_id(name), name, first_at=self._clock()), False

    def _is_repeat(self, file: StoredFile, part: Part) -> bool:
        if not file.parts:
            return False
        if file.parts[-1] == part:
            return True
        # After an import was asked for, old bytes are the beginning of a new file.
        return file.asked_at is None and part.size >= self._unique_bytes and part in file.parts

    def _with(self, file: StoredFile, part: Part | None, body: bytes) -> StoredFile:
        now = self._clock()
        if file.asked_at is not None:
            file = replace(
                file, parts=(), chain="", asked_at=None, began=file.began + 1, first_at=now
            )
        changed = replace(file, last_at=now, version=file.version + 1)
        if part is None:
            return changed
        if len(file.parts) >= MOST_PARTS or file.size + part.size > MOST_BYTES:
            raise Refused(Why.TOO_LARGE, f"Файл {shown(file.name)} слишком велик.")
        chain = hashlib.sha256(f"{file.chain}/{part.digest}.{part.size}".encode()).hexdigest()
        begins_as_zip = file.zip if file.parts else body.startswith(_ZIP)
        return replace(changed, parts=(*file.parts, part), chain=chain, zip=begins_as_zip)

    def _count_repeat(self, file: StoredFile, standing: bool) -> StoredFile:
        changed = replace(file, repeats=file.repeats + 1, version=file.version + 1)
        self._write(changed, standing)  # only a count: when another request was faster, let it be
        return changed

    def _write(self, file: StoredFile, standing: bool) -> bool:
        if standing:
            return self._table.replace(_item(file), file.version - 1).done
        return self._table.insert(_item(file)) is None

    def _open(self, file: StoredFile, kind: str) -> None:
        self._table.insert(
            {
                "pk": OPEN,
                "sk": f"{file.connection}/{file.upload}",
                "kind": kind,
                "at": file.first_at,
                "expires_at": int(file.first_at + UPLOAD_SECONDS),
            }
        )


def partition(connection: str, upload: str) -> str:
    """Returns the partition of an upload's files."""
    return f"upload#{connection}#{upload}"


def part_key(file: StoredFile, part: Part) -> str:
    """Returns a fragment's blob key; nothing in it comes from outside as it came."""
    return f"uploads/{file.connection}/{file.upload}/{file.id}/{part.digest}-{part.size}"


def _item(file: StoredFile) -> Item:
    return {
        "pk": partition(file.connection, file.upload),
        "sk": file.id,
        "name": file.name,
        "parts": [f"{part.digest}.{part.size}" for part in file.parts],
        "chain": file.chain,
        "zip": file.zip,
        "repeats": file.repeats,
        "began": file.began,
        "first_at": file.first_at,
        "last_at": file.last_at,
        "asked_at": file.asked_at,
        "expires_at": int(file.first_at + UPLOAD_SECONDS),
        "version": file.version,
    }


def _from_item(item: Item) -> StoredFile:
    _, connection, upload = str(item["pk"]).split("#")
    pairs = (str(part).split(".") for part in item["parts"])
    return StoredFile(
        connection=connection,
        upload=upload,
        id=item["sk"],
        name=item["name"],
        parts=tuple(Part(digest, int(size)) for digest, size in pairs),
        chain=item["chain"],
        zip=item["zip"],
        repeats=item["repeats"],
        began=item["began"],
        first_at=item["first_at"],
        last_at=item["last_at"],
        asked_at=item["asked_at"],
        version=item["version"],
    )
