"""The table of a matching as CSV that a spreadsheet opens, is filled in, and is read back.

Spreadsheets do harm: they run what looks like a formula, drop leading zeros, turn long digits into
1,2E+12, change the separator and the encoding. So the row is known by its number, what looks like a
formula is quoted, and a key that was damaged is found where only one fits.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mostik.mapping.side import Side
from mostik.matching.approval import LEAVE, NEW, Decision, Verdict
from mostik.matching.found import Found, Row

_BOM = "\ufeff"
_SEPARATOR = ";"  # what a spreadsheet with Russian settings expects
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HEADER = re.compile(r"row \((?P<version>[0-9a-f]{10})\)\Z")
_DECISION = "decision"
_BETWEEN = " | "
_WORDS = {NEW: Verdict.NEW, LEAVE: Verdict.LEAVE}
MOST_BYTES = 64 * 1024 * 1024


def columns(found: Found) -> list[str]:
    """Returns the names of the columns; the first one says which table it is."""
    return [
        f"row ({found.version})", "state", "rule", "left_key", "left_title", "right_key",
        "right_title", "candidates", _DECISION, "why",
    ]  # fmt: skip


def written(found: Found) -> Iterator[str]:
    """Yields the sheet line by line.

    A person fills in ``decision``: the key of the other side, "new" or "leave". Empty: a matched
    row is accepted, one that is only here is new there, an ambiguous one stays undecided.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=_SEPARATOR, lineterminator="\r\n")
    yield _BOM
    lines: Iterable[list[str]] = (
        [str(place), *_cells(row, found)] for place, row in _numbered(found)
    )
    for line in (columns(found), *lines):
        writer.writerow([_quoted(cell) for cell in line])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _numbered(found: Found) -> Iterator[tuple[int, Row]]:
    yield from enumerate(found.rows, 1)


def _cells(row: Row, found: Found) -> list[str]:
    titles = found.titles.get(row.side.other, {})
    candidates = _BETWEEN.join(f"{key} ({titles.get(key, '')})" for key in row.candidates)
    return [
        row.state.value, row.rule, row.left or "", row.left_title, row.right or "",
        row.right_title, candidates, "", row.why,
    ]  # fmt: skip


def _quoted(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _bare(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


@dataclass(frozen=True, slots=True)
class Read:
    """What a sheet says.

    Attributes:
        decisions: by the place of the row.
        faults: what cannot be read, each with its line.
    """

    decisions: dict[int, Decision] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read(sheet: bytes | str, found: Found) -> Read:
    """Reads the decisions of a sheet.

    Args:
        sheet: as it was uploaded: UTF-8 or Windows-1251, with any usual separator.
        found: the table that it was written from.
    """
    if len(sheet) > MOST_BYTES:
        return Read(faults=[f"The sheet is longer than {MOST_BYTES >> 20} MB."])
    text = sheet if isinstance(sheet, str) else _decoded(sheet)
    text = text.removeprefix(_BOM)
    first = text.partition("\n")[0]
    separator = max(";,\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    answer = Read()
    try:
        _read(rows, found, answer)
    except csv.Error as error:
        answer.faults.append(f"Line {rows.line_num}: it cannot be read ({error}).")
    return answer


def _read(rows: Iterator[list[str]], found: Found, answer: Read) -> None:
    header = next(rows, [])
    places = {_bare(name): place for place, name in enumerate(header)}
    version = next((one[1] for name in places if (one := _HEADER.match(name))), None)
    if version is None or _DECISION not in places:
        answer.faults.append("Line 1: this is no sheet of a matching: its first line is missing.")
        return
    if version != found.version:
        answer.faults.append("Line 1: this sheet was written for another matching: write it anew.")
        return
    number = places[f"row ({version})"]
    lookup = _Lookup(found)
    for line, cells in enumerate(rows, 2):
        if any(cells):
            _take(cells, number, places[_DECISION], line, lookup, answer)


def _take(
    cells: list[str], number: int, decision: int, line: int, lookup: _Lookup, answer: Read
) -> None:
    text = _bare(cells[decision]) if decision < len(cells) else ""
    if not text:
        return
    place = _place(cells[number] if number < len(cells) else "")
    rows = lookup.found.rows
    if place is None or not 1 <= place <= len(rows):
        answer.faults.append(f"Line {line}: the number of its row is missing.")
        return
    row = rows[place - 1]
    verdict = _WORDS.get(text.casefold())
    if verdict is not None:
        answer.decisions[place - 1] = Decision(verdict)
        return
    key = lookup.key(row.side.other, text, row)
    if key is None:
        answer.faults.append(
            f"Line {line}: {text!r} is no record of the {row.side.other} side; write its key,"
            f" {NEW} or {LEAVE}."
        )
        return
    answer.decisions[place - 1] = Decision(Verdict.PAIR, key)


def _place(cell: str) -> int | None:
    text = _bare(cell).replace("\u00a0", "").removesuffix(".0").removesuffix(",0")
    return int(text) if text.isascii() and text.isdecimal() else None


def _decoded(sheet: bytes) -> str:
    try:
        return sheet.decode("utf-8-sig")
    except UnicodeDecodeError:
        return sheet.decode("cp1251", errors="replace")


class _Lookup:
    """Finds keys as people write them: whole, with their title, or without leading zeros."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self._short: dict[Side, dict[str, list[str]]] = {}
        for side in Side:
            short: dict[str, list[str]] = {}
            for key in found.titles.get(side, {}):
                short.setdefault(key.lstrip("0"), []).append(key)
            self._short[side] = short

    def key(self, side: Side, text: str, row: Row) -> str | None:
        titles = self.found.titles.get(side, {})
        if text in titles:
            return text
        for key in row.candidates:
            if text == f"{key} ({titles.get(key, '')})":
                return key
        near = self._short[side].get(text.lstrip("0"), [])
        return near[0] if len(near) == 1 else None
