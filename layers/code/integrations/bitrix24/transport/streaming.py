"""Streams a whole list in order, with several batches in flight and a few pages in memory.

Pages that follow each other by key can only be asked for one after another. But ids are numbers:
once a stretch has shown how many of them hold rows, the windows of ids behind it can be asked for
all at once, each by key within its own bounds. So that no window lies beyond the end, the list's
last page is asked for first; it also says where the list ended when the walk began.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from integrations.bitrix24.transport.batch import MOST_COMMANDS, Command, Done, Outcome
from integrations.bitrix24.transport.listing import ROWS, Row, Stretch, Walk
from integrations.bitrix24.transport.sending import IN_FLIGHT
from mostik.errors import RateLimited
from mostik.http.paging import Page

WINDOW_ROWS = ROWS * MOST_COMMANDS
_MARGIN = 0.95
"""Where ids have gaps, a window is made a little smaller than would fit on average: one that holds
more rows than a batch brings costs another batch."""
_LEAP = 4
"""A window with next to nothing in it: somebody has deleted a lot, and the next ones are wider."""

Run = Callable[[Sequence[Command]], Sequence[Outcome]]
Pause = Callable[[float], bool]


@dataclass(slots=True)
class _Window:
    """Ids above ``after`` up to ``upto``, on their way."""

    after: int
    upto: int
    found: Future[Stretch]


class Stream:
    """One walk through a list.

    Args:
        run: runs commands as one batch (``Portal.batch``).
        pause: waits, if the job has the time.
        walk: the list.
        after: the id that it begins behind.
    """

    def __init__(self, run: Run, pause: Pause, walk: Walk, after: int) -> None:
        self._run = run
        self._pause = pause
        self._walk = walk
        self._after = after
        self._most = IN_FLIGHT

    def pages(self) -> Generator[Page[Row], None, None]:
        """Yields the pages in order; the cursor of the last one is ``None``.

        Raises:
            MostikError: the rest could not be read; what came before it was yielded.
        """
        first, tail = self._ends()
        if first.error is not None and not first.rows:
            raise first.error
        rest = [row for row in tail if self._walk.id_of(row) > first.last]
        if first.ended or (first.error is None and not rest):
            yield Page(first.rows, None)
            return
        yield self._page(first)
        if first.error is not None:
            raise first.error
        yield from self._middle(first, self._walk.id_of(rest[0]) - 1)
        yield Page(rest, None)

    def _ends(self) -> tuple[Stretch, list[Row]]:
        """The first pages, and the last one of all by rising id."""
        walk = self._walk
        last = Command(walk.listing.endpoint, walk.last_params(self._after))
        chain = walk.chain(self._after, pages=MOST_COMMANDS - 1)
        ending, *beginning = self._run([last, *chain])
        if not isinstance(ending, Done):
            return Stretch([], self._after, error=ending.error), []
        return walk.read(beginning, self._after), walk.rows_in(ending.value)[::-1]

    def _middle(self, seen: Stretch, upto: int) -> Iterator[Page[Row]]:
        """What lies between the first pages and the last one."""
        last, asked = seen.last, seen.last
        width = self._width(seen)
        flights: deque[_Window] = deque()
        with ThreadPoolExecutor(IN_FLIGHT, "bitrix24-list") as pool:
            try:
                while last < upto:
                    while len(flights) < self._most and asked < upto:
                        begin, asked = asked, min(asked + width, upto)
                        found = pool.submit(self._window, begin, asked)
                        flights.append(_Window(begin, asked, found))
                    window = flights.popleft()
                    for stretch in self._parts(window):
                        if stretch.rows:
                            yield self._page(stretch)
                        if stretch.error is not None:
                            raise stretch.error
                        if len(stretch.rows) >= ROWS:
                            width = self._width(stretch)
                        elif stretch.ended:
                            width *= _LEAP
                    last = window.upto
            finally:
                for window in flights:
                    window.found.cancel()

    def _parts(self, window: _Window) -> Iterator[Stretch]:
        """A window's rows: the batch that was asked for, and further ones until it is whole."""
        stretch = self._come(window.found.result, window.after, window.upto)
        while not (stretch.ended or stretch.last >= window.upto or stretch.error is not None):
            yield stretch
            stretch = self._come(None, stretch.last, window.upto)
        yield stretch

    def _come(self, ready: Callable[[], Stretch] | None, after: int, upto: int) -> Stretch:
        """A stretch; one that the limiter has kept back is asked for again, when it is its turn."""
        while True:
            stretch = ready() if ready is not None else self._window(after, upto)
            error = stretch.error
            if stretch.rows or not isinstance(error, RateLimited) or not error.pace:
                return stretch
            self._most = 1
            if not self._pause(error.retry_after or 1.0):
                return stretch
            ready = None

    def _window(self, after: int, upto: int) -> Stretch:
        return self._walk.read(self._run(self._walk.chain(after, upto)), after)

    def _width(self, seen: Stretch) -> int:
        """How many ids hold as many rows as one batch brings, by a stretch that was read."""
        span = seen.last - self._walk.id_of(seen.rows[0]) + 1
        if span <= len(seen.rows):
            return WINDOW_ROWS
        return max(1, int(WINDOW_ROWS * _MARGIN * span / len(seen.rows)))

    @staticmethod
    def _page(stretch: Stretch) -> Page[Row]:
        return Page(stretch.rows, str(stretch.last))
