"""Roles, and the person or tool behind a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do; each role may do what those before it may."""

    VIEWER = "viewer"
    """Looks; personal data stays masked."""
    OPERATOR = "operator"
    """Repeats, pauses, starts runs, reveals personal data (audited)."""
    ADMIN = "admin"
    """Changes settings and secrets."""

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what ``needed`` may."""
        return _RANK[self] >= _RANK[needed]


_RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        subject: the identity provider's unchanging id of the person.
        name: what people call them: an e-mail address or a login.
        role: what they may do.
        csrf: the session's token; ``None``: the caller has no cookie, so no foreign page can speak
            in its name.
    """

    subject: str
    name: str
    role: Role
    csrf: str | None = field(default=None, repr=False)
