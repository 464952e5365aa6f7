"""The REST methods of the catalogue, what a repeat of each does, and how its lists are walked.

Sources: apidocs.bitrix24.ru, catalog/*. An update says the same state again, so it is safe; an
addition makes another object. A repeated ``catalog.price.add`` would be refused, but whether the
first one was done is not known then: it is unsafe too. Not tried on a real portal: that every list
takes ``>id`` with ``start=-1``, and which of them take several values by ``@`` and which as a list.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrations.bitrix24.transport.listing import Listing
from mostik.http.endpoint import Endpoint, Replay


def reads(method: str) -> Endpoint:
    """A method that changes nothing."""
    return Endpoint("POST", method, Replay.SAFE)


def sets(method: str) -> Endpoint:
    """A method that brings about the same state when it is repeated."""
    return Endpoint("POST", method, Replay.SAFE)


def adds(method: str) -> Endpoint:
    """A method that does something once more when it is repeated."""
    return Endpoint("POST", method, Replay.UNSAFE)


@dataclass(frozen=True, slots=True)
class Table:
    """A list of one kind of objects.

    Attributes:
        listing: how they are listed; conditions that the method demands come with the call.
        at: "one of" is written ``@field``; else a list as the value says it.
    """

    listing: Listing
    at: bool

    def one_of(self, field: str) -> str:
        """The key of a condition that a field is one of several values."""
        return f"@{field}" if self.at else field


@dataclass(frozen=True, slots=True)
class Methods(Table):
    """The methods of one kind of objects.

    Attributes:
        add: makes one.
        update: sets fields of one.
    """

    add: Endpoint
    update: Endpoint


def _methods(prefix: str, rows: str, *, at: bool = True, select: tuple[str, ...] = ()) -> Methods:
    return Methods(
        Listing(reads(f"{prefix}.list"), rows, select=select),
        at,
        adds(f"{prefix}.add"),
        sets(f"{prefix}.update"),
    )


_GOOD = ("id", "iblockId")

CATALOGS = Listing(reads("catalog.catalog.list"), "catalogs")
SECTIONS = _methods("catalog.section", "sections")
PROPERTIES = _methods("catalog.productProperty", "productProperties", at=False)
ENUMS = _methods("catalog.productPropertyEnum", "productPropertyEnums", at=False)
MEASURES = _methods("catalog.measure", "measures")
VATS = Listing(reads("catalog.vat.list"), "vats")
PRICE_TYPES = _methods("catalog.priceType", "priceTypes")
PRICES = _methods("catalog.price", "prices")
PRICE_MODIFY = adds("catalog.price.modify")
PRICE_DELETE = sets("catalog.price.delete")
STORES = _methods("catalog.store", "stores")
SIMPLE = _methods("catalog.product", "products", at=False, select=_GOOD)
SKUS = _methods("catalog.product.sku", "units", at=False, select=_GOOD)
OFFERS = _methods("catalog.product.offer", "offers", at=False, select=_GOOD)
SERVICES = _methods("catalog.product.service", "services", at=False, select=_GOOD)
IMAGE_LIST = reads("catalog.productImage.list")
IMAGE_ADD = adds("catalog.productImage.add")
IMAGE_DELETE = sets("catalog.productImage.delete")
