"""What each error means, who must act and what to do: from the tables that decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mostik.errors import Family, WhoActs
from mostik.http import classify
from mostik.http.auth.refusals import TOKEN_ERRORS
from mostik.http.classify import DEFAULT_TABLE, ErrorTable, Verdict
from mostik.integration import Integration

FAMILIES: Mapping[Family, tuple[str, str]] = {
    Family.RETRY_LATER: (
        "It had no effect, or may be repeated.",
        "The job is tried again: after 5 s, 30 s, 2, 10 and 30 min, 1, 2 and 5 h, then every 10 h,"
        " for 7 days, or when the other side says.",
    ),
    Family.RATE_LIMITED: (
        "A limit of the other side, an outage, or a pause.",
        "The gate closes: its jobs are held, use up no attempts, and leave at the pace that the"
        " gate admits.",
    ),
    Family.UNKNOWN: (
        "A write that must not be done twice may have happened.",
        "It is looked up by its external key, twice, and only then repeated.",
    ),
    Family.GIVE_UP: (
        "No repeat helps until somebody changes something.",
        "The job fails with its reason and its whole payload, and waits for a replay.",
    ),
    Family.SKIP: ("There is nothing to do.", "The job ends."),
    Family.CONFIGURATION: (
        "A setting is wrong, or access was taken away.",
        "The gate closes: every ten minutes one job tries whether it was corrected; then all go"
        " on by themselves.",
    ),
}
ACTS: Mapping[tuple[Family, WhoActs], str] = {
    (Family.RETRY_LATER, WhoActs.SYSTEM): "Nothing: it is tried again.",
    (Family.RATE_LIMITED, WhoActs.SYSTEM): "Nothing: its jobs wait for their turn.",
    (Family.UNKNOWN, WhoActs.SYSTEM): "Nothing: it is looked up before it is repeated.",
    (Family.GIVE_UP, WhoActs.ADMIN): "Correct the record or the connection, then replay the job.",
    (Family.GIVE_UP, WhoActs.EXTERNAL_ADMIN): (
        "Correct it in the external system, then replay the job."
    ),
    (Family.GIVE_UP, WhoActs.DEVELOPER): (
        "Send the log entry to the developer; replay the job when it is corrected."
    ),
    (Family.CONFIGURATION, WhoActs.ADMIN): (
        "Correct the connection's settings; its held jobs go on by themselves."
    ),
    (Family.CONFIGURATION, WhoActs.EXTERNAL_ADMIN): (
        "Ask the administrator of the external system; held jobs go on by themselves."
    ),
    (Family.CONFIGURATION, WhoActs.DEVELOPER): (
        "Send the log entry to the developer; held jobs go on by themselves."
    ),
}


@dataclass(frozen=True, slots=True)
class KnownError:
    """One row of the book.

    Attributes:
        scope: whose code it is: ``any``, ``tokens`` or an integration's name.
        code: the vendor's code, an HTTP status, or a class of them.
        text: what the administrator reads in the log.
        family: what happens next.
        happens: that in words.
        who: who must act.
        advice: what they do.
    """

    scope: str
    code: str
    text: str
    family: Family
    happens: str
    who: WhoActs
    advice: str


def known_errors(integrations: Mapping[str, Integration[Any, Any]]) -> Iterator[KnownError]:
    """Yields every error that a call can have."""
    yield from _rows("any", dict(without_status()))
    yield from _rows("any", DEFAULT_TABLE)
    yield from _rows("tokens", TOKEN_ERRORS)
    for name, integration in sorted(integrations.items()):
        yield from _rows(name, integration.dialect.errors)


def _rows(scope: str, table: ErrorTable) -> Iterator[KnownError]:
    for code, verdict in table.items():
        happens = FAMILIES[verdict.family][1]
        yield KnownError(
            scope, str(code), verdict.text, verdict.family, happens, verdict.who, advice(verdict)
        )


def without_status() -> Iterator[tuple[str, Verdict]]:
    """The verdicts that no code or status leads to, under their names in the code."""
    for name, value in vars(classify).items():
        if isinstance(value, Verdict):
            yield name.lower(), value


def advice(verdict: Verdict) -> str:
    """Returns what whoever must act does about it."""
    text = ACTS[verdict.family, verdict.who]
    if verdict.may_have_happened:
        text += " A write that must not be done twice is looked up first."
    if verdict.renews:
        text += " Tokens are renewed once before."
    if verdict.parks_method:
        text += " Other methods go on."
    if verdict.at_least is not None:
        text += f" At least {verdict.at_least:g} s pass unless the answer says more."
    return text
