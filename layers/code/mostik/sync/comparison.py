"""What a comparison of both sides of a link has come to, and where that is kept.

The row holds the figures and where the comparison is; keys, and what differs, lie in the blobs.
Every step writes its blob under a name of its own and then the row, if nobody else has: whoever
takes a comparison up again finds where it is.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from mostik.ports import Blobs, Item, Table
from mostik.sync.link import Side

_SORT_KEY = "comparison"
_KEPT_SECONDS = 14 * 86_400
_BITS = 128


class Part(StrEnum):
    """What a comparison does next."""

    LEFT = "left"
    """List the left side."""
    RIGHT = "right"
    COMPARE = "compare"
    """Put both lists side by side."""
    LOOK = "look"
    """Look at both sides of what does not seem to be as agreed."""
    DONE = "done"


class Lack(StrEnum):
    """Why a record is not the same on both sides."""

    MISSING_LEFT = "missing_left"
    MISSING_RIGHT = "missing_right"
    DIFFERS = "differs"
    UNPAIRED = "unpaired"
    """Both sides have it and say the same, but the two are no pair yet."""
    CONFLICT = "conflict"
    """A person must decide: see the conflicts."""
    UNFIT = "unfit"
    """It cannot be carried over: it lies in quarantine, waits for another, or cannot be said."""
    BROKEN = "broken"
    """The list of its side shows it as no record."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One record that is not the same on both sides.

    Attributes:
        lack: why.
        side: where it was read.
        key: its key there.
        other: its key on the other side, where it is known.
        fields: of one that differs or is in conflict: which fields.
        why: a sentence, where there is more to say.
        mends: a touch of it is what a repair sends.
    """

    lack: Lack
    side: Side
    key: str
    other: str | None = None
    fields: tuple[str, ...] = ()
    why: str = ""
    mends: bool = False


@dataclass(frozen=True, slots=True)
class SideFigures:
    """Figures of one side.

    Attributes:
        listed: records that its list gave.
        taken: those of them that the link takes, by its filters.
        paired: those of them that have a counterpart.
        unpaired: those that have none.
        hash: over all that is taken. Both sides have one hash when each record has its counterpart
            and both say what they have agreed on.
    """

    listed: int = 0
    taken: int = 0
    paired: int = 0
    unpaired: int = 0
    hash: str = f"{0:032x}"

    def with_one(self, name: str, mark: str) -> SideFigures:
        """Adds a record to the hash, in whatever order they come.

        Args:
            name: what both sides call it.
            mark: what it says, in common terms.
        """
        digest = sha256(f"{name}\0{mark}".encode(errors="surrogatepass")).digest()
        added = int.from_bytes(digest[: _BITS // 8]) + int(self.hash, 16)
        return replace(self, hash=f"{added % (1 << _BITS):032x}")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of both sides of a link.

    Attributes:
        id: a ULID.
        link: the link.
        by: who has asked for it.
        started_at: unix seconds.
        moved_at: when it last got on.
        part: what comes next.
        cursor: where the next page begins.
        pages: by side: pages of keys that were listed.
        position: the next bucket, or the next chunk to be looked at.
        chunks: chunks of records to be looked at.
        found: pages of differences.
        left: figures of the left side.
        right: figures of the right side.
        agreed: records that are on both sides and say what was agreed, or the same.
        lacks: how many of each kind of difference.
        skipped: records that are on one side, and belong there by what the link says.
        repaired_by: who has had the differences touched.
        ended_at: when it was done.
        version: grows with every write.
    """

    id: str
    link: str
    by: str
    started_at: float
    moved_at: float
    part: Part = Part.LEFT
    cursor: str | None = None
    pages: Mapping[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))
    position: int = 0
    chunks: int = 0
    found: int = 0
    left: SideFigures = SideFigures()
    right: SideFigures = SideFigures()
    agreed: int = 0
    lacks: Mapping[Lack, int] = field(default_factory=dict)
    skipped: int = 0
    repaired_by: str = ""
    ended_at: float | None = None
    version: int = 1

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end."""
        return self.part is Part.DONE

    @property
    def is_equal(self) -> bool:
        """Whether both sides say the same, as far as the link goes."""
        return self.is_done and not self.lacks

    def side(self, side: Side) -> SideFigures:
        """Returns the figures of a side."""
        return self.left if side is Side.LEFT else self.right

    def with_side(self, side: Side, figures: SideFigures) -> Comparison:
        """Returns it with other figures of a side."""
        if side is Side.LEFT:
            return replace(self, left=figures)
        return replace(self, right=figures)

    def as_view(self) -> dict[str, Any]:
        """Returns its figures as JSON has them."""
        item = _to_item(self)
        return {name: value for name, value in item.items() if name not in ("pk", "sk")}


class Comparisons:
    """Comparisons in the state table, their keys and differences in the blobs."""

    def __init__(self, table: Table, blobs: Blobs) -> None:
        self._table = table
        self._blobs = blobs

    def get(self, comparison: str) -> Comparison | None:
        """Returns a comparison."""
        item = self._table.get(f"comparison#{comparison}", _SORT_KEY)
        return _from_item(item) if item is not None else None

    def insert(self, comparison: Comparison) -> None:
        """Writes a new one, and remembers it as the latest of its link."""
        item = _to_item(comparison)
        self._table.insert(item)
        place = {"pk": f"comparisons#{comparison.link}", "sk": comparison.id}
        self._table.put({**place, "expires_at": item["expires_at"]})

    def latest(self, link: str) -> Comparison | None:
        """Returns the latest comparison of a link; one that has expired is none."""
        page = self._table.query(f"comparisons#{link}", newest_first=True, limit=1)
        return self.get(page.items[0]["sk"]) if page.items else None

    def replace(self, comparison: Comparison) -> bool:
        """Writes the next version. Returns ``False`` when somebody else was quicker."""
        item = _to_item(comparison)
        answer = self._table.replace(item, comparison.version - 1)
        standing = answer.standing
        return answer.done or (standing is not None and dict(standing) == item)

    def keep(self, comparison: Comparison, name: str, content: Sequence[Any]) -> None:
        """Stores a piece of it."""
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        packed = zlib.compress(text.encode(errors="surrogatepass"), 6)
        self._blobs.put(_place(comparison, name), packed)

    def read(self, comparison: Comparison, name: str) -> list[Any]:
        """Returns a piece of it; what has expired is empty."""
        packed = self._blobs.get(_place(comparison, name))
        return list(json.loads(zlib.decompress(packed))) if packed is not None else []

    def differences(self, comparison: Comparison, page: int) -> Sequence[Difference]:
        """Returns a page of differences; the first one is 1."""
        return [_difference(item) for item in self.read(comparison, f"found.{page}")]

    def keep_differences(
        self, comparison: Comparison, page: int, found: Sequence[Difference]
    ) -> None:
        """Stores a page of differences."""
        self.keep(comparison, f"found.{page}", [asdict(one) for one in found])


def _place(comparison: Comparison, name: str) -> str:
    return f"bodies/comparisons/{comparison.id}/{name}"


def _difference(item: Mapping[str, Any]) -> Difference:
    return Difference(
        **{
            **item,
            "lack": Lack(item["lack"]),
            "side": Side(item["side"]),
            "fields": tuple(item["fields"]),
        }
    )


def _to_item(comparison: Comparison) -> dict[str, Any]:
    return {
        "pk": f"comparison#{comparison.id}",
        "sk": _SORT_KEY,
        **asdict(comparison),
        "part": comparison.part.value,
        "pages": {side.value: number for side, number in comparison.pages.items()},
        "lacks": {lack.value: number for lack, number in comparison.lacks.items()},
        "expires_at": int(comparison.started_at + _KEPT_SECONDS),
    }


def _from_item(item: Item) -> Comparison:
    known = {name: value for name, value in item.items() if name not in ("pk", "sk", "expires_at")}
    numbers = ("position", "chunks", "found", "agreed", "skipped", "version")
    return Comparison(
        **{
            **known,
            **{name: int(item[name]) for name in numbers},
            "part": Part(item["part"]),
            "pages": {Side(side): int(number) for side, number in item["pages"].items()},
            "lacks": {Lack(lack): int(number) for lack, number in item["lacks"].items()},
            "left": SideFigures(**item["left"]),
            "right": SideFigures(**item["right"]),
        }
    )
