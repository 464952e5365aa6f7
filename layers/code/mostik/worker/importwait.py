"""New goods that wait: 1C tells of goods first, and only with the offers which have variants.

A good that was created before that would be a simple one, and another with variants would have to
take its place. So the lane of new goods sleeps in its import's plan. Goods of which the offers tell
are brought with them. The tick wakes the lane for the others: at the end of the package, or when 1C
has fallen silent. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mostik.commerceml.imports import ImportRow, Step
from mostik.worker.importplan import ImportPlan, LaneState

LONGEST_WAIT_SECONDS = 6 * 3_600.0
"""Somebody who exchanges every few minutes is never silent, and may never say that it was all."""


def woken(plan: ImportPlan, rows: Sequence[ImportRow], now: float) -> ImportPlan | None:
    """Returns a plan whose lane sleeps no longer; ``None``: it must sleep on.

    Args:
        plan: the plan.
        rows: the imports of its connection, from its own session on.
        now: unix seconds.
    """
    lane = plan.sleeper
    if lane is None or not _is_over(plan, rows, now):
        return None
    return plan.with_lane(replace(lane, state=LaneState.WAITING, counts={}))


def _is_over(plan: ImportPlan, rows: Sequence[ImportRow], now: float) -> bool:
    own = next((row for row in rows if row.id == plan.import_id), None)
    if own is None or now - own.created_at >= LONGEST_WAIT_SECONDS:
        return True
    since = [row for row in rows if row.kind == own.kind and row.created_at >= own.created_at]
    if any(row.step is Step.FILE and not row.state.is_final for row in since):
        return False
    if any(row.step is not Step.FILE for row in since):
        return True
    return now - max(max(row.created_at, row.updated_at) for row in since) >= plan.patience
