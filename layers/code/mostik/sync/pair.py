"""A pair: two records that are one, and what is known of them, as a row holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mostik.ports import Item
from mostik.sync.decision import Decision
from mostik.sync.link import Side
from mostik.sync.verdict import Verdict

UNVERSIONED = -1
"""The version of a pair that the first release has written."""


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
        open: paths that a person must decide; of an undecided one: the keys that it may be.
        decision: what a person has decided about them, until it is carried out.
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
    decision: Decision | None = field(default=None, compare=False)
    intent: Mapping[str, Any] | None = field(default=None, compare=False)

    @property
    def is_linked(self) -> bool:
        """Whether both sides are known."""
        return self.state is PairState.LINKED and len(self.keys) > 1

    @property
    def is_open(self) -> bool:
        """Whether a person must decide about it."""
        return bool(self.open) or self.state is PairState.UNDECIDED

    @property
    def name(self) -> tuple[Side, str]:
        """The key that counts, and its side: the left one where there is one."""
        side = Side.LEFT if Side.LEFT in self.keys else Side.RIGHT
        return side, self.keys[side]


def pair_item(side: Side, pair: Pair) -> dict[str, Any]:
    """Returns a pair as the row of one of its sides holds it."""
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
        "decision": pair.decision.as_item() if pair.decision is not None else None,
        "version": pair.version,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _parking_item(parking: Parking) -> dict[str, Any]:
    return {
        "mark": parking.mark,
        "tries": parking.tries,
        "ask": parking.ask,
        "verdict": parking.verdict.value,
    }


def points_at(item: Item) -> str | None:
    """Returns the key of the left side that a row of the right one points at, if it does."""
    keys = item["keys"]
    linked = item.get("state", PairState.LINKED.value) == PairState.LINKED.value
    left: str | None = keys.get(Side.LEFT.value)
    return left if linked and Side.RIGHT.value in keys else None


# By their values: a run reads a pair for every row of its list, and calling an enum is slow.
_SIDES: Mapping[str, Side] = {side.value: side for side in Side}
_STATES: Mapping[str, PairState] = {state.value: state for state in PairState}
_VERDICTS: Mapping[str, Verdict] = {verdict.value: verdict for verdict in Verdict}


def pair_of(item: Item, row: Side) -> Pair:
    """Reads a pair back.

    Args:
        item: a row.
        row: the side under whose key it stands.
    """
    parked = item.get("parked")
    return Pair(
        keys={_SIDES[side]: key for side, key in item["keys"].items()},
        agreed={_SIDES[side]: text for side, text in item["agreed"].items()},
        state=_STATES[item.get("state", PairState.LINKED)],
        at=float(item.get("at", 0.0)),
        job=item.get("job", ""),
        until=float(item.get("until", 0.0)),
        ask=item.get("ask", ""),
        did=_VERDICTS[item["did"]] if item.get("did") else None,
        wrote=_SIDES[item["wrote"]] if item.get("wrote") else None,
        measure=item.get("measure"),
        parked=(
            Parking(parked["mark"], int(parked["tries"]), parked["ask"], Verdict(parked["verdict"]))
            if parked
            else None
        ),
        version=int(item.get("version", UNVERSIONED)),
        row=row,
        enumerated=bool(item.get("enumerated", False)),
        agreement=item.get("agreement"),
        mapping=item.get("mapping", ""),
        open=tuple(item.get("open", ())),
        decision=Decision.from_item(item["decision"]) if item.get("decision") else None,
        intent=item.get("intent"),
    )
