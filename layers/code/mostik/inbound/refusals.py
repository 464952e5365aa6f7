"""Counts what the door refuses: by reason, one in a hundred sampled, never with a body."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from mostik.errors import ConfigurationError, RejectReason
from mostik.inbound.request import InboundRequest
from mostik.telemetry import Emit, log_line, metric_line

if TYPE_CHECKING:
    from mostik.ports import Clock

SAMPLED_ONE_IN = 100
FAILURES_A_MINUTE = 120
"""Failed verifications of one address; beyond, the answer is 429. Proven requests never count."""
_MOST_ADDRESSES = 1_024
_WINDOW_SECONDS = 60.0
_SERVICE = "webhook"


class Refusals:
    """Counters of one container.

    Args:
        emit: writes one line to the function's log.
        clock: unix seconds.
    """

    def __init__(self, emit: Emit, clock: Clock) -> None:
        self._emit = emit
        self._clock = clock
        self._seen = 0
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def note(self, reason: RejectReason, connection: str, request: InboundRequest) -> bool:
        """Counts a refusal. Returns whether this address has failed too often."""
        now = self._clock()
        fields: dict[str, object] = {}
        if self._seen % SAMPLED_ONE_IN == 0:
            fields = {
                "sample": {
                    "connection": connection[:39],
                    "source_ip": request.source_ip,
                    "method": request.method,
                    "content_type": request.content_type[:100],
                    "size": len(request.body),
                }
            }
        self._seen += 1
        self._emit(
            metric_line(
                _SERVICE, {"WebhooksRefused": 1}, now=now, reason=reason.value, fields=fields
            )
        )
        return self._too_many(request.source_ip, now)

    def filtered(self, connection: str, rule: str | None) -> None:
        """Counts a verified event that a filter of its connection dropped."""
        self._emit(
            metric_line(
                _SERVICE,
                {"WebhooksFiltered": 1},
                now=self._clock(),
                fields={"connection": connection, "rule": rule},
            )
        )

    def diverted(self, connection: str) -> None:
        """Counts an event that went to the state table because the queue refused it."""
        self._emit(
            metric_line(
                _SERVICE,
                {"WebhooksDiverted": 1},
                now=self._clock(),
                fields={"connection": connection},
            )
        )

    def unavailable(self, connection: str) -> None:
        """Counts a 503: nothing took the event and the sender was told to try again."""
        self._emit(
            metric_line(
                _SERVICE,
                {"WebhooksUnavailable": 1},
                now=self._clock(),
                fields={"connection": connection[:39]},
            )
        )

    def misconfigured(self, connection: str, error: ConfigurationError) -> None:
        """Says that a door document is wrong; a person must correct it."""
        self._emit(
            log_line(
                "ERROR",
                "the door of this connection is set up wrongly",
                {"connection": connection[:39], "problem": error.text},
            )
        )
        self.unavailable(connection)

    def _too_many(self, address: str, now: float) -> bool:
        began, count = self._failures.pop(address, (now, 0))
        if now - began > _WINDOW_SECONDS:
            began, count = now, 0
        self._failures[address] = (began, count + 1)
        while len(self._failures) > _MOST_ADDRESSES:
            self._failures.popitem(last=False)
        return count + 1 > FAILURES_A_MINUTE
