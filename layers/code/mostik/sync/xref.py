"""Cross-references: which record here is which record there, and what was last agreed.

A pair lies under the key of its left side, and once more under that of its right one: the former
counts, the latter points at it. So one conditional write decides between two jobs, whichever side
they come from. Before a record is created elsewhere its pair is
there already, with one key and the state ``creating``: whoever meets it knows that a creation is
under way, or that its outcome is not known, and looks the record up before anything is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any
from zlib import crc32

from mostik.ports import Item, Table
from mostik.sync.link import Side
from mostik.sync.verdict import Verdict

_SORT_KEY = "xref"
_UNVERSIONED = -1
_LONGEST_KEY = 1_000
PAIR_SHARDS = 16
"""The keys of a link's pairs stand in so many partitions, for a complete scan."""


class PairState(StrEnum):
    """Where a pair stands."""

    LINKED = "linked"
    CREATING = "creating"
    """A creation was begun; its outcome is not known."""
    LOOSE = "loose"
    """There is nothing on the other side; it only says that the record is parked."""
    UNDECIDED = "undecided"
    """Matching has found several that it may be; nothing is written until a person decides."""
    LEFT_ALONE = "left_alone"
    """A person has said that it is neither paired nor created."""


@dataclass(frozen=True, slots=True)
class Parking:
    """A record lies in quarantine or is pending.

    Attributes:
        mark: its fingerprint then.
        tries: how often it was tried in this shape.
        ask: what tried it last.
        verdict: quarantined or pending.
    """

    mark: str
    tries: int
    ask: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that are one.

    Attributes:
        keys: the key on each side.
        agreed: the fingerprint of each side when the two last said the same. A record that is read
            with this fingerprint has not changed since: it is our own echo, or a repeated hint.
        state: see ``PairState``.
        at: unix seconds when it was last written.
        job: who is creating.
        until: what that one has sent has landed by then.
        ask: what wrote it last: an attempt repeated after a crash finds its own work by it.
        did: what that was.
        wrote: the side that was written.
        measure: the figure that was agreed (a price), for the brakes.
        parked: why the record is not carried over, if it is not.
        version: grows with every write; ``None``: not stored yet.
        row: the side under whose key that version stands.
        enumerated: it stands among the pairs of its link, for a complete scan.
        agreement: what was agreed, by field, where the link has a document.
        mapping: the version of the mapping under which that was agreed.
        open: paths that a person must decide.
        intent: what is being written, by field, until it is agreed upon.
    """

    keys: Mapping[Side, str]
    agreed: Mapping[Side, str]
    state: PairState = PairState.LINKED
    at: float = field(default=0.0, compare=False)
    job: str = field(default="", compare=False)
    until: float = field(default=0.0, compare=False)
    ask: str = field(default="", compare=False)
    did: Verdict | None = field(default=None, compare=False)
    wrote: Side | None = field(default=None, compare=False)
    measure: str | None = field(default=None, compare=False)
    parked: Parking | None = field(default=None, compare=False)
    version: int | None = field(default=None, compare=False)
    row: Side | None = field(default=None, compare=False)
    enumerated: bool = field(default=False, compare=False)
    agreement: Mapping[str, Any] | None = field(default=None, compare=False)
    mapping: str = field(default="", compare=False)
    open: tuple[str, ...] = field(default=(), compare=False)
    intent: Mapping[str, Any] | None = field(default=None, compare=False)

    @property
    def is_linked(self) -> bool:
        """Whether both sides are known."""
        return self.state is PairState.LINKED and len(self.keys) == len(Side)


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
            return found
        pointers = {key: pair.keys[Side.LEFT] for key, pair in found.items() if pair.is_linked}
        left = self._read(link, Side.LEFT, list(pointers.values())) if pointers else {}
        pairs = dict(found)
        for key, left_key in pointers.items():
            pair = left.get(left_key)
            # Without it, or where it points elsewhere by now, what stands here is the best known.
            if pair is not None and pair.keys.get(Side.RIGHT) == key:
                pairs[key] = pair
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
        first = Side.LEFT if Side.LEFT in pair.keys else Side.RIGHT
        version = max((pair.version or 0) + 1, int(pair.at * 1000))
        stored = replace(pair, version=version, row=first, enumerated=pair.is_linked)
        if pair.is_linked and not pair.enumerated:
            # Before the pair, once: a key too many is found out by a scan, one that is missing not.
            self._table.put(_key_item(link, pair))
        seen = pair.version if pair.row is first else None
        if not self._write(_item(link, first, stored), seen):
            return None
        for side in pair.keys:
            if side is not first:
                self._table.put(_item(link, side, stored))
        return stored

    def forget(self, link: str, pair: Pair) -> None:
        """Removes a pair: its records are gone. The row that counts goes last."""
        for side in sorted(pair.keys, key=lambda side: side is Side.LEFT):
            self._table.remove(_partition(link, side, pair.keys[side]), _SORT_KEY)
        if Side.LEFT in pair.keys:
            self._table.remove(*_place_of(link, pair.keys[Side.LEFT]))

    def withdraw(self, link: str, pair: Pair) -> None:
        """Takes back the intent of a creation that certainly did not happen."""
        if pair.parked is not None:
            self.save(link, replace(pair, state=PairState.LOOSE, job="", until=0.0))
            return
        [(side, key)] = pair.keys.items()
        self._table.remove(_partition(link, side, key), _SORT_KEY, pair.version)

    def _read(self, link: str, side: Side, keys: Sequence[str]) -> Mapping[str, Pair]:
        places = {(_partition(link, side, key), _SORT_KEY): key for key in keys}
        if len(places) == 1:
            [place] = places
            item = self._table.get(*place)
            found = [item] if item is not None else []
        else:
            found = list(self._table.get_many(list(places)))
        return {places[item["pk"], item["sk"]]: _from_item(item, side) for item in found}

    def of_link(self, link: str, shard: int, *, after: str | None = None) -> KeysPage:
        """Returns the keys of linked pairs of one shard."""
        page = self._table.query(f"pairs#{link}#{shard}", after=after, limit=1_000)
        keys = [{Side(side): key for side, key in item["keys"].items()} for item in page.items]
        return KeysPage(keys, page.after)

    def _write(self, item: dict[str, Any], seen: int | None) -> bool:
        if seen == _UNVERSIONED:  # written by the first release
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
        # A parked record, or one that was the pair of another that is gone: it points here now.
        version = int(standing.get("version", _UNVERSIONED))
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


def _item(link: str, side: Side, pair: Pair) -> dict[str, Any]:
    fields = {
        "keys": {side.value: key for side, key in pair.keys.items()},
        "agreed": {side.value: text for side, text in pair.agreed.items()},
        "state": pair.state.value if pair.state is not PairState.LINKED else None,
        "at": pair.at or None,
        "job": pair.job or None,
        "until": pair.until or None,
        "ask": pair.ask or None,
        "did": pair.did.value if pair.did is not None else None,
        "wrote": pair.wrote.value if pair.wrote is not None else None,
        "measure": pair.measure,
        "parked": _parking_item(pair.parked) if pair.parked is not None else None,
        "enumerated": pair.enumerated or None,
        # Once, in the row that counts.
        "agreement": pair.agreement if side is pair.row else None,
        "intent": pair.intent if side is pair.row else None,
        "mapping": pair.mapping or None,
        "open": list(pair.open) or None,
        "version": pair.version,
    }
    return {
        "pk": _partition(link, side, pair.keys[side]),
        "sk": _SORT_KEY,
        **{name: value for name, value in fields.items() if value is not None},
    }


def _sort_key(key: str) -> str:
    """A record's key as a sort key, which may neither be empty nor longer than 1,024 bytes."""
    coded = key.encode(errors="surrogatepass")
    return f"={key}" if len(coded) < _LONGEST_KEY else sha256(coded).hexdigest()


