"""What became of a session, in words for the 1C programmer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from mostik.commerceml.imports import By, ImportRow, State, Step

_STATES: Mapping[State, str] = {
    State.RECEIVED: "принят, ждёт обработки",
    State.READING: "читается",
    State.RUNNING: "загружается",
    State.DONE: "обработан",
    State.PARTIAL: "обработан не полностью",
    State.FAILED: "не обработан",
}
_STEPS: Mapping[Step, str] = {
    Step.DEACTIVATE: "Отключение отсутствующих (deactivate)",
    Step.COMPLETE: "Конец обмена (complete)",
}
_BY: Mapping[By, str] = {
    By.ONEC: "",
    By.IDLE: ", без запроса 1С: она передала файлы и не запросила их загрузку",
    By.AGAIN: ", повторно по просьбе администратора сервиса",
}
_FOUND: Mapping[str, str] = {
    "groups": "групп",
    "properties": "свойств",
    "price_types": "видов цен",
    "warehouses": "складов",
    "products": "товаров",
    "offers": "предложений",
    "prices": "цен",
    "stock_rows": "остатков",
    "documents": "документов",
    "deleted": "с пометкой удаления",
}
_COUNTS: Mapping[str, str] = {
    "created": "создано",
    "updated": "изменено",
    "deleted": "отключено",
    "unchanged": "без изменений",
    "echoed": "собственные изменения",
    "skipped": "пропущено",
    "pending": "ждут связанных данных",
    "quarantined": "отложено с ошибкой",
    "conflict": "расхождений",
}
_MOST_UNKNOWN = 15


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of one resource of an import.

    Attributes:
        name: what it is called.
        records: so many.
        counts: by what became of them.
        note: what else there is to say.
    """

    name: str
    records: int
    counts: Mapping[str, int] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """One import of a session.

    Attributes:
        row: what 1C was told.
        carried: by resource.
        found: what the file held.
        unknown: what of it was not understood.
    """

    row: ImportRow
    carried: Sequence[Carried] = ()
    found: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)


def report_of(session: str, imports: Sequence[Imported], now: float, zone: tzinfo) -> str:
    """Returns the report of a session.

    Args:
        session: its name.
        imports: in their order.
        now: unix seconds.
        zone: of 1C.
    """
    lines = [f"Сеанс обмена {session}"]
    if not imports:
        return f"{lines[0]}\nВ этом сеансе 1С ничего не загружала."
    for one in imports:
        lines += ["", *_lines(one, now, zone)]
    return "\n".join(lines)


def seconds_left(row: ImportRow, now: float) -> float | None:
    """Returns about how long an import still takes; ``None``: nobody can say."""
    if row.state is not State.RUNNING or not 0 < row.done < row.total:
        return None
    return (now - row.created_at) / row.done * (row.total - row.done)


def _lines(one: Imported, now: float, zone: tzinfo) -> Iterable[str]:
    row = one.row
    at = datetime.fromtimestamp(row.created_at, zone).strftime("%d.%m.%Y %H:%M:%S")
    name = _STEPS.get(row.step) or f"Файл {row.file}"
    yield f"{name}: {_STATES[row.state]} ({at}{_BY[row.by]})"
    found = [f"{word} {one.found[kind]}" for kind, word in _FOUND.items() if one.found.get(kind)]
    if found:
        yield f"  В файле: {', '.join(found)}."
    if row.total:
        yield f"  Обработано записей: {row.done} из {row.total}{_left(row, now)}."
    for part in one.carried:
        yield f"  {part.name}: {_counted(part)}"
    yield from (f"  ! {text}" for text in row.errors)
    unknown = sorted(one.unknown.items(), key=lambda pair: (-pair[1], pair[0]))
    if unknown:
        named = [f"{path} ({times})" for path, times in unknown[:_MOST_UNKNOWN]]
        more = len(unknown) - len(named)
        rest = f" и ещё {more}" if more > 0 else ""
        yield f"  Не использовано из файла: {', '.join(named)}{rest}."


def _left(row: ImportRow, now: float) -> str:
    left = seconds_left(row, now)
    return "" if left is None else f", осталось около {max(1, round(left / 60))} мин"


def _counted(part: Carried) -> str:
    known = [
        f"{word} {part.counts[kind]}" for kind, word in _COUNTS.items() if part.counts.get(kind)
    ]
    text = f"записей {part.records}" + (f": {', '.join(known)}" if known else "")
    return f"{text}. {part.note}" if part.note else f"{text}."
