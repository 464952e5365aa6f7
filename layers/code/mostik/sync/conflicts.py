"""What a person must decide about the records of a link, and where their decision is kept.

A record is listed here as long as its pair says that something is open: a field that both sides
have changed and nobody owns, a match of which several are possible, a record that is gone on one
side and was changed on the other. A decision is stored with the pair and carried out by the next
touch of the record, like any other change; what it was made about is remembered with it, so one
that the record has outrun is not carried out, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from mostik.errors import Busy, MostikError, Skip
from mostik.jobs.message import Touch, dump
from mostik.matching.approval import Approval
from mostik.merge.choice import Choice
from mostik.ports import Clock, JobQueue, RemainingTime
from mostik.sync.decision import Decision, gone_on, where_gone
from mostik.sync.disputes import Dispute, disputes
from mostik.sync.ends import OpenEnds, link_named, route_between
from mostik.sync.link import Link, Links, Side
from mostik.sync.pairing import settle
from mostik.sync.xref import OpenRow, Pair, Pairs, PairState

__all__ = [
    "Chosen",
    "ConflictDesk",
    "ConflictItem",
    "ConflictKind",
    "ConflictPage",
    "ConflictView",
    "Dispute",
]  # fmt: skip

STALE_SECONDS = 3_600.0
"""After so long whoever has written the row of an open pair has written the pair, or never will."""


class ConflictKind(StrEnum):
    """What is open."""

    FIELDS = "fields"
    """Both sides have changed fields that nobody owns."""
    GONE = "gone"
    """One side has deleted it, the other one has changed it since."""
    MATCH = "match"
    """Matching has found several that it may be."""


@dataclass(frozen=True, slots=True)
class ConflictItem:
    """One record about which a person must decide.

    Attributes:
        link: the link.
        side: the side whose key names it: the left one, where it has a key there.
        key: its key there. ``(link, side, key)`` name the item.
        keys: its keys on both sides, as far as they are known.
        kind: see ``ConflictKind``.
        paths: what is open (``total``, ``lines[l1].price``); of a gone one: one that says where; of
            a match: nothing.
        since: when it was last written down, unix seconds.
        decided_by: who has decided; empty: nobody, or it was carried out and something is left.
        decided_at: when, unix seconds.
        decided: by path: the side whose value stays; waits for the next touch of the record.
        outrun: paths of which the decision was not carried out, because the record was changed
            after it; ``decided_by`` says whose it was. Decide anew.
    """

    link: str
    side: Side
    key: str
    keys: Mapping[Side, str]
    kind: ConflictKind
    paths: tuple[str, ...] = ()
    since: float = 0.0
    decided_by: str = ""
    decided_at: float | None = None
    decided: Mapping[str, Side] = field(default_factory=dict)
    outrun: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """Some of the open items of a link, and where to go on."""

    items: Sequence[ConflictItem]
    after: str | None


@dataclass(frozen=True, slots=True)
class ConflictView:
    """One item with the present values of both sides.

    Attributes:
        item: the item.
        disputes: one for each open path. Empty: both sides say the same by now (the next touch
            closes it), or ``problem`` says why nothing could be compared.
        problem: why the sides could not be read or compared; empty: they were.
        candidates: of a match: keys of the other side that it may be, where they are known.
    """

    item: ConflictItem
    disputes: Sequence[Dispute] = ()
    problem: str = ""
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person says about one dispute.

    Attributes:
        side: whose value stays.
        mark: of the ``Dispute`` that was seen.
    """

    side: Side
    mark: str


