"""Opens a connection: settings and secrets into a ready API client, kept for the container's
life."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

from pydantic import BaseModel, ValidationError
from requests.auth import AuthBase

from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection, Mode
from mostik.connections.rehearsal import rehearsing
from mostik.connections.secretpair import read_pair
from mostik.connections.tokens import TokenKeeper, Tokens
from mostik.errors import ConfigurationError, WhoActs
from mostik.http.auth import Auth, Renewable, Signed, Signer, TokenPlan
from mostik.http.client import ApiClient, Effects
from mostik.http.gate import CallGate, OpenGate
from mostik.http.guard import Reach
from mostik.http.redact import Redactor
from mostik.http.session import GuardedSession, open_session
from mostik.http.trail import Trail
from mostik.integration import Integration, Storage, secret_values
from mostik.ports import Secrets

Lookup = Callable[[str], Integration[Any, Any]]
BuildGate = Callable[[Connection, Integration[Any, Any], BaseModel], CallGate]
"""Returns the gate of a connection that is being opened."""


def without_gate(
    _connection: Connection, _integration: Integration[Any, Any], _settings: BaseModel
) -> CallGate:
    """Lets every call through."""
    return OpenGate()


@dataclass(frozen=True, slots=True)
class OpenConnection:
    """A connection that can be called.

    Attributes:
        connection: what it was opened from.
        integration: its code.
        settings: validated, with secrets.
        redactor: knows the connection's secrets.
        caller: the shared client; ``None``: its other side is never called.
        storage: what it works on in that case, or keeps beside its calls.
        keeper: gets its tokens, where it needs some.
    """

    connection: Connection
    integration: Integration[Any, Any]
    settings: BaseModel
    redactor: Redactor
    caller: ApiClient | None = None
    storage: Storage | None = None
    keeper: TokenKeeper | None = None

    @property
    def api(self) -> ApiClient:
        """The shared client; bind it to a job with ``following``.

        Raises:
            ConfigurationError: the other side is never called.
        """
        if self.caller is None:
            raise ConfigurationError(
                f"{self.integration.title} is never called: it brings and takes by itself.",
                who=WhoActs.DEVELOPER,
                gate=self.connection.id,
            )
        return self.caller

    def client(self, trail: Trail) -> Any:
        """Returns what the integration's resources work with, for one job."""
        if self.storage is not None and self.integration.stored is not None:
            return self.integration.stored(self.storage, self.settings)
        if self.storage is not None and self.integration.keeping is not None:
            return self.integration.keeping(self.api.following(trail), self.storage, self.settings)
        return self.integration.client(self.api.following(trail), self.settings)


