"""How the two ends of a link with a document speak of one another: mapping, filters and merge.

Only links with a document need this module, so only they load it.

::

    record ──taken?──▶ no: skipped, with the condition that refused it
       │
       ├─ nothing on the other side ──▶ made: the record in the terms of that side
       └─ both are there ──▶ judged: what each side is told, what a person must decide
                                     └──▶ agreement: digests by field, beside the pair of keys
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args, get_type_hints

from mostik.commerce.fields import common
from mostik.commerce.record import Canonical
from mostik.errors import GiveUp, WhoActs
from mostik.integration import Resource
from mostik.linkdoc.compiled import conditions_of, occasion_of, policy_of, table_of
from mostik.linkdoc.document import Contract, LinkDocument
from mostik.mapping.condition import Condition, refused_by
from mostik.mapping.mapper import Mapped, Mapper, Occasion, RecordMapper
from mostik.mapping.shape import Shape
from mostik.mapping.side import Side
from mostik.merge.agreement import Agreement, agreed
from mostik.merge.choice import Choice
from mostik.merge.identity import Systems, owned
from mostik.merge.merge import merge
from mostik.merge.pointers import pointed
from mostik.merge.policy import Policy
from mostik.merge.result import Conflict, Merged
from mostik.sync.sent import kind_of, sent


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of two records that are one.

    Attributes:
        told: by side: what it shall say, in its own terms; a side that is told nothing is not
            there.
        changes: by side: what changes there, as sentences.
        conflicts: what a person must decide.
        outrun: paths among them about which a person has decided when they said something else.
        intent: what is about to be written, as the pair holds it until it is agreed upon.
        base: what was agreed before, with what an earlier attempt has written and not said.
    """

    told: Mapping[Side, Canonical] = field(default_factory=dict)
    changes: Mapping[Side, tuple[str, ...]] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    outrun: tuple[str, ...] = ()
    intent: Mapping[str, Any] | None = None
    base: Mapping[str, Any] | None = None

    @property
    def open(self) -> tuple[str, ...]:
        """Paths that a person must decide."""
        return tuple(conflict.path for conflict in self.conflicts)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a link.

    Attributes:
        document: the link as a person wrote it.
        mapper: says a record of one side in the terms of the other.
        policy: who owns what.
        systems: the connections.
        shapes: the fields of each side.
        occasion: what the mapping must know of the moment.
        version: of the mapping: what was agreed under another one does not count.
        takes: by side: conditions of which all must hold.
    """

    document: LinkDocument
    mapper: RecordMapper
    policy: Policy
    systems: Systems
    shapes: Mapping[Side, Shape]
    occasion: Occasion
    version: str
    takes: Mapping[Side, Sequence[Condition]]

    def refused(self, side: Side, record: Canonical) -> str | None:
        """Returns why the link does not take a record of a side; ``None``: it does."""
        return refused_by(record, self.takes[side])

    def frozen(self, side: Side, record: Canonical) -> GiveUp | None:
        """Returns why a record is not carried over, because it holds a field that a person has
        frozen; ``None``: it holds none."""
        drift = self.document.end(side).drift
        if Contract.FREEZE not in drift.values():
            return None
        held = (where for where, value in sent(record) if kind_of(value) is not None)
        where = next((one for one in held if drift.get(one) is Contract.FREEZE), None)
        if where is None:
            return None
        return GiveUp(
            f"It carries {where}, which is frozen on the {side.value} side of this link: map it or"
            " discard it.",
            who=WhoActs.ADMIN,
        )

    def made(self, side: Side, record: Canonical) -> Canonical:
        """Returns a record of ``side`` in the terms of the other side, to be created there.

        Raises:
            MostikError: it cannot be said there.
        """
        return self._said(side.other, record, None)

    def judged(
        self,
        side: Side,
        record: Canonical,
        there: Canonical,
        base: Mapping[str, Any] | None,
        intent: Mapping[str, Any] | None = None,
        choices: Mapping[str, Choice] | None = None,
    ) -> Judged:
        """Merges two records.

        Args:
            side: where ``record`` was read.
            record: its present state, references with the keys of the other side.
            there: the record of the other side, references with the keys of this one.
            base: what was agreed, as the pair holds it; ``None``: they never agreed under this
                mapping.
            intent: what an attempt was about to write that could not say what came of it.
            choices: by path: what a person has decided.

        Raises:
            MostikError: one cannot be said in the terms of the other.
        """
        left, right = (record, there) if side is Side.LEFT else (there, record)
        left, right = owned(left, self.systems.left), owned(right, self.systems.right)
        mapped = self.mapper.to(Side.LEFT, right, left, self.occasion)
        if mapped.record is None:
            return self._one_way(left, right, mapped)
        known = Agreement.from_item(base) if base is not None else None
        if intent is not None:
            known = known or Agreement()
            now = agreed(left, mapped.record, self.policy, self.systems, before=known)
            known = _with_landed(known, now, intent)
        merged = merge(known, left, mapped.record, self.policy, self.systems, choices)
        told: dict[Side, Canonical] = {}
        changes: dict[Side, tuple[str, ...]] = {}
        for one in Side:
            if merged.to(one) and self.document.direction.leads_to(one):
                told[one] = self._told(one, merged, left, right)
                changes[one] = tuple(change.path for change in merged.to(one))
        unsettled = tuple(conflict.path for conflict in merged.conflicts)
        meant = self._intent(merged, told, known, unsettled)
        before = known.as_item() if known is not None else None
        return Judged(told, changes, merged.conflicts, merged.outrun, meant, before)

    def _intent(
        self,
        merged: Merged,
        told: Mapping[Side, Canonical],
        known: Agreement | None,
        unsettled: tuple[str, ...],
    ) -> Mapping[str, Any] | None:
        """What the two would agree on, of the fields that are about to be written."""
        if known is None or not told:
            return None
        after = agreed(
            merged.left,
            merged.right,
            self.policy,
            self.systems,
            before=known,
            unsettled=unsettled,
        )
        return {
            side.value: {
                change.path: [after.left[change.path], after.right[change.path]]
                for change in merged.to(side)
                if change.path in after.left
            }
            for side in told
        }

    def created(self, side: Side, record: Canonical, told: Canonical) -> Mapping[str, Any] | None:
        """Returns what the two sides agree on once ``told`` is created, by field, as the pair holds
        it until then. Parts are left out: they have no keys over there yet.

        Args:
            side: where ``record`` was read.
            record: its present state, references with the keys of the other side.
            told: the record that is about to be created.
        """
        left, right = (record, told) if side is Side.LEFT else (told, record)
        ours = self.mapper.to(Side.LEFT, right, left, self.occasion).record
        if ours is None:
            return None
        made = agreed(left, ours, self.policy, self.systems)
        marks = {path: [mark, made.right[path]] for path, mark in made.left.items()}
        return {side.other.value: {path: two for path, two in marks.items() if "[" not in path}}

    def is_edited(
        self,
        side: Side,
        record: Canonical,
        base: Mapping[str, Any],
        intent: Mapping[str, Mapping[str, Any]],
    ) -> bool:
        """Whether a record says anything that was neither agreed nor about to be written there.

        Args:
            side: where it was read.
            record: its present state.
            base: what was agreed, as the pair holds it.
            intent: what an attempt was about to write that could not say what came of it.
        """
        mine: Canonical | None = record
        if side is Side.RIGHT:
            mine = self.mapper.to(Side.LEFT, record, None, self.occasion).record
        if mine is None:
            return True
        known = Agreement.from_item(base)
        made = agreed(mine, mine, self.policy, self.systems, before=known)
        said, before = (made.left, known.left) if side is Side.LEFT else (made.right, known.right)
        place = 0 if side is Side.LEFT else 1
        told = {path: two[place] for path, two in intent.get(side.value, {}).items()}
        return any(mark not in (before.get(at), told.get(at)) for at, mark in said.items())

    def agreement(
        self,
        side: Side,
        record: Canonical,
        there: Canonical,
        before: Mapping[str, Any] | None,
        unsettled: tuple[str, ...],
    ) -> Mapping[str, Any] | None:
        """Returns what two records agree on after the last write; ``None``: it cannot be said.

        Args:
            side: where ``record`` was read.
            record: see ``judged``.
            there: see ``judged``.
            before: what was agreed before.
            unsettled: paths that a person must decide.
        """
        left, right = (record, there) if side is Side.LEFT else (there, record)
        ours = self.mapper.to(Side.LEFT, right, left, self.occasion).record
        if ours is None:
            return None
        known = Agreement.from_item(before) if before is not None else None
        made = agreed(left, ours, self.policy, self.systems, before=known, unsettled=unsettled)
        return made.as_item()

    def _told(self, side: Side, merged: Merged, left: Canonical, right: Canonical) -> Canonical:
        """A resource takes a record under the key of the side that it comes from."""
        source = left if side is Side.RIGHT else right
        meta = {name: getattr(source, name) for name in source.meta}
        record = merged.written(side).model_copy(update=meta)
        told = record if side is Side.LEFT else self._said(Side.RIGHT, record, right)
        return self._without_pieces(told)

    def _without_pieces(self, told: Canonical) -> Canonical:
        """A name that went over as a whole is not told in the pieces that it had there before."""
        old = {
            piece: None
            for whole, pieces in told.pieces.items()
            for piece in pieces
            if self.policy.covers(whole) and not self.policy.covers(piece)
        }
        return told.model_copy(update=old) if old else told

    def _one_way(self, left: Canonical, right: Canonical, mapped: Mapped) -> Judged:
        """The right side cannot be said in the terms of the left one.

        Where records only go to the right that is no fault: they are compared over there, as a
        whole.
        """
        error = mapped.error()
        if self.document.direction.leads_to(Side.LEFT) and error is not None:
            raise error
        record = self._said(Side.RIGHT, left, right)
        different = record.differs_from(
            pointed(record, right, {}, self.systems, self.policy.shares),
            self.shapes[Side.RIGHT].holds,
            system=self.systems.right,
        )
        if not different:
            return Judged()
        return Judged({Side.RIGHT: record}, {Side.RIGHT: tuple(sorted(different))})

    def _said(self, side: Side, record: Canonical, present: Canonical | None) -> Canonical:
        mapped = self.mapper.to(side, record, present, self.occasion)
        if mapped.record is None:
            error = mapped.error()
            if error is None:
                raise TypeError(f"a mapper made no record of {self.shapes[side].name}")
            raise error
        return mapped.record


def _with_landed(
    known: Agreement, now: Agreement, intent: Mapping[str, Mapping[str, Any]]
) -> Agreement:
    """Takes for agreed what an attempt has written before it died.

    Else our own write would look like an edit of that side, and win over what a person has changed
    on the other one since.
    """
    left, right = dict(known.left), dict(known.right)
    for side in Side:
        standing = now.left if side is Side.LEFT else now.right
        for where, (ours, theirs) in intent.get(side.value, {}).items():
            if standing.get(where) == (ours if side is Side.LEFT else theirs):
                left[where], right[where] = ours, theirs
    return Agreement(left, right, known.parts)


def model_of(resource: Resource[Any]) -> type[Canonical] | None:
    """Returns the kind of record of a resource: what it calls its ``model``, else what its
    ``read`` is declared to return; ``None``: it says neither, or no more than that it is one."""
    said: type[Canonical] | None = getattr(resource, "model", None)
    if said is not None:
        return said
    try:
        returned = get_type_hints(type(resource).read).get("return")
    except NameError:  # a name that only a type checker knows
        return None
    found = (returned, *get_args(returned))
    return next(
        (
            one
            for one in found
            if isinstance(one, type) and issubclass(one, Canonical) and one is not Canonical
        ),
        None,
    )


def shape_of(name: str, resource: Resource[Any], other: Resource[Any]) -> Shape:
    """Returns the fields of a resource.

    Args:
        name: for people.
        resource: one that does not say what it holds, holds what the other side does.
        other: the resource at the other end.
    """
    model = model_of(resource) or model_of(other)
    return Shape(name, model, getattr(resource, "holds", None))


def terms_of(document: LinkDocument, left: Shape, right: Shape, *, bulk: bool) -> Terms:
    """Returns the terms of a link between two shapes.

    Args:
        document: the link.
        left: the fields of its left end.
        right: the fields of its right end.
        bulk: a run over many records.
    """
    table = table_of(document)
    # Without rules both sides speak of the same fields; with them, of those of the left side.
    of = left.holds if table.rules else common(left.holds, right.holds)
    return Terms(
        document,
        Mapper(table, left, right),
        policy_of(document, of),
        Systems(document.left.connection, document.right.connection),
        {Side.LEFT: left, Side.RIGHT: right},
        occasion_of(document, bulk=bulk),
        table.version,
        {side: conditions_of(document, side) for side in Side},
    )
