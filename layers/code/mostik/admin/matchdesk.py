"""Two filled bases are matched by a person: a table, their decisions, and the approval.

Reading two bases takes as long as it takes, so the table is kept: one blob, and a row that says
which. Decisions are rows of their own, so two people do not overwrite one another. An approval is
written in parts; each part is harmless when it is written twice, so whoever goes on after a
function's time is up goes on where that one was.

Rows: ``matching#<link>`` / ``table``; ``matching#<link>#<version>`` / place of a decision.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mostik.admin.linkends import LinkEnds
from mostik.admin.problems import Refused, Words
from mostik.errors import CallFailed
from mostik.mapping.side import Side
from mostik.matching.approval import Approval, Decision, Verdict, approve
from mostik.matching.found import Found, Row, State
from mostik.matching.sheet import read, written
from mostik.ports import Blobs, Clock, Item, RemainingTime, Table
from mostik.sync.link import Link
from mostik.sync.linkbook import LinkBook
from mostik.sync.pairing import found_in, settle
from mostik.sync.xref import Pairs

KEPT_SECONDS = 35 * 86_400
FRESH_SECONDS = 86_400.0
"""An older table is not approved: the bases have moved on."""
_PART = 100
_TIME_RESERVE = 3.0
_SORT_KEY = "table"
_STALE = Words(
    "The table was read more than a day ago: match the bases again.",
    "Таблица прочитана больше суток назад: сопоставьте базы снова.",
)
_OTHER = Words(
    "The bases have been matched again meanwhile: look at the new table.",
    "Базы уже сопоставлены заново: посмотрите новую таблицу.",
)
_BEGUN = Words(
    "This table is being approved: go on with that.",
    "Эта таблица уже утверждается: продолжите утверждение.",
)
_NONE = Words("These bases are not matched yet.", "Эти базы ещё не сопоставлены.")
_LONG = Words(
    "The bases are too large to be read within a page's time. Match them with the command line:"
    " link match, then link approve.",
    "Базы слишком велики, чтобы прочитать их за время страницы. Сопоставьте их командой link match,"
    " затем link approve.",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the matching of a link stands.

    Attributes:
        link: the link.
        version: names the table; empty: there is none.
        at: when both bases were read, unix seconds.
        by: who has had them read.
        counts: rows by state.
        decided: rows about which a person has decided.
        written: parts of the approval that are written; ``None``: it was not begun.
        parts: in all.
    """

    link: Link
    version: str = ""
    at: float = 0.0
    by: str = ""
    counts: Mapping[State, int] = field(default_factory=dict)
    decided: int = 0
    written: int | None = None
    parts: int = 0

    @property
    def is_approved(self) -> bool:
        """Whether all of it is written."""
        return self.written is not None and self.written >= self.parts


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table, with what a person has decided about it."""

    place: int
    row: Row
    titles: Mapping[str, str]
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Lines:
    """Some rows, and where to go on."""

    lines: Sequence[Line]
    after: int | None


class MatchDesk:
    """Matches the bases of a link for a person.

    Args:
        table: the state table.
        blobs: hold the tables.
        ends: opens the bases.
        book: links with a document.
        pairs: cross-references.
        clock: unix seconds.
    """

    def __init__(
        self,
        *,
        table: Table,
        blobs: Blobs,
        ends: LinkEnds,
        book: LinkBook,
        pairs: Pairs,
        clock: Clock,
    ) -> None:
        self._table = table
        self._blobs = blobs
        self._ends = ends
        self._book = book
        self._pairs = pairs
        self._clock = clock

    def standing(self, link: Link) -> Standing:
        """Returns where the matching of a link stands."""
        row = self._table.get(_partition(link), _SORT_KEY)
        if row is None:
            return Standing(link)
        return Standing(
            link,
            row["version_of_table"],
            float(row["at"]),
            row["by"],
            {State(state): int(number) for state, number in row["counts"].items()},
            sum(1 for _ in self._decided(link, row["version_of_table"])),
            int(row["written"]) if row.get("written") is not None else None,
            int(row.get("parts", 0)),
        )

    def match(self, link: Link, remaining: RemainingTime, *, by: str) -> Standing:
        """Reads both bases and keeps the table; one that was there before is forgotten.

        Raises:
            Skip: the link has no document.
            Refused: they are too large to be read in the time that is left.
            MostikError: a base cannot be read.
        """
        document = self._book.document(link.id)
        try:
            with (
                self._ends(link, remaining) as ends,
                self._ends.sections(link, remaining) as sections,
            ):
                found = found_in(link, ends, document.schedule.zone, sections)
        except CallFailed as error:
            if remaining() < _TIME_RESERVE:
                raise Refused(503, _LONG) from error
            raise
        self._blobs.put(_blob(link, found.version), _packed(found))
        now = self._clock()
        self._table.put(
            {
                "pk": _partition(link),
                "sk": _SORT_KEY,
                "version_of_table": found.version,
                "at": now,
                "by": by,
                "counts": {state.value: number for state, number in found.counts.items()},
                "expires_at": int(now + KEPT_SECONDS),
            }
        )
        return self.standing(link)

    def lines(self, link: Link, state: State, *, after: int = -1, limit: int = 50) -> Lines:
        """Returns rows of one state, behind the place ``after``.

        Raises:
            Refused: there is no table.
        """
        standing, found = self._found(link)
        decided = dict(self._decided(link, standing.version))
        lines: list[Line] = []
        for place, row in enumerate(found.rows):
            if place <= after or row.state is not state:
                continue
            if len(lines) == limit:
                return Lines(lines, lines[-1].place)
            titles = found.titles.get(row.side.other, {})
            known = {key: titles.get(key, "") for key in row.candidates}
            lines.append(Line(place, row, known, decided.get(place)))
        return Lines(lines, None)

    def decide(self, link: Link, version: str, place: int, decision: Decision | None) -> None:
        """Keeps what a person says about a row; ``None`` takes it back.

        Raises:
            Refused: it is another table by now, or the decision cannot be.
        """
        standing, found = self._found(link, version)
        if standing.written is not None:
            raise Refused(409, _BEGUN)
        if not 0 <= place < len(found.rows):
            raise Refused(404, Words("There is no such row.", "Такой строки нет."))
        row = found.rows[place]
        if decision is None:
            self._table.remove(_decisions(link, version), _place(place))
            return
        if decision.verdict is Verdict.PAIR:
            known = found.titles.get(row.side.other, {})
            if decision.key not in known:
                raise Refused(422, Words("There is no such record on the other side.",
                                         "На другой стороне такой записи нет."))  # fmt: skip
        self._table.put(self._item(link, version, place, decision))

    def sheet(self, link: Link) -> str:
        """Returns the table as CSV, to be filled in.

        Raises:
            Refused: there is no table.
        """
        return "".join(written(self._found(link)[1]))

    def take(self, link: Link, sheet: bytes) -> Sequence[str]:
        """Takes the decisions of a sheet, all of them or none. Returns what is wrong with it.

        Raises:
            Refused: there is no table, or it is being approved.
            Busy: not all could be written; the same sheet again is harmless.
        """
        standing, found = self._found(link)
        if standing.written is not None:
            raise Refused(409, _BEGUN)
        answer = read(sheet, found)
        faults = [*answer.faults, *approve(found, answer.decisions).faults]
        if not faults:
            for place, decision in answer.decisions.items():
                self._table.put(self._item(link, standing.version, place, decision))
        return faults

    def approval(self, link: Link) -> Approval:
        """Returns what an approval would come to now.

        Raises:
            Refused: there is no table.
        """
        standing, found = self._found(link)
        return approve(found, dict(self._decided(link, standing.version)))

    def approve(self, link: Link, version: str, remaining: RemainingTime) -> Standing:
        """Writes the approval down, as far as the time allows; then the link may write.

        Raises:
            Refused: it is another table by now, it is too old, or decisions contradict each other.
        """
        standing, found = self._found(link, version)
        if standing.written is None and self._clock() - standing.at > FRESH_SECONDS:
            raise Refused(409, _STALE)
        approval = approve(found, dict(self._decided(link, version)))
        if approval.faults:
            text = " ".join(approval.faults[:3])
            raise Refused(422, Words(text, f"Решения противоречат друг другу: {text}"))
        parts = list(_parts(approval))
        for number in range(standing.written or 0, len(parts)):
            if remaining() < _TIME_RESERVE:
                return self._reached(link, version, number, len(parts))
            settle(link, parts[number], self._pairs, self._clock)
            self._reached(link, version, number + 1, len(parts))
        reached = self._reached(link, version, len(parts), len(parts))
        return replace(reached, link=self._book.settle(link.id))

    def waive(self, link: Link) -> Link:
        """Lets a link write without a matching.

        Raises:
            Skip: it has no document.
        """
        self._book.document(link.id)
        return self._book.settle(link.id)

    def _reached(self, link: Link, version: str, number: int, parts: int) -> Standing:
        row = self._table.get(_partition(link), _SORT_KEY)
        if row is None or row["version_of_table"] != version:
            raise Refused(409, _OTHER)
        self._table.put({**row, "written": number, "parts": parts})
        return self.standing(link)

    def _found(self, link: Link, version: str | None = None) -> tuple[Standing, Found]:
        standing = self.standing(link)
        if version is not None and standing.version != version:
            raise Refused(409, _OTHER)
        packed = self._blobs.get(_blob(link, standing.version)) if standing.version else None
        if packed is None:
            raise Refused(404, _NONE)
        return standing, _unpacked(packed)

    def _decided(self, link: Link, version: str) -> Iterator[tuple[int, Decision]]:
        after: str | None = None
        while True:
            page = self._table.query(_decisions(link, version), after=after, limit=1_000)
            for item in page.items:
                yield int(item["sk"]), Decision(Verdict(item["verdict"]), item.get("key", ""))
            after = page.after
            if after is None:
                return

    def _item(self, link: Link, version: str, place: int, decision: Decision) -> Item:
        return {
            "pk": _decisions(link, version),
            "sk": _place(place),
            "verdict": decision.verdict.value,
            "key": decision.key,
            "expires_at": int(self._clock() + KEPT_SECONDS),
        }


def _parts(approval: Approval) -> Iterator[Approval]:
    """Yields an approval in parts that are quick to write, in an order that stays."""
    nothing = Approval({}, {}, {}, {})
    pairs = sorted(approval.pairs.items())
    for at in range(0, len(pairs), _PART):
        yield replace(nothing, pairs=dict(pairs[at : at + _PART]))
    for some in _cut(approval.to_create):
        yield replace(nothing, to_create=some)
    for some in _cut(approval.left_alone):
        yield replace(nothing, left_alone=some)
    for some in _cut(approval.undecided):
        yield replace(nothing, undecided=some, candidates=approval.candidates)


def _cut(keys_of: Mapping[Side, frozenset[str]]) -> Iterator[Mapping[Side, frozenset[str]]]:
    for side in Side:
        ordered = sorted(keys_of.get(side, ()))
        for at in range(0, len(ordered), _PART):
            yield {side: frozenset(ordered[at : at + _PART])}


def _partition(link: Link) -> str:
    return f"matching#{link.id}"


def _decisions(link: Link, version: str) -> str:
    return f"matching#{link.id}#{version}"


def _place(place: int) -> str:
    return f"{place:08}"


def _blob(link: Link, version: str) -> str:
    return f"bodies/matching/{link.id}/{version}"


def _packed(found: Found) -> bytes:
    rows: list[Any] = [
        [
            row.state.value, row.left, row.right, row.rule, list(row.candidates), row.why,
            row.left_title, row.right_title,
        ]
        for row in found.rows
    ]  # fmt: skip
    titles = {side.value: dict(known) for side, known in found.titles.items()}
    text = json.dumps({"rows": rows, "titles": titles}, ensure_ascii=True)
    return zlib.compress(text.encode())


def _unpacked(data: bytes) -> Found:
    content = json.loads(zlib.decompress(data))
    rows = [
        Row(State(state), left, right, rule, tuple(candidates), why, left_title, right_title)
        for state, left, right, rule, candidates, why, left_title, right_title in content["rows"]
    ]
    return Found(rows, {Side(side): known for side, known in content["titles"].items()})
