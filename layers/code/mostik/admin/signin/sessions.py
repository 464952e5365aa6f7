"""Sessions: a random name in a cookie, and a row in the state table that can be ended."""

from __future__ import annotations

from hashlib import sha256

from mostik.admin.roles import Caller, Role
from mostik.admin.signin.flow import RandomText, random_text
from mostik.ports import Clock, Table

SESSION_SECONDS = 8 * 3_600
"""A working day; then the identity provider is asked again, and so is the role."""
_SORT_KEY = "session"


class Sessions:
    """Sessions over the state table, which holds only a hash of each name: whoever reads the table
    cannot use what is in it.

    Args:
        table: the state table.
        clock: unix seconds.
        random: makes names.
    """

    def __init__(self, table: Table, clock: Clock, random: RandomText = random_text) -> None:
        self._table = table
        self._clock = clock
        self._random = random

    def begin(self, subject: str, name: str, role: Role) -> str:
        """Begins a session. Returns its secret name.

        Raises:
            Busy: it was not stored.
        """
        session = self._random()
        self._table.put(
            {
                "pk": _partition(session),
                "sk": _SORT_KEY,
                "subject": subject,
                "name": name,
                "role": role.value,
                "csrf": self._random(),
                "expires_at": int(self._clock()) + SESSION_SECONDS,
            }
        )
        return session

    def caller(self, session: str) -> Caller | None:
        """Returns who has this session; ``None``: nobody (any more).

        Raises:
            Busy: it cannot be read now.
        """
        if not 20 <= len(session) <= 100:
            return None
        row = self._table.get(_partition(session), _SORT_KEY)
        if row is None or int(row["expires_at"]) <= self._clock():
            return None
        return Caller(row["subject"], row["name"], Role(row["role"]), row["csrf"])

    def end(self, session: str) -> None:
        """Ends a session."""
        self._table.remove(_partition(session), _SORT_KEY)


def _partition(session: str) -> str:
    return f"session#{sha256(session.encode('utf-8', 'surrogatepass')).hexdigest()}"
