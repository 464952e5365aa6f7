"""What an answer means: a table (vendor code, status) -> verdict, extended by integrations by key.

A decision is never made by an error's wording. The sentence is for the administrator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mostik.errors import (
    CallFailed,
    ConfigurationError,
    Family,
    FeedExpired,
    GiveUp,
    MostikError,
    RateLimited,
    RetryLater,
    Unknown,
    WhoActs,
)
from mostik.http.endpoint import Replay


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one kind of refusal means.

    Attributes:
        family: what happens next.
        who: who must act.
        text: one sentence for the administrator.
        may_have_happened: the other side may have done the work all the same, so a write that is
            not safe becomes ``Unknown`` instead of being repeated.
        at_least: seconds to wait before a repeat when the answer does not say.
        parks_method: the limit is this endpoint's own, the connection's other calls go on.
        renews: the credentials may only have run out: with renewed ones the call is made again. It
            had no effect.
        expired: a list no longer knows what has changed since the moment, or the cursor, that it
            was asked for; a run then reads everything.
    """

    family: Family
    who: WhoActs
    text: str
    may_have_happened: bool = False
    at_least: float | None = None
    parks_method: bool = False
    renews: bool = False
    expired: bool = False


Key = str | int
"""A vendor's error code (compared case-folded), an exact status, or a class such as ``5xx``."""

ErrorTable = Mapping[Key, Verdict]

DEFAULT_TABLE: ErrorTable = {
    400: Verdict(
        Family.GIVE_UP, WhoActs.DEVELOPER, "The external system says that the request is malformed."
    ),
    401: Verdict(
        Family.CONFIGURATION,
        WhoActs.ADMIN,
        "The external system does not accept our credentials: enter them again or renew them.",
        renews=True,
    ),
    402: Verdict(
        Family.CONFIGURATION,
        WhoActs.EXTERNAL_ADMIN,
        "The external system asks for a payment or another plan.",
    ),
    403: Verdict(
        Family.CONFIGURATION,
        WhoActs.EXTERNAL_ADMIN,
        "Our credentials lack a right in the external system.",
    ),
    404: Verdict(
        Family.GIVE_UP, WhoActs.ADMIN, "The record or the address is not there on the other side."
    ),
    408: Verdict(
        Family.RETRY_LATER,
        WhoActs.SYSTEM,
        "The external system gave up waiting for our request.",
        may_have_happened=True,
    ),
    409: Verdict(
        Family.RETRY_LATER, WhoActs.SYSTEM, "The record is being changed on the other side."
    ),
    410: Verdict(
        Family.CONFIGURATION,
        WhoActs.EXTERNAL_ADMIN,
        "The external system says that this address is gone for good.",
    ),
    413: Verdict(
        Family.GIVE_UP, WhoActs.DEVELOPER, "The request is larger than the external system takes."
    ),
    422: Verdict(
        Family.GIVE_UP, WhoActs.ADMIN, "The external system refuses the data of this record."
    ),
    423: Verdict(Family.RETRY_LATER, WhoActs.SYSTEM, "The record is locked on the other side."),
    425: Verdict(Family.RETRY_LATER, WhoActs.SYSTEM, "The external system asks to try later."),
    429: Verdict(
        Family.RATE_LIMITED, WhoActs.SYSTEM, "The external system limits the number of our calls."
    ),
    "3xx": Verdict(
        Family.CONFIGURATION,
        WhoActs.ADMIN,
        "The external system redirects us elsewhere, which is not followed: correct the address.",
    ),
    "4xx": Verdict(Family.GIVE_UP, WhoActs.DEVELOPER, "The external system refuses the request."),
    501: Verdict(
        Family.GIVE_UP, WhoActs.DEVELOPER, "The external system does not offer this operation."
    ),
    "5xx": Verdict(
        Family.RETRY_LATER,
        WhoActs.SYSTEM,
        "The external system has a fault of its own.",
        may_have_happened=True,
    ),
}

NOT_CONNECTED = Verdict(
    Family.RETRY_LATER, WhoActs.SYSTEM, "The external system cannot be reached."
)
NO_ANSWER = Verdict(
    Family.RETRY_LATER,
    WhoActs.SYSTEM,
    "The external system did not answer in time, or cut the answer.",
    may_have_happened=True,
)
NOT_UNDERSTOOD = Verdict(
    Family.RETRY_LATER,
    WhoActs.SYSTEM,
    "The external system answered with something else than what was due (a page instead of JSON).",
    may_have_happened=True,
)
UNEXPECTED_SHAPE = Verdict(
    Family.GIVE_UP,
    WhoActs.DEVELOPER,
    "The answer lacks fields that the integration needs.",
    may_have_happened=True,
)
TOO_LARGE = Verdict(
    Family.GIVE_UP,
    WhoActs.DEVELOPER,
    "The answer is larger than the limit of this connection.",
    may_have_happened=True,
)


def verdict_for(status: int, code: str | None, table: ErrorTable) -> Verdict:
    """Returns the verdict on an answer: by the vendor's code, then the status, then its class."""
    if code is not None and (found := table.get(code.casefold())) is not None:
        return found
    for key in (status, f"{status // 100}xx"):
        for source in (table, DEFAULT_TABLE):
            if (found := source.get(key)) is not None:
                return found
    return NOT_UNDERSTOOD


def error_for(
    verdict: Verdict,
    replay: Replay,
    *,
    gate: str,
    status: int | None = None,
    code: str | None = None,
    detail: str | None = None,
    retry_after: float | None = None,
) -> MostikError:
    """Returns the exception that a verdict on a call means.

    Args:
        verdict: from the table.
        replay: what the endpoint declares; unless it is safe, "may have happened" is ``Unknown``.
        gate: the connection.
        status: HTTP status, when there was an answer.
        code: the vendor's code, when the body held one.
        detail: the vendor's own words, redacted and short.
        retry_after: seconds that the answer asked for.
    """
    text = verdict.text if not detail else f"{verdict.text} ({detail})"
    if verdict.family is Family.CONFIGURATION:
        return ConfigurationError(text, who=verdict.who, code=code, gate=gate)
    asked = retry_after if retry_after is not None else verdict.at_least
    kind: type[CallFailed]
    match verdict.family:
        case Family.RATE_LIMITED:
            kind = RateLimited
        case _ if verdict.may_have_happened and replay is not Replay.SAFE:
            keyed = replay is Replay.KEYED and verdict.family is not Family.GIVE_UP
            return Unknown(
                text,
                who=verdict.who,
                status=status,
                code=code,
                retry_after=asked,
                gate=gate,
                keyed=keyed,
            )
        case Family.RETRY_LATER:
            kind = RetryLater
        case Family.UNKNOWN:
            kind = RetryLater  # the call is safe to repeat, or the line above had taken it
        case _:
            kind = FeedExpired if verdict.expired else GiveUp
    return kind(
        text,
        who=verdict.who,
        status=status,
        code=code,
        retry_after=asked,
        gate=gate,
    )
