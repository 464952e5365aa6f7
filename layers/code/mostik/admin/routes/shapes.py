"""Shapes that several routes share: what comes in is checked by them, what goes out described."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from mostik.admin.audit import Change

ConnectionId = Annotated[
    str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,38}$", description="Id of a connection.")
]
Cursor = Annotated[
    str | None, Query(max_length=2_000, description="The value that the page before gave.")
]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at the most.")]
Key = Annotated[
    str | None,
    Header(
        alias="idempotency-key",
        min_length=1,
        max_length=200,
        description="The same key again gets the first answer and does nothing.",
    ),
]
Reason = Annotated[str, Field(max_length=500, description="Why; the audit keeps it.")]
RecordKey = Annotated[str, Field(min_length=1, max_length=1_000)]


class Wanted(BaseModel):
    """What a request says."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shown(BaseModel):
    """What an answer says."""

    model_config = ConfigDict(frozen=True)


class Because(Wanted):
    """An action without further details."""

    reason: Reason = ""


class Done(Shown):
    """What an action has done, in words."""

    done: list[str]


class ChangeShown(Shown):
    """One field that changed."""

    field: str
    before: Any = None
    after: Any = None


def changes(found: list[Change]) -> list[ChangeShown]:
    """Returns changes as an answer shows them."""
    return [ChangeShown(field=one.field, before=one.before, after=one.after) for one in found]
