"""What Bitrix24's error codes mean. Decided by code, never by status: 503 is both "wait" and
"stop".

Source: apidocs.bitrix24.ru, error-codes and limits. Codes are compared case-folded; some are
integers.
"""

from __future__ import annotations

from typing import Any

from mostik.errors import Family, WhoActs
from mostik.http.classify import ErrorTable, Verdict

_NO_ACCESS = Verdict(
    Family.CONFIGURATION,
    WhoActs.EXTERNAL_ADMIN,
    "The portal does not accept the inbound webhook: make a new one and enter its URL here.",
)
_NO_RIGHT = Verdict(
    Family.CONFIGURATION,
    WhoActs.EXTERNAL_ADMIN,
    "The inbound webhook lacks a right on the portal: tick CRM in its settings, and let it belong"
    " to a user who may see and change deals and contacts.",
)
_STOPPED = Verdict(
    Family.CONFIGURATION,
    WhoActs.EXTERNAL_ADMIN,
    "Bitrix24 has switched off access to this portal: its administrator must ask the support.",
)
_BAD_DATA = Verdict(
    Family.GIVE_UP,
    WhoActs.ADMIN,
    "The portal refuses a value of this record: correct it and repeat.",
)
_LOST = Verdict(
    Family.RETRY_LATER,
    WhoActs.SYSTEM,
    "The portal failed while it was working; whether it finished is not known.",
    may_have_happened=True,
)
_OUR_DEFECT = Verdict(
    Family.GIVE_UP, WhoActs.DEVELOPER, "The portal does not understand this call."
)

ERRORS: ErrorTable = {
    "query_limit_exceeded": Verdict(
        Family.RATE_LIMITED,
        WhoActs.SYSTEM,
        "The portal takes two calls a second; Mostik waits for its turn.",
        at_least=1.0,
    ),
    "operation_time_limit": Verdict(
        Family.RATE_LIMITED,
        WhoActs.SYSTEM,
        "This method has used up its working time on the portal; it goes on within ten minutes.",
        at_least=60.0,
        parks_method=True,
    ),
    "overload_limit": _STOPPED,
    "portal_deleted": _STOPPED,
    "payment_required": _STOPPED,
    "access_denied": _NO_RIGHT,
    "insufficient_scope": _NO_RIGHT,
    "user_access_error": _NO_RIGHT,
    "invalid_credentials": _NO_ACCESS,
    "no_auth_found": _NO_ACCESS,
    "expired_token": _NO_ACCESS,
    "internal_server_error": _LOST,
    "error_unexpected_answer": _LOST,
    "crm_field_error_value_not_valid": _BAD_DATA,
    "crm_field_error_required": _BAD_DATA,
    "not_found": Verdict(Family.GIVE_UP, WhoActs.ADMIN, "The portal has no such record."),
    "invalid_arg_value": _OUR_DEFECT,
    "100": _OUR_DEFECT,
    "error_method_not_found": _OUR_DEFECT,
}


def code_of(content: Any) -> tuple[str | None, str | None]:
    """Finds the code and the portal's words in an answer: ``error`` may be text or a number."""
    if not isinstance(content, dict) or "error" not in content:
        return None, None
    words = content.get("error_description")
    return str(content["error"]), str(words) if words else None
