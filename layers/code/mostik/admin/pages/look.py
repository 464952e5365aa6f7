"""How values look: times, durations, sizes, states. Everything that is shown is escaped text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from mostik.admin.pages.words import Say

SHAPES: Mapping[str, tuple[str, str]] = {
    "ok": ("●", "good"), "done": ("●", "good"), "live": ("●", "good"), "linked": ("●", "good"),
    "running": ("◐", "moving"), "reading": ("◐", "moving"), "received": ("○", "moving"),
    "queued": ("○", "moving"), "waiting": ("◐", "moving"), "begun": ("◐", "moving"),
    "creating": ("◐", "moving"), "pending": ("◐", "moving"), "given": ("●", "good"),
    "taken": ("●", "good"), "asleep": ("○", "quiet"), "open": ("◐", "moving"),
    "set aside": ("✕", "bad"), "may write": ("●", "good"), "writes nothing yet": ("‖", "warn"),
    "dry": ("◌", "warn"), "held": ("‖", "warn"), "paused": ("‖", "warn"),
    "partial": ("◑", "warn"), "unknown": ("?", "warn"), "cancelled": ("⊘", "quiet"),
    "quarantined": ("✕", "bad"), "conflict": ("≠", "bad"), "failed": ("✕", "bad"),
    "error": ("✕", "bad"), "refused": ("✕", "bad"), "attention": ("▲", "bad"),
}  # fmt: skip
"""A state's shape and tone: it is never told by its colour alone."""


def chip(say: Say, state: str, more: str = "") -> Markup:
    """Returns a state as shape and word."""
    shape, tone = SHAPES.get(state, ("•", "quiet"))
    words = f"{say(state)} {more}".strip()
    return Markup('<span class="chip {}"><span aria-hidden="true">{}</span> {}</span>').format(
        tone, shape, words
    )


def seconds_of(moment: str | None) -> float | None:
    """Returns a time of the API as unix seconds."""
    return datetime.fromisoformat(moment).timestamp() if moment else None


def span(say: Say, seconds: float) -> str:
    """Returns a duration in its largest unit."""
    size = abs(seconds)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if size >= length:
            return f"{size / length:.0f} {say(unit)}"
    return f"{size:.0f} {say('s')}"


def ago(say: Say, now: float, moment: str | None) -> Markup:
    """Returns a time as people say it, with the exact one in its title."""
    at = seconds_of(moment)
    if at is None:
        return Markup('<span class="none">—</span>')
    words = say("{span} ago", span=span(say, now - at))
    if at > now + 1:
        words = say("in {span}", span=span(say, at - now))
    exact = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(moment, exact, words)


def exact(moment: str | None) -> Markup:
    """Returns a time to the second; the page's script turns it into local time."""
    at = seconds_of(moment)
    if at is None:
        return Markup('<span class="none">—</span>')
    text = datetime.fromtimestamp(at, UTC)
    return Markup('<time class="exact" datetime="{}" title="{}">{}</time>').format(
        moment, text.strftime("%Y-%m-%d %H:%M:%S UTC"), text.strftime("%d.%m %H:%M:%S")
    )


def milliseconds(say: Say, value: int) -> str:
    """Returns how long a call took."""
    return f"{value / 1_000:.1f} {say('s')}" if value >= 1_000 else f"{value} {say('ms')}"


def size(say: Say, value: int) -> str:
    """Returns how much something is."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:.1f} {say('MB')}"
    return f"{value / 1_000:.1f} {say('KB')}" if value >= 1_000 else f"{value} {say('B')}"


def pretty(text: Any) -> str:
    """Returns JSON over several lines; whatever else as it is."""
    if not isinstance(text, str):
        return json.dumps(text, ensure_ascii=False, indent=2)
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text


def plain(value: Any) -> str:
    """Returns a value in one line."""
    if value is None:
        return "—"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def part(text: str) -> str:
    """Returns a text as one part of an address's path."""
    return quote(text, safe="")


def query(**values: Any) -> str:
    """Returns parameters of an address; those without a value are left out."""
    return urlencode({name: value for name, value in values.items() if value not in (None, "")})
