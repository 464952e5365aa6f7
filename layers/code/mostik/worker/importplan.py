"""How far an import is, beside what 1C is told of it: what was read, which runs carry it over.

Rows: ``importing#<connection>`` / ``<session>/<import>``; an open one stands in the due index under
``importing``, so the tick finds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from mostik.commerce import catalog, prices, stock
from mostik.commerceml.imports import ROW_SECONDS
from mostik.commerceml.pages import NEWCOMERS
from mostik.jobs.row import DUE_INDEX
from mostik.ports import Item, Table
from mostik.sync.run import RunKind

PICTURES = "pictures"
_OPEN = "importing"
_STAGES: Mapping[str, int] = {
    catalog.PRODUCTS: 1,
    NEWCOMERS: 1,
    catalog.VARIANTS: 2,
    prices.PRICES: 3,
    stock.STOCK: 3,
    PICTURES: 4,
}
"""What stands lower is carried over first: the others point at it. All else stands lowest."""


class LaneState(StrEnum):
    """How far one resource of an import is."""

    ASLEEP = "asleep"
    """It waits until something else has come, or comes no more (``importwait``)."""
    WAITING = "waiting"
    OPEN = "open"
    HELD = "held"
    """A brake: a person approves its run or cancels it."""
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will happen."""
        return self not in _NOT_CLOSED


_NOT_CLOSED = (LaneState.ASLEEP, LaneState.WAITING, LaneState.OPEN, LaneState.HELD)


@dataclass(frozen=True, slots=True)
class Lane:
    """One resource of an import.

    Attributes:
        resource: its name.
        link: over which it is carried.
        records: so many.
        cursor: where its run begins.
        kind: of its run.
        run: id of its run, known before the run is started.
        state: how far it is.
        counts: records by what became of them.
        why: why it is held or has failed.
    """

    resource: str
    link: str
    records: int
    cursor: str
    kind: RunKind
    run: str = ""
    state: LaneState = LaneState.WAITING
    counts: Mapping[str, int] = field(default_factory=dict)
    why: tuple[str, ...] = ()

    @property
    def stage(self) -> int:
        """Those below it are carried over first."""
        return _STAGES.get(self.resource, 0)

    @property
    def done(self) -> int:
        """Records of which it is known what became of them."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """One import.

    Attributes:
        connection: whose.
        session: what came together.
        import_id: the import in it.
        order: when 1C asked for it, among those of its session.
        opened_at: unix seconds.
        moved_at: when it last got on.
        is_read: all of its records stand on pages.
        is_open: something may yet happen.
        lanes: what is carried over.
        heads: parts of its files: kind, and whether they are whole.
        nameless: records that had no key.
        sentences: what the files are to blame for.
        found: counts of the files.
        unknown: what of them was not understood.
        patience: seconds of silence after which nobody waits for what else may come.
        version: of the row; 0: it does not stand yet.
    """

    connection: str
    session: str
    import_id: str
    order: float
    opened_at: float
    moved_at: float
    is_read: bool = False
    is_open: bool = True
    lanes: tuple[Lane, ...] = ()
    heads: tuple[tuple[str, bool | None], ...] = ()
    nameless: int = 0
    sentences: tuple[str, ...] = ()
    found: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    patience: float = 0.0
    version: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """Its place in time among the imports of a connection."""
        return (self.session, f"{self.order:017.3f}/{self.import_id}")

    @property
    def lanes_for_1c(self) -> Sequence[Lane]:
        """Those for which 1C waits: pictures follow by themselves, and newcomers wait for 1C."""
        return [lane for lane in self.lanes if lane.resource not in (PICTURES, NEWCOMERS)]

    @property
    def sleeper(self) -> Lane | None:
        """The lane that is asleep."""
        return next((lane for lane in self.lanes if lane.state is LaneState.ASLEEP), None)

    @property
    def is_asleep(self) -> bool:
        """Whether nothing can be done before that lane is woken."""
        return self.sleeper is not None and all(
            lane.state.is_closed
            or lane.state is LaneState.ASLEEP
            or (lane.resource == PICTURES and lane.state is LaneState.WAITING)
            for lane in self.lanes
        )

    def with_lane(self, changed: Lane) -> ImportPlan:
        """Returns it with one lane as it is now."""
        lanes = tuple(changed if one.resource == changed.resource else one for one in self.lanes)
        return replace(self, lanes=lanes)


class Plans:
    """Plans in the state table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, connection: str, session: str, import_id: str) -> ImportPlan | None:
        """Returns a plan."""
        item = self._table.get(f"importing#{connection}", f"{session}/{import_id}")
        return None if item is None else _from_item(item)

    def save(self, plan: ImportPlan, now: float) -> ImportPlan | None:
        """Stores the next version. Returns ``None`` when somebody else was quicker."""
        following = replace(plan, version=plan.version + 1, moved_at=now)
        item = _to_item(following)
        if plan.version:
            answer = self._table.replace(item, plan.version)
            return following if answer.done or answer.standing == item else None
        standing = self._table.insert(item)
        return following if standing is None or standing == item else None

    def open(self, connection: str = "") -> Sequence[ImportPlan]:
        """Returns open plans, of all connections or of one, the oldest session first."""
        plans: list[ImportPlan] = []
        first, last = (f"{connection}/", f"{connection}/~") if connection else (None, None)
        after: str | None = None
        while True:
            page = self._table.query(_OPEN, index=DUE_INDEX, first=first, last=last, after=after)
            plans += map(_from_item, page.items)
            after = page.after
            if after is None:
                return plans


