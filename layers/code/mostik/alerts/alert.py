"""An alert: opened with its cause, told daily while that lasts, closed when it is gone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from mostik.alerts.trouble import Trouble

REPEAT_SECONDS = 86_400.0
SETTLE_SECONDS = 600.0
"""A cause that is gone for less is not repaired yet: jobs that are tried again fail again."""


class Occasion(StrEnum):
    """Why an alert is told."""

    OPENED = "opened"
    STILL = "still"
    REPAIRED = "repaired"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        trouble: as it was last seen.
        opened_at: unix seconds.
        told_at: when it was last told; ``None``: not yet.
        gone_at: since when its cause was not seen; ``None``: it is there.
        closed_at: when it was told that it is over.
        version: of the row.
    """

    trouble: Trouble
    opened_at: float
    told_at: float | None = None
    gone_at: float | None = None
    closed_at: float | None = None
    version: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of an alert now.

    Attributes:
        alert: as it is from now on.
        occasion: why it is told; ``None``: it is not.
    """

    alert: Alert
    occasion: Occasion | None = None


def steps(
    known: Mapping[str, Alert], troubles: Iterable[Trouble], now: float, *, whole: bool = True
) -> Sequence[Step]:
    """Returns what becomes of the alerts.

    Args:
        known: open alerts by cause.
        troubles: what is wrong now.
        now: unix seconds.
        whole: whether all that is wrong was looked at; else what was not seen may still be there.
    """
    present = {one.cause: one for one in troubles}
    found = [_seen(known.get(cause), one, now) for cause, one in present.items()]
    if whole:
        found += [_not_seen(one, now) for cause, one in known.items() if cause not in present]
    return [step for step in found if step is not None]


def _seen(alert: Alert | None, trouble: Trouble, now: float) -> Step | None:
    if alert is None:
        opened = Alert(trouble, now, told_at=now)
        return Step(opened, Occasion.OPENED)
    since = min(trouble.since, alert.trouble.since)
    seen = replace(alert, trouble=replace(trouble, since=since), gone_at=None)
    if alert.told_at is None or now - alert.told_at >= REPEAT_SECONDS:
        return Step(replace(seen, told_at=now), Occasion.STILL)
    return Step(seen) if seen != alert else None


def _not_seen(alert: Alert, now: float) -> Step | None:
    if alert.gone_at is None:
        return Step(replace(alert, gone_at=now))
    if now - alert.gone_at >= SETTLE_SECONDS:
        return Step(replace(alert, closed_at=now), Occasion.REPAIRED)
    return None
