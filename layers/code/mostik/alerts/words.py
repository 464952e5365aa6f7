"""An alert in sentences, Russian and English: what, since when, why, who must act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mostik.alerts.alert import Alert, Occasion
from mostik.alerts.trouble import Kind, Trouble
from mostik.errors import WhoActs

_WHO: Mapping[WhoActs, tuple[str, str]] = {
    WhoActs.SYSTEM: ("nobody: Mostik tries again", "никто: Мостик повторяет сам"),
    WhoActs.EXTERNAL_ADMIN: (
        "the administrator of the other system", "администратор другой системы",
    ),
    WhoActs.ADMIN: ("the administrator of the connection", "администратор подключения"),
    WhoActs.DEVELOPER: ("the developer of the integration", "разработчик интеграции"),
}  # fmt: skip
_NAMES: Mapping[str, str] = {
    "orders": "заказы", "products": "товары", "prices": "цены", "stock": "остатки",
    "customers": "покупатели", "contacts": "контакты", "sections": "разделы",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person is told.

    Attributes:
        subject: one line.
        text: Russian, then English.
        occasion: why it is told.
        alert: what it is about.
    """

    subject: str
    text: str
    occasion: Occasion
    alert: Alert


def notice_of(alert: Alert, occasion: Occasion) -> Notice:
    """Returns what a person is told of an alert."""
    english, russian = english_of(alert, occasion), russian_of(alert, occasion)
    subject = f"Mostik: {alert.trouble.about}: {_headline(alert.trouble, occasion)}"
    return Notice(subject[:100], f"{russian}\n\n{english}", occasion, alert)


def english_of(alert: Alert, occasion: Occasion = Occasion.OPENED) -> str:
    """Returns an alert in English."""
    trouble, since = alert.trouble, _moment(alert.trouble.since)
    if occasion is Occasion.REPAIRED:
        at = _moment(alert.gone_at or alert.closed_at or 0.0)
        return f"{trouble.about}: repaired at {at}; it had lasted since {since}. {trouble.why}"
    return (
        f"{trouble.about}: {_stopped(trouble)} since {since}. {trouble.why}"
        f" Who acts: {_WHO[trouble.who][0]}."
    )


def russian_of(alert: Alert, occasion: Occasion = Occasion.OPENED) -> str:
    """Returns an alert in Russian; the reason is as the other system's table has it."""
    trouble, since = alert.trouble, _moment(alert.trouble.since)
    if occasion is Occasion.REPAIRED:
        at = _moment(alert.gone_at or alert.closed_at or 0.0)
        return f"{trouble.about}: исправлено в {at}; длилось с {since}. {trouble.why}"
    return (
        f"{trouble.about}: {_stopped_ru(trouble)} с {since}. {trouble.why}"
        f" Кто действует: {_WHO[trouble.who][1]}."
    )


def _headline(trouble: Trouble, occasion: Occasion) -> str:
    stopped = _stopped(trouble)
    return {
        Occasion.OPENED: stopped,
        Occasion.STILL: f"still: {stopped}",
        Occasion.REPAIRED: "repaired",
    }[occasion]


def _stopped(trouble: Trouble) -> str:
    match trouble.kind:
        case Kind.FAILED:
            noun = trouble.what or "jobs"
            return f"{trouble.count}{'+' if trouble.more else ''} {noun} are not carried over"
        case Kind.GATE:
            return "its calls are stopped"
        case Kind.HELD:
            return "a run waits for approval"
        case Kind.SILENT:
            return "nothing comes"


def _stopped_ru(trouble: Trouble) -> str:
    match trouble.kind:
        case Kind.FAILED:
            noun = _NAMES.get(trouble.what, trouble.what) or "задания"
            return f"не переносится: {noun}, {trouble.count}{'+' if trouble.more else ''},"
        case Kind.GATE:
            return "вызовы остановлены"
        case Kind.HELD:
            return "запуск ждёт одобрения"
        case Kind.SILENT:
            return "ничего не приходит"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
