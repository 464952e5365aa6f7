"""Why a field says what it says, and what is wrong where it says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mostik.errors import GiveUp, MostikError, Pending, WhoActs


class Outcome(StrEnum):
    """What became of one field."""

    SET = "set"
    KEPT = "kept"
    """What stands there already says the same."""
    HELD_BACK = "held_back"
    """It may not be written; what stands there stays."""
    NOT_KNOWN = "not_known"
    """There is nothing to say."""
    REFUSED = "refused"
    """Something is wrong: see the problem."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one rule did, for the preview.

    Attributes:
        field: where it writes.
        source: where it reads.
        by: how.
        before: what was read, as people read it.
        after: what is written.
        outcome: see ``Outcome``.
        why: a sentence, where the reader may wonder.
        tells: writing it tells the customer.
    """

    field: str
    source: str
    by: str
    before: str
    after: str
    outcome: Outcome
    why: str = ""
    tells: bool = False

    def __str__(self) -> str:
        """In one line: ``price: 1200 kopecks → 12.00 RUB by money``."""
        match self.outcome:
            case Outcome.SET:
                how = "" if self.by == "as it is" else f" by {self.by}"
                text = f"{self.field}: {self.before} → {self.after}{how}"
            case Outcome.KEPT:
                text = f"{self.field}: stays {self.after}"
            case Outcome.HELD_BACK:
                text = f"{self.field}: {self.before} is not written"
            case Outcome.NOT_KNOWN:
                text = f"{self.field}: {self.source or self.by} is not known, so nothing is said"
            case Outcome.REFUSED:
                text = f"{self.field}: {self.source} is not carried over"
        return f"{text}: {self.why}" if self.why else text


class Lacks(StrEnum):
    """What happens with a record because of a problem."""

    MISFIT = "misfit"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a field cannot be said on the other side.

    Attributes:
        field: where it would be written.
        text: a sentence that names the field, and no value that may tell of a person.
        who: who must act.
        lacks: whether something else will heal it.
        waits_for: of a pending one: what is missing.
    """

    field: str
    text: str
    who: WhoActs
    lacks: Lacks = Lacks.MISFIT
    waits_for: str = ""


_ORDER = (WhoActs.DEVELOPER, WhoActs.ADMIN, WhoActs.EXTERNAL_ADMIN, WhoActs.SYSTEM)
_MOST = 5


def error_of(problems: Sequence[Problem], resource: str) -> MostikError | None:
    """Returns the error of a record with problems, ``None`` without any.

    Pending only when nothing else is wrong: otherwise a person has to look anyway.

    Args:
        problems: of one record.
        resource: where a missing value would come from.
    """
    if not problems:
        return None
    misfits = [one for one in problems if one.lacks is Lacks.MISFIT]
    shown = misfits or list(problems)
    text = " ".join(one.text for one in shown[:_MOST])
    if len(shown) > _MOST:
        text += f" And {len(shown) - _MOST} more fields."
    if not misfits:
        return Pending(text, resource=resource, key=problems[0].waits_for)
    return GiveUp(text, who=min((one.who for one in misfits), key=_ORDER.index))


def shown(value: Any) -> str:
    """A value as the preview shows it."""
    match value:
        case None:
            return "—"
        case "":
            return "(empty)"
        case bool():
            return "yes" if value else "no"
        case tuple() | list():
            return f"[{', '.join(map(shown, value))}]"
    key = getattr(value, "key", None)
    text = str(key if key is not None else value)
    return text if len(text) <= 200 else f"{text[:200]}…"
