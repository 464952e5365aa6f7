"""One clock for all workers: that of the service whose rows they share.

A machine's clock may be an hour off, or jump. A time that is written into a row by one worker and
read by another would then say when a lost write has surely landed, and say it wrong. Every answer
of AWS carries the service's time, so a container whose own clock differs from it goes by that.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from mostik.ports import Clock

TOLERANCE_SECONDS = 2.0
"""So much difference says nothing: the header holds whole seconds, and answers take a while."""


class SharedClock:
    """Unix seconds as the service sees them.

    Between two answers it goes by the monotonic clock, which does not jump. That one may stand
    still while a container is frozen, so each invocation begins with ``restart``.

    Args:
        wall: the machine's clock.
        monotonic: seconds since whenever.
    """

    def __init__(self, wall: Clock, monotonic: Clock) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._anchor: tuple[float, float] | None = None
        self._last_header: str | None = None

    def __call__(self) -> float:
        """See ``Clock``."""
        anchor = self._anchor
        if anchor is None:
            return self._wall()
        moment, since = anchor
        return moment + self._monotonic() - since

    def restart(self) -> None:
        """Forgets what it was told: an invocation begins, whenever the last one was."""
        self._anchor = None
        self._last_header = None

    def served(self, moment: float) -> None:
        """Takes in that the service has just said this time."""
        now = self._wall()
        true = now if abs(now - moment) <= TOLERANCE_SECONDS else moment
        self._anchor = (true, self._monotonic())

    def answered(self, headers: Mapping[str, str]) -> None:
        """Takes in the headers of an answer; one without a date says nothing."""
        date = headers.get("date")
        if date is None or date == self._last_header:
            return
        try:
            moment = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        self._last_header = date
        self.served(moment)
