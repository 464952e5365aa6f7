"""``catalog.*``: all methods of the trade catalogue."""

from __future__ import annotations

from collections.abc import Callable

from local.sandbox.portal.catalog.directories import directory_methods
from local.sandbox.portal.catalog.documents import Documents
from local.sandbox.portal.catalog.goods import goods_methods
from local.sandbox.portal.catalog.images import Images
from local.sandbox.portal.catalog.prices import Prices
from local.sandbox.portal.catalog.query import Lists
from local.sandbox.portal.catalog.state import Catalog
from local.sandbox.portal.methods import Method


def catalog_methods(
    catalog: Catalog, currencies: Callable[[], list[str]], page_size: int
) -> dict[str, Method]:
    """The methods of this module by name.

    Args:
        catalog: the catalogue's records.
        currencies: those of the portal at this moment.
        page_size: rows a page of a list.
    """
    lists = Lists(catalog.stamp, page_size, catalog.config.ignores_unknown_filters)
    return {
        **goods_methods(catalog, lists),
        **directory_methods(catalog, lists),
        **Prices(catalog, lists, currencies).methods(),
        **Documents(catalog, lists).methods(),
        **Images(catalog).methods(),
    }
