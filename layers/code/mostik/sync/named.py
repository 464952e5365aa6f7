"""Reads the records that a run was given by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mostik.commerce.record import Canonical
from mostik.errors import ConfigurationError, MostikError, RetryLater, Unknown
from mostik.http.paging import Page
from mostik.integration import Misfit, Resource
from mostik.sync.bulk import many
from mostik.sync.run import IDS_ON_A_PAGE, Run

_ENDS_THE_PAGE = (RetryLater, Unknown, ConfigurationError)
"""They say nothing about the record: the page is read again."""


def named_page(source: Resource[Any], run: Run, keys: Sequence[str]) -> Page[Canonical | Misfit]:
    """Returns one page of a run's named records; what is not there any more is left out.

    Args:
        source: reads them.
        run: the run.
        keys: of this page.

    Raises:
        MostikError: see ``read_named``.
    """
    pages = -(-run.ids // IDS_ON_A_PAGE)
    following = run.pages + 2
    return Page(read_named(source, keys), str(following) if following <= pages else None)


def read_named(source: Resource[Any], keys: Sequence[str]) -> Sequence[Canonical | Misfit]:
    """Returns what is there of the records of some keys; one that cannot be read is a misfit.

    Raises:
        MostikError: what says nothing about one record, but about the side.
    """
    found = many(source, records=len(keys)).read_many(keys)
    items: list[Canonical | Misfit] = []
    for key in keys:
        answer = found.get(key)
        if isinstance(answer, _ENDS_THE_PAGE):
            raise answer
        if isinstance(answer, MostikError):
            items.append(Misfit(key, answer))
        elif isinstance(answer, Exception):
            raise answer
        elif answer is not None:
            items.append(answer)
    return items
