"""Errors named by what happens next; every failure of every stage is one of these.

::

    MostikError
    ├── WebhookRejected        the door refuses the request; nothing was queued
    ├── ConfigurationError     a person must change a setting; the gate of the connection closes
    └── CallFailed             an external call (or the work around it) did not succeed
        ├── RetryLater         transient: the job waits and comes back
        │   └── RateLimited    the other side's limit: the gate closes, the job is held
        ├── Unknown            a write may have happened: look it up before repeating
        ├── GiveUp             permanent: the job fails and a person decides
        │   └── FeedExpired    a list no longer knows what has changed since: all of it is read
        └── Skip               nothing to do, and that is fine
            └── Pending        what the record points at is not there yet: tried again then

Each carries a sentence for the administrator and says who must act. None ever carries a secret:
texts come from our own tables, or were redacted before they got here.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class WhoActs(StrEnum):
    """Who must do something about an error."""

    SYSTEM = "system"
    """Nobody: Mostik tries again by itself."""
    EXTERNAL_ADMIN = "administrator of the external system"
    ADMIN = "administrator of this connection"
    DEVELOPER = "developer of the integration"


class Family(StrEnum):
    """What happens next, as rows, log entries and metrics spell it."""

    RETRY_LATER = "retry_later"
    RATE_LIMITED = "rate_limited"
    UNKNOWN = "unknown"
    GIVE_UP = "give_up"
    SKIP = "skip"
    CONFIGURATION = "configuration"


class RejectReason(StrEnum):
    """Why the door refused a request. Counted and logged, never shown to the sender."""

    METHOD = "method"
    TOO_LARGE = "too_large"
    UNKNOWN_CONNECTION = "unknown_connection"
    CONTENT_TYPE = "content_type"
    MALFORMED = "malformed"
    NO_SECRET = "no_secret"  # noqa: S105 - a reason's name
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_MISMATCH = "signature_mismatch"
    TIMESTAMP_MISSING = "timestamp_missing"
    TIMESTAMP_TOO_OLD = "timestamp_too_old"
    TIMESTAMP_TOO_NEW = "timestamp_too_new"
    SOURCE_ADDRESS = "source_address"
    CERTIFICATE = "certificate"
    ALGORITHM = "algorithm"
    """The request names an algorithm that the connection does not allow."""
    NOT_COVERED = "not_covered"
    WRONG_PEER = "wrong_peer"
    """The proof is right but it belongs to another portal, account or endpoint."""
    TOO_MANY_FAILURES = "too_many_failures"


class MostikError(Exception):
    """The root: catch it only where a stage ends."""


class WebhookRejected(MostikError):
    """The door refuses a request.

    Args:
        reason: which check failed; the only thing that is counted and logged.
        detail: developer's words without any part of the request.
    """

    def __init__(self, reason: RejectReason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail


class ConfigurationError(MostikError):
    """A setting is missing or wrong, or the other side revoked our access; a person must change
    it."""

    family = Family.CONFIGURATION

    def __init__(
        self,
        text: str,
        *,
        who: WhoActs = WhoActs.ADMIN,
        code: str | None = None,
        gate: str | None = None,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.who = who
        self.code = code
        self.gate = gate


class CallFailed(MostikError):
    """An external call did not succeed.

    Args:
        text: one sentence for the administrator.
        who: who must act.
        status: HTTP status of the answer, when there was one.
        code: the vendor's own error code, when the body held one.
        retry_after: seconds from now before which a repeat is pointless, when the answer said so.
        gate: the connection whose call it was; the client fills it in.
    """

    family: Family

    def __init__(
        self,
        text: str,
        *,
        who: WhoActs,
        status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        gate: str | None = None,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.who = who
        self.gate = gate
        self.status = status
        self.code = code
        self.retry_after = retry_after


ONE_AT_A_TIME = 0.0
"""The pace of a gate that one job at a time tries."""


class RetryLater(CallFailed):
    """Transient, and certainly without an effect: the job waits and comes back."""

    family = Family.RETRY_LATER


class RateLimited(RetryLater):
    """A gate is closed for ``retry_after`` seconds: a limit of the other side, an outage, a pause.

    Args:
        pace: calls a second that the gate lets through when it is open: held jobs leave no
            faster. 0: one job at a time tries it (``ONE_AT_A_TIME``). ``None``: not known.
    """

    family = Family.RATE_LIMITED

    def __init__(
        self,
        text: str,
        *,
        who: WhoActs,
        status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        gate: str | None = None,
        pace: float | None = None,
    ) -> None:
        super().__init__(
            text, who=who, status=status, code=code, retry_after=retry_after, gate=gate
        )
        self.pace = pace


class Unknown(CallFailed):
    """A write may have happened: look it up by its external key before any repeat.

    Args:
        keyed: the very same request may be sent again at once, under its idempotency key. A later
            attempt reads the record anew and may say something else, which is another request.
    """

    family = Family.UNKNOWN

    def __init__(
        self,
        text: str,
        *,
        who: WhoActs,
        status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        gate: str | None = None,
        keyed: bool = False,
    ) -> None:
        super().__init__(
            text, who=who, status=status, code=code, retry_after=retry_after, gate=gate
        )
        self.keyed = keyed


class GiveUp(CallFailed):
    """Permanent: no repeat helps until a person changes something."""

    family = Family.GIVE_UP


class FeedExpired(GiveUp):
    """The other side no longer knows what has changed since a moment, or where a list went on: a
    run begins anew, over everything."""


class Skip(MostikError):
    """Nothing to do, for a reason worth a line in the log."""

    family = Family.SKIP

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Pending(Skip):
    """A record points at another one that is not there yet: it is remembered and tried again, never
    dropped.

    Args:
        text: one sentence for the administrator.
        resource: what is missing: its resource.
        key: its key on the side that the record came from.
    """

    def __init__(self, text: str, *, resource: str, key: str) -> None:
        super().__init__(text)
        self.resource = resource
        self.key = key


class Busy(Exception):
    """An AWS service behind a port throttles or is away; the call had no effect.

    Not a ``MostikError``: it is no outcome of a job. What it interrupts is left to its carrier.
    """


def weightiest(errors: Sequence[MostikError]) -> MostikError:
    """Returns which of several errors of one job decides what becomes of it.

    A write in doubt comes first: it must be looked up. Then what passes or waits for a person at a
    gate, since the next attempt repeats the others; what fails for good comes last.
    """
    order = (Unknown, ConfigurationError, RateLimited, RetryLater, MostikError)
    return min(
        errors, key=lambda error: next(n for n, kind in enumerate(order) if isinstance(error, kind))
    )
