"""What an administrator is told of the catalogue when the connection is checked."""

from __future__ import annotations

from collections.abc import Iterator

from integrations.bitrix24.catalog.directory import Directory
from integrations.bitrix24.catalog.endpoints import (
    OFFERS,
    PRICE_TYPES,
    SECTIONS,
    SERVICES,
    SIMPLE,
    SKUS,
    STORES,
    Methods,
)
from integrations.bitrix24.catalog.lookup import Searched, prove_filter
from integrations.bitrix24.stock.endpoints import MODE
from mostik.errors import CallFailed, ConfigurationError
from mostik.integration import Check


def catalog_checks(directory: Directory) -> Iterator[Check]:
    """Yields one line for each thing that goods, prices and stock need."""
    directory.forget()
    try:
        goods = directory.goods
    except (ConfigurationError, CallFailed) as error:
        yield Check("The catalogue of goods is found", False, error.text)
        return
    yield Check("The catalogue of goods is found", True)
    yield Check(
        "The portal can keep variations of goods",
        directory.offers is not None,
        "It has no catalogue of variations: goods with characteristics cannot be kept.",
    )
    yield _external_codes(directory, goods)
    yield from _stock_mode(directory)


def _external_codes(directory: Directory, goods: int) -> Check:
    name = "Goods, sections, price types and warehouses are found by their external code"
    lists: list[Searched[Methods]] = [
        directory.search(one, brief=True) for one in directory.kinds(SIMPLE, SKUS, OFFERS, SERVICES)
    ]
    lists += [
        (SECTIONS, {"iblockId": goods}, ("xmlId",)),
        (PRICE_TYPES, {}, ("xmlId",)),
        (STORES, {}, ("xmlId",)),
    ]
    try:
        for one in lists:
            prove_filter(directory.portal, one, "xmlId")
    except (ConfigurationError, CallFailed) as error:
        return Check(name, False, error.text)
    return Check(name, True)


def _stock_mode(directory: Directory) -> Iterator[Check]:
    """How stock is kept. Whether figures by warehouse will come is not known here, so without
    inventory management it is only said what becomes of them."""
    try:
        by_documents = directory.portal.call(MODE) == "Y"
    except (ConfigurationError, CallFailed) as error:
        yield Check("It is known how the portal keeps its stock", False, error.text)
        return
    summed = directory.settings.summed_warehouses
    if by_documents and summed:
        yield Check(
            "The warehouses that are summed fit how the portal keeps its stock",
            False,
            "summed_warehouses says which warehouses make a good's one quantity, but inventory"
            " management is on, so each of them is written by itself: clear the setting.",
        )
    if by_documents:
        how = "Inventory management is on: stock is written by documents, by warehouse"
    else:
        how = (
            "Inventory management is off, or the plan lacks it: a good has one quantity, without"
            " warehouses; "
        )
        how += (
            f"it is the sum of {', '.join(summed)}, which must come together"
            if summed
            else "one sum is taken, figures by warehouse are refused (enter summed_warehouses)"
        )
    yield Check(how, True)
