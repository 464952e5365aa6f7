"""An answer in time: 1C reads the gateway's own error page as a broken protocol."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mostik.commerceml.protocol import Answer


def answer_within(seconds: float, work: Callable[[], Answer], late: Callable[[], Answer]) -> Answer:
    """Returns what ``work`` answers, or ``late`` when it does not in time.

    The work goes on in its thread; whatever it still does must be harmless (an appended fragment
    is recognised when it comes again).

    Args:
        seconds: to wait at the most.
        work: never raises.
        late: makes the answer otherwise.
    """
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(work()), name="exchange", daemon=True)
    thread.start()
    thread.join(max(seconds, 0.0))
    return answers[0] if answers else late()
