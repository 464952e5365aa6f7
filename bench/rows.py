"""The rows of a measurement, and the file that keeps the last ones of every suite."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Literal

FOLDER = Path(__file__).resolve().parent
FULL = FOLDER / "results.json"
SHORT = FOLDER / "results-short.json"


@dataclass(frozen=True, slots=True)
class Row:
    """One case.

    Attributes:
        suite: ``door``, ``client``, ...
        case: what was measured.
        unit: of ``ours`` and ``reference``; ``value`` is a ratio where there is a reference.
        better: which way is better.
        ours: median of our runs.
        reference: median of the floor's or peer's runs beside ours; ``None``: there is none.
        reference_name: what the reference is.
        value: ours / reference, or ours.
        target: what it should be at most (or at least, where higher is better); ``None``: it is
            only shown.
        met: whether it is.
        n: paired runs.
    """

    suite: str
    case: str
    unit: str
    better: Literal["lower", "higher"]
    ours: float
    reference: float | None
    reference_name: str
    value: float
    target: float | None
    met: bool
    n: int


def paired(
    suite: str,
    case: str,
    unit: str,
    *,
    ours: Sequence[float],
    reference: Sequence[float],
    reference_name: str,
    target: float,
) -> Row:
    """Returns the row of interleaved runs, lower being better: the ratio of their medians."""
    own, other = median(ours), median(reference)
    value = own / other
    return Row(
        suite, case, unit, "lower", round(own, 4), round(other, 4), reference_name,
        round(value, 4), target, value <= target, min(len(ours), len(reference)),
    )  # fmt: skip


def absolute(
    suite: str, case: str, unit: str, *, ours: float, target: float | None, n: int = 1
) -> Row:
    """Returns the row of a count that has no reference, lower being better."""
    met = target is None or ours <= target
    return Row(suite, case, unit, "lower", ours, None, "", ours, target, met, n)


def save(rows: Sequence[Row], suites: Sequence[str], *, short: bool) -> Path:
    """Replaces the rows of the suites that ran. Returns the file."""
    file = SHORT if short else FULL
    kept = [] if not file.exists() else json.loads(file.read_text())
    kept = [row for row in kept if row["suite"] not in suites]
    file.write_text(json.dumps([*kept, *(asdict(row) for row in rows)], indent=1) + "\n")
    return file


def table(rows: Sequence[Row]) -> str:
    """Returns the rows as text for a person."""
    lines = [("case", "ours", "reference", "value", "target", "met", "n")]
    for row in rows:
        reference = "" if row.reference is None else f"{row.reference:g} {row.reference_name}"
        lines.append(
            (
                f"{row.suite}: {row.case}", f"{row.ours:g} {row.unit}", reference,
                f"{row.value:g}", "" if row.target is None else f"{row.target:g}",
                "" if row.target is None else "yes" if row.met else "NO", str(row.n),
            )
        )  # fmt: skip
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
