"""How a declared list is walked: one page for a cursor.

A page that is shorter than was asked for does not end a list: many APIs cap the size of a page.
Lists by number, offset and key end with an empty page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from integrations.http_api.declared.models import PagingFields, PagingKind
from mostik.http.paging import FetchPage, Page, by_key, by_number, by_offset, link_in
from mostik.http.result import Answer

Row = Mapping[str, Any]
Query = dict[str, str | int]
Call = Callable[[Query, str | None], Answer]
"""Calls the list with query parameters, or at a link."""


def pages_of(
    paging: PagingFields,
    call: Call,
    rows: Callable[[Answer], list[Row]],
    key: Callable[[Row], str],
    told: Callable[[Any], Any],
    cursor_of: Callable[[Answer, str | None], str | None],
) -> FetchPage[Row]:
    """Returns what fetches one page.

    Args:
        paging: as declared.
        call: see ``Call``.
        rows: of an answer.
        key: of a row.
        told: what an answer's content says at the declared place of the next page.
        cursor_of: makes a cursor of a link.
    """
    name = paging.parameter

    def at(value: str | int | None) -> list[Row]:
        return rows(call({} if value is None else {name: value}, None))

    def single(_cursor: str | None) -> Page[Row]:
        return Page(at(None), None)

    def by_cursor(cursor: str | None) -> Page[Row]:
        answer = call({} if cursor is None else {name: cursor}, None)
        following = told(answer.content)
        ends = following in (None, "", False)
        return Page(rows(answer), None if ends else str(following))

    def by_link(cursor: str | None) -> Page[Row]:
        answer = call({}, cursor)
        header = paging.kind is PagingKind.HEADER_LINK
        link = link_in(answer.headers) if header else told(answer.content)
        return Page(rows(answer), cursor_of(answer, str(link) if link else None))

    match paging.kind:
        case PagingKind.SINGLE_PAGE:
            return single
        case PagingKind.PAGE_NUMBER:
            return by_number(at, first=paging.first, key=key)
        case PagingKind.OFFSET:
            return by_offset(at, key)
        case PagingKind.KEYSET:
            return by_key(at, key)
        case PagingKind.CURSOR:
            return by_cursor
        case PagingKind.HEADER_LINK | PagingKind.JSON_LINK:
            return by_link
