"""The work of a run, as it travels in the queue: go on listing, carry one chunk over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunPage:
    """A run goes on from where its row says. Merges like a touch: two of them are one job.

    Attributes:
        connection: where the run lists records.
        resource: which collection of it.
        run: the run's id.
        asked_at: unix seconds when it was asked for.
    """

    connection: str
    resource: str
    run: str
    asked_at: float

    @property
    def id(self) -> str:
        """The job id."""
        return f"run/{self.run}"

    @property
    def key(self) -> str:
        """What stands for a record's key in the trail."""
        return self.id

    @property
    def event(self) -> str:
        """What asked: the run."""
        return self.run


@dataclass(frozen=True, slots=True)
class Import:
    """What was brought is read and carried over, as far as it is not. Merges like a touch.

    Attributes:
        connection: that brought it.
        session: names what came together.
        import_id: names it within its session.
        asked_at: unix seconds when it was asked for.
    """

    connection: str
    session: str
    import_id: str
    asked_at: float

    @property
    def id(self) -> str:
        """The job id."""
        return f"import/{self.connection}/{self.session}/{self.import_id}"

    @property
    def resource(self) -> str:
        """What stands for a record's resource in the trail."""
        return "imports"

    @property
    def key(self) -> str:
        """What stands for a record's key in the trail."""
        return self.id

    @property
    def event(self) -> str:
        """What asked: the session."""
        return self.session


@dataclass(frozen=True, slots=True)
class RunChunk:
    """One chunk of a run's page is carried over; its records lie in the blobs.

    Attributes:
        connection: where they are written to.
        resource: which collection of it.
        run: the run's id.
        page: number of the page.
        number: of the chunk in its page.
        asked_at: unix seconds when it was asked for.
    """

    connection: str
    resource: str
    run: str
    page: int
    number: int
    asked_at: float

    @property
    def id(self) -> str:
        """The job id: claimed once, its result is written once."""
        return f"run/{self.run}/{self.page}.{self.number}"

    @property
    def key(self) -> str:
        """What stands for a record's key in the trail."""
        return self.id

    @property
    def event(self) -> str:
        """What asked: the run."""
        return self.run
