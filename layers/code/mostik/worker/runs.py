"""Runs the work of a run: takes it on, or carries one of its chunks over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mostik.http.trail import Trail
from mostik.integration import CreateOnce
from mostik.jobs.outcome import Changed, Unchanged
from mostik.jobs.runwork import RunChunk, RunPage
from mostik.sync.chunk import Chunks, Masks
from mostik.sync.decide import Attempt
from mostik.sync.link import Link, Links
from mostik.sync.listing import Listing
from mostik.sync.pause import held_by_run
from mostik.sync.route import Route
from mostik.sync.run import Run, Runs, RunState

RouteOf = Callable[[Run, Link], Route]


@dataclass(frozen=True, slots=True)
class RunWork:
    """What runs need.

    Attributes:
        runs: run rows.
        listing: takes runs on.
        chunks: carries chunks over.
        links: links.
    """

    runs: Runs
    listing: Listing
    chunks: Chunks
    links: Links

    def of(self, work: RunPage | RunChunk) -> tuple[Run, Link] | None:
        """Returns the run of a piece of work and its link; ``None``: it is no more."""
        run = self.runs.get(work.run)
        link = self.links.get(run.link) if run is not None else None
        return (run, link) if run is not None and link is not None else None

    def run(
        self,
        work: RunPage | RunChunk,
        route_of: RouteOf,
        trail: Trail,
        once: CreateOnce,
        attempt: Attempt,
        masks: Masks,
    ) -> Changed | Unchanged:
        """Runs a piece of work.

        Args:
            work: what to do.
            route_of: opens the resources at both ends of a link.
            trail: the context of its calls.
            once: guards the creation of secondary objects.
            attempt: who tries, and what is known of earlier tries.
            masks: takes secrets and personal data out of what is going to be stored.

        Raises:
            RateLimited: the run is paused.
            MostikError: see ``Listing.go_on`` and ``Chunks.carry_over``.
            StillAbsent: see ``Chunks.carry_over``.
        """
        found = self.of(work)
        if found is None:
            return Unchanged("The run or its link is no more.")
        run, link = found
        if run.state is RunState.PAUSED:
            raise held_by_run(run.id, run.paused_by)
        route = route_of(run, link)
        if isinstance(work, RunPage):
            return self.listing.go_on(run, route, trail.remaining)
        return self.chunks.carry_over(work, run, route, once, attempt, masks)
