"""The envelope of REST v2: results, errors and the ``time`` block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """What a method gives back.

    Attributes:
        result: the JSON under ``result``.
        total: rows in all, for a list that counted them.
        next: ``start`` of the next page, when there is one.
    """

    result: Any
    total: int | None = None
    next: int | None = None


class RestError(Exception):
    """A refusal in the vendor's words.

    Args:
        code: ``error``; an integer for the codes that the vendor sends as integers.
        description: ``error_description``.
        status: HTTP status when the method was called outside of a batch.
    """

    def __init__(self, code: str | int, description: str, status: int = 400) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.status = status

    def as_json(self) -> dict[str, Any]:
        """The body of an error answer, or of one command in a batch."""
        return {"error": self.code, "error_description": self.description}


SYSTEM_ERRORS: dict[str, tuple[int, str]] = {
    "QUERY_LIMIT_EXCEEDED": (503, "Too many requests"),
    "OPERATION_TIME_LIMIT": (429, "Method is blocked due to operation time limit."),
    "INTERNAL_SERVER_ERROR": (500, "Internal server error"),
    "ERROR_UNEXPECTED_ANSWER": (500, "Server returned an unexpected response"),
    "OVERLOAD_LIMIT": (503, "REST API is blocked due to overload"),
    "NO_AUTH_FOUND": (401, "Wrong authorization data"),
    "INVALID_CREDENTIALS": (403, "Invalid request credentials"),
    "ACCESS_DENIED": (403, "REST API is available only on commercial plans"),
    "PORTAL_DELETED": (500, "Portal was deleted"),
    "user_access_error": (403, "The user does not have access to the application"),
    "insufficient_scope": (
        403,
        "The request requires higher privileges than provided by the webhook token",
    ),
    "expired_token": (401, "The access token provided has expired"),
    "ERROR_METHOD_NOT_FOUND": (404, "Method not found!"),
    "ERROR_BATCH_LENGTH_EXCEEDED": (400, "Max batch length exceeded"),
    "ERROR_BATCH_METHOD_NOT_ALLOWED": (405, "Method is not allowed for batch usage"),
}
"""Errors of the platform: code → status and text (b24restdocs ``_includes/system-errors.md``)."""


def system_error(code: str) -> RestError:
    """One of ``SYSTEM_ERRORS`` as an exception."""
    status, text = SYSTEM_ERRORS[code]
    return RestError(code, text, status)


def missing_parameter(name: str) -> RestError:
    """A required parameter is absent; the code is an integer on the wire."""
    return RestError(100, f"Could not find value for parameter {{{name}}}")


class Stamp:
    """Times as the portal writes them: ISO 8601, whole seconds, the portal's own offset."""

    def __init__(self, clock: Callable[[], float], offset_hours: float) -> None:
        self.clock = clock
        self.zone = timezone(timedelta(hours=offset_hours))
        self._last: tuple[int, str] = (-1, "")

    def at(self, moment: float) -> str:
        """The text of a unix time."""
        second = int(moment)
        if self._last[0] != second:  # a batch asks for the same second a hundred times
            self._last = (second, datetime.fromtimestamp(second, self.zone).isoformat())
        return self._last[1]

    def now(self) -> str:
        """The text of this moment."""
        return self.at(self.clock())

    def normalise(self, text: str) -> str:
        """An ISO date or time in the portal's form, so that texts compare as times do.

        Raises:
            ValueError: it is not ISO 8601.
        """
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        return moment.astimezone(self.zone).replace(microsecond=0).isoformat()
