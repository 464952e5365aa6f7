"""What Bitrix24's error codes mean. Decided by code, never by status: 503 is both "wait" and
"stop".

Source: apidocs.bitrix24.ru, error-codes and limits. Codes are compared case-folded; some are
integers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mostik.errors import Family, WhoActs
from mostik.http.classify import ErrorTable, Verdict

_NO_ACCESS = Verdict(
    Family.CONFIGURATION,
    WhoActs.EXTERNAL_ADMIN,
    "The portal does not accept us any more: make a new inbound webhook and enter its URL here, or"
    " install the application again.",
)
_NO_RIGHT = Verdict(
    Family.CONFIGURATION,
    WhoActs.EXTERNAL_ADMIN,
    "The inbound webhook or the application lacks a right on the portal: tick it in its settings,"
    " and let it belong to a user who may see and change these records.",
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

_NOT_OFFERED = Verdict(
    Family.GIVE_UP,
    WhoActs.EXTERNAL_ADMIN,
    "The portal does not offer this method: its plan or its version lacks it.",
)
_NOT_ALLOWED = Verdict(
    Family.GIVE_UP,
    WhoActs.EXTERNAL_ADMIN,
    "The user behind the webhook may not do this with this record: give the right on the portal.",
)

_REFUSED = Verdict(
    Family.GIVE_UP,
    WhoActs.ADMIN,
    "The portal refuses this and says why: correct the record or the portal, and repeat.",
)

ERRORS: ErrorTable = {
    # The portal is asked too often, or this method has worked too long.
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
    # Nothing works until a person has done something: the gate of the connection closes.
    "overload_limit": Verdict(
        Family.CONFIGURATION,
        WhoActs.EXTERNAL_ADMIN,
        "Bitrix24 has blocked this portal's REST by hand, for overload: its administrator must ask"
        " the support.",
    ),
    "portal_deleted": _STOPPED,
    "payment_required": _STOPPED,
    "access_denied": _NO_RIGHT,
    "insufficient_scope": _NO_RIGHT,
    "invalid_scope": _NO_RIGHT,
    "user_access_error": _NO_RIGHT,
    "allowed_only_intranet_user": _NO_RIGHT,
    "authorization_error": _NO_ACCESS,
    "invalid_credentials": _NO_ACCESS,
    "no_auth_found": _NO_ACCESS,
    # Of an application: renewed at the authorization server, and the call is made once more.
    "expired_token": replace(_NO_ACCESS, renews=True),
    "invalid_token": _NO_ACCESS,
    "invalid_grant": _NO_ACCESS,
    "invalid_client": _NO_ACCESS,
    "invalid_request": Verdict(
        Family.CONFIGURATION,
        WhoActs.ADMIN,
        "The portal takes calls by https only: enter its address with https.",
    ),
    # Whether it was done is not known.
    "internal_server_error": _LOST,
    "error_unexpected_answer": _LOST,
    # This record, or this call.
    "crm_field_error_value_not_valid": _BAD_DATA,
    "crm_field_error_required": _BAD_DATA,
    "not_found": Verdict(Family.GIVE_UP, WhoActs.ADMIN, "The portal has no such record."),
    # "Access Denied" of catalog.* and sale.*: to see, to change, one record, one section
    **dict.fromkeys(
        ("200040300010", "200040300020", "200040300030", "200040300040", "200040300043"),
        _NOT_ALLOWED,
    ),
    "200040300050": _NOT_ALLOWED,
    "error_document_rights": _NOT_ALLOWED,
    "error_document_status": _REFUSED,
    "bx_invalid_value": _REFUSED,
    "0": _REFUSED,  # most refusals of the catalogue have no code of their own
    # no such catalogue, section, price type, warehouse; a code of a section or a unit is taken
    **dict.fromkeys(
        (
            "200040300000",
            "200700300000",
            "200700300010",
            "200700300030",
            "200700300040",
            "200700300050",
            "201000000000",
            "201100000000",
            "200600000000",
            "200600000010",
            "200600000020",
        ),
        _REFUSED,
    ),
    "error_method_not_found": _NOT_OFFERED,
    "error_manifest_is_not_available": _NOT_OFFERED,
    "invalid_arg_value": _OUR_DEFECT,
    "100": _OUR_DEFECT,
    "error_batch_length_exceeded": _OUR_DEFECT,
    "error_batch_method_not_allowed": _OUR_DEFECT,
}


def code_of(content: Any) -> tuple[str | None, str | None]:
    """Finds the code and the portal's words in an answer.

    ``error`` is text or a number, and of some services an object with both in it; the command of a
    batch has the same two fields as an answer of its own.
    """
    if not isinstance(content, dict):
        return None, None
    error, words = content.get("error"), content.get("error_description")
    if isinstance(error, dict):
        both = error
        error, words = both.get("code"), both.get("message")
    if error is None or isinstance(error, bool | list | dict):
        return None, None
    return str(error), str(words) if words else None
