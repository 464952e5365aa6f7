"""What a box's answers mean: Bitrix24's codes, and what the web server before it says."""

from __future__ import annotations

from typing import Any

from integrations.bitrix24.errors import ERRORS as CODES
from integrations.bitrix24.errors import code_of as code_in
from mostik.errors import Family, WhoActs
from mostik.http.classify import ErrorTable, Verdict

_MOVED = Verdict(
    Family.CONFIGURATION,
    WhoActs.ADMIN,
    "The site sends this address on to another one, which is not followed: enter as the address"
    " what the browser shows in the end (https, www).",
)
_FRONT = Verdict(
    Family.CONFIGURATION,
    WhoActs.ADMIN,
    "The web server asks for a login of its own before it lets anybody in: enter front_login and"
    " front_password, or have it let the addresses of REST and of the exchange through.",
)

ERRORS: ErrorTable = {
    **CODES,
    **dict.fromkeys((301, 302, 303, 307, 308), _MOVED),
    401: _FRONT,
}


def code_of(content: Any) -> tuple[str | None, str | None]:
    """See ``bitrix24.errors.code_of``; the exchange answers in words, which are read elsewhere."""
    return (None, None) if isinstance(content, bytes) else code_in(content)
