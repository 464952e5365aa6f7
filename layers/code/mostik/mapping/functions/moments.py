"""Dates and times: aware inside, in the side's zone and spelling at the border."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mostik.errors import WhoActs
from mostik.mapping.functions.function import Function, Option, Options, Unfit, Values
from mostik.mapping.shape import Kind

_NATIVE, _ISO, _UNIX, _UNIX_MS = "native", "iso", "unix", "unix_ms"
_FIRST_YEAR = 2
"""1C writes "no date" as the first of January of the year 1."""


def _read(values: Values, options: Options) -> datetime | date | str | None:
    """Its meaning: a moment, a day where that is all there is; "": there is none."""
    value = values[0]
    if value is None:
        return None
    if value == "":
        return ""
    found = _parsed(value, str(options["format"]))
    if found.year < _FIRST_YEAR:
        return ""
    if isinstance(found, datetime):
        if found.tzinfo is None:
            found = found.replace(tzinfo=_zone(options))
        return found.astimezone(_zone(options)).date() if options["day"] else found.astimezone(UTC)
    return found if options["day"] else datetime(
        found.year, found.month, found.day, tzinfo=_zone(options)
    ).astimezone(UTC)  # fmt: skip


def _parsed(value: Any, style: str) -> datetime | date:
    if isinstance(value, date):
        return value
    try:
        match style:
            case "unix" | "unix_ms":
                seconds = int(value) if not isinstance(value, bool) else None
                if seconds is None:
                    raise Unfit("is no time")
                return datetime.fromtimestamp(seconds / (1_000 if style == _UNIX_MS else 1), UTC)
            case "native" | "iso":
                return datetime.fromisoformat(str(value).strip())
            case _:
                return datetime.strptime(str(value).strip(), style)  # noqa: DTZ007 - zone comes next
    except (ValueError, OverflowError, OSError):
        raise Unfit("is no time as this side spells it") from None


def _write(meaning: Any, options: Options, paths: int) -> Values:
    del paths
    if meaning == "":
        return (None if options["format"] == _NATIVE else "",)
    style, zone = str(options["format"]), _zone(options)
    if not isinstance(meaning, datetime):
        if options["day"]:
            return (_spelled_day(meaning, style),)
        meaning = datetime(meaning.year, meaning.month, meaning.day, tzinfo=zone)
    local = meaning.astimezone(zone)
    if options["day"]:
        return (_spelled_day(local.date(), style),)
    match style:
        case "native":
            return (meaning,)
        case "iso":
            return (local.isoformat() if options["offset"] else _bare(local).isoformat(),)
        case "unix":
            return (int(local.timestamp()),)
        case "unix_ms":
            return (round(local.timestamp() * 1_000),)
    return (local.strftime(style),)


def _bare(local: datetime) -> datetime:
    return local.replace(tzinfo=None)


def _spelled_day(day: date, style: str) -> Any:
    if style == _NATIVE:
        return day
    return day.isoformat() if style in (_ISO, _UNIX, _UNIX_MS) else day.strftime(style)


def _zone(options: Options) -> ZoneInfo:
    name = str(options["zone"])
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unfit(f"cannot be read: there is no time zone {name!r}", WhoActs.ADMIN) from None


def _zone_fault(value: Any) -> str | None:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"{value!r} is no time zone; they look like Europe/Moscow"
    return None


def _format_fault(value: Any) -> str | None:
    if value in (_NATIVE, _ISO, _UNIX, _UNIX_MS):
        return None
    if "%d" in value and "%m" in value and ("%Y" in value or "%y" in value):
        return None
    return f"{value!r} is none of native, iso, unix, unix_ms, and no pattern like %d.%m.%Y %H:%M"


def _show(values: Values, options: Options) -> str:
    value = values[0]
    if value is None:
        return "—"
    shown = str(value)
    has_zone = isinstance(value, datetime) or options["format"] in (_UNIX, _UNIX_MS)
    return shown if has_zone or options["day"] else f"{shown} ({options['zone']})"


DATE = Function(
    "date",
    "a moment or a day",
    _read,
    _write,
    {
        "format": Option(
            "native, iso, unix, unix_ms, or a pattern like %d.%m.%Y %H:%M",
            _NATIVE,
            check=_format_fault,
        ),
        "zone": Option("the zone of times that tell none", "UTC", check=_zone_fault),
        "day": Option("the day alone counts", False),
        "offset": Option("an iso time tells its offset", True),
    },
    kinds=frozenset({Kind.MOMENT, Kind.DAY, Kind.TEXT, Kind.NUMBER, Kind.ANY}),
    shows=_show,
)
