"""Gathers what the report of a session tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from mostik.commerceml.imports import Imports
from mostik.commerceml.sessionreport import Carried, Imported, report_of
from mostik.worker.importplan import ImportPlan, Lane, LaneState, Plans
from mostik.worker.importtold import NAMES

_NOTES: Mapping[LaneState, str] = {
    LaneState.ASLEEP: "Ждут предложений, конца обмена или тишины.",
    LaneState.WAITING: "Ждёт своей очереди.",
    LaneState.OPEN: "Загружается.",
    LaneState.HELD: "Остановлено предохранителем, ждёт решения администратора сервиса:",
    LaneState.FAILED: "Не загружено:",
    LaneState.CANCELLED: "Отменено администратором сервиса.",
}


def session_report(
    imports: Imports, plans: Plans, connection: str, session: str, now: float, zone: tzinfo
) -> str:
    """Returns the report of a session in words for the 1C programmer."""
    rows = sorted(imports.of(connection, session), key=lambda row: row.created_at)
    found = []
    for row in rows:
        plan = plans.get(connection, session, row.id)
        if plan is None:
            found.append(Imported(row))
        else:
            found.append(Imported(row, _carried(plan), plan.found, plan.unknown))
    return report_of(session, found, now, zone)


def _carried(plan: ImportPlan) -> Sequence[Carried]:
    return [
        Carried(NAMES.get(lane.resource, lane.resource), lane.records, lane.counts, _note(lane))
        for lane in plan.lanes
    ]


def _note(lane: Lane) -> str:
    return " ".join([_NOTES.get(lane.state, ""), *lane.why]).strip()
