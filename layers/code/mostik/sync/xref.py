"""Cross-references: which record here is which record there, and what was last agreed.

A pair lies under the key of its left side, and once more under that of its right one: the former
counts, the latter points at it. So one conditional write decides between two jobs, whichever side
they come from. Before a record is created elsewhere its pair is
there already, with one key and the state ``creating``: whoever meets it knows that a creation is
under way, or that its outcome is not known, and looks the record up before anything is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from zlib import crc32

from mostik.ports import Item, Table
from mostik.sync.link import Side
from mostik.sync.pair import UNVERSIONED, Pair, PairState, Parking, pair_item, pair_of, points_at

__all__ = ["KeysPage", "OpenPage", "OpenRow", "Pair", "PairState", "Pairs", "Parking"]

_SORT_KEY = "xref"
_LONGEST_KEY = 1_000
PAIR_SHARDS = 16
"""The keys of a link's pairs stand in so many partitions, for a complete scan."""


@dataclass(frozen=True, slots=True)
class OpenRow:
    """Says that a pair is, or was, open; the pair itself counts.

    Attributes:
        side: see ``Pair.name``.
        key: the same.
        at: when it was written, unix seconds.
        place: its place in the table, with its version.
    """

    side: Side
    key: str
    at: float
    place: tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class OpenPage:
    """Some of a link's rows of open pairs, and where to go on."""

    rows: Sequence[OpenRow]
    after: str | None


@dataclass(frozen=True, slots=True)
class KeysPage:
    """Keys of linked pairs of one shard, by side, and where to go on."""

    keys: Sequence[Mapping[Side, str]]
    after: str | None


