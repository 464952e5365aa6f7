"""What is kept of a connection's tokens: ``tokens/<connection>`` in Secrets Manager holds the
tokens, a row of the state table how far they have come."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mostik.http.auth import Token, TokenPlan
from mostik.ports import SecretDocuments, Table

_SORT_KEY = "renewal"


@dataclass(frozen=True, slots=True)
class Standing:
    """The tokens of a connection as they are stored.

    Attributes:
        current: the newest token.
        previous: the one before it. Its refresh token is kept: some services honour it until the
            new one has been used.
        serial: how often a token has been stored; ``None`` when there is no document.
        spent: fingerprint of the refresh token that the newest was got with; empty: not said.
    """

    current: Token | None = None
    previous: Token | None = None
    serial: int | None = None
    spent: str = ""


@dataclass(frozen=True, slots=True)
class Renewal:
    """How far the renewing of a rotating refresh token has come.

    Attributes:
        serial: of the newest document; Secrets Manager may show an older one for a moment.
        asked: fingerprint of the refresh token that was sent and not answered yet; empty: none.
        asked_at: unix seconds when it was sent.
    """

    serial: int = 0
    asked: str = ""
    asked_at: float = 0.0


class TokenBook:
    """Reads and writes tokens, past every cache.

    Args:
        documents: where they lie.
        table: the state table.
    """

    def __init__(self, documents: SecretDocuments, table: Table) -> None:
        self._documents = documents
        self._table = table

    def load(self, connection: str, plan: TokenPlan) -> Standing:
        """Returns the tokens of a connection: none when they were got with other credentials.

        Raises:
            Busy: Secrets Manager is away.
        """
        text = self._documents.load(f"tokens/{connection}")
        if text is None:
            return Standing()
        try:
            content = json.loads(text)
            standing = Standing(
                _token(content["current"]),
                _token(content["previous"]),
                int(content["serial"]),
                str(content.get("spent", "")),
            )
        except (ValueError, TypeError, KeyError):
            return Standing()  # a person has been at it
        if content.get("belongs_to") != _identity(plan):
            return Standing(serial=standing.serial)
        return standing

    def store(
        self, connection: str, plan: TokenPlan, token: Token, over: Standing, spent: str = ""
    ) -> None:
        """Stores a new token in front of the one that is replaced.

        Args:
            connection: whose.
            plan: how it was got.
            token: the new one.
            over: what it is stored over.
            spent: fingerprint of the refresh token that it was got with.

        Raises:
            Busy: it may not have been stored.
        """
        content: dict[str, Any] = {
            "belongs_to": _identity(plan),
            "serial": (over.serial or 0) + 1,
            "current": _document(token),
            "previous": _document(over.current) if over.current is not None else None,
        }
        if spent:
            content["spent"] = spent
        self._documents.write(f"tokens/{connection}", json.dumps(content))

    def renewal(self, connection: str) -> Renewal:
        """Returns how far the renewing has come."""
        row = self._table.get(_partition(connection), _SORT_KEY)
        if row is None:
            return Renewal()
        return Renewal(int(row["serial"]), str(row["asked"]), float(row["asked_at"]))

    def note(self, connection: str, renewal: Renewal) -> None:
        """Writes down how far the renewing has come."""
        self._table.put({"pk": _partition(connection), "sk": _SORT_KEY, **asdict(renewal)})


def fingerprint(*parts: str) -> str:
    """A name for secrets that tells nothing of them."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _identity(plan: TokenPlan) -> str:
    return fingerprint(type(plan).__name__, *plan.identity())


def _token(content: Mapping[str, Any] | None) -> Token | None:
    return Token(**content) if content is not None else None


def _document(token: Token) -> dict[str, Any]:
    """What is stored of a token; an older release reads it too, as long as it says no more."""
    document = asdict(token)
    if document["account"] is None:
        del document["account"]
    return document


def _partition(connection: str) -> str:
    return f"tokens#{connection}"
