"""The resources of the catalogue and of the stock, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from integrations.bitrix24.catalog.prices import Prices
from integrations.bitrix24.catalog.pricetypes import PriceTypes
from integrations.bitrix24.catalog.products import Products
from integrations.bitrix24.catalog.properties import Properties
from integrations.bitrix24.catalog.sections import Sections
from integrations.bitrix24.catalog.units import Units
from integrations.bitrix24.catalog.variants import Variants
from integrations.bitrix24.pictures import Pictures
from integrations.bitrix24.stock.stock import StockLevels
from integrations.bitrix24.stock.warehouses import Warehouses
from mostik.commerce import catalog, prices, stock
from mostik.integration import Resource

if TYPE_CHECKING:
    from integrations.bitrix24.client import Bitrix24
    from integrations.bitrix24.models import Settings

PICTURES = "pictures"


def _stock(client: Bitrix24, settings: Settings, connection: str) -> StockLevels:
    responsible = settings.stock_user or client.user
    return StockLevels(client.catalog, connection, client.work, responsible)


CATALOG_RESOURCES: Mapping[str, Callable[[Bitrix24, Settings, str], Resource[Any]]] = {
    catalog.SECTIONS: lambda client, _settings, own: Sections(client.catalog, own),
    catalog.PROPERTIES: lambda client, _settings, own: Properties(client.catalog, own),
    catalog.UNITS: lambda client, _settings, own: Units(client.catalog, own),
    catalog.PRODUCTS: lambda client, _settings, own: Products(client.catalog, own),
    catalog.VARIANTS: lambda client, _settings, own: Variants(client.catalog, own),
    prices.PRICE_TYPES: lambda client, _settings, own: PriceTypes(client.catalog, own),
    prices.PRICES: lambda client, _settings, own: Prices(client.catalog, own),
    stock.WAREHOUSES: lambda client, _settings, own: Warehouses(client.catalog, own),
    stock.STOCK: _stock,
    PICTURES: lambda client, _settings, own: Pictures(client.catalog, own, client.slow),
}
UNSAFE = frozenset(CATALOG_RESOURCES)
"""Creating any of them twice would make two, or count twice."""
