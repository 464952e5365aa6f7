"""Bugs planted on purpose: each exchanges a pure function or a class of the worker for a wrong one.

The harness is worth something only if it finds them. No file is changed: a name that a module has
imported is bound to something else for the length of a run, in a process of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType
from typing import Any

from local.chaos import stage, world
from local.chaos.odds import STORM, Odds
from local.chaos.tier1 import Plan
from mostik import clock
from mostik.errors import MostikError
from mostik.http import classify, client, gatekeeper
from mostik.http.classify import Verdict
from mostik.http.endpoint import Replay
from mostik.jobs import life, release, rows
from mostik.jobs.life import Asked, ClaimDecision, Claimed, Parked, Settlement
from mostik.jobs.message import Receipt, Touch, Work
from mostik.jobs.outcome import Changed, Held, Outcome, Transient, Uncertain, Unchanged
from mostik.jobs.row import JobRow, JobState, to_item
from mostik.jobs.rows import Wrote
from mostik.requestlog.recorder import Recorder
from mostik.sync import carry as carrying
from mostik.worker import execute, receipts, run, worker

Exchange = tuple[ModuleType, str, Any]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted bug.

    Attributes:
        name: what is wrong, in a few words.
        exchanges: (module, name, what stands there instead).
        events: how many a run must have to meet it.
        odds: what such a run meets; they break nothing by themselves.
        seeds: how many runs it may need.
    """

    name: str
    exchanges: Callable[[], Sequence[Exchange]]
    events: int = 600
    odds: Odds = STORM
    seeds: int = 6

    def plan(self, seed: int) -> Plan:
        """Returns a run that may find it."""
        return Plan(seed, self.events, self.odds, to_the_first=True)

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Has the bug in for the length of a block."""
        kept = []
        for module, name, wrong in self.exchanges():
            kept.append((module, name, getattr(module, name)))
            setattr(module, name, wrong)
        try:
            yield
        finally:
            for module, name, right in reversed(kept):
                setattr(module, name, right)


def _claims(change: Callable[[ClaimDecision], ClaimDecision], **fixed: Any) -> Sequence[Exchange]:
    def decide(work: Work, standing: JobRow | None, **given: Any) -> ClaimDecision:
        return change(life.decide_claim(work, standing, **{**given, **fixed}))

    return [(run, "decide_claim", decide)]


def _settles(
    change: Callable[[Work, JobRow, Outcome, Settlement], Settlement],
    mapped: Callable[[Outcome], Outcome] = lambda outcome: outcome,
    **fixed: Any,
) -> Sequence[Exchange]:
    def settle(work: Work, row: JobRow, outcome: Outcome, **given: Any) -> Settlement:
        wrong = mapped(outcome)
        return change(work, row, wrong, life.settle(work, row, wrong, **{**given, **fixed}))

    return [(run, "settle", settle)]


def _as_is(_work: Work, _row: JobRow, _outcome: Outcome, settlement: Settlement) -> Settlement:
    return settlement


def _row_of(settlement: Settlement, **changes: Any) -> Settlement:
    if settlement.row is None:
        return settlement
    return replace(settlement, row=replace(settlement.row, **changes))


# ── the bugs ───────────────────────────────────────────────────────────────────────────────────


def _done_before_effect() -> Sequence[Exchange]:
    class Wrong(run.Runner):
        def _execute(self, work: Work, row: JobRow, prospect: Any, *rest: Any) -> Outcome:
            self._settle(work, row, Changed(), prospect)
            return super()._execute(work, row, prospect, *rest)

    return [(worker, "Runner", Wrong)]


def _no_fencing() -> Sequence[Exchange]:
    class Wrong(rows.JobRows):
        def write(self, row: JobRow, over: int | None) -> Wrote:
            del over
            self._table.put(to_item(row))
            return Wrote(True)

    return [(world, "JobRows", Wrong)]


def _dedupe_by_body() -> Sequence[Exchange]:
    seen: set[str] = set()

    class Wrong(receipts.Receipts):
        def close(self, receipt: Receipt, work: Sequence[Work]) -> None:
            super().close(receipt, work)
            seen.add(_hash_of(receipt))

        def open(self, receipt: Receipt, *more: Any) -> Sequence[Work] | bool:
            return True if _hash_of(receipt) in seen else super().open(receipt, *more)

    return [(worker, "Receipts", Wrong)]


def _hash_of(receipt: Receipt) -> str:
    return hashlib.sha256(receipt.connection.encode() + (receipt.body or b"")).hexdigest()


def _dedupe_by_message() -> Sequence[Exchange]:
    seen: set[str] = set()

    class Wrong(worker.Worker):
        def _open_one(self, message: Any, opened: Any, *more: Any) -> None:
            if message.id in seen:
                opened.settled[message.id] = True
                return
            seen.add(message.id)
            super()._open_one(message, opened, *more)

    return [(world, "Worker", Wrong)]


def _tick_moves_the_time() -> Sequence[Exchange]:
    def due_again(row: JobRow, **given: Any) -> JobRow | None:
        again = life.due_again(row, **given)
        return replace(again, due_at=None) if again is not None else None

    return [(release, "due_again", due_again)]


def _limit_counts() -> Sequence[Exchange]:
    def change(_work: Work, row: JobRow, outcome: Outcome, settlement: Settlement) -> Settlement:
        return (
            _row_of(settlement, attempts=row.attempts) if isinstance(outcome, Held) else settlement
        )

    return _settles(change)


def _touch_deleted() -> Sequence[Exchange]:
    def change(decision: ClaimDecision) -> ClaimDecision:
        return life.Duplicate() if isinstance(decision, Asked) else decision

    return _claims(change)


def _carrier_missing() -> Sequence[Exchange]:
    def change(_work: Work, _row: JobRow, outcome: Outcome, settlement: Settlement) -> Settlement:
        return _row_of(settlement, due_at=None) if isinstance(outcome, Transient) else settlement

    return _settles(change)


def _looked_up_at_once() -> Sequence[Exchange]:
    def change(_work: Work, _row: JobRow, outcome: Outcome, settlement: Settlement) -> Settlement:
        if not isinstance(outcome, Uncertain):
            return settlement
        return replace(_row_of(settlement, state=JobState.QUEUED, lookups=1), send=True)

    return _settles(change)


def _asked_while_running_forgotten() -> Sequence[Exchange]:
    def change(_w: Work, _row: JobRow, _outcome: Outcome, settlement: Settlement) -> Settlement:
        again = settlement.row is not None and settlement.row.state is JobState.QUEUED
        return Settlement(None, settlement.over) if again else settlement

    return _settles(change)


def _unknown_is_transient() -> Sequence[Exchange]:
    def mapped(outcome: Outcome) -> Outcome:
        return Transient(outcome.failure) if isinstance(outcome, Uncertain) else outcome

    return _settles(_as_is, mapped)


def _died_writing_simply_runs() -> Sequence[Exchange]:
    return _claims(lambda decision: decision, unsafe=False)


def _busy_is_done() -> Sequence[Exchange]:
    class Wrong(worker.Worker):
        def _run_one(self, *arguments: Any) -> bool:
            super()._run_one(*arguments)
            return True

    return [(world, "Worker", Wrong)]


def _lease_too_short() -> Sequence[Exchange]:
    return _claims(lambda decision: decision, lease_seconds=1.0)


def _no_attempt_row() -> Sequence[Exchange]:
    class Wrong(run.Runner):
        def _claim(self, task: Any, prospect: Any) -> JobRow | bool:
            rows_, self_rows = self.rows, _Pretending(self.rows)
            object.__setattr__(self, "rows", self_rows)
            try:
                return super()._claim(task, prospect)
            finally:
                object.__setattr__(self, "rows", rows_)

    return [(worker, "Runner", Wrong)]


class _Pretending(rows.JobRows):
    """Says that a claim was written and writes it not."""

    def __init__(self, real: rows.JobRows) -> None:
        super().__init__(real._table)

    def write(self, row: JobRow, over: int | None) -> Wrote:
        del row, over
        return Wrote(True)


def _own_clock() -> Sequence[Exchange]:
    class Wrong(clock.SharedClock):
        def served(self, moment: float) -> None:
            del moment

    return [(stage, "SharedClock", Wrong)]


def _keyed_is_transient() -> Sequence[Exchange]:
    def error_for(verdict: Verdict, replay: Replay, **given: Any) -> MostikError:
        return classify.error_for(
            verdict, Replay.SAFE if replay is Replay.KEYED else replay, **given
        )

    return [(client, "error_for", error_for)]


def _no_limiter() -> Sequence[Exchange]:
    class Wrong(gatekeeper.Gatekeeper):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **{**named, "limiter": None})

    return [(_gatehouse(), "Gatekeeper", Wrong)]


def _gatehouse() -> ModuleType:
    from mostik.connections import gatehouse  # noqa: PLC0415 - the module, beside its class

    return gatehouse


def _log_forgets() -> Sequence[Exchange]:
    class Wrong(Recorder):
        def add(self, entry: Any) -> None:
            if entry.status is not None and entry.status < 400:
                super().add(entry)

    return [(worker, "Recorder", Wrong)]


def _agreed_before_the_write() -> Sequence[Exchange]:
    def carry(route: Any, record: Any, pairs: Any, once: Any, attempt: Any, *more: Any) -> Any:
        side = route.side
        pair = pairs.find(route.link.id, side, record.key)
        if pair is not None and pair.agreed.get(side) == record.fingerprint():
            return Unchanged("Agreed.")
        if pair is not None:
            agreed = {**pair.agreed, side: record.fingerprint()}
            pairs.save(route.link.id, replace(pair, agreed=agreed))
            # Or the true one would skip it at once.
            attempt = replace(attempt, lookups=attempt.lookups or 0)
        return carrying.carry(route, record, pairs, once, attempt, *more)

    return [(execute, "carry", carry)]


def _poison_never_fails() -> Sequence[Exchange]:
    def change(decision: ClaimDecision) -> ClaimDecision:
        if isinstance(decision, Claimed) and decision.row.crashes:
            return replace(decision, row=replace(decision.row, crashes=0))
        if isinstance(decision, Parked):
            return replace(decision, row=replace(decision.row, crashes=0))
        return decision

    return _claims(change)


def _held_forgotten() -> Sequence[Exchange]:
    def change(_work: Work, _row: JobRow, outcome: Outcome, settlement: Settlement) -> Settlement:
        return _row_of(settlement, gate=None) if isinstance(outcome, Held) else settlement

    return _settles(change)


def _delivery_marked_early() -> Sequence[Exchange]:
    class Wrong(receipts.Receipts):
        def open(self, receipt: Receipt, *more: Any) -> Sequence[Work] | bool:
            found = super().open(receipt, *more)
            if not isinstance(found, bool):
                self.close(receipt, [piece for piece in found if isinstance(piece, Touch)])
            return found

    return [(worker, "Receipts", Wrong)]


DOUBTFUL = replace(STORM, doubt=0.7, burst=0.8, jump=300.0)
"""For a bug that needs rare things at once: a creation in doubt, and a change or a wrong clock."""
_Rare = partial(Mutant, events=1_500, odds=DOUBTFUL, seeds=24)

MUTANTS = (
    _Rare("workers go by the clocks of their machines", _own_clock),
    _Rare("a keyed write in doubt is simply tried again", _keyed_is_transient),
    *(
        Mutant(name, exchanges)
        for name, exchanges in (
            ("done before the effect", _done_before_effect),
            ("no fencing of rows", _no_fencing),
            ("deliveries deduped by the hash of their body", _dedupe_by_body),
            ("messages deduped by SQS's id", _dedupe_by_message),
            ("the tick takes a row's time away before its message is sent", _tick_moves_the_time),
            ("a closed gate counts as an attempt", _limit_counts),
            ("a touch of a running record is deleted without a note", _touch_deleted),
            ("a waiting row has no time", _carrier_missing),
            ("an unknown write is looked up at once", _looked_up_at_once),
            ("what was asked meanwhile is forgotten", _asked_while_running_forgotten),
            ("an unknown write is simply tried again", _unknown_is_transient),
            ("a job whose worker died in a write is simply run", _died_writing_simply_runs),
            ("a busy service deletes the message", _busy_is_done),
            ("leases end while their owner works", _lease_too_short),
            ("no attempt row before the calls", _no_attempt_row),
            ("no limiter", _no_limiter),
            ("the log leaves failed calls out", _log_forgets),
            ("agreed before it is written", _agreed_before_the_write),
            ("poison is tried for ever", _poison_never_fails),
            ("a held job does not say behind what", _held_forgotten),
            ("a delivery is marked as handled before its work", _delivery_marked_early),
        )
    ),
)
