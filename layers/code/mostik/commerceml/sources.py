"""What one import is about: the documents that it reads, and the files that they name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO, NamedTuple

from mostik.brought import Content
from mostik.commerceml.archive import Archive
from mostik.commerceml.assembled import opened
from mostik.commerceml.filenames import safe_name
from mostik.commerceml.imports import ImportRow
from mostik.commerceml.protocol import shown
from mostik.commerceml.refusal import Refused, Why
from mostik.commerceml.uploads import StoredFile, Uploads
from mostik.ports import Blobs

MOST_CONTENT_BYTES = 20_000_000
"""Of one picture; a worker holds it as a whole."""
_RANKS = ("import", "goods", "offers", "prices", "rests")
_GONE = "Файл {} был передан заново до того, как прочитан: повторите обмен."


class Document(NamedTuple):
    """One XML document.

    Attributes:
        name: for people.
        pieces: opens it and yields its bytes.
    """

    name: str
    pieces: Callable[[], Iterable[bytes]]


@dataclass(slots=True)
class Sources:
    """What was uploaded in the session of an import.

    Attributes:
        uploads: files.
        blobs: their fragments.
        row: the import.
    """

    uploads: Uploads
    blobs: Blobs
    row: ImportRow
    _archives: list[tuple[BinaryIO, Archive]] | None = None
    _contents: dict[str, Content | None] = field(default_factory=dict)

    def documents(self) -> Sequence[Document]:
        """Returns the documents to be read, in their order.

        Raises:
            Refused: what the import is about is not there any more, or is damaged.
        """
        row = self.row
        if row.file_id is not None:
            file = self._sent(row.file)
            if file.zip:
                return self._inside(file)
            return [Document(file.name, partial(_pieces, file, self.blobs))]
        for _, archive in reversed(self._opened()):
            name = _in_archive(archive, row.file)
            if name is not None:
                return [Document(name, partial(archive.pieces, name))]
        raise Refused(Why.EMPTY, f"В архиве нет файла {shown(row.file)}.")

    def content(self, path: str) -> Content | None:
        """Returns a file that a record names; its bytes lie in a blob of their own from now on."""
        if path not in self._contents:
            data = self._bytes_of(path)
            content = None
            if data is not None:
                digest = hashlib.sha256(data).hexdigest()
                blob = f"imports/{self.row.connection}/{self.row.session}/files/{digest}"
                self.blobs.put(blob, data)
                content = Content(digest, len(data), blob)
            self._contents[path] = content
        return self._contents[path]

    def _sent(self, name: str) -> StoredFile:
        row = self.row
        file = self.uploads.find(row.connection, row.session, name)
        if file is None or not file.parts or file.chain != row.content:
            raise Refused(Why.EMPTY, _GONE.format(shown(name)))
        return file

    def _inside(self, file: StoredFile) -> Sequence[Document]:
        archive = Archive(opened(file, self.blobs))
        names = [name for name in archive.names if name.lower().endswith(".xml")]
        if not names:
            raise Refused(Why.EMPTY, f"В архиве {shown(file.name)} нет файлов XML.")
        return [Document(one, partial(archive.pieces, one)) for one in sorted(names, key=_in_order)]

    def _opened(self) -> list[tuple[BinaryIO, Archive]]:
        if self._archives is None:
            self._archives = []
            for file in self.uploads.archives(self.row.connection, self.row.session):
                if self.row.archives and file.id not in self.row.archives:
                    continue
                stream = opened(file, self.blobs)
                self._archives.append((stream, Archive(stream)))
        return self._archives

    def _bytes_of(self, path: str) -> bytes | None:
        try:
            names = list(dict.fromkeys(self._names_for(path)))
        except Refused:
            return None
        for name in names:
            file = self.uploads.find(self.row.connection, self.row.session, name)
            if file is not None and file.parts and file.size <= MOST_CONTENT_BYTES:
                return b"".join(_pieces(file, self.blobs))
        for _, archive in reversed(self._all_archives()):
            for name in names:
                found = _in_archive(archive, name)
                if found is not None:
                    return _whole(archive.pieces(found))
        return None

    def _all_archives(self) -> list[tuple[BinaryIO, Archive]]:
        """Those beside a document that came by itself, too; a damaged one holds no picture."""
        try:
            return self._opened()
        except Refused:
            return []

    def _names_for(self, path: str) -> Iterator[str]:
        """As it is said, and beside the document."""
        name = safe_name(path)
        yield name
        folder = self.row.file.rpartition("/")[0]
        if folder:
            yield f"{folder}/{name}"


def _pieces(file: StoredFile, blobs: Blobs) -> Iterator[bytes]:
    with opened(file, blobs) as stream:
        while piece := stream.read(65_536):
            yield piece


def _whole(pieces: Iterable[bytes]) -> bytes | None:
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > MOST_CONTENT_BYTES:
            return None
    return bytes(data)


def _in_archive(archive: Archive, name: str) -> str | None:
    """An entry by its name; 1C asks by the name inside of the archive, some without its folder."""
    wanted = name.casefold()
    by_name = {one.casefold(): one for one in archive.names}
    if wanted in by_name:
        return by_name[wanted]
    return next((one for low, one in by_name.items() if low.endswith(f"/{wanted}")), None)


def _in_order(name: str) -> tuple[int, str]:
    base = name.rpartition("/")[2].casefold()
    rank = next((place for place, word in enumerate(_RANKS) if base.startswith(word)), 0)
    return rank, name
