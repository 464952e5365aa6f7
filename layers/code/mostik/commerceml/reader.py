"""Reads a CommerceML file in one pass, whatever its size: records out, nothing kept.

libxml2 builds the tree, and we take it down again behind it: at the end of each record what stands
before it is read and removed. Only elements that are complete and are not the last ones are
removed: the parser may still be writing behind those.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from lxml import etree

from mostik.commerceml.door import opened
from mostik.commerceml.levels import EVENTS, PARTS, ROOT, Levels
from mostik.commerceml.models import Head, Message, Record, Rejected
from mostik.commerceml.refusal import Limits, Refused, Why
from mostik.commerceml.report import Report
from mostik.ports import Clock

CHUNK = 65_536
Yielded = Message | Head | Record | Rejected


class Reader:
    """The records of one file.

    Iterate over it once. ``Message`` comes first; what a record needs may stand behind it in the
    file, or in another file. Nothing is to be believed before the iteration has ended without
    ``Refused``: a file may break off.

    Args:
        source: the file, or its bytes in pieces.
        limits: bounds.
        mends_mojibake: see ``door.opened``.
        clock: seconds, for ``limits.seconds``.

    Attributes:
        report: grows while records are read.
    """

    def __init__(
        self,
        source: BinaryIO | Iterable[bytes],
        *,
        limits: Limits | None = None,
        mends_mojibake: bool = True,
        clock: Clock = time.monotonic,
    ) -> None:
        self.report = Report()
        self._source = source
        self._limits = limits or Limits()
        self._mends_mojibake = mends_mojibake
        self._clock = clock

    def __iter__(self) -> Iterator[Yielded]:
        pieces = _pieces(self._source)
        file = opened(pieces, self.report, mends_mojibake=self._mends_mojibake)
        if file.root not in (ROOT, "Документ", "Контейнер", *PARTS):
            raise Refused(Why.NOT_COMMERCEML, "Это XML, но не CommerceML: другой корневой элемент.")
        parser = etree.XMLPullParser(
            events=("end",),
            tag=[f"{{*}}{name}" for name in EVENTS],
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            remove_blank_text=True,
            collect_ids=False,
            recover=False,
        )
        ready: deque[Yielded] = deque()
        levels = Levels(self.report, self._limits, ready.append)
        began = self._clock()
        tally = Tally(self._limits)
        events = parser.read_events()
        try:
            for chunk in file.chunks:
                parser.feed(chunk)
                before = levels.taken
                for _, element in events:
                    levels.ended(element)
                    while ready:
                        yield ready.popleft()
                tally.count(chunk, moved=levels.taken > before, report=self.report)
                if self._clock() - began > self._limits.seconds:
                    raise Refused(Why.TOO_SLOW, "Файл разбирается слишком долго.")
            root = parser.close()
        except etree.XMLSyntaxError as error:
            raise _refusal(error) from None
        for _, element in events:
            levels.ended(element)
        levels.closed(root)
        yield from ready


class Tally:
    """How much has been fed since something was last taken out of the tree."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._bytes = 0
        self._tags = 0

    def count(self, chunk: bytes, *, moved: bool, report: Report) -> None:
        """Counts a piece.

        Raises:
            Refused: the file or one record of it is too large.
        """
        if report.bytes > self._limits.bytes:
            raise Refused(Why.TOO_LARGE, "Файл слишком велик.")
        if moved:
            self._bytes = self._tags = 0
            return
        self._bytes += len(chunk)
        self._tags += chunk.count(b"<")
        if self._bytes > self._limits.record_bytes or self._tags > self._limits.record_tags:
            raise Refused(Why.TOO_LARGE, "Одна запись файла слишком велика.")


def _pieces(source: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    read = getattr(source, "read", None)
    if read is None:
        for piece in source:
            for start in range(0, len(piece), CHUNK):
                yield piece[start : start + CHUNK]
        return
    while piece := read(CHUNK):
        yield piece


def _refusal(error: etree.XMLSyntaxError) -> Refused:
    line, column = error.position
    where = f"строка {line}, позиция {column}"
    if "depth" in (error.msg or ""):
        return Refused(Why.TOO_DEEP, f"Слишком глубокая вложенность: {where}.")
    return Refused(Why.MALFORMED, f"XML повреждён или обрывается: {where}.")