def _parking_item(parking: Parking) -> dict[str, Any]:
    return {
        "mark": parking.mark,
        "tries": parking.tries,
        "ask": parking.ask,
        "verdict": parking.verdict.value,
    }


def _from_item(item: Mapping[str, Any], row: Side) -> Pair:
    parked = item.get("parked")
    return Pair(
        keys={Side(side): key for side, key in item["keys"].items()},
        agreed={Side(side): text for side, text in item["agreed"].items()},
        state=PairState(item.get("state", PairState.LINKED)),
        at=float(item.get("at", 0.0)),
        job=item.get("job", ""),
        until=float(item.get("until", 0.0)),
        ask=item.get("ask", ""),
        did=Verdict(item["did"]) if item.get("did") else None,
        wrote=Side(item["wrote"]) if item.get("wrote") else None,
        measure=item.get("measure"),
        parked=(
            Parking(parked["mark"], int(parked["tries"]), parked["ask"], Verdict(parked["verdict"]))
            if parked
            else None
        ),
        version=int(item.get("version", _UNVERSIONED)),
        row=row,
        enumerated=bool(item.get("enumerated", False)),
        agreement=item.get("agreement"),
        mapping=item.get("mapping", ""),
        open=tuple(item.get("open", ())),
        intent=item.get("intent"),
    )
