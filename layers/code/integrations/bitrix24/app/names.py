"""Names of this integration's resources and errands, and of what the errands note."""

from __future__ import annotations

from mostik.integration import Hint

CUSTOMERS = "customers"
"""Contacts of the CRM."""
COMPANIES = "companies"
ORDERS = "orders"
"""Deals of the CRM or orders of the online store, as ``order_as`` says; keys are ids of those."""
ITEMS = "items"
"""Items of other kinds than those above, ``<entityTypeId>:<id>``."""
SECTIONS = "sections"
PRODUCTS = "products"
VARIANTS = "variants"
PRICES = "prices"
STOCK = "stock"

APP = "app"
"""Takes installations over and mends bindings."""
STANDING = "standing"
FEED = "feed"
"""Reads the offline queue."""
QUEUE = "queue"
QUEUE_HINT = Hint(FEED, QUEUE)
SWEEP = "sweep"
"""Looks for changes that no event has told."""
CHANGED = "changed"
RECENT = "recent"
OWNER = "owner"
"""Finds the record to which a part of one belongs."""

FEED_NOTE = "feed"
