"""What the refusal of a token means, and who must act.

Source: RFC 6749, 5.2 and 4.1.2.1; RFC 8628 (slow_down).
"""

from __future__ import annotations

from typing import Any

from mostik.errors import Family, WhoActs
from mostik.http.classify import ErrorTable, Verdict

_NO_GRANT = Verdict(
    Family.CONFIGURATION,
    WhoActs.ADMIN,
    "The external system no longer accepts the refresh token or the login: authorize this"
    " connection anew and enter what it gives.",
)
_NO_CLIENT = Verdict(
    Family.CONFIGURATION,
    WhoActs.ADMIN,
    "The external system does not accept the client id or its secret: enter them again.",
)
_NO_SCOPE = Verdict(
    Family.CONFIGURATION,
    WhoActs.ADMIN,
    "The external system does not grant the scope that this connection asks for.",
)
_NO_SUCH_WAY = Verdict(
    Family.CONFIGURATION,
    WhoActs.DEVELOPER,
    "The external system does not issue tokens in the way that is set here.",
)
_NO_TOKEN = Verdict(
    Family.CONFIGURATION, WhoActs.ADMIN, "The external system refuses to issue a token."
)
_LATER = Verdict(Family.RETRY_LATER, WhoActs.SYSTEM, "The token service asks to try later.")
INVALID_GRANT = "invalid_grant"
TOKEN_ERRORS: ErrorTable = {
    # No refusal of a token is a job's own fault, so the rest of 4xx closes the gate too.
    INVALID_GRANT: _NO_GRANT,
    "invalid_client": _NO_CLIENT,
    "unauthorized_client": _NO_CLIENT,
    "invalid_scope": _NO_SCOPE,
    "access_denied": _NO_TOKEN,
    "invalid_request": _NO_SUCH_WAY,
    "unsupported_grant_type": _NO_SUCH_WAY,
    "server_error": _LATER,
    "slow_down": _LATER,
    "temporarily_unavailable": _LATER,
    400: _NO_TOKEN,
    401: _NO_CLIENT,
    403: _NO_TOKEN,
    404: Verdict(
        Family.CONFIGURATION, WhoActs.ADMIN, "There is no token service at the address set here."
    ),
    "4xx": _NO_TOKEN,
}
"""The token service's verdicts."""


def token_code_of(content: Any) -> tuple[str | None, str | None]:
    """The error code and words of a token service's answer (RFC 6749, 5.2)."""
    if not isinstance(content, dict):
        return None, None
    code, words = content.get("error"), content.get("error_description")
    return code if isinstance(code, str) else None, words if isinstance(words, str) else None
