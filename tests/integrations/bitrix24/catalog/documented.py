"""Requests and answers of the catalogue as Bitrix24's documentation shows them, typed anew.

Only the methods that are used, and of them only what a test needs.

Source: b24restdocs ``api-reference/catalog``. Answers are what stands under ``result``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_TIME = "2024-05-27T16:29:35+02:00"


@dataclass(frozen=True)
class Documented:
    """One method.

    Attributes:
        request: parameters of the example.
        result: of the example's answer.
        fields: further fields that the page names for ``fields``.
    """

    request: dict[str, Any]
    result: Any
    fields: tuple[str, ...] = field(default=())


_PRODUCT = {
    "active": "Y", "available": "Y", "bundle": "N", "canBuyZero": "Y", "code": "Product",
    "createdBy": 1, "dateActiveFrom": "2024-05-28T10:00:00+03:00",
    "dateActiveTo": "2024-05-29T10:00:00+03:00", "dateCreate": "2024-05-27T10:00:00+03:00",
    "detailPicture": {"id": "6505", "url": "/rest/catalog.product.download"},
    "detailText": None, "detailTextType": "text", "height": 100, "iblockId": 23,
    "iblockSectionId": 47, "id": 1267, "length": 100, "measure": 5, "modifiedBy": 1,
    "name": "Product", "previewText": None, "previewTextType": "text",
    "property258": {"value": "test", "valueId": "9816"},
    "property259": [
        {"value": "test1", "valueId": "9817"},
        {"value": "test2", "valueId": "9818"},
    ],
    "purchasingCurrency": "EUR", "purchasingPrice": "1000.000000", "quantity": 10,
    "quantityReserved": 1, "quantityTrace": "Y", "sort": 100, "subscribe": "Y",
    "timestampX": "2024-06-14T14:18:56+03:00", "type": 1, "vatId": 1, "vatIncluded": "Y",
    "weight": 100, "width": 100, "xmlId": "1267",
}  # fmt: skip
_PRODUCT_FIELDS = (
    "active", "barcodeMulti", "canBuyZero", "code", "dateActiveFrom", "dateActiveTo", "dateCreate",
    "detailPicture", "detailText", "detailTextType", "height", "iblockId", "iblockSectionId",
    "IblockSection", "length", "measure", "name", "previewPicture", "previewText",
    "previewTextType", "quantity", "quantityTrace", "sort", "subscribe", "vatId", "vatIncluded",
    "weight", "width", "xmlId",
)  # fmt: skip
_GOODS_LIST = {
    "select": ["id", "iblockId", "name", "active", "xmlId", "property258", "property259"],
    "filter": {"iblockId": 23, ">id": 10, "vatId": [1, 2]},
    "order": {"id": "desc"},
}
_BARE = {name: value for name, value in _PRODUCT.items() if not name.startswith("property")}
_SKU = {
    name: value for name, value in _BARE.items() if not name.startswith(("quantityR", "quantityT"))
} | {"id": 1275, "type": 6}
_OFFER = {
    **_BARE,
    "iblockId": 24,
    "iblockSectionId": None,
    "id": 1286,
    "type": 4,
    "xmlId": "1286",
    "parentId": {"value": "1275", "valueId": "9867"},
}
_SECTION = {
    "active": "Y", "code": "toys", "description": "Products for children - toys",
    "descriptionType": "text", "iblockId": 23, "iblockSectionId": 13, "id": 31,
    "name": "Children's Toys", "sort": 100, "xmlId": "myXmlId",
}  # fmt: skip
_PROPERTY = {
    "active": "Y", "code": "CATEGORY", "colCount": 30, "defaultValue": None, "fileType": None,
    "filtrable": "N", "hint": None, "iblockId": 23, "id": 659, "isRequired": "N",
    "linkIblockId": None, "listType": "L", "multiple": "N", "multipleCnt": None,
    "name": "Category", "propertyType": "S", "rowCount": 1, "searchable": "N", "sort": 100,
    "timestampX": "2026-03-19T15:46:23+03:00", "userType": "directory", "withDescription": None,
    "xmlId": None,
}  # fmt: skip
_ENUM = {"def": "Y", "id": 1739, "propertyId": 431, "sort": 100, "value": "Medium", "xmlId": "M"}
_PRICE = {
    "catalogGroupId": 1, "currency": "USD", "extraId": None, "id": 3, "price": 100.5,
    "productId": 1, "quantityFrom": None, "quantityTo": None, "timestampX": _TIME,
}  # fmt: skip
_PRICE_TYPE = {
    "base": "N", "createdBy": 1, "dateCreate": _TIME, "id": 2, "modifiedBy": 1,
    "name": "Wholesale price", "sort": 10, "timestampX": _TIME, "xmlId": "wholesale",
}  # fmt: skip
_STORE = {
    "active": "Y", "address": "Main St. 52", "code": "store_1", "dateCreate": _TIME,
    "dateModify": _TIME, "description": "Description", "email": "test@test.com",
    "gpsN": 54.71411, "gpsS": 21.56675, "id": 1, "issuingCenter": "N", "modifiedBy": 1,
    "phone": "+1 (495) 212 85 06", "schedule": "Mon.-Fri.", "sort": 100, "title": "Inventory 1",
    "userId": 1, "xmlId": None,
}  # fmt: skip
_STORE_FIELDS = (
    "address", "title", "active", "description", "code", "phone", "issuingCenter", "sort", "xmlId",
)  # fmt: skip
_DOCUMENT = {
    "commentary": "Planned warehouse replenishment", "createdBy": 29, "currency": "USD",
    "dateCreate": _TIME, "dateDocument": None, "dateModify": _TIME, "dateStatus": _TIME,
    "docNumber": "IN-00042", "docType": "A", "id": 11, "modifiedBy": 29, "responsibleId": 29,
    "siteId": "s1", "status": "N", "statusBy": None, "title": "Receipt from Supplier-1",
    "total": None,
}  # fmt: skip
_IMAGE = {
    "createTime": _TIME, "detailUrl": "/upload/iblock/6f1/test.jpeg",
    "downloadUrl": "http://dev.bx/rest/download.json", "id": 1, "name": "test.jpeg",
    "productId": 1, "type": "MORE_PHOTO",
}  # fmt: skip

METHODS: dict[str, Documented] = {
    "catalog.catalog.list": Documented(
        {"select": ["iblockId", "id"], "filter": {">id": 10, "@vatId": [1, 2]},
         "order": {"id": "desc"}},
        {"catalogs": [{
            "iblockId": 24, "iblockTypeId": 0, "id": 24, "lid": "s1", "name": "Offers",
            "productIblockId": 23, "skuPropertyId": 97, "subscription": "N", "vatId": 1,
        }]},
    ),
    "catalog.section.add": Documented(
        {"fields": {"name": "Children's Toys", "iblockId": 23, "sort": "100", "active": "Y",
                    "code": "toys", "xmlId": "myXmlId", "description": "Toys",
                    "descriptionType": "text"}},
        {"section": _SECTION},
        ("iblockSectionId",),
    ),
    "catalog.section.update": Documented(
        {"id": 31, "fields": {"iblockId": 23, "name": "Children's Toys", "description": "Toys",
                              "descriptionType": "html"}},
        {"section": _SECTION},
        ("iblockSectionId", "sort", "active", "code"),
    ),
    "catalog.section.list": Documented(
        {"select": ["id", "name", "sort"], "filter": {"iblockId": 23, "<=sort": 100},
         "order": {"sort": "DESC"}},
        {"sections": [{"id": 13, "name": "Products", "sort": 50}]},
    ),
    "catalog.productProperty.add": Documented(
        {"fields": {"iblockId": 23, "name": "Category", "code": "CATEGORY", "propertyType": "S",
                    "userType": "directory", "multiple": "N", "isRequired": "N", "active": "Y",
                    "sort": 100}},
        {"productProperty": _PROPERTY},
        ("xmlId",),
    ),
    "catalog.productProperty.update": Documented(
        {"id": 659, "fields": {"iblockId": 23, "name": "Size", "propertyType": "L",
                               "isRequired": "Y", "active": "Y"}},
        {"productProperty": _PROPERTY},
        ("code", "sort"),
    ),
    "catalog.productProperty.list": Documented(
        {"select": ["id", "name", "iblockId", "propertyType"], "filter": {"iblockId": 23},
         "order": {"id": "ASC"}},
        {"productProperties": [
            {"iblockId": 23, "id": 115, "name": "Brand", "propertyType": "L"},
        ]},
    ),
    "catalog.productPropertyEnum.add": Documented(
        {"fields": {"propertyId": 431, "value": "Medium", "xmlId": "M", "def": "Y", "sort": 100}},
        {"productPropertyEnum": _ENUM},
    ),
    "catalog.productPropertyEnum.update": Documented(
        {"id": 1739, "fields": {"propertyId": 431, "value": "Medium", "xmlId": "M"}},
        {"productPropertyEnum": _ENUM},
        ("sort",),
    ),
    "catalog.productPropertyEnum.list": Documented(
        {"select": ["id", "propertyId", "value", "def", "sort", "xmlId"],
         "filter": {"propertyId": 431}, "order": {"id": "ASC"}},
        {"productPropertyEnums": [_ENUM]},
    ),
    "catalog.measure.add": Documented(
        {"fields": {"code": 715, "measureTitle": "Pair", "symbol": "pair",
                    "symbolLetterIntl": "NPR", "symbolIntl": "pr; 2", "isDefault": "N"}},
        {"measure": {"code": 715, "id": 6, "isDefault": "N", "measureTitle": "Pair",
                     "symbol": "pair", "symbolIntl": "pr; 2", "symbolLetterIntl": "NPR"}},
    ),
    "catalog.measure.update": Documented(
        {"id": 5, "fields": {"code": 796, "measureTitle": "Piece", "symbol": "pc"}},
        {"measure": {"code": 796, "id": 5, "isDefault": "Y", "measureTitle": "Piece",
                     "symbol": "pc", "symbolIntl": "pc", "symbolLetterIntl": "PC"}},
    ),
    "catalog.measure.list": Documented(
        {"filter": {"@code": [796]}, "order": {"id": "ASC"}},
        {"measures": [{"code": 796, "id": 5, "isDefault": "Y", "measureTitle": "Piece",
                       "symbol": "pc", "symbolIntl": "pc", "symbolLetterIntl": "PC"}]},
    ),
    "catalog.vat.list": Documented(
        {"select": ["id", "name", "rate"], "filter": {">=sort": 20}, "order": {"id": "ASC"}},
        {"vats": [{"id": 2, "name": "VAT 0%", "rate": 0}, {"id": 3, "name": "VAT 20%",
                                                          "rate": 20}]},
    ),
    "catalog.priceType.add": Documented(
        {"fields": {"name": "Wholesale price", "base": "N", "sort": 10, "xmlId": "wholesale"}},
        {"priceType": _PRICE_TYPE},
    ),
    "catalog.priceType.update": Documented(
        {"id": 2, "fields": {"name": "Wholesale price", "sort": 1, "xmlId": "wholesale"}},
        {"priceType": _PRICE_TYPE},
    ),
    "catalog.priceType.list": Documented(
        {"select": ["id", "name", "xmlId"], "filter": {"modifiedBy": 1}, "order": {"id": "ASC"}},
        {"priceTypes": [{"id": 1, "name": "BASE", "xmlId": "BASE"}]},
    ),
    "catalog.price.add": Documented(
        {"fields": {"catalogGroupId": 3, "currency": "EUR", "price": 2000, "productId": 1267}},
        {"price": _PRICE},
    ),
    "catalog.price.update": Documented(
        {"id": 122, "fields": {"currency": "USD", "price": 5000}}, {"price": _PRICE}
    ),
    "catalog.price.modify": Documented(
        {"fields": {"product": {"id": 1267, "prices": [
            {"catalogGroupId": 1, "currency": "USD", "price": 2001},
            {"catalogGroupId": 2, "currency": "USD", "price": 2001, "id": 122},
        ]}}},
        {"prices": [{**_PRICE, "id": 123, "priceScale": 2001, "productId": 8},
                    {**_PRICE, "id": 122, "priceScale": 2001, "productId": 8,
                     "catalogGroupId": 2}]},
    ),
    "catalog.price.list": Documented(
        {"select": ["id", "productId", "catalogGroupId", "price", "currency"],
         "filter": {"productId": 1267}, "order": {"id": "ASC"}},
        {"prices": [{"catalogGroupId": 3, "currency": "EUR", "id": 381, "price": 50,
                     "productId": 6461}]},
    ),
    "catalog.price.delete": Documented({"id": 122}, True),
    "catalog.store.add": Documented(
        {"fields": {"address": "Main St. 52", "title": "Inventory 1", "active": "Y",
                    "gpsN": "54.71411", "gpsS": "21.56675", "phone": "+1 (495) 212 85 06",
                    "sort": 100, "issuingCenter": "N", "code": "store_1"}},
        {"store": _STORE},
        _STORE_FIELDS,
    ),
    "catalog.store.update": Documented(
        {"id": 1, "fields": {"address": "Flowers Ave. 52", "title": "Warehouse 1"}},
        {"store": _STORE},
        _STORE_FIELDS,
    ),
    "catalog.store.list": Documented(
        {"filter": {"@userId": [1, 2], "<sort": 200, "modifiedBy": 1}, "order": {"id": "desc"}},
        {"stores": [_STORE]},
    ),
    "catalog.storeproduct.list": Documented(
        {"select": ["id", "productId", "storeId", "amount"], "filter": {"productId": 1267},
         "order": {"id": "ASC"}},
        {"storeProducts": [{"amount": 54, "id": 11, "productId": 6973, "storeId": 1}]},
    ),
    "catalog.product.add": Documented(
        {"fields": {"iblockId": 23, "name": "Product", "active": "Y", "code": "Product",
                    "property258": "test", "property259": ["test1", "test2"]}},
        {"element": _PRODUCT},
        _PRODUCT_FIELDS,
    ),
    "catalog.product.update": Documented(
        {"id": 1267, "fields": {
            "name": "Product", "xmlId": "1243",
            "property258": {"value": "test", "valueId": 9816},
            "property259": [{"value": "test1", "valueId": 9817}, {"value": "test2"}],
        }},
        {"element": _PRODUCT},
        _PRODUCT_FIELDS,
    ),
    "catalog.product.list": Documented(
        _GOODS_LIST,
        {"products": [{name: _PRODUCT[name] for name in _GOODS_LIST["select"]}]},
    ),
    "catalog.product.sku.add": Documented(
        {"fields": {"iblockId": 23, "name": "Parent Product", "active": "Y"}},
        {"sku": _SKU},
        _PRODUCT_FIELDS,
    ),
    "catalog.product.sku.update": Documented(
        {"id": 1275, "fields": {"name": "Parent Product"}},
        {"sku": {**_SKU, "type": 3}},
        _PRODUCT_FIELDS,
    ),
    "catalog.product.sku.list": Documented(
        _GOODS_LIST, {"units": [{"id": 1289, "iblockId": 23, "name": "P", "active": "Y",
                                 "xmlId": "1289"}]}
    ),
    "catalog.product.offer.add": Documented(
        {"fields": {"iblockId": 24, "name": "Product Variation", "parentId": 1275}},
        {"offer": _OFFER},
        (*_PRODUCT_FIELDS, "parentId"),
    ),
    "catalog.product.offer.update": Documented(
        {"id": 1286, "fields": {"name": "Product Variation", "parentId": 1275}},
        {"offer": _OFFER},
        (*_PRODUCT_FIELDS, "parentId"),
    ),
    "catalog.product.offer.list": Documented(
        {**_GOODS_LIST, "filter": {"iblockId": 24, ">id": 10}},
        {"offers": [{"id": 1286, "iblockId": 24, "name": "V", "active": "Y", "xmlId": "1286"}]},
    ),
    "catalog.product.service.add": Documented(
        {"fields": {"iblockId": 23, "name": "Service", "active": "Y"}},
        {"service": {"id": 1300, "iblockId": 23, "type": 7, "name": "Service"}},
        _PRODUCT_FIELDS,
    ),
    "catalog.product.service.update": Documented(
        {"id": 1300, "fields": {"name": "Service"}},
        {"service": {"id": 1300, "iblockId": 23, "type": 7, "name": "Service"}},
        _PRODUCT_FIELDS,
    ),
    "catalog.product.service.list": Documented(
        _GOODS_LIST, {"services": [{"id": 1300, "iblockId": 23, "name": "S", "active": "Y",
                                    "xmlId": "1300"}]}
    ),
    "catalog.document.mode.status": Documented({}, "Y"),
    "catalog.document.add": Documented(
        {"fields": {"docType": "A", "currency": "USD", "responsibleId": 29,
                    "docNumber": "IN-00042", "title": "Receipt", "commentary": "Planned"}},
        {"document": _DOCUMENT},
    ),
    "catalog.document.list": Documented(
        {"select": ["id", "docType", "title", "status"],
         "filter": {">=dateCreate": "2025-10-01T00:00:00+02:00"}, "order": {"id": "ASC"}},
        {"documents": [{"docType": "S", "id": 1, "status": "Y", "title": "Receipt #2"}]},
    ),
    "catalog.document.element.add": Documented(
        {"fields": {"docId": 64, "elementId": 1267, "storeTo": 1, "amount": 15,
                    "purchasingPrice": 1250.5}},
        {"documentElement": {"amount": 15, "docId": 64, "elementId": 312, "id": 148,
                             "purchasingPrice": 1250.5, "storeFrom": None, "storeTo": 2}},
        ("storeFrom",),
    ),
    "catalog.document.conduct": Documented({"id": 142}, True),
    "catalog.document.delete": Documented({"id": 64}, True),
    "catalog.productImage.add": Documented(
        {"fields": {"productId": 1267, "type": "MORE_PHOTO"},
         "fileContent": ["test.jpeg", "iVBORw0KGgo="]},
        {"productImage": _IMAGE},
    ),
    "catalog.productImage.list": Documented(
        {"productId": 1267, "select": list(_IMAGE)}, {"productImages": [_IMAGE]}
    ),
    "catalog.productImage.delete": Documented({"productId": 1267, "id": 1}, True),
}  # fmt: skip

ERRORS: dict[str, Any] = {
    "catalog.product.add": {"error": 200040300010, "error_description": "Access Denied"},
    "catalog.price.update": {"error": 0, "error_description": "Required fields: price, currency"},
    "catalog.document.conduct": {"error": "0", "error_description": "Document not found"},
    "catalog.document.element.add": {
        "error": "ERROR_DOCUMENT_STATUS",
        "error_description": "Conducted document",
    },
    "catalog.productPropertyEnum.add": {
        "error": "BX_INVALID_VALUE",
        "error_description": "A record with the External code value equal to M already exists.",
    },
}
"""Refusals as the documentation shows them; ``error`` is a number, a number as text, or a word."""
