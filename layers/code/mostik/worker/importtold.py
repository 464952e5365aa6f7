"""What 1C and the 1C programmer are told of an import. Pure; in their language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mostik.commerceml.imports import State
from mostik.commerceml.pages import NEWCOMERS
from mostik.worker.importplan import PICTURES, ImportPlan, Lane, LaneState

NAMES: Mapping[str, str] = {
    "sections": "группы",
    "properties": "свойства",
    "units": "единицы измерения",
    "price_types": "виды цен",
    "warehouses": "склады",
    "products": "товары",
    NEWCOMERS: "новые товары",
    "variants": "характеристики",
    "prices": "цены",
    "stock": "остатки",
    "pictures": "картинки",
    "orders": "заказы",
}
_ASLEEP = (
    "Новые товары ждут предложений, которые скажут, есть ли у них характеристики: {}. Без"
    " предложений они будут созданы в конце обмена или после тишины в {:.0f} мин."
)
_WAITS = (
    "Ждёт решения администратора сервиса, обмен можно продолжать: предохранитель остановил"
    " загрузку. {}"
)


def told(plan: ImportPlan, held_up_by: Sequence[str]) -> dict[str, Any]:
    """Returns what the row of an import says now.

    Args:
        plan: the import.
        held_up_by: why it gets no further without a person.
    """
    lanes = [lane for lane in plan.lanes if lane.resource != PICTURES]
    counts: Counter[str] = Counter()
    for lane in plan.lanes:
        counts.update(lane.counts)
    return {
        "state": _state(plan.lanes_for_1c, held_up_by),
        "done": sum(lane.done for lane in lanes),
        "total": sum(lane.records for lane in lanes),
        "counts": dict(counts),
        "errors": tuple(_sentences(plan, held_up_by)),
    }


def waiting(resource: str, key: str, times: int) -> str:
    """Returns a sentence about what records wait for."""
    return f"Ещё не пришло: {NAMES.get(resource, resource)} {key}, ждут записей: {times}."


def _state(lanes: Sequence[Lane], held_up_by: Sequence[str]) -> State:
    states = {lane.state for lane in lanes}
    if held_up_by:
        return State.PARTIAL
    if any(not state.is_closed for state in states):
        return State.RUNNING
    if LaneState.FAILED in states:
        return State.FAILED
    whole = states <= {LaneState.DONE} and not any(lane.counts.get("pending") for lane in lanes)
    return State.DONE if whole else State.PARTIAL


def _sentences(plan: ImportPlan, held_up_by: Sequence[str]) -> Iterable[str]:
    if held_up_by:
        yield _WAITS.format(" ".join(held_up_by))
    for lane in plan.lanes:
        name = NAMES.get(lane.resource, lane.resource)
        if lane.state is LaneState.ASLEEP:
            yield _ASLEEP.format(lane.records, plan.patience / 60)
            continue
        match lane.state:
            case LaneState.FAILED:
                yield f"Не загружено: {name}. {' '.join(lane.why)}".strip()
            case LaneState.CANCELLED:
                yield f"Загрузка отменена администратором сервиса: {name}."
        if lane.counts.get("quarantined"):
            yield f"Отложено с ошибкой: {name}, записей {lane.counts['quarantined']}."
        if lane.counts.get("pending"):
            yield (
                f"Ждут данных, на которые ссылаются: {name}, записей {lane.counts['pending']}."
                " Они загрузятся, когда эти данные придут."
            )
        if lane.state in (LaneState.DONE, LaneState.PARTIAL):
            yield from lane.why
    pictures = [lane for lane in plan.lanes if lane.resource == PICTURES]
    if any(not lane.state.is_closed for lane in pictures):
        yield f"Картинки загружаются отдельно: {sum(lane.records for lane in pictures)}."
    yield from plan.sentences
