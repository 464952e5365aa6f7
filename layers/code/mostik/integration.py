"""The contract of an integration: what its folder must offer, and nothing more.

An integration is the code for one external API. Adding one touches one folder; the core finds it
(registry.py), never names it, and hands it a ready ``ApiClient``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, SecretStr

from mostik.commerce.order import Canonical
from mostik.http.auth import Auth
from mostik.http.client import ApiClient, Dialect
from mostik.http.limiter import Limit
from mostik.http.rename import Rename
from mostik.jobs.message import Receipt

SettingsT = TypeVar("SettingsT", bound=BaseModel)
ClientT = TypeVar("ClientT")
RecordT = TypeVar("RecordT", bound=Canonical)


@dataclass(frozen=True, slots=True)
class Hint:
    """A receipt says that this record may have changed."""

    resource: str
    key: str


@dataclass(frozen=True, slots=True)
class FullState:
    """A receipt carries this record itself, in the external system's own words."""

    resource: str
    key: str
    content: Mapping[str, Any]


Finding = Hint | FullState


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


class Resource(Protocol[RecordT]):
    """A typed collection of an integration, read and written in canonical form.

    One instance serves one job: it holds that job's client.
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


@dataclass(frozen=True, slots=True)
class Check:
    """One line of ``check()``: a right or a setting, whether it is there, and what to do if not."""

    name: str
    ok: bool
    advice: str = ""


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
        settings: pydantic model; its JSON schema is the form, ``SecretStr`` fields have no default.
        base_url: where its API is.
        auth: how it proves who we are: a ``requests`` auth object, a signer or a plan for tokens.
        dialect: how its API says no.
        client: builds the API gateway layer around a ready ``ApiClient``.
        resources: by name, from the client, the settings and the connection's id.
        webhook: what it says about requests that come in; ``None`` when nothing comes in.
        check: asks the other side whether everything we need is there.
        sample: a sample event for the standard suite.
        longest_request_seconds: after so long a lost write has surely ended on the other side.
        unsafe_resources: resources whose creation a later attempt must not simply repeat: it has
            no idempotency key, or one that holds for the very same request only.
        limit: the vendor's limit of requests; ``None`` where it states none.
        rename: the vendor's zones in which an account may move; ``None``: no redirect is followed.
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
    sample: Sample | None = None
    webhook: Webhook[SettingsT] | None = None
    longest_request_seconds: float = 60.0
    unsafe_resources: frozenset[str] = field(default_factory=frozenset)
    limit: Callable[[SettingsT], Limit | None] = lambda _settings: None
    rename: Rename | None = None


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
