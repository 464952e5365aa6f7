"""Cross-references: which record here is which record there, and what was last agreed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mostik.ports import Table
from mostik.sync.link import Side

_SORT_KEY = "xref"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that are one.

    Attributes:
        keys: the key on each side.
        agreed: the fingerprint of each side when the two last said the same. A record that is read
            with this fingerprint has not changed since: it is our own echo, or a repeated hint.
    """

    keys: Mapping[Side, str]
    agreed: Mapping[Side, str]


class Pairs:
    """Pairs over the state table, found by the key of either side."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, link: str, side: Side, key: str) -> Pair | None:
        """Returns the pair of the record ``key`` of one side."""
        item = self._table.get(_partition(link, side, key), _SORT_KEY)
        return _from_item(item) if item is not None else None

    def save(self, link: str, pair: Pair) -> None:
        """Stores a pair under both its keys."""
        body = {
            "keys": {side.value: key for side, key in pair.keys.items()},
            "agreed": {side.value: text for side, text in pair.agreed.items()},
        }
        for side, key in pair.keys.items():
            self._table.put({"pk": _partition(link, side, key), "sk": _SORT_KEY, **body})


def _partition(link: str, side: Side, key: str) -> str:
    return f"xref#{link}#{side.value}#{key}"


def _from_item(item: Mapping[str, Any]) -> Pair:
    return Pair(
        keys={Side(side): key for side, key in item["keys"].items()},
        agreed={Side(side): text for side, text in item["agreed"].items()},
    )
