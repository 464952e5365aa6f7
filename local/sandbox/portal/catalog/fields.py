"""Which fields the objects of the catalogue have, and what may be written to them.

Sources: b24restdocs ``api-reference/catalog/data-types.md`` and the ``…getFields`` of each object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LETTERS = {"f": "file", "i": "integer", "d": "double", "s": "string", "c": "char", "t": "datetime"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object."""

    name: str
    type: str = "string"
    read_only: bool = False
    immutable: bool = False
    required: bool = False

    def describe(self) -> dict[str, Any]:
        """One entry of ``getFields``."""
        return {
            "isImmutable": self.immutable,
            "isReadOnly": self.read_only,
            "isRequired": self.required,
            "type": self.type,
        }


@dataclass(frozen=True, slots=True)
class Schema:
    """A kind of objects.

    Attributes:
        single: the key of one in an answer.
        plural: the key of many.
        fields: by name, sorted by name as the portal's answers are.
        takes_at: whether ``@field`` means "one of".
        takes_lists: whether a list as the value means "one of".
        filter_by: fields that the filter of its list must have.
        select_too: fields that the selection must have.
    """

    single: str
    plural: str
    fields: Mapping[str, Field]
    takes_at: bool = True
    takes_lists: bool = False
    filter_by: tuple[str, ...] = ()
    select_too: tuple[str, ...] = ()


def fields(text: str) -> dict[str, Field]:
    """Reads fields from ``name:letter`` words.

    The letter is the first one of the type (``t`` is a time); ``!`` behind it is required, ``r``
    read-only, ``x`` immutable.
    """
    found = []
    for word in text.split():
        name, _, marks = word.partition(":")
        found.append(
            Field(
                name,
                _LETTERS[marks[0]],
                read_only="r" in marks[1:],
                immutable="x" in marks[1:],
                required="!" in marks,
            )
        )
    return {one.name: one for one in sorted(found, key=lambda field: field.name)}


CATALOG = Schema(
    "catalog",
    "catalogs",
    fields(
        "iblockId:i!x iblockTypeId:sr id:ir lid:sr name:sr productIblockId:i skuPropertyId:i"
        " subscription:c vatId:i"
    ),
)
SECTION = Schema(
    "section",
    "sections",
    fields(
        "active:c code:s description:s descriptionType:s iblockId:i! iblockSectionId:i id:ir"
        " name:s! sort:i xmlId:s"
    ),
    filter_by=("iblockId",),
)
PROPERTY = Schema(
    "productProperty",
    "productProperties",
    fields(
        "active:c code:s colCount:i defaultValue:s fileType:s filtrable:c hint:s iblockId:i! id:ir"
        " isRequired:c linkIblockId:i listType:c multiple:c multipleCnt:i name:s! propertyType:s!"
        " rowCount:i searchable:c sort:i timestampX:tr userType:s withDescription:c xmlId:s"
    ),
    takes_at=False,
)
ENUM = Schema(
    "productPropertyEnum",
    "productPropertyEnums",
    fields("def:c id:ir propertyId:i!x sort:i value:s! xmlId:s!"),
    takes_at=False,
)
MEASURE = Schema(
    "measure",
    "measures",
    fields("code:i! id:ir isDefault:c measureTitle:s! symbol:s symbolIntl:s symbolLetterIntl:s"),
)
RATIO = Schema("ratio", "ratios", fields("id:ir isDefault:cr productId:ir ratio:dr"))
VAT = Schema("vat", "vats", fields("active:c id:ir name:s! rate:d! sort:i timestampX:tr"))
PRICE_TYPE = Schema(
    "priceType",
    "priceTypes",
    fields(
        "base:s createdBy:ir dateCreate:tr id:ir modifiedBy:ir name:s! sort:i timestampX:tr xmlId:s"
    ),
)
PRICE = Schema(
    "price",
    "prices",
    fields(
        "catalogGroupId:i!x currency:s! extraId:i id:ir price:d! priceScale:dr productId:i!x"
        " quantityFrom:i quantityTo:i timestampX:tr"
    ),
)
STORE = Schema(
    "store",
    "stores",
    fields(
        "active:c address:s! code:s dateCreate:t dateModify:t description:s email:s gpsN:d gpsS:d"
        " id:ir issuingCenter:c modifiedBy:i phone:s schedule:s sort:i title:s userId:i xmlId:s"
    ),
)
STORE_PRODUCT = Schema(
    "storeProduct",
    "storeProducts",
    fields("amount:dr id:ir productId:ir quantityReserved:dr storeId:ir"),
)
DOCUMENT = Schema(
    "document",
    "documents",
    fields(
        "commentary:s createdBy:ix currency:s!x dateCreate:tx dateDocument:t dateModify:t"
        " dateStatus:tr docNumber:s docType:s!x id:ir modifiedBy:i responsibleId:i! siteId:s"
        " status:sr statusBy:i title:s total:d"
    ),
)
ELEMENT = Schema(
    "documentElement",
    "documentElements",
    fields("amount:d docId:i!x elementId:i! id:ir purchasingPrice:d storeFrom:i storeTo:i"),
)
IMAGE = Schema(
    "productImage",
    "productImages",
    fields("createTime:tr detailUrl:sr downloadUrl:sr id:ir name:s productId:i!x type:s"),
)

_GOOD = (
    "active:c available:cr bundle:cr canBuyZero:c code:s createdBy:i dateActiveFrom:t"
    " dateActiveTo:t dateCreate:t detailPicture:f detailText:s detailTextType:s height:d"
    " iblockId:i!x iblockSectionId:i id:ir length:d measure:i modifiedBy:i name:s!"
    " previewPicture:f previewText:s previewTextType:s purchasingCurrency:s purchasingPrice:d"
    " quantity:d sort:i subscribe:c timestampX:tr type:ir vatId:i vatIncluded:c weight:d width:d"
    " xmlId:s"
)
_SOLD = " barcodeMulti:c quantityReserved:d quantityTrace:c recurSchemeLength:i recurSchemeType:s"
_SOLD += " trialPriceId:i withoutOrder:c"
_NOT_OF_SERVICES = ("quantity", "canBuyZero", "height", "length", "weight", "width", "subscribe")


def _good(single: str, plural: str, text: str, without: tuple[str, ...] = ()) -> Schema:
    kept = {name: one for name, one in fields(text).items() if name not in without}
    return Schema(
        single,
        plural,
        kept,
        takes_at=False,
        takes_lists=True,
        filter_by=("iblockId",),
        select_too=("id", "iblockId"),
    )


PRODUCT = _good("product", "products", _GOOD + _SOLD)
SKU = _good("sku", "units", _GOOD)
OFFER = _good("offer", "offers", f"{_GOOD}{_SOLD} parentId:i")
SERVICE = _good("service", "services", _GOOD, _NOT_OF_SERVICES)