class Pairs:
    """Pairs over the state table, found by the key of either side."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, link: str, side: Side, key: str) -> Pair | None:
        """Returns the pair of the record ``key`` of one side."""
        return self.find_many(link, side, [key]).get(key)

    def find_many(self, link: str, side: Side, keys: Sequence[str]) -> Mapping[str, Pair]:
        """Returns the pairs of many records; those without one are left out."""
        found = self._read(link, side, keys)
        if side is Side.LEFT:
            return {key: pair_of(item, side) for key, item in found.items()}
        pointers = {key: to for key, item in found.items() if (to := points_at(item)) is not None}
        left = self._read(link, Side.LEFT, list(pointers.values())) if pointers else {}
        pairs: dict[str, Pair] = {}
        for key, item in found.items():
            counts = left.get(pointers.get(key, ""))
            # Without it, or where it points elsewhere by now, what stands here is the best known.
            if counts is not None and counts["keys"].get(Side.RIGHT.value) == key:
                pairs[key] = pair_of(counts, Side.LEFT)
            else:
                pairs[key] = pair_of(item, side)
        return pairs

    def save(self, link: str, pair: Pair) -> Pair | None:
        """Stores a pair under its keys.

        Args:
            link: the link.
            pair: with the version and the row that were seen.

        Returns:
            The pair as it stands now; ``None``: somebody else has written it meanwhile, and
            nothing was stored.
        """
        first, _ = pair.name
        version = max((pair.version or 0) + 1, int(pair.at * 1000))
        stored = replace(pair, version=version, row=first, enumerated=pair.is_linked)
        if pair.is_linked and not pair.enumerated:
            # Before the pair, once: a key too many is found out by a scan, one that is missing not.
            self._table.put(_key_item(link, pair))
        if pair.is_open:
            # Before the pair for the same reason: a row too many is found out by whoever lists.
            self._table.put(_open_item(link, stored))
        seen = pair.version if pair.row is first else None
        if not self._write(_item(link, first, stored), seen):
            if pair.is_linked and pair.row is not first:
                self.mend(link, [pair.keys])
            return None
        for side in pair.keys:
            if side is not first:
                self._table.put(_item(link, side, stored))
        return stored

    def point(self, link: str, pair: Pair) -> None:
        """Has the row of the other side point at a linked pair: whoever wrote it has died before
        that."""
        for side in pair.keys:
            if side is not pair.row:
                self._table.put(_item(link, side, pair))

    def mend(self, link: str, keys: Sequence[Mapping[Side, str]]) -> None:
        """Does so for all of these whose right side does not know of its pair."""
        found = self.find_many(link, Side.RIGHT, [one[Side.RIGHT] for one in keys]) if keys else {}
        known = {key for key, pair in found.items() if pair.is_linked}
        lost = [one[Side.LEFT] for one in keys if one[Side.RIGHT] not in known]
        for pair in (self.find_many(link, Side.LEFT, lost) if lost else {}).values():
            if pair.is_linked:
                self.point(link, pair)

    def forget(self, link: str, pair: Pair) -> None:
        """Removes a pair: its records are gone. The row that counts goes last."""
        for side in sorted(pair.keys, key=lambda side: side is Side.LEFT):
            self._table.remove(_partition(link, side, pair.keys[side]), _SORT_KEY)
        if Side.LEFT in pair.keys:
            self._table.remove(*_place_of(link, pair.keys[Side.LEFT]))
        if pair.is_open:
            self._table.remove(*_open_place(link, *pair.name))

    def dissolve(self, link: str, pair: Pair) -> bool:
        """Removes a pair whose other end is gone, unless somebody has written it meanwhile.

        Returns:
            Whether it was removed.
        """
        side, key = pair.name
        version = pair.version if pair.version != UNVERSIONED else None
        if not self._table.remove(_partition(link, side, key), _SORT_KEY, version).done:
            return False
        self.forget(link, pair)
        return True

    def withdraw(self, link: str, pair: Pair) -> None:
        """Takes back the intent of a creation that certainly did not happen."""
        if pair.parked is not None:
            self.save(link, replace(pair, state=PairState.LOOSE, job="", until=0.0))
            return
        [(side, key)] = pair.keys.items()
        self._table.remove(_partition(link, side, key), _SORT_KEY, pair.version)

    def _read(self, link: str, side: Side, keys: Sequence[str]) -> Mapping[str, Item]:
        places = {(_partition(link, side, key), _SORT_KEY): key for key in keys}
        if len(places) == 1:
            [place] = places
            item = self._table.get(*place)
            found = [item] if item is not None else []
        else:
            found = list(self._table.get_many(list(places)))
        return {places[item["pk"], item["sk"]]: item for item in found}

    def of_link(self, link: str, shard: int, *, after: str | None = None) -> KeysPage:
        """Returns the keys of linked pairs of one shard."""
        page = self._table.query(f"pairs#{link}#{shard}", after=after, limit=1_000)
        keys = [{Side(side): key for side, key in item["keys"].items()} for item in page.items]
        return KeysPage(keys, page.after)

    def open_of(self, link: str, *, after: str | None = None, limit: int = 100) -> OpenPage:
        """Returns rows of pairs about which a person must decide, or had to."""
        page = self._table.query(_open_partition(link), after=after, limit=limit)
        rows = [
            OpenRow(
                Side(item["side"]),
                item["key"],
                float(item["at"]),
                (item["pk"], item["sk"], int(item["version"])),
            )
            for item in page.items
        ]
        return OpenPage(rows, page.after)

    def close(self, row: OpenRow) -> None:
        """Removes the row of a pair that is open no more, unless it was written anew."""
        pk, sk, version = row.place
        self._table.remove(pk, sk, version)

    def _write(self, item: dict[str, Any], seen: int | None) -> bool:
        if seen == UNVERSIONED:  # written by the first release
            self._table.put(item)
            return True
        if seen is not None:
            answer = self._table.replace(item, seen)
            return answer.done or _is_same(answer.standing, item)
        standing = self._table.insert(item)
        if standing is None or _is_same(standing, item):
            return True
        if standing.get("state") == PairState.CREATING:
            return False  # its job finds out
        if "state" not in standing and ("state" in item or standing["keys"] == item["keys"]):
            return False  # somebody has paired it meanwhile, and has perhaps seen more
        # A parked record, or one that was the pair of another that is gone: it points here now.
        version = int(standing.get("version", UNVERSIONED))
        item["version"] = max(int(item["version"]), version + 1)
        return self._write(item, version)


def _is_same(standing: Item | None, item: Mapping[str, Any]) -> bool:
    """Whether it was written already and only the answer was lost."""
    return standing is not None and dict(standing) == dict(item)


def _partition(link: str, side: Side, key: str) -> str:
    return f"xref#{link}#{side.value}#{key}"


def _place_of(link: str, left: str) -> tuple[str, str]:
    """Where a pair stands among those of its link."""
    shard = crc32(left.encode(errors="surrogatepass")) % PAIR_SHARDS
    return f"pairs#{link}#{shard}", _sort_key(left)


def _key_item(link: str, pair: Pair) -> dict[str, Any]:
    pk, sk = _place_of(link, pair.keys[Side.LEFT])
    return {"pk": pk, "sk": sk, "keys": {side.value: key for side, key in pair.keys.items()}}


def _open_partition(link: str) -> str:
    return f"open#{link}"


def _open_place(link: str, side: Side, key: str) -> tuple[str, str]:
    return _open_partition(link), f"{side.value}{_sort_key(key)}"


def _open_item(link: str, pair: Pair) -> dict[str, Any]:
    side, key = pair.name
    pk, sk = _open_place(link, side, key)
    return {
        "pk": pk,
        "sk": sk,
        "side": side.value,
        "key": key,
        "at": pair.at,
        "version": pair.version,
    }


def _item(link: str, side: Side, pair: Pair) -> dict[str, Any]:
    place = {"pk": _partition(link, side, pair.keys[side]), "sk": _SORT_KEY}
    return {**place, **pair_item(side, pair)}


def _sort_key(key: str) -> str:
    """A record's key as a sort key, which may neither be empty nor longer than 1,024 bytes."""
    coded = key.encode(errors="surrogatepass")
    return f"={key}" if len(coded) < _LONGEST_KEY else sha256(coded).hexdigest()
