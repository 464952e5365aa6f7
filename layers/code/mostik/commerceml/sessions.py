"""Sessions of the exchange: opened by a login, known by a cookie, of one connection each.

Rows: ``exchange#<connection>`` / SHA-256 of the cookie. Only hashes are kept: a read of the table
opens no session. Tokens are ours alone, so a session cannot be fixed from outside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hmac import compare_digest
from typing import Any

from mostik.ids import RandomBytes, ulid
from mostik.ports import Clock, Item, Table

SESSION_SECONDS = 6 * 3_600
"""Of silence: a full exchange runs for hours."""
LONGEST_SESSION_SECONDS = 24 * 3_600
_TOUCH_SECONDS = 600.0
_TOKEN_BYTES = 16
_MOST_SESSIDS = 4
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Session:
    """An open session.

    Attributes:
        connection: whose it is.
        row: its sort key, the hash of its cookie.
        kind: the type that ``checkauth`` named.
        key_id: the accepted secret that proved the login.
        upload: ULID of its upload: names files and imports, and is what people call the session.
            ``init`` begins a new one.
        sessids: hashes of the values of ``sessid`` that were given out.
        opened_at: unix seconds.
        seen_at: of one of the last calls.
        expires_at: unix seconds.
        schema: the agreed schema, when ``init`` named one.
        version: of the row.
    """

    connection: str
    row: str
    kind: str
    key_id: str
    upload: str
    sessids: tuple[str, ...]
    opened_at: float
    seen_at: float
    expires_at: int
    schema: str | None = None
    version: int = 1

    def knows(self, sessid: str) -> bool:
        """Whether a ``sessid`` is one of this session."""
        given = _hashed(sessid)
        return any(compare_digest(given, known) for known in self.sessids)


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session with the two values that only 1C gets."""

    session: Session
    token: str
    sessid: str


class Sessions:
    """Opens and finds sessions.

    Args:
        table: the state table.
        clock: unix seconds.
        random_bytes: for tokens.
    """

    def __init__(self, table: Table, clock: Clock, random_bytes: RandomBytes) -> None:
        self._table = table
        self._clock = clock
        self._random_bytes = random_bytes

    def open(self, connection: str, kind: str, key_id: str) -> Opened:
        """Opens a session after a login."""
        token, sessid = self._random_bytes(_TOKEN_BYTES).hex(), self._random_bytes(16).hex()
        now = self._clock()
        session = Session(
            connection=connection,
            row=_hashed(token),
            kind=kind,
            key_id=key_id,
            upload=ulid(now, self._random_bytes),
            sessids=(_hashed(sessid),),
            opened_at=now,
            seen_at=now,
            expires_at=int(now + SESSION_SECONDS),
        )
        self._table.put(_item(session))
        # For clients that send their login with every call and no cookie.
        last = {"session": session.row, "expires_at": session.expires_at}
        self._table.put({"pk": _partition(connection), "sk": _last(key_id), **last})
        return Opened(session, token, sessid)

    def find(self, connection: str, token: str) -> Session | None:
        """Returns the session of a cookie, if it is this connection's and not over."""
        return self._read(connection, _hashed(token)) if token else None

    def latest(self, connection: str, key_id: str) -> Session | None:
        """Returns the session that this login opened last, if it is not over."""
        item = self._table.get(_partition(connection), _last(key_id))
        return None if item is None else self._read(connection, str(item["session"]))

    def touch(self, session: Session) -> Session:
        """Lets a session that is used go on."""
        now = self._clock()
        if now - session.seen_at < _TOUCH_SECONDS:
            return session
        until = min(now + SESSION_SECONDS, session.opened_at + LONGEST_SESSION_SECONDS)
        return self._change(session, seen_at=now, expires_at=int(until))

    def begin_upload(self, session: Session, schema: str | None) -> Session:
        """Begins a new upload: what was sent before and not imported is left behind."""
        now = self._clock()
        upload = ulid(now, self._random_bytes)
        return self._change(session, upload=upload, schema=schema, seen_at=now)

    def new_sessid(self, session: Session) -> tuple[Session, str]:
        """Gives out another ``sessid``; those given before stay good."""
        sessid = self._random_bytes(_TOKEN_BYTES).hex()
        known = (*session.sessids, _hashed(sessid))[-_MOST_SESSIDS:]
        return self._change(session, sessids=known), sessid

    def _read(self, connection: str, row: str) -> Session | None:
        item = self._table.get(_partition(connection), row)
        if item is None or "sessids" not in item:
            return None  # none, or one of a release before: 1C begins anew
        session = _from_item(item)
        return session if session.expires_at > self._clock() else None

    def _change(self, session: Session, **changes: Any) -> Session:
        for _ in range(_TRIES):
            changed = replace(session, **changes, version=session.version + 1)
            answer = self._table.replace(_item(changed), session.version)
            if answer.done:
                return changed
            if answer.standing is None:
                return session  # over, and swept away
            session = _from_item(answer.standing)
        return session


def note(table: Table, connection: str, what: str, now: float, **fields: str) -> None:
    """Remembers when 1C last did something: for "no exchange since" and "not taken since"."""
    table.put({"pk": _partition(connection), "sk": f"#seen/{what}", "at": now, **fields})


def noted(table: Table, connection: str) -> Mapping[str, Item]:
    """Returns what ``note`` remembers, by what it was."""
    page = table.query(_partition(connection), first="#seen/", last="#seen/~")
    return {str(item["sk"]).removeprefix("#seen/"): item for item in page.items}


def _partition(connection: str) -> str:
    return f"exchange#{connection}"


def _last(key_id: str) -> str:
    return f"#login/{_hashed(key_id)[:32]}"


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _item(session: Session) -> Item:
    return {
        "pk": _partition(session.connection),
        "sk": session.row,
        "kind": session.kind,
        "key_id": session.key_id,
        "upload": session.upload,
        "sessids": list(session.sessids),
        "opened_at": session.opened_at,
        "seen_at": session.seen_at,
        "expires_at": session.expires_at,
        "schema": session.schema,
        "version": session.version,
    }


def _from_item(item: Item) -> Session:
    return Session(
        connection=str(item["pk"]).partition("#")[2],
        row=item["sk"],
        kind=item["kind"],
        key_id=item["key_id"],
        upload=item["upload"],
        sessids=tuple(item["sessids"]),
        opened_at=item["opened_at"],
        seen_at=item["seen_at"],
        expires_at=int(item["expires_at"]),
        schema=item["schema"],
        version=item["version"],
    )
