"""A run: one execution of a link in one direction, and its row.

::

    LIST ──▶ (GONE) ──▶ CHECK ──▶ SEND ──▶ WORK ──▶ done / partial / failed
     pages     full       │        chunks    chunks   closed by the tick, with totals that add up
     of the    scans      └─▶ HELD           are
     source    only           a person       carried
                              approves       over

The cursor lives here and not in a message, so no function's longest run matters. Every step is one
conditional write of this row after a page row that is written once: whoever takes a run up again
finds where it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from mostik.http.gate import Lane
from mostik.ids import time_of, ulid_at
from mostik.jobs.gates import Gates
from mostik.jobs.row import DUE_INDEX, Failure
from mostik.ports import Item, Table
from mostik.sync.link import Side
from mostik.sync.pause import Pauses
from mostik.sync.verdict import Totals

_SORT_KEY = "run"
_OPEN, _CLOSED = "runs", "runs#closed"
_KEPT_SECONDS = 35 * 86_400
IDS_ON_A_PAGE = 50


class RunKind(StrEnum):
    """Why a run is made, and what it may do."""

    INCREMENTAL = "incremental"
    """What was changed since the last one; moves the watermark."""
    FULL = "full"
    """Everything; may find what is gone; moves the watermark."""
    BACKFILL = "backfill"
    """Everything, at the lowest urgency; neither deletes nor moves the watermark."""
    MANUAL = "manual"
    """What a person asks for; neither deletes nor moves the watermark."""
    DRY = "dry"
    """Says what a full run would do; writes nothing."""


LANES: Mapping[RunKind, Lane] = {
    RunKind.MANUAL: Lane.MANUAL,
    RunKind.BACKFILL: Lane.BACKFILL,
}


class RunState(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    HELD = "held"
    """A brake: a person approves or cancels it."""
    PAUSED = "paused"
    """A person has stopped it, and resumes or cancels it."""
    DONE = "done"
    PARTIAL = "partial"
    """All accounted for, but not all carried over: see quarantine and conflicts."""
    FAILED = "failed"
    CANCELLED = "cancelled"


MOVES_THE_MARK = frozenset({RunKind.FULL, RunKind.INCREMENTAL})
OPEN_STATES = frozenset({RunState.RUNNING, RunState.HELD, RunState.PAUSED})


class Stage(StrEnum):
    """What an open run does next."""

    LIST = "list"
    GONE = "gone"
    CHECK = "check"
    SEND = "send"
    WORK = "work"


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        id: a ULID.
        link: the link.
        side: where records come from.
        kind: see ``RunKind``.
        started_at: unix seconds.
        moved_at: when it last got on.
        by: who asked for it.
        since: only what was changed at that time or later, unix seconds; ``None``: everything.
        state: see ``RunState``.
        stage: what it does next.
        cursor: where its next page begins.
        pages: page rows that stand.
        position: the next page or shard of the present stage.
        held_for: why it is held.
        approved_by: who has let it go on.
        paused_by: who has paused it, while it is.
        ids: how many records were named: only these are read, and both sides of them looked at.
        note: what it found worth saying about itself.
        widened_at: how many pages stood when it began anew, over everything.
        sent_at: when the last of its chunks was sent.
        idle: for how many seconds it has been paused since.
        reconciles: it comes after another one of its link and side, and moves the watermark: what
            it carries over, a hint should have told of.
        failure: why it has failed.
        totals: its figures, once it is closed.
        ended_at: when it was closed.
        version: grows with every write.
    """

    id: str
    link: str
    side: Side
    kind: RunKind
    started_at: float
    moved_at: float
    by: str = ""
    since: float | None = None
    state: RunState = RunState.RUNNING
    stage: Stage = Stage.LIST
    cursor: str | None = None
    pages: int = 0
    position: int = 0
    held_for: tuple[str, ...] = ()
    approved_by: str | None = None
    paused_by: str | None = None
    ids: int = 0
    note: str = ""
    widened_at: int = 0
    sent_at: float | None = None
    idle: float = 0.0
    reconciles: bool = False
    failure: Failure | None = None
    totals: Totals | None = None
    ended_at: float | None = None
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether it is not closed yet."""
        return self.state in OPEN_STATES

    @property
    def is_dry(self) -> bool:
        """Whether it writes nothing."""
        return self.kind is RunKind.DRY

    @property
    def is_complete_scan(self) -> bool:
        """Whether what it does not list is gone."""
        everything = self.since is None and not self.ids
        return self.kind in (RunKind.FULL, RunKind.DRY) and everything

    @property
    def lane(self) -> Lane:
        """How urgent its calls are."""
        return LANES.get(self.kind, Lane.SYNC)

    @property
    def slot(self) -> str | None:
        """Of two runs of one slot only one is open; ``None``: any number may be."""
        match self.kind:
            case RunKind.DRY:
                return None
            case RunKind.BACKFILL:
                return f"{self.side.value}#backfill"
            case _:
                return self.side.value

    def moved(self, now: float, **changes: Any) -> Run:
        """Returns the next version, got on just now."""
        return replace(self, version=self.version + 1, moved_at=now, **changes)


@dataclass(frozen=True, slots=True)
class Mark:
    """What is kept of a link and side from run to run.

    Attributes:
        watermark: the latest change that a run has listed, unix seconds.
        groups: the price types or warehouses of the last complete scan.
    """

    watermark: float | None = None
    groups: tuple[str, ...] = ()


class Runs:
    """Runs in the state table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, run_id: str) -> Run | None:
        """Returns a run."""
        item = self._table.get(f"run#{run_id}", _SORT_KEY)
        return _from_item(item) if item is not None else None

    def insert(self, run: Run) -> None:
        """Writes a new run."""
        self._table.insert(_to_item(run))

    def replace(self, run: Run) -> bool:
        """Writes the next version of a run. Returns ``False`` when somebody else was quicker."""
        answer = self._table.replace(_to_item(run), run.version - 1)
        standing = answer.standing
        return answer.done or (standing is not None and dict(standing) == _to_item(run))

    def open(self) -> Sequence[Run]:
        """Returns all open runs, the oldest first."""
        runs: list[Run] = []
        after: str | None = None
        while True:
            page = self._table.query(_OPEN, index=DUE_INDEX, after=after)
            runs += map(_from_item, page.items)
            after = page.after
            if after is None:
                return runs

    def closed(self, limit: int = 20) -> Sequence[Run]:
        """Returns closed runs, the newest first."""
        page = self._table.query(_CLOSED, index=DUE_INDEX, newest_first=True, limit=limit)
        return [_from_item(item) for item in page.items]

    def take_slot(self, run: Run) -> str | None:
        """Takes the run's slot. Returns ``None``, or the run that has it."""
        if run.slot is None:
            return None
        item = {"pk": f"runs#{run.link}", "sk": f"slot#{run.slot}", "run": run.id, "version": 1}
        standing = self._table.insert(item)
        if standing is None or standing["run"] == run.id:
            return None
        other = self.get(standing["run"])
        if other is not None and other.is_open:
            return other.id
        version = int(standing["version"])
        if other is None and standing["run"] > _younger(run.id):
            return str(standing["run"])  # just taken: its run is being written
        taken = self._table.replace({**item, "version": version + 1}, version)
        return None if taken.done else standing["run"]

    def free_slot(self, run: Run) -> None:
        """Frees the run's slot."""
        if run.slot is None:
            return
        place = (f"runs#{run.link}", f"slot#{run.slot}")
        standing = self._table.get(*place)
        if standing is not None and standing["run"] == run.id:
            self._table.remove(*place, int(standing["version"]))

    def name(self, run_id: str, keys: Sequence[str], now: float) -> None:
        """Keeps the keys that a run was given, before the run is."""
        for start in range(0, len(keys), IDS_ON_A_PAGE):
            item = {
                "pk": f"run#{run_id}",
                "sk": _ids_key(start // IDS_ON_A_PAGE + 1),
                "keys": list(keys[start : start + IDS_ON_A_PAGE]),
                "expires_at": int(now + _KEPT_SECONDS),
            }
            self._table.put(item)

    def named(self, run_id: str, page: int) -> Sequence[str]:
        """Returns one page of the keys that a run was given; pages count from 1."""
        item = self._table.get(f"run#{run_id}", _ids_key(page)) or {}
        return list(item.get("keys", ()))

    @property
    def pauses(self) -> Pauses:
        """Pauses of runs and links."""
        return Pauses(Gates(self._table))

    def mark(self, link: str, side: Side) -> Mark:
        """Returns what is kept from run to run."""
        item = self._table.get(f"runs#{link}", f"mark#{side.value}") or {}
        watermark = item.get("watermark")
        return Mark(
            float(watermark) if watermark is not None else None, tuple(item.get("groups", ()))
        )

    def has_marked(self, link: str, side: Side) -> bool:
        """Whether a run that keeps something has ended well before."""
        return self._table.get(f"runs#{link}", f"mark#{side.value}") is not None

    def save_mark(self, link: str, side: Side, mark: Mark) -> None:
        """Keeps it."""
        item: dict[str, Any] = {
            "pk": f"runs#{link}",
            "sk": f"mark#{side.value}",
            "groups": list(mark.groups),
        }
        if mark.watermark is not None:
            item["watermark"] = mark.watermark
        self._table.put(item)


def _ids_key(page: int) -> str:
    return f"ids#{page:06}"


def _younger(run_id: str) -> str:
    """A ULID is its time: one whose run is not written a minute later never is."""
    return ulid_at(max(time_of(run_id) - 60.0, 0.0))


def _to_item(run: Run) -> dict[str, Any]:
    fields = {
        "id": run.id,
        "link": run.link,
        "side": run.side.value,
        "kind": run.kind.value,
        # A release that does not know pauses takes it for held, and leaves it alone.
        "state": (RunState.HELD if run.state is RunState.PAUSED else run.state).value,
        "paused": True if run.state is RunState.PAUSED else None,
        "stage": run.stage.value,
        "started_at": run.started_at,
        "moved_at": run.moved_at,
        "by": run.by or None,
        "since": run.since,
        "cursor": run.cursor,
        "pages": run.pages,
        "position": run.position,
        "held_for": list(run.held_for) or None,
        "approved_by": run.approved_by,
        "paused_by": run.paused_by,
        "ids": run.ids or None,
        "note": run.note or None,
        "widened_at": run.widened_at or None,
        "sent_at": run.sent_at,
        "idle": run.idle or None,
        "reconciles": run.reconciles or None,
        "failure": run.failure.as_item() if run.failure is not None else None,
        "totals": run.totals.as_item() if run.totals is not None else None,
        "ended_at": run.ended_at,
        "version": run.version,
        "expires_at": int(run.ended_at + _KEPT_SECONDS) if run.ended_at is not None else None,
    }
    return {
        "pk": f"run#{run.id}",
        "sk": _SORT_KEY,
        "due_pk": _OPEN if run.is_open else _CLOSED,
        "due_sk": run.id,
        **{name: value for name, value in fields.items() if value is not None},
    }


def _from_item(item: Item) -> Run:
    def seconds(name: str) -> float | None:
        return float(item[name]) if item.get(name) is not None else None

    return Run(
        id=item["id"],
        link=item["link"],
        side=Side(item["side"]),
        kind=RunKind(item["kind"]),
        started_at=float(item["started_at"]),
        moved_at=float(item["moved_at"]),
        by=item.get("by", ""),
        since=seconds("since"),
        state=RunState.PAUSED if item.get("paused") else RunState(item["state"]),
        stage=Stage(item["stage"]),
        cursor=item.get("cursor"),
        pages=int(item.get("pages", 0)),
        position=int(item.get("position", 0)),
        held_for=tuple(item.get("held_for", ())),
        approved_by=item.get("approved_by"),
        paused_by=item.get("paused_by"),
        ids=int(item.get("ids", 0)),
        note=item.get("note", ""),
        widened_at=int(item.get("widened_at", 0)),
        sent_at=seconds("sent_at"),
        idle=seconds("idle") or 0.0,
        reconciles=bool(item.get("reconciles", False)),
        failure=Failure.from_item(item["failure"]) if item.get("failure") else None,
        totals=Totals.from_item(item["totals"]) if item.get("totals") else None,
        ended_at=seconds("ended_at"),
        version=int(item["version"]),
    )
