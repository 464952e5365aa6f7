"""Bitrix24's two limits: requests a second of a portal, working time of each method.

Source: apidocs.bitrix24.ru, limits. The request limit counts by portal and source address; a
function's addresses are not ours to know, so one bucket per portal is assumed. Not tried on a real
portal.
"""

from __future__ import annotations

from typing import Any

from integrations.bitrix24.models import Settings
from mostik.http.gate import Feedback
from mostik.http.limiter import Limit

_NEARLY_USED_SECONDS = 400.0
"""A method rests from so much working time in ten minutes on: the documentation's example blocks it
at 480 s, self-hosted portals at 420 s."""


def limit(settings: Settings) -> Limit:
    """Returns the request limit of the portal's plan."""
    host = settings.host
    if settings.enterprise:
        return Limit(f"bitrix24:{host}", per_second=5.0, burst=250)
    return Limit(f"bitrix24:{host}", per_second=2.0, burst=50)


def feedback(content: Any) -> Feedback | None:
    """Reads ``time.operating`` and ``time.operating_reset_at``; both may be absent."""
    time = content.get("time") if isinstance(content, dict) else None
    if not isinstance(time, dict):
        return None
    used, resets_at = _number(time.get("operating")), _number(time.get("operating_reset_at"))
    if not resets_at:
        return None
    nearly_used = used is not None and used >= _NEARLY_USED_SECONDS
    return Feedback(parked_until=resets_at if nearly_used else None, resets_at=resets_at)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
