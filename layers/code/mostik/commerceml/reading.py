"""Reads what one import is about, once and in one pass, into pages.

A worker's time is short and it may die. So what has been read is noted from time to time: how many
pieces, which pages stand, which keys are on them. Whoever goes on passes over the pieces that were
read. Nobody sees a page before the last one stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from mostik.brought import Bringer
from mostik.commerceml.models import Head, Rejected
from mostik.commerceml.pageform import Brought, dumped
from mostik.commerceml.pages import MOST_BYTES, MOST_RECORDS, NEWCOMERS, TOLD, Pages, Said
from mostik.commerceml.places import Place
from mostik.commerceml.reader import Reader, Yielded
from mostik.commerceml.refusal import Refused, Why
from mostik.commerceml.report import Report
from mostik.commerceml.sources import Document
from mostik.ports import RemainingTime

TIME_RESERVE = 25.0
"""With less time left what has been read is noted, and the next job goes on."""
_LOOK_EVERY = 200
_TOO_LONG = "Файл слишком велик, чтобы прочитать его: уменьшите порцию выгрузки."
"""Passing over what was read takes a whole job's time already."""
_MOST_UNKNOWN = 50
_CATALOGUE = "Каталог"


@dataclass(slots=True)
class Shelf:
    """Pages of one resource.

    Attributes:
        pages: so many stand.
        keys: on which page each key is; a later one counts.
    """

    pages: int = 0
    keys: dict[str, int] = field(default_factory=dict)
    _texts: list[str] = field(default_factory=list)
    _bytes: int = 0

    def add(self, key: str, text: str) -> bool:
        """Takes a record. Returns whether the page is full."""
        self._texts.append(text)
        self._bytes += len(text.encode())
        self.keys[key] = self.pages + 1
        return len(self._texts) >= MOST_RECORDS or self._bytes >= MOST_BYTES // 2

    def taken(self) -> Sequence[str]:
        """Returns what waits for its page, which stands from now on."""
        texts, self._texts, self._bytes = self._texts, [], 0
        self.pages += bool(texts)
        return texts


