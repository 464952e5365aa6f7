"""1, webhook in: an event of an external system is proved, queued and acknowledged."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mostik.bootstrap.webhook import webhook
from mostik.inbound.gateway import arrival_of, response_of


def handler(event: Mapping[str, Any], _context: object) -> Mapping[str, Any]:
    """Takes one request of ``/webhooks/{connection}``; the steps are in
    ``mostik.inbound.intake``."""
    return response_of(webhook().take(arrival_of(event, time.time())))
