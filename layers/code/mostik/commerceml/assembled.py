"""A stored file as one stream: fragments are fetched when they are read, few are held."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate
from typing import TYPE_CHECKING

from mostik.commerceml.protocol import shown
from mostik.commerceml.refusal import Refused, Why
from mostik.commerceml.uploads import StoredFile
from mostik.ports import Blobs

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_HELD_PARTS = 3
"""A zip's directory and the entry that is read lie in different ones."""
_END_OF_ARCHIVE = b"PK\x05\x06"
_TAIL_OF_ARCHIVE = 65_536 + 22
_TAIL_OF_DOCUMENT = 4_096
_HEAD_OF_DOCUMENT = 4_096
_ROOT = re.compile(rb"<([^\s<>/!?]{1,200})")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_CLOSED = re.compile(rb"</([^<>]{1,200}?)\s*>(?:\s|<!--.{0,1000}?-->)*\Z", re.DOTALL)


class AssembledFile(io.RawIOBase):
    """A file that can be read from any place.

    Args:
        file: which.
        blobs: where its fragments are.
    """

    def __init__(self, file: StoredFile, blobs: Blobs) -> None:
        self._file = file
        self._blobs = blobs
        self._starts = [0, *accumulate(part.size for part in file.parts)]
        self._held: OrderedDict[int, bytes] = OrderedDict()
        self._at = 0

    def readable(self) -> bool:
        """Returns yes."""
        return True

    def seekable(self) -> bool:
        """Returns yes."""
        return True

    def tell(self) -> int:
        """Returns the position."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves the position."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._starts[-1]}[whence]
        if base + offset < 0:
            raise OSError("before the beginning of the file")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Reads up to the end of the present fragment.

        Raises:
            Refused: a fragment is gone.
            Busy: it cannot be fetched now.
        """
        view = memoryview(buffer).cast("B")
        if self._at >= self._starts[-1] or not view:
            return 0
        number = bisect_right(self._starts, self._at) - 1
        data = self._part(number)
        offset = self._at - self._starts[number]
        piece = data[offset : offset + len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _part(self, number: int) -> bytes:
        data = self._held.pop(number, None)
        if data is None:
            data = self._blobs.get(self._file.keys[number])
            if data is None or len(data) != self._file.parts[number].size:
                raise Refused(
                    Why.EMPTY,
                    f"Файл {shown(self._file.name)} больше не хранится, выгрузите его снова.",
                )
        self._held[number] = data
        while len(self._held) > _HELD_PARTS:
            self._held.popitem(last=False)
        return data


def opened(file: StoredFile, blobs: Blobs) -> io.BufferedReader:
    """Opens a stored file for reading."""
    return io.BufferedReader(AssembledFile(file, blobs), 1024 * 1024)


def looks_complete(file: StoredFile, blobs: Blobs) -> bool:
    """Whether a file ends as such files end: a document with its root's end tag. Its fragments do
    not say which is the last."""
    with opened(file, blobs) as stream:
        head = stream.read(_HEAD_OF_DOCUMENT)
        size = file.size
        tail = _TAIL_OF_ARCHIVE if file.zip else _TAIL_OF_DOCUMENT
        stream.seek(max(0, size - tail))
        data = stream.read()
    if file.zip:
        return _END_OF_ARCHIVE in data
    head = _COMMENT.sub(b"", head)
    root, closed = _ROOT.search(head), _CLOSED.search(data.rstrip(b"\0 \r\n\t\x1a"))
    return root is not None and closed is not None and root[1] == closed[1]
