"""What became of a record, and how many of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from mostik.sync.differences import Disputed, FieldChange


class Verdict(StrEnum):
    """What became of one record. Every listed record has exactly one."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    UNCHANGED = "unchanged"
    ECHOED = "echoed"
    """It is what we wrote there ourselves."""
    CONFLICT = "conflict"
    """Both sides changed and a person must choose."""
    QUARANTINED = "quarantined"
    """It cannot be carried over as it is; it lies in quarantine with the reason."""
    SKIPPED = "skipped"
    """The link or the other side does not take it, and that is fine."""
    PENDING = "pending"
    """What it points at is not there yet; it is tried again."""


EFFECTS = frozenset({Verdict.CREATED, Verdict.UPDATED, Verdict.DELETED})


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the record ``key``.

    Attributes:
        key: of the record where it was read.
        verdict: ``None``: nothing yet, ``error`` says why.
        why: in words, where there is something to say.
        error: what went wrong.
        changes: of a run that writes nothing: what it would write.
        disputes: the same: what a person must decide.
    """

    key: str
    verdict: Verdict | None
    why: str = ""
    error: Exception | None = field(default=None, compare=False)
    changes: Sequence[FieldChange] = field(default=(), compare=False)
    disputes: Sequence[Disputed] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of a page, a chunk or a run: sums of what was written once, never incremented.

    Attributes:
        listed: records that the list gave.
        gone: records that a complete scan no longer gave.
        counts: by verdict.
        unannounced: how many of those that were created, updated or deleted no hint had told of;
            ``None``: that is not counted.
    """

    listed: int = 0
    gone: int = 0
    counts: Mapping[Verdict, int] = field(default_factory=dict)
    unannounced: int | None = None

    @property
    def add_up(self) -> bool:
        """Whether every record is accounted for."""
        return self.listed + self.gone == sum(self.counts.values())

    def count(self, verdict: Verdict) -> int:
        """How many have this verdict."""
        return self.counts.get(verdict, 0)

    def as_item(self) -> dict[str, Any]:
        """Returns it as a row holds it."""
        counts = {verdict.value: number for verdict, number in self.counts.items() if number}
        item: dict[str, Any] = {"listed": self.listed, "gone": self.gone, "counts": counts}
        return item if self.unannounced is None else {**item, "unannounced": self.unannounced}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Reads it back."""
        counts = {Verdict(name): int(number) for name, number in item["counts"].items()}
        unannounced = item.get("unannounced")
        return cls(
            int(item["listed"]),
            int(item["gone"]),
            counts,
            int(unannounced) if unannounced is not None else None,
        )

    @classmethod
    def sum(cls, parts: Iterable[Totals]) -> Self:
        """Adds up."""
        listed = gone = 0
        counts: Counter[Verdict] = Counter()
        unannounced: int | None = None
        for part in parts:
            listed += part.listed
            gone += part.gone
            counts.update(part.counts)
            if part.unannounced is not None:
                unannounced = (unannounced or 0) + part.unannounced
        return cls(listed, gone, dict(counts), unannounced)


def counted(results: Iterable[Result]) -> Mapping[Verdict, int]:
    """Counts results that have a verdict."""
    return Counter(result.verdict for result in results if result.verdict is not None)
