"""Names of this integration's resources."""

from __future__ import annotations

from mostik.commerce import catalog, prices, stock
from mostik.commerceml import pages

SECTIONS, PROPERTIES, UNITS = catalog.SECTIONS, catalog.PROPERTIES, catalog.UNITS
PRODUCTS, VARIANTS = catalog.PRODUCTS, catalog.VARIANTS
PRICE_TYPES, PRICES = prices.PRICE_TYPES, prices.PRICES
WAREHOUSES, STOCK = stock.WAREHOUSES, stock.STOCK
NEWCOMERS, TOLD = pages.NEWCOMERS, pages.TOLD
PICTURES = "pictures"
ORDERS = "orders"
PARENTS = "parents"
"""No resource: which goods have variants, which only the file of offers tells."""