@dataclass(frozen=True, slots=True)
class ConflictDesk:
    """Lists what is open, shows it, and takes decisions.

    Attributes:
        links: links.
        pairs: cross-references.
        queue: takes touches.
        clock: unix seconds.
        open_ends: opens the resources at both ends of a link.
    """

    links: Links
    pairs: Pairs
    queue: JobQueue
    clock: Clock
    open_ends: OpenEnds

    # ── looking ────────────────────────────────────────────────────────────────────────────────

    def page(self, link_id: str, *, after: str | None = None, limit: int = 50) -> ConflictPage:
        """Returns open items of a link; a page may hold fewer than ``limit`` and still go on.

        Raises:
            Skip: there is no such link.
        """
        link = link_named(self.links, link_id)
        page = self.pairs.open_of(link.id, after=after, limit=limit)
        found: dict[tuple[Side, str], Pair] = {}
        for side in Side:
            keys = [row.key for row in page.rows if row.side is side]
            pairs = self.pairs.find_many(link.id, side, keys) if keys else {}
            found |= {(side, key): pair for key, pair in pairs.items()}
        items = [
            _item(link, pair)
            for row in page.rows
            if (pair := self._still(row, found.get((row.side, row.key)))) is not None
        ]
        return ConflictPage(items, page.after)

    def _still(self, row: OpenRow, pair: Pair | None) -> Pair | None:
        """The pair of a row, if it is still open; the row of one that is not is cleared away."""
        if pair is not None and pair.is_open and pair.name == (row.side, row.key):
            return pair
        if self.clock() - row.at > STALE_SECONDS:
            self.pairs.close(row)
        return None

    def count(self, link_id: str, *, most: int = 1_000) -> int:
        """Returns how many items of a link are open, ``most`` at the most.

        Raises:
            Skip: there is no such link.
        """
        number, after = 0, None
        while number < most:
            page = self.page(link_id, after=after, limit=100)
            number += len(page.items)
            after = page.after
            if after is None:
                break
        return min(number, most)

    def look(
        self,
        link_id: str,
        side: Side,
        key: str,
        remaining: RemainingTime,
        *,
        reveal: bool = False,
    ) -> ConflictView:
        """Reads both sides of an item now.

        Args:
            link_id: the link.
            side: see ``ConflictItem``; the other side's key is taken as well.
            key: see ``ConflictItem``.
            remaining: seconds left.
            reveal: show personal data; the caller audits it.

        Raises:
            Skip: there is no such link, or nothing is open about this record.
        """
        link, pair = self._open(link_id, side, key)
        item = _item(link, pair)
        if item.kind is ConflictKind.MATCH:
            return ConflictView(item, candidates=pair.open)
        try:
            with self.open_ends(link, remaining) as ends:
                route = route_between(link, Side.LEFT, ends, self.links.all(), self.pairs)
                found = disputes(route, pair, reveal=reveal)
        except MostikError as error:
            return ConflictView(item, problem=str(error))
        return ConflictView(item, found)

    # ── deciding ───────────────────────────────────────────────────────────────────────────────

    def decide(
        self, link_id: str, side: Side, key: str, choices: Mapping[str, Chosen], *, by: str
    ) -> ConflictItem:
        """Stores a decision and has the record touched; what it does not name stays open.

        Of a record that is gone: keeping the side that still has it makes it anew on the other one
        (where the link creates there); keeping the one that has deleted it deletes it everywhere.

        Args:
            link_id: the link.
            side: see ``look``.
            key: see ``look``.
            choices: by path of a dispute.
            by: who decides.

        Raises:
            Skip: there is no such link, nothing is open about this record, a path is not in
                dispute, or somebody has just written the record (look again).
        """
        link, pair = self._open(link_id, side, key)
        for path in choices:
            if path not in pair.open or pair.state is PairState.UNDECIDED:
                known = ", ".join(pair.open) or "nothing"
                raise Skip(f"{path} is not in dispute. In dispute are: {known}.")
        if not choices:
            raise Skip("Say about which field you decide, and which side stays.")
        before = pair.decision.waiting if pair.decision is not None else {}
        made = {path: Choice(one.side, one.mark) for path, one in choices.items()}
        decided = replace(pair, decision=Decision(by, self.clock(), {**before, **made}))
        gone = where_gone(pair.open)
        wanted = made[gone_on(gone)].side if gone is not None else Side.LEFT
        if gone is not None and wanted is not gone and gone not in link.creates:
            self.pairs.forget(link.id, pair)  # it stays where it is, and is nobody's pair
            return _item(link, decided)
        stored = self.pairs.save(link.id, decided)
        if stored is None:
            raise Skip("Somebody has just written this record: look again.")
        self._touch(link, wanted, pair.keys[wanted], by)
        return _item(link, stored)

    def pair(self, link_id: str, side: Side, key: str, other: str, *, by: str) -> None:
        """Decides a match: it is ``other`` of the other side. The record is touched.

        Raises:
            Skip: there is no such link, nothing is open about this record, or ``other`` is paired
                with another one.
        """
        link = self._unmatched(link_id, side, key)
        standing = self.pairs.find(link.id, side.other, other)
        if standing is not None and standing.is_linked and standing.keys[side] != key:
            raise Skip(f"{other!r} is paired with {standing.keys[side]!r} already.")
        left, right = (key, other) if side is Side.LEFT else (other, key)
        self._settle(link, Approval({left: right}, {}, {}, {}))
        self._touch(link, side, key, by)

    def make(self, link_id: str, side: Side, key: str, *, by: str) -> None:
        """Decides a match: the other side does not have it, so it may be created there.

        Raises:
            Skip: there is no such link, or nothing is open about this record.
        """
        link = self._unmatched(link_id, side, key)
        self._settle(link, Approval({}, {side: frozenset({key})}, {}, {}))
        self._touch(link, side, key, by)

    def leave(self, link_id: str, side: Side, key: str) -> None:
        """Decides a match: it is neither paired nor created.

        Raises:
            Skip: there is no such link, or nothing is open about this record.
        """
        link = self._unmatched(link_id, side, key)
        self._settle(link, Approval({}, {}, {side: frozenset({key})}, {}))

    def _settle(self, link: Link, approval: Approval) -> None:
        settle(link, approval, self.pairs, self.clock)

    def _open(self, link_id: str, side: Side, key: str) -> tuple[Link, Pair]:
        link = link_named(self.links, link_id)
        pair = self.pairs.find(link.id, side, key)
        if pair is None or not pair.is_open:
            raise Skip(f"Nothing is open about the {side.value} record {key!r} of {link.id}.")
        return link, pair

    def _unmatched(self, link_id: str, side: Side, key: str) -> Link:
        link, pair = self._open(link_id, side, key)
        if pair.state is not PairState.UNDECIDED:
            raise Skip(f"The record {key!r} is paired: decide about its fields.")
        return link

    def _touch(self, link: Link, side: Side, key: str, by: str) -> None:
        end = link.end(side)
        touch = Touch(end.connection, end.resource, key, f"decided:{by}", self.clock())
        try:
            self.queue.send(dump(touch), group=end.connection)
        except Busy:
            return  # the decision stands: the next full run carries it out


def _item(link: Link, pair: Pair) -> ConflictItem:
    side, key = pair.name
    matching = pair.state is PairState.UNDECIDED
    kind = ConflictKind.MATCH if matching else ConflictKind.FIELDS
    if not matching and where_gone(pair.open) is not None:
        kind = ConflictKind.GONE
    item = ConflictItem(
        link.id, side, key, pair.keys, kind, () if matching else pair.open, since=pair.at
    )
    decision = pair.decision
    if decision is None:
        return item
    return replace(
        item,
        decided_by=decision.by,
        decided_at=decision.at,
        decided={path: one.side for path, one in decision.waiting.items()},
        outrun=tuple(decision.choices) if decision.outrun else (),
    )
