"""Finds rows by the values of a field, many in one request, and proves that they were filtered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from integrations.bitrix24.catalog.endpoints import Table
from integrations.bitrix24.transport.batch import Command, Done, Outcome, Refused
from integrations.bitrix24.transport.listing import ROWS, Listing, Row, Walk
from integrations.bitrix24.transport.portal import Portal
from mostik.errors import GiveUp, MostikError, WhoActs

CHUNK = 25
"""Values of one command: a page holds 50 rows, so there is room for some that share a value."""

_NO_VALUE = "mostik-check-no-such-code"

Item = TypeVar("Item")


def chunks(items: Iterable[Item], size: int) -> Iterable[list[Item]]:
    """Yields items in lists of at most ``size``."""
    left = iter(items)
    while chunk := list(islice(left, size)):
        yield chunk


def value_of(outcome: Outcome) -> Any:
    """Returns the result of a command.

    Raises:
        MostikError: it was refused.
    """
    if isinstance(outcome, Refused):
        raise outcome.error
    return outcome.value


def everything(
    portal: Portal, listing: Listing, filters: Mapping[str, Any], select: Sequence[str] = ()
) -> list[Row]:
    """Returns all rows of a list; for short ones: directories, the prices of a good.

    Raises:
        MostikError: some of them could not be read.
    """
    rows: list[Row] = []
    cursor: str | None = None
    while True:
        page = portal.rows(listing, filters, select=select, cursor=cursor)
        rows += page.items
        cursor = page.cursor
        if cursor is None:
            return rows


SomeTable = TypeVar("SomeTable", bound=Table)
Searched = tuple[SomeTable, Mapping[str, Any], Sequence[str]]
"""A list, the conditions that it demands, and what is read of its rows."""


def matching(
    portal: Portal,
    lists: Sequence[Searched[SomeTable]],
    field: str,
    values: Sequence[str],
    *,
    size: int = CHUNK,
) -> list[tuple[SomeTable, Row]]:
    """Returns the rows of several lists whose field is one of the values.

    A portal that does not filter by a field might answer with everything: rows that were not asked
    for are an error, never a match. Its database compares without case, we do not.

    Raises:
        GiveUp: the portal does not filter by this field.
        MostikError: a list could not be read.
    """
    asked: list[tuple[Searched[SomeTable], dict[str, Any], Walk]] = []
    for chunk in chunks(dict.fromkeys(values), size):
        for one in lists:
            methods, filters, select = one
            conditions = {**filters, methods.one_of(field): chunk}
            asked.append((one, conditions, Walk(methods.listing, conditions, tuple(select))))
    outcomes = portal.batch(
        [Command(walk.listing.endpoint, walk.params(0)) for _, _, walk in asked]
    )
    found: list[tuple[SomeTable, Row]] = []
    for ((methods, _, select), conditions, walk), outcome in zip(asked, outcomes, strict=True):
        rows = walk.rows_in(value_of(outcome))
        if len(rows) == ROWS:
            rows = everything(portal, methods.listing, conditions, select)
        found += [(methods, row) for row in rows]
    return _proved(found, field, values)


def prove_filter(portal: Portal, one: Searched[SomeTable], field: str) -> None:
    """Asks a list for a value that nothing has.

    Raises:
        GiveUp: it answers with something: it does not filter by the field.
        MostikError: it could not be read.
    """
    table, filters, select = one
    walk = Walk(table.listing, {**filters, table.one_of(field): [_NO_VALUE]}, tuple(select))
    rows = walk.rows_in(portal.call(walk.listing.endpoint, walk.params(0)))
    _proved([(table, row) for row in rows], field, [_NO_VALUE])


def _proved(
    found: list[tuple[SomeTable, Row]], field: str, values: Sequence[str]
) -> list[tuple[SomeTable, Row]]:
    wanted, folded = set(values), {value.casefold() for value in values}
    kept = []
    for methods, row in found:
        held = str(row.get(field, ""))
        if held in wanted:
            kept.append((methods, row))
        elif held.casefold().strip() not in folded:
            path = methods.listing.endpoint.path
            raise GiveUp(
                f"The portal does not filter {path} by {field!r}: nothing is looked up safely.",
                who=WhoActs.DEVELOPER,
            )
    return kept


def by_value(rows: Iterable[Row], field: str) -> dict[str, list[Row]]:
    """Returns rows by the value of a field."""
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(str(row[field]), []).append(row)
    return grouped


def one_of_them(ids: Sequence[object], system: str, key: str) -> MostikError | None:
    """Returns why a key does not lead to one record: several carry it."""
    if len(ids) < 2:
        return None
    shown = ", ".join(str(one) for one in ids[:5])
    return GiveUp(
        f"Several records of the portal carry the same external key {system}:{key} (ids {shown}):"
        " keep one and clear the key of the others.",
        who=WhoActs.ADMIN,
    )


def fresh_row(value: Any) -> Row:
    """Returns the row in the answer of ``add`` and ``update``, whatever it is called there.

    Raises:
        GiveUp: there is none.
    """
    if isinstance(value, Mapping):
        for inner in value.values():
            if isinstance(inner, Mapping):
                return inner
    raise GiveUp("The portal's answer to a change holds no record.", who=WhoActs.DEVELOPER)


def outcome_row(outcome: Outcome) -> Row | MostikError:
    """Returns the row that a change left, or why there was none."""
    if isinstance(outcome, Done):
        return fresh_row(outcome.value)
    return outcome.error
