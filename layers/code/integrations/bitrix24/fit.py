"""What to do with a row that is no record: its error is its own, and the rows beside it go on.

Only ``GiveUp`` is about a row. A limit, a lost connection or a missing right concerns all of them
and is raised; what all rows need is therefore read before the first of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from pydantic import ValidationError

from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.integration import Misfit, RecordT

T = TypeVar("T")
P = ParamSpec("P")


def fitted(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | GiveUp:
    """Returns what ``read`` makes of a row, or why it can make nothing of it."""
    try:
        return read(*args, **kwargs)
    except GiveUp as error:
        return error
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, one["loc"])) for one in error.errors()[:3])
        return GiveUp(
            f"The record of the portal holds a value that cannot be carried over ({fields}):"
            " correct it on the portal.",
            who=WhoActs.EXTERNAL_ADMIN,
        )


def listed(key: object, found: RecordT | MostikError) -> RecordT | Misfit:
    """Returns an entry of a page: a record, or a row that is none.

    Raises:
        MostikError: the error is not about this row alone.
    """
    if isinstance(found, GiveUp):
        return Misfit(str(key), found)
    if isinstance(found, MostikError):
        raise found
    return found
