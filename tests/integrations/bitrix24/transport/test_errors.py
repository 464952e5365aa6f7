"""What the portal's codes mean: by code, in any case, integers too; never by status."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.bitrix24.errors import ERRORS, code_of
from mostik.errors import ConfigurationError, GiveUp, MostikError, RateLimited, RetryLater, Unknown
from mostik.http.classify import error_for, verdict_for
from mostik.http.endpoint import Replay


def meaning(status: int, content: Any, replay: Replay = Replay.SAFE) -> MostikError:
    """What an answer becomes."""
    code, words = code_of(content)
    verdict = verdict_for(status, code, ERRORS)
    return error_for(verdict, replay, gate="portal", status=status, code=code, detail=words)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (503, "QUERY_LIMIT_EXCEEDED", RateLimited),
        (503, "OVERLOAD_LIMIT", ConfigurationError),
        (429, "OPERATION_TIME_LIMIT", RateLimited),
        (500, "PORTAL_DELETED", ConfigurationError),
        (500, "INTERNAL_SERVER_ERROR", RetryLater),
        (401, "NO_AUTH_FOUND", ConfigurationError),
        (403, "INVALID_CREDENTIALS", ConfigurationError),
        (403, "insufficient_scope", ConfigurationError),
        (403, "INSUFFICIENT_SCOPE", ConfigurationError),
        (403, "user_access_error", ConfigurationError),
        (403, "allowed_only_intranet_user", ConfigurationError),
        (403, "ACCESS_DENIED", ConfigurationError),
        (400, "PAYMENT_REQUIRED", ConfigurationError),
        (400, "INVALID_REQUEST", ConfigurationError),
        (400, "NOT_FOUND", GiveUp),
        (400, "CRM_FIELD_ERROR_VALUE_NOT_VALID", GiveUp),
        (400, "INVALID_ARG_VALUE", GiveUp),
        (400, 100, GiveUp),
        (400, 200040300010, GiveUp),
        (404, "ERROR_METHOD_NOT_FOUND", GiveUp),
        (400, "ERROR_BATCH_LENGTH_EXCEEDED", GiveUp),
        (405, "ERROR_BATCH_METHOD_NOT_ALLOWED", GiveUp),
    ],
)
def test_a_code_has_one_meaning(status: int, code: str | int, kind: type[MostikError]) -> None:
    # THEN it is the same as an answer of its own, and inside of a batch, where there is no status
    for outer in (status, 400):
        assert type(meaning(outer, {"error": code, "error_description": "..."})) is kind


def test_a_write_that_the_portal_broke_off_may_have_happened() -> None:
    said = {"error": "INTERNAL_SERVER_ERROR", "error_description": "Internal server error"}
    assert type(meaning(500, said, Replay.UNSAFE)) is Unknown


def test_only_the_working_time_parks_a_method() -> None:
    assert [code for code, verdict in ERRORS.items() if verdict.parks_method] == [
        "operation_time_limit"
    ]


def test_every_code_is_written_as_it_is_compared() -> None:
    assert all(isinstance(code, str) and code == code.casefold() for code in ERRORS)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"error": "NOT_FOUND", "error_description": "no"}, ("NOT_FOUND", "no")),
        ({"error": 100}, ("100", None)),
        ({"error": 0, "error_description": "read-only"}, ("0", "read-only")),
        ({"error": {"code": "X", "message": "y"}}, ("X", "y")),
        ({"error": None, "result": 1}, (None, None)),
        ({"error": ["X"]}, (None, None)),
        ({"result": {"error": "X"}}, (None, None)),
        ([], (None, None)),
        (None, (None, None)),
    ],
)
def test_codes_are_found_in_whatever_form_they_come(content: Any, found: Any) -> None:
    assert code_of(content) == found
