"""Secret documents in Secrets Manager, cached in the container."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from mostik.errors import Busy

if TYPE_CHECKING:
    from mostik.ports import Clock


KNOWN_SECONDS = 900.0
"""A document is served from memory for so long."""
UNKNOWN_SECONDS = 60.0
"""An absent one is remembered as absent for so long."""
MOST_UNKNOWN = 256
"""So many absent names are remembered: a stranger who tries ids must not fill the memory."""
REFRESH_SECONDS = 60.0
"""A forced refresh of one name is granted at most so often."""
RETRY_SECONDS = 60.0
"""An old document is served for so long before Secrets Manager, which was away, is asked again."""

_ABSENT_CODES = frozenset({"ResourceNotFoundException", "InvalidRequestException"})


@dataclass(frozen=True, slots=True)
class _Entry:
    document: str | None
    read_at: float


class SecretsManager:
    """``Secrets``, ``SecretWriter`` and ``SecretDocuments`` on AWS Secrets Manager.

    Args:
        connect: makes the botocore client; called at the first read, so a function that ends up not
            needing a secret does not pay for the client.
        prefix: the stack's own prefix; the function's role may read nothing else.
        clock: unix seconds.
    """

    def __init__(self, connect: Callable[[], Any], prefix: str, clock: Clock) -> None:
        self._connect = connect
        self._client: Any = None
        self._prefix = prefix
        self._clock = clock
        self._cache: dict[str, _Entry] = {}
        self._refreshed: dict[str, float] = {}

    def read(self, name: str) -> str | None:
        """See ``Secrets.read``.

        Raises:
            Busy: Secrets Manager throttles or is away and nothing is cached.
        """
        entry = self._cache.get(name)
        if entry is not None:
            age = self._clock() - entry.read_at
            if age < (KNOWN_SECONDS if entry.document is not None else UNKNOWN_SECONDS):
                return entry.document
        return self._fetch(name, entry)

    def refresh(self, name: str) -> str | None:
        """See ``Secrets.refresh``."""
        entry = self._cache.get(name)
        now = self._clock()
        if entry is not None and now - self._refreshed.get(name, 0.0) < REFRESH_SECONDS:
            return entry.document
        if len(self._refreshed) >= MOST_UNKNOWN:
            self._refreshed.clear()
        self._refreshed[name] = now
        return self._fetch(name, entry)

    def load(self, name: str) -> str | None:
        """See ``SecretDocuments.load``."""
        return self._fetch(name, None)

    def write(self, name: str, document: str) -> None:
        """See ``SecretWriter.write``."""
        secret_id = f"{self._prefix}/{name}"
        try:
            self._store(secret_id, document)
        except (ClientError, BotoCoreError) as error:
            raise Busy("Secrets Manager did not store the secret") from error
        finally:
            self._cache.pop(name, None)  # after an error too: it may have been stored

    def _store(self, secret_id: str, document: str) -> None:
        try:
            self._sm().put_secret_value(SecretId=secret_id, SecretString=document)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            self._sm().create_secret(Name=secret_id, SecretString=document)

    def _fetch(self, name: str, entry: _Entry | None) -> str | None:
        try:
            answer = self._sm().get_secret_value(SecretId=f"{self._prefix}/{name}")
            document: str | None = answer["SecretString"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT_CODES:
                return self._stale(name, entry, error)
            document = None
        except BotoCoreError as error:
            return self._stale(name, entry, error)
        if document is None:
            self._make_room()
        self._cache[name] = _Entry(document, self._clock())
        return document

    def _stale(self, name: str, entry: _Entry | None, error: Exception) -> str | None:
        """Secrets Manager is away: an old document is better than refusing events that never
        repeat."""
        if entry is not None and entry.document is not None:
            asked_again_at = self._clock() + RETRY_SECONDS
            read_at = max(entry.read_at, asked_again_at - KNOWN_SECONDS)
            self._cache[name] = _Entry(entry.document, read_at)
            return entry.document
        raise Busy("Secrets Manager cannot be read now") from error

    def _make_room(self) -> None:
        # A copy, and pop: the worker's threads share the cache.
        absent = [name for name, entry in list(self._cache.items()) if entry.document is None]
        if len(absent) >= MOST_UNKNOWN:
            for name in absent:
                self._cache.pop(name, None)

    def _sm(self) -> Any:
        if self._client is None:
            self._client = self._connect()
        return self._client
