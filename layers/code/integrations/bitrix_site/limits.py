"""A box has no limit of requests of its own; one is kept where the settings name one."""

from __future__ import annotations

from urllib.parse import urlsplit

from integrations.bitrix_site.models import Settings
from mostik.http.limiter import Limit


def limit(settings: Settings) -> Limit | None:
    """Returns the limit that the settings name."""
    if settings.calls_per_second is None:
        return None
    host = urlsplit(settings.address).netloc.casefold()
    burst = max(1, round(settings.calls_per_second * 5))
    return Limit(f"bitrix_site:{host}", per_second=settings.calls_per_second, burst=burst)