def _to_item(plan: ImportPlan) -> Item:
    place = f"{plan.session}/{plan.import_id}"
    due = {"due_pk": _OPEN, "due_sk": f"{plan.connection}/{place}"} if plan.is_open else {}
    return {
        "pk": f"importing#{plan.connection}",
        "sk": place,
        **due,
        "order": plan.order,
        "opened_at": plan.opened_at,
        "moved_at": plan.moved_at,
        "is_read": plan.is_read,
        "is_open": plan.is_open,
        "lanes": [_lane_item(lane) for lane in plan.lanes],
        "heads": [list(head) for head in plan.heads],
        "nameless": plan.nameless,
        "sentences": list(plan.sentences),
        "found": dict(plan.found),
        "unknown": dict(plan.unknown),
        "patience": plan.patience,
        "expires_at": int(plan.opened_at + ROW_SECONDS),
        "version": plan.version,
    }


def _lane_item(lane: Lane) -> dict[str, Any]:
    return {
        "resource": lane.resource,
        "link": lane.link,
        "records": lane.records,
        "cursor": lane.cursor,
        "kind": lane.kind.value,
        "run": lane.run,
        "state": lane.state.value,
        "counts": dict(lane.counts),
        "why": list(lane.why),
    }


def _from_item(item: Item) -> ImportPlan:
    session, _, import_id = str(item["sk"]).partition("/")
    return ImportPlan(
        connection=str(item["pk"]).partition("#")[2],
        session=session,
        import_id=import_id,
        order=float(item["order"]),
        opened_at=float(item["opened_at"]),
        moved_at=float(item["moved_at"]),
        is_read=item["is_read"],
        is_open=item["is_open"],
        lanes=tuple(map(_lane, item["lanes"])),
        heads=tuple((kind, whole) for kind, whole in item["heads"]),
        nameless=int(item["nameless"]),
        sentences=tuple(item["sentences"]),
        found=item["found"],
        unknown=item["unknown"],
        patience=float(item.get("patience", 0.0)),
        version=int(item["version"]),
    )


def _lane(item: Mapping[str, Any]) -> Lane:
    return Lane(
        resource=item["resource"],
        link=item["link"],
        records=int(item["records"]),
        cursor=item["cursor"],
        kind=RunKind(item["kind"]),
        run=item["run"],
        state=LaneState(item["state"]),
        counts={name: int(number) for name, number in item["counts"].items()},
        why=tuple(item["why"]),
    )
