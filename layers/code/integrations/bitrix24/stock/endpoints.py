"""The REST methods of warehouses' stock and of inventory documents.

Sources: apidocs.bitrix24.ru, catalog/document, catalog/store-product. To conduct twice would be
refused, but to make a document twice would count twice: both are unsafe, and looked up.
"""

from __future__ import annotations

from integrations.bitrix24.catalog.endpoints import Table, adds, reads, sets
from integrations.bitrix24.transport.listing import Listing

MODE = reads("catalog.document.mode.status")
LEVELS = Table(Listing(reads("catalog.storeproduct.list"), "storeProducts"), at=True)
"""It can only be read: stock is written by documents."""
DOCUMENTS = Listing(reads("catalog.document.list"), "documents")
DOCUMENT_ADD = adds("catalog.document.add")
DOCUMENT_DELETE = sets("catalog.document.delete")
DOCUMENT_CONDUCT = adds("catalog.document.conduct")
ELEMENT_ADD = adds("catalog.document.element.add")