class OpenConnections:
    """Opens connections on demand and opens them anew when their settings or secrets changed.

    Args:
        book: the connections.
        secrets: their secrets.
        lookup: finds an integration by name.
        effects: clock, sleep, randomness for the clients.
        pool_size: connections kept per host: the number of threads.
        gate: builds the gate of each.
        tokens: gets and keeps the tokens of those that need one.
        renamed: takes a connection's id and the host at which its API was found instead.
        storage: what connections work on whose other side is never called.
    """

    def __init__(
        self,
        book: ConnectionBook,
        secrets: Secrets,
        lookup: Lookup,
        effects: Effects,
        pool_size: int = 20,
        gate: BuildGate = without_gate,
        tokens: Tokens | None = None,
        renamed: Callable[[str, str], None] = lambda _connection, _host: None,
        storage: Callable[[str], Storage] | None = None,
    ) -> None:
        self._book = book
        self._secrets = secrets
        self._lookup = lookup
        self._effects = effects
        self._pool_size = pool_size
        self._gate = gate
        self._tokens = tokens
        self._renamed = renamed
        self._storage = storage
        self._open: dict[str, tuple[Connection, str, OpenConnection]] = {}
        self._before: set[str] = set()
        """Connections that are called with their secrets before, because the new ones failed."""
        self._lock = Lock()

    def get(self, connection_id: str) -> OpenConnection:
        """Returns an open connection.

        Raises:
            ConfigurationError: unknown, incomplete or wrong settings; names each field.
        """
        with self._lock:
            connection = self._book.get(connection_id)
            document = self._live(connection_id)
            known = self._open.get(connection_id)
            if known is not None and known[:2] == (connection, document):
                return known[2]
            opened = self._make(connection, document)
            self._open[connection_id] = (connection, document, opened)
            return opened

    def refresh(self, connection_id: str) -> bool:
        """Reads the secrets again after a refusal, or takes the ones before, where two versions are
        live. Returns whether others are used now."""
        name = f"client/{connection_id}"
        with self._lock:
            before, used = self._secrets.read(name), self._live(connection_id)
            if self._secrets.refresh(name) != before:
                self._before.discard(connection_id)
                return True
            self._before ^= {connection_id}
            return self._live(connection_id) != used

    def _live(self, connection_id: str) -> str:
        """The values to call with, as a document."""
        document = self._secrets.read(f"client/{connection_id}") or "{}"
        try:
            versions = read_pair(document).live(self._effects.clock())
        except ValueError:
            return document  # ``read_settings`` says in words that it is none
        if len(versions) == 1:
            self._before.discard(connection_id)
        return json.dumps(versions[-1] if connection_id in self._before else versions[0])

    def _make(self, connection: Connection, document: str) -> OpenConnection:
        integration = self._lookup(connection.integration)
        if connection.mode is Mode.DRY:
            integration = rehearsing(integration)
        settings = read_settings(connection, integration, document)
        redactor = Redactor(
            secret_values(settings),
            mask_fields=connection.mask_fields,
            keep_personal=connection.keep_personal,
        )
        if integration.stored is not None:
            stored = self._stored(connection)
            return OpenConnection(connection, integration, settings, redactor, storage=stored)
        session = open_session(self._pool_size, Reach(connection.networks, connection.ports))
        auth = self._auth(connection, integration.auth(settings), session, redactor)
        api = ApiClient(
            connection=connection.id,
            base_url=integration.base_url(settings),
            session=session,
            auth=auth,
            dialect=integration.dialect,
            redactor=redactor,
            effects=self._effects,
            gate=self._gate(connection, integration, settings),
            most_bytes=integration.most_bytes,
            rename=integration.rename,
            moved=partial(self._renamed, connection.id),
        )
        keeper = auth if isinstance(auth, TokenKeeper) else None
        keeps = integration.keeping is not None and self._storage is not None
        storage = self._stored(connection) if keeps else None
        return OpenConnection(
            connection, integration, settings, redactor, api, storage=storage, keeper=keeper
        )

    def _stored(self, connection: Connection) -> Storage:
        if self._storage is None:
            raise ConfigurationError(
                "This part of the stack keeps nothing for connections that bring and take.",
                who=WhoActs.DEVELOPER,
                gate=connection.id,
            )
        return self._storage(connection.id)

    def _auth(
        self,
        connection: Connection,
        auth: Auth | None,
        session: GuardedSession,
        redactor: Redactor,
    ) -> AuthBase | Renewable | None:
        """What the client signs with; it goes to the connection's own address only, and a plan's
        credentials to its token service only."""
        if auth is None or isinstance(auth, AuthBase):
            return auth
        if isinstance(auth, Signer):
            return Signed(auth, self._effects.clock)
        assert isinstance(auth, TokenPlan)  # noqa: S101 - for the type checker: the last kind
        if self._tokens is None:
            raise ConfigurationError(
                "This part of the stack gets no tokens.", who=WhoActs.DEVELOPER, gate=connection.id
            )
        return self._tokens.keeper(connection, auth, session, redactor)


def read_settings(
    connection: Connection, integration: Integration[Any, Any], secret_document: str
) -> BaseModel:
    """Joins settings and secrets into the integration's model.

    Raises:
        ConfigurationError: names each missing or wrong field, never a value.
    """
    try:
        secrets = json.loads(secret_document)
        if not isinstance(secrets, dict):
            raise ValueError("not an object")
        settings: BaseModel = integration.settings.model_validate(
            {**connection.settings, **secrets}
        )
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'settings'}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise ConfigurationError(
            f"Connection {connection.id!r} needs other settings: {wrong}", gate=connection.id
        ) from None
    except ValueError:
        raise ConfigurationError(
            f"The client secret of connection {connection.id!r} is not a JSON object.",
            gate=connection.id,
        ) from None
    return settings
