"""The errands of this integration, and how often the tick has each run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from integrations.bitrix24.app.install import STANDING_SECONDS, keep_standing
from integrations.bitrix24.app.names import (
    APP,
    CHANGED,
    FEED,
    OWNER,
    RECENT,
    STANDING,
    SWEEP,
)
from integrations.bitrix24.app.offline import read_queue
from integrations.bitrix24.app.owner import ask_for_the_owner
from integrations.bitrix24.app.sweep import CHANGED_SECONDS, RECENT_SECONDS, look_for_changes
from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.models import Settings
from mostik.http.gate import Lane
from mostik.integration import Errand

ERRANDS: Mapping[str, Errand[Settings, Bitrix24]] = {
    APP: Errand(keep_standing, cures=True),
    FEED: Errand(read_queue),
    OWNER: Errand(ask_for_the_owner),
    SWEEP: Errand(look_for_changes, lane=Lane.SYNC),
}


def wakes(settings: Settings) -> Iterable[tuple[str, str, float]]:
    """Events get lost in either way of connecting, so the sweep always runs; how often the queue is
    read, the errand ``app`` says when it has chosen the feed."""
    yield SWEEP, CHANGED, CHANGED_SECONDS
    yield SWEEP, RECENT, RECENT_SECONDS
    if settings.is_app:
        yield APP, STANDING, STANDING_SECONDS
