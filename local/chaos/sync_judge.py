"""Who has said what, in knowledge of what: judges every write while it happens.

Every value that a person enters is entered once in a run, so a value names its edit. An edit knows
what it has replaced. Of two edits of a field one was made in knowledge of the other, or the two
contradict each other; then the owner of the field decides, or a person. Whatever is written against
that is a lost update, and is seen at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mostik.mapping.side import Side
from mostik.merge.policy import Owner

OWNERS: Mapping[str, Owner] = {
    "title": Owner.LEFT,
    "note": Owner.RIGHT,
    "remark": Owner.PERSON,
    "price": Owner.ONLY_LEFT,
}
"""The fields that are judged edit by edit, and who owns them. A status has no value of its own for
each edit: of it both sides must say the same in the end."""

STATUS_SECONDS = 3_600.0
"""A status that was changed at most so long before its twin was deleted may not have been told."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person has entered.

    Attributes:
        side: where.
        at: when, true unix seconds.
        parents: what stood there before; two where a person has chosen among both sides' values.
        sure: what stood there was known to be there: it was entered there, or an agreement about it
            had been written down. Without that a later edit cannot be told from a rival.
    """

    side: Side
    at: float
    parents: tuple[Any, ...] = ()
    sure: bool = True


@dataclass
class Twin:
    """One record as one side has it, or has had it.

    Attributes:
        values: of the judged fields.
        recorded: fields whose value was entered here, or stands in an agreement.
        alive: it is there.
        gone_at: when a person has deleted it; ``None``: nobody has.
        paired: its pair stood under both keys; before, a worker that dies may forget it.
        moved_at: when a person has changed its status.
    """

    values: dict[str, Any]
    recorded: set[str] = field(default_factory=set)
    alive: bool = True
    gone_at: float | None = None
    paired: bool = False
    moved_at: float = float("-inf")


@dataclass
class Judge:
    """Judges.

    Attributes:
        now: true unix seconds.
        violated: takes a broken promise and the record that it is about.
        seen: counts what is no violation: edits that were made between our read and our write of
            that very record (``overrun``), and contradictions by owner.
    """

    now: Callable[[], float]
    violated: Callable[[str, str], None]
    seen: Counter[str] = field(default_factory=Counter)
    twins: dict[str, dict[Side, Twin]] = field(default_factory=dict)
    edits: dict[tuple[str, str, Any], Edit] = field(default_factory=dict)

    # ── people ─────────────────────────────────────────────────────────────────────────────────

    def entered(self, code: str, side: Side, values: Mapping[str, Any]) -> None:
        """A person has made a record."""
        for name, value in values.items():
            self.edits[code, name, value] = Edit(side, self.now())
        self.twins[code] = {side: Twin(dict(values), set(values))}

    def edited(self, code: str, side: Side, name: str, value: Any) -> None:
        """A person has changed a field."""
        twin = self.twins[code][side]
        before = twin.values[name]
        known = self.edits.get((code, name, value))
        if known is None:
            made = Edit(side, self.now(), (before,), name in twin.recorded)
            self.edits[code, name, value] = made
        elif before != value:  # a person has chosen what the other side says
            both = (*known.parents, before)
            self.edits[code, name, value] = Edit(known.side, known.at, both, known.sure)
        twin.values[name] = value
        twin.recorded.add(name)

    def moved(self, code: str, side: Side) -> None:
        """A person has changed a status."""
        self.twins[code][side].moved_at = self.now()

    def deleted(self, code: str, side: Side) -> None:
        """A person has deleted a record."""
        twin = self.twins[code][side]
        twin.alive, twin.gone_at = False, self.now()

    # ── what is done from outside ──────────────────────────────────────────────────────────────

    def agreed(self, code: str) -> None:
        """An agreement about a record was written down."""
        for twin in self.twins.get(code, {}).values():
            twin.recorded.update(twin.values)

    def paired(self, code: str) -> None:
        """The pair of a record stands under both of its keys."""
        for twin in self.twins.get(code, {}).values():
            twin.paired = True

    def created(self, code: str, side: Side, values: Mapping[str, Any]) -> None:
        """A record was made from outside."""
        twins = self.twins.get(code)
        if twins is None:
            self.violated(f"{side} holds {code}, which nobody has made", code)
            return
        known = twins.get(side)
        if known is not None and known.alive:
            self.violated(f"{code} was made twice on the {side}", code)
        elif known is not None and known.gone_at is not None and known.paired:
            if self._is_news(code, side.other, known):
                self.seen["came back with an edit"] += 1
            elif not known.recorded.issuperset(known.values):
                self.seen["not told from a rival"] += 1
            else:
                self.violated(f"{code} was deleted on the {side} by a person and came back", code)
        for name, value in values.items():
            if (code, name, value) not in self.edits:
                self.violated(f"{code}.{name} was made as {value!r}, which nobody has said", code)
        twins[side] = Twin(dict(values))
        if (other := twins.get(side.other)) is not None:
            other.paired = False  # with this one it is not yet

    def wrote(self, code: str, side: Side, values: Mapping[str, Any], read_at: float) -> None:
        """A record was changed from outside, by a job that had read it at that time."""
        twin = self.twins[code][side]
        for name, value in values.items():
            if value != twin.values[name]:
                self._overwrote(code, side, name, value, read_at)
                twin.values[name] = value
                twin.recorded.discard(name)

    def took_away(self, code: str, side: Side, read_at: float) -> None:
        """A record was deleted from outside, by a job that had read it at that time."""
        twin, other = self.twins[code][side], self.twins[code].get(side.other)
        twin.alive = False
        if other is None or other.alive or other.gone_at is None:
            self.violated(f"{code} was deleted on the {side}, and nobody has deleted it", code)
            return
        for name, value in self._news(code, side, other):
            if OWNERS[name].is_strict and side is not OWNERS[name].side:
                continue
            if self.edits[code, name, value].at > read_at:
                self.seen["overrun"] += 1
            else:
                self.violated(f"{code} was deleted on the {side} with {name} {value!r}", code)

    def _overwrote(self, code: str, side: Side, name: str, value: Any, read_at: float) -> None:
        """A value that stood on ``side`` gave way to one of the other side."""
        standing = self.twins[code][side].values[name]
        told = f"{code}.{name} on the {side}: {standing!r} became {value!r}"
        if (code, name, value) not in self.edits:
            self.violated(f"{told}, which nobody has said", code)
            return
        kept, lost = self.edits[code, name, value], self.edits[code, name, standing]
        owner, newer = OWNERS[name], self._knew(code, name, value, standing)
        put_back = newer and kept.side is side
        if owner.is_strict and side is owner.side and lost.at <= read_at and not put_back:
            self.violated(f"{told}, and only people there may change it", code)
        elif newer or (owner.is_strict and lost.side is not owner.side):
            return
        elif lost.at > read_at:
            self.seen["overrun"] += 1
        elif self._knew(code, name, standing, value):
            if self._surely(code, name, standing, value):
                self.violated(f"{told}: an older value", code)
            elif owner.side is not side.other:
                self.violated(f"{told}: an older value, and it is not the owner's", code)
            else:
                self.seen["not told from a rival"] += 1
        elif owner.side is not side.other:
            self.violated(f"{told}: the other one is not its owner", code)
        else:
            self.seen[f"contradictions won by the {owner.side}"] += 1

    # ── knowledge ──────────────────────────────────────────────────────────────────────────────

    def _knew(self, code: str, name: str, later: Any, earlier: Any) -> bool:
        """Whether an edit was made in knowledge of another one."""
        return any(value == earlier for value, _ in self._back(code, name, later))

    def _surely(self, code: str, name: str, later: Any, earlier: Any) -> bool:
        """Whether that could be known."""
        return any(value == earlier and sure for value, sure in self._back(code, name, later))

    def _back(self, code: str, name: str, value: Any) -> Iterator[tuple[Any, bool]]:
        """All that an edit was made in knowledge of, and whether that could be known."""
        todo, done = [(value, True)], set()
        while todo:
            one, sure = todo.pop()
            if (one, sure) in done:
                continue
            done.add((one, sure))
            if one != value:
                yield one, sure
            edit = self.edits[code, name, one]
            todo += [(parent, sure and edit.sure) for parent in edit.parents]

    def _news(self, code: str, side: Side, gone: Twin) -> Iterator[tuple[str, Any]]:
        """What ``side`` says that its deleted twin has never said."""
        for name, value in self.twins[code][side].values.items():
            known = gone.values[name]
            if value != known and not self._knew(code, name, known, value):
                yield name, value

    def _is_news(self, code: str, side: Side, gone: Twin) -> bool:
        """Whether ``side`` says something that its deleted twin has never said. Of a status that is
        not known for sure: one that was changed about that time may be news."""
        moved_at = self.twins[code][side].moved_at
        if gone.gone_at is not None and moved_at > gone.gone_at - STATUS_SECONDS:
            return True
        return next(self._news(code, side, gone), None) is not None

    # ── the end ────────────────────────────────────────────────────────────────────────────────

    def differences(self) -> Iterator[tuple[str, str]]:
        """Yields what the sides do not agree about: the code of a record and a field; an empty
        field: it is on one side only."""
        for code, twins in self.twins.items():
            alive = [side for side, twin in twins.items() if twin.alive]
            if len(alive) == 1:
                yield code, ""
            elif alive:
                left, right = twins[Side.LEFT].values, twins[Side.RIGHT].values
                yield from ((code, name) for name in left if left[name] != right[name])

    def may_be_alone(self, code: str) -> bool:
        """Whether a record that is on one side only was deleted on the other one while it was
        edited here."""
        twins = self.twins[code]
        [here] = [side for side, twin in twins.items() if twin.alive]
        gone = twins.get(here.other)
        return gone is not None and gone.gone_at is not None and self._is_news(code, here, gone)