@dataclass(slots=True)
class Progress:
    """How far the reading of an import is.

    Attributes:
        pieces: that were read.
        records: made of them.
        again: it is the second pass.
        shelves: by resource.
        heads: what the parts of the files say of themselves: kind, and whether they are whole.
        nameless: records without a key; they are not carried over, and nothing is deleted then.
        sentences: for people on the other side.
        unknown: what was not understood, by path.
        found: counts of the files.
        catalogs: keys of the catalogues that their goods are in.
    """

    pieces: int = 0
    records: int = 0
    again: bool = False
    shelves: dict[str, Shelf] = field(default_factory=dict)
    heads: list[tuple[str, bool | None]] = field(default_factory=list)
    nameless: int = 0
    sentences: list[str] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    catalogs: set[str] = field(default_factory=set)

    def dump(self) -> bytes:
        """As a blob holds it."""
        document: dict[str, Any] = {
            "pieces": self.pieces,
            "records": self.records,
            "again": self.again,
            "shelves": {
                name: {"pages": one.pages, "keys": one.keys} for name, one in self.shelves.items()
            },
            "heads": self.heads,
            "nameless": self.nameless,
            "sentences": self.sentences,
            "catalogs": sorted(self.catalogs),
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def load(cls, held: bytes | None) -> Self:
        """Reads it back; of an import that was not begun it is at the beginning."""
        if held is None:
            return cls()
        document = json.loads(held)
        shelves = {
            name: Shelf(one["pages"], one["keys"]) for name, one in document["shelves"].items()
        }
        return cls(
            pieces=document["pieces"],
            records=document["records"],
            again=document["again"],
            shelves=shelves,
            heads=[(kind, whole) for kind, whole in document["heads"]],
            nameless=document["nameless"],
            sentences=document["sentences"],
            catalogs=set(document.get("catalogs", ())),
        )


Note = Callable[[Progress], None]
"""Takes how far the reading is, and keeps it."""


@dataclass(slots=True)
class Reading:
    """The reading of one import.

    Attributes:
        pages: where its records go.
        place: its place in time.
        bring: begins to make records, for one pass.
        progress: how far it is.
        noted_every: pieces after which it is noted in any case.
    """

    pages: Pages
    place: Place
    bring: Callable[[], Bringer]
    progress: Progress
    noted_every: int = 20_000
    bringer: Bringer = field(init=False)

    def go_on(self, documents: Sequence[Document], remaining: RemainingTime, note: Note) -> bool:
        """Reads as long as the time allows. Returns whether all is read.

        Raises:
            Refused: a document is not to be believed; nothing of the import is.
        """
        if not self._pass(documents, remaining, note):
            return False
        if self.bringer.looks_back and not self.progress.again:
            self.progress.shelves.pop(NEWCOMERS, None)  # the second pass may know what they are
            self.keep(0.0)
            self.progress = Progress(again=True)
            note(self.progress)
            return self._pass(documents, remaining, note)
        return True

    def keep(self, now: float) -> Mapping[str, Said]:
        """Says that all pages stand. Returns what there is, by resource."""
        return {
            name: self.pages.finish(self.place, name, shelf.keys, now)
            for name, shelf in self.progress.shelves.items()
        }

    @property
    def newcomers(self) -> dict[str, int]:
        """Keys of new goods of which nobody has said what they are. Whoever knows that one is not
        new takes it out before they are kept."""
        shelf = self.progress.shelves.get(NEWCOMERS)
        return {} if shelf is None else shelf.keys

    def _pass(self, documents: Sequence[Document], remaining: RemainingTime, note: Note) -> bool:
        self.bringer = self.bring()
        report, read_before = Report(), self.progress.pieces
        done = noted = held_from = 0
        for piece in _pieces(documents, report):
            done += 1
            if done <= read_before:
                self.bringer.learn(piece)
                if not done % _LOOK_EVERY and remaining() < TIME_RESERVE:
                    raise Refused(Why.TOO_SLOW, _TOO_LONG)
                continue
            self._take(piece)
            if not self.bringer.held:
                held_from = done
            if done % _LOOK_EVERY:
                continue
            short = remaining() < TIME_RESERVE
            if short or done - max(noted, read_before) >= self.noted_every:
                noted = done
                self._flush()
                self.progress.pieces = max(held_from, read_before)
                told = [*self.progress.sentences, *self.bringer.sentences()]
                note(replace(self.progress, sentences=told))
                if short:
                    return False
        self._add(self.bringer.rest())
        self._flush()
        self.progress.pieces = done
        self.progress.found = dict(report.found)
        self.progress.unknown = dict(report.unknown.most_common(_MOST_UNKNOWN))
        self.progress.sentences += [*self.bringer.sentences(), *_sentences(report)]
        return True

    def _take(self, piece: Yielded) -> None:
        if isinstance(piece, Head):
            self.progress.heads.append((piece.kind, _whole(piece.only_changes)))
            if own := piece.key if piece.kind == _CATALOGUE else piece.catalog:
                self.progress.catalogs.add(own)
        if isinstance(piece, Rejected) and not piece.key:
            self.progress.nameless += 1
        self._add(self.bringer.take(piece))

    def _add(self, found: Iterable[tuple[str, Brought]]) -> None:
        for resource, one in found:
            shelf = self.progress.shelves.setdefault(resource, Shelf())
            if resource in (NEWCOMERS, TOLD):
                shelf.keys[one.key] = 1
                continue
            self.progress.records += 1
            if shelf.add(one.key, dumped(one)):
                self._store(resource, shelf)

    def _flush(self) -> None:
        for resource, shelf in self.progress.shelves.items():
            self._store(resource, shelf)

    def _store(self, resource: str, shelf: Shelf) -> None:
        if texts := shelf.taken():
            self.pages.write(self.place, resource, shelf.pages, texts)


def _pieces(documents: Sequence[Document], report: Report) -> Iterator[Yielded]:
    for document in documents:
        reader = Reader(document.pieces())
        yield from reader
        report.add(reader.report)


def _whole(only_changes: bool | None) -> bool | None:
    return None if only_changes is None else not only_changes


def _sentences(report: Report) -> Sequence[str]:
    """What the file itself is to blame for."""
    faults = [f"Не прочитаны значения {path}: {n}." for path, n in report.faults.most_common(10)]
    rejected = [f"Записи отклонены ({why}): {n}." for why, n in report.rejected.most_common(10)]
    return [*rejected, *faults]
