"""The contract of an integration: what its folder must offer, and nothing more.

An integration is the code for one external API. Adding one touches one folder; the core finds it
(registry.py), never names it, and hands it a ready ``ApiClient``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, SecretStr

from mostik.brought import Bond, Bringer, Content, Misfit, Storage, Surroundings
from mostik.commerce.record import Canonical
from mostik.discovery import Certainty, Check, Directory, Discovery, Entry, Proposal
from mostik.errand import Errand, Finding, FullState, Hint, Installation, Tools
from mostik.errors import MostikError
from mostik.http.auth import Auth
from mostik.http.client import ApiClient, Dialect
from mostik.http.limiter import Limit
from mostik.http.paging import Page
from mostik.http.rename import Rename
from mostik.jobs.message import Receipt

__all__ = [
    "Blind",
    "Bond",
    "Bringer",
    "Bulk",
    "Certainty",
    "Check",
    "ClientT",
    "Content",
    "CreateOnce",
    "Deletable",
    "Directory",
    "Discovery",
    "Entry",
    "Errand",
    "Finding",
    "FullState",
    "Hint",
    "Installation",
    "Integration",
    "Listed",
    "Misfit",
    "Proposal",
    "RecordT",
    "Resource",
    "Sample",
    "SettingsT",
    "Storage",
    "Surroundings",
    "Tools",
    "Webhook",
    "Write",
    "blind_to",
    "secret_fields",
    "secret_values",
]  # fmt: skip

SettingsT = TypeVar("SettingsT", bound=BaseModel)
ClientT = TypeVar("ClientT")
RecordT = TypeVar("RecordT", bound=Canonical)


class CreateOnce(Protocol):
    """Creates one external object at most once, however many workers try.

    Looks it up, takes a lease on its name, looks it up again, and only then creates it.
    """

    def __call__(
        self, name: str, find: Callable[[], RecordT | None], create: Callable[[], RecordT]
    ) -> RecordT:
        """Returns what was found or created. Raises ``RetryLater`` while another worker is at
        it."""
        ...


class Blind(StrEnum):
    """What a side cannot tell of its records, whoever asks."""

    GONE = "gone"
    """That one was deleted there. Nothing is deleted because such a side does not list it."""
    ALONE = "alone"
    """What a single record says now: it is known as it was last listed or written."""
    MADE = "made"
    """What became of those that we have made there: they are written to, and never heard of."""


def blind_to(resource: object) -> frozenset[Blind]:
    """Returns what a resource cannot tell of."""
    return frozenset(getattr(resource, "blind", ()))


class Resource(Protocol[RecordT]):
    """A typed collection of an integration, read and written in canonical form.

    One instance serves one job: it holds that job's client.

    A class may say ``holds: frozenset[str]``: the canonical fields that this side can hold, dotted
    for those inside of parts (``lines.price``); without it, all. Two sides are compared by what
    both can hold. ``blind: frozenset[Blind]`` says what it cannot tell of. ``Listed``, ``Bulk`` and
    ``Deletable`` are further things that it may offer.
    """

    def read(self, key: str) -> RecordT | None:
        """Reads a record by its key here; ``None`` when there is none."""
        ...

    def find(self, system: str, key: str) -> RecordT | None:
        """Finds the record that carries ``key`` of the connection ``system`` as its external key.

        Raises:
            GiveUp: two records carry it; a person must choose.
        """
        ...

    def create(self, record: RecordT, system: str, once: CreateOnce) -> RecordT:
        """Creates a record that carries ``record.key`` of ``system``. Returns it as it is now."""
        ...

    def update(self, key: str, record: RecordT, system: str, once: CreateOnce) -> RecordT:
        """Makes the record ``key`` say what ``record`` says. Returns it as it is now."""
        ...

    def from_state(self, content: Mapping[str, Any]) -> RecordT:
        """Reads a record from the content of a full-state event."""
        ...


@runtime_checkable
class Listed(Protocol[RecordT]):
    """A resource that can be walked through, so that a run can read it."""

    def page(self, cursor: str | None, since: datetime | None) -> Page[RecordT | Misfit]:
        """Reads one page.

        Records are whole: what the page does not tell is read with it. A record that the list says
        is gone has ``deleted``. A row that is no record is not left out: it is a ``Misfit``.

        Args:
            cursor: where it begins, ``None`` at the start; from the page before, maybe a day later.
            since: only what was changed at that time or later; ``None``: everything. A side that
                cannot tell reads everything.

        Raises:
            FeedExpired: what has changed since then is no longer known, or the cursor is not. A
                run then reads everything. A class whose list always forgets after the same time
                may say ``changes_kept: timedelta`` instead: such a list is not asked in vain.
        """
        ...


@dataclass(frozen=True, slots=True)
class Write(Generic[RecordT]):
    """One record to be written.

    Attributes:
        record: what the other side shall say.
        key: of the record there; ``None``: it is created.
        before: what it says there now, where that was read.
    """

    record: RecordT
    key: str | None = None
    before: RecordT | None = None


@runtime_checkable
class Bulk(Protocol[RecordT]):
    """A resource that reads and writes many records with few calls.

    An error of one record is its answer; only what concerns all of them is raised.
    """

    def read_many(self, keys: Sequence[str]) -> Mapping[str, RecordT | MostikError]:
        """Reads records by their keys here; those that do not exist are left out."""
        ...

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, RecordT | MostikError]:
        """Finds, for each of ``keys``, the record that carries it as its external key of
        ``system``; those that nothing carries are left out, of two matches it says ``GiveUp``."""
        ...

    def write_many(
        self, writes: Sequence[Write[RecordT]], system: str, once: CreateOnce
    ) -> Sequence[RecordT | MostikError]:
        """Creates and updates records.

        Args:
            writes: what to write.
            system: where the records come from; created ones carry ``record.key`` of it.
            once: guards the creation of secondary objects.

        Returns:
            For each write, in order, the record as it is now, or its error: ``Unknown`` where a
            creation may have happened, ``Pending`` where something that it points at is missing.
        """
        ...


@runtime_checkable
class Deletable(Protocol):
    """A resource whose records can be deleted from outside."""

    def delete(self, key: str) -> None:
        """Deletes the record ``key``; one that is not there is no error."""
        ...


@dataclass(frozen=True, slots=True)
class Webhook(Generic[SettingsT]):
    """What an integration says about requests that come in.

    Attributes:
        scheme: name of the signature scheme for the door document, from the settings.
        parameters: the scheme's parameters, from the settings.
        findings: which records a receipt is about, in a fixed order. Pure.
    """

    scheme: Callable[[SettingsT], str]
    parameters: Callable[[SettingsT], Mapping[str, Any]]
    findings: Callable[[Receipt, SettingsT], Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample event for the standard suite: how a real sender would send it.

    Attributes:
        body: the raw body.
        content_type: its media type.
        settings: settings of the connection that receives it, secrets included.
        door_secret: the secret that proves it.
        about: what the findings must be.
        resource: a resource that can be read and written.
        key: a key in it that ``answers`` know.
        answers: what a faked API says, by ``"METHOD path"`` below the base URL.
    """

    body: bytes
    content_type: str
    settings: Mapping[str, Any]
    door_secret: str = field(repr=False)
    about: Sequence[Finding]
    resource: str
    key: str
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Integration(Generic[SettingsT, ClientT]):
    """Everything that the core knows of an integration.

    Attributes:
        name: equals its folder.
        title: for people.
        settings: pydantic model; its JSON schema is the form, a ``SecretStr`` field has no default
            but ``None``, where there is another way in.
        base_url: where its API is.
        auth: how it proves who we are: a ``requests`` auth object, a signer or a plan for tokens.
        dialect: how its API says no.
        client: builds the API gateway layer around a ready ``ApiClient``.
        resources: by name, from the client, the settings and the connection's id.
        webhook: what it says about requests that come in; ``None`` when nothing comes in.
        errands: work that is about no record, by name; no resource has the same.
        wakes: errands that run again and again: name, key, seconds between two runs.
        check: asks the other side whether everything we need is there.
        discover: looks what is there and proposes settings.
        sample: a sample event for the standard suite.
        longest_request_seconds: after so long a lost write has surely ended on the other side.
        unsafe_resources: resources whose creation a later attempt must not simply repeat: it has
            no idempotency key, or one that holds for the very same request only.
        limit: the vendor's limit of requests; ``None`` where it states none.
        most_bytes: of one answer; a longer one is refused.
        rename: the vendor's zones in which an account may move; ``None``: no redirect is followed.
        stored: its other side is never called: what stands for ``client`` is made of this instead,
            and ``base_url``, ``auth``, ``dialect`` and ``limit`` are not asked.
        bonds: the links that follow from the settings and the connection's id.
        bringer: makes records of what one import brought.
        keeping: its other side is called and cannot tell a record again: what stands for ``client``
            keeps what it has seen. ``client`` serves where nothing is kept: the check.
    """

    name: str
    title: str
    settings: type[SettingsT]
    base_url: Callable[[SettingsT], str]
    auth: Callable[[SettingsT], Auth | None]
    dialect: Dialect
    client: Callable[[ApiClient, SettingsT], ClientT]
    resources: Mapping[str, Callable[[ClientT, SettingsT, str], Resource[Any]]]
    check: Callable[[ClientT, SettingsT], Iterable[Check]]
    discover: Callable[[ClientT, SettingsT], Discovery] | None = None
    sample: Sample | None = None
    webhook: Webhook[SettingsT] | None = None
    longest_request_seconds: float = 60.0
    unsafe_resources: frozenset[str] = field(default_factory=frozenset)
    errands: Mapping[str, Errand[SettingsT, ClientT]] = field(default_factory=dict)
    wakes: Callable[[SettingsT], Iterable[tuple[str, str, float]]] = lambda _settings: ()
    limit: Callable[[SettingsT], Limit | None] = lambda _settings: None
    most_bytes: int = 5_000_000
    rename: Rename | None = None
    stored: Callable[[Storage, SettingsT], ClientT] | None = None
    keeping: Callable[[ApiClient, Storage, SettingsT], ClientT] | None = None
    bonds: Callable[[SettingsT, str], Iterable[Bond]] = lambda _settings, _connection: ()
    bringer: Callable[[SettingsT, Surroundings], Bringer] | None = None


def secret_values(settings: BaseModel) -> list[str]:
    """Returns the secret values of a settings object, for the redactor."""
    values: list[str] = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            values.append(value.get_secret_value())
        elif isinstance(value, BaseModel):
            values += secret_values(value)
    return values


def secret_fields(settings: type[BaseModel]) -> frozenset[str]:
    """Returns the names of the top-level fields that go to Secrets Manager and nowhere else."""
    return frozenset(
        name
        for name, field_info in settings.model_fields.items()
        if _is_secret(field_info.annotation)
    )


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or SecretStr in getattr(annotation, "__args__", ())
