"""``catalog.product.*``, ``.sku.*``, ``.offer.*``, ``.service.*``: goods and services.

Sources: b24restdocs ``api-reference/catalog/product``. Ours, where it is silent: each list holds
its own types only; ``quantity`` and the purchasing price are left out in silence while inventory
management is on ("not editable"); a good without an external code gets its id as one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.catalog.config import Inventory
from local.sandbox.portal.catalog.fields import OFFER, PRODUCT, SERVICE, SKU, Schema
from local.sandbox.portal.catalog.query import Lists
from local.sandbox.portal.catalog.requests import fields_of, required
from local.sandbox.portal.catalog.state import Catalog
from local.sandbox.portal.catalog.table import Row, demand, written
from local.sandbox.portal.envelope import Reply, RestError
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.phpform import as_list

_PROPERTY = re.compile(r"property(\d+)")
_BY_DOCUMENTS = ("quantity", "quantityReserved", "purchasingPrice", "purchasingCurrency")
_PICTURES = ("detailPicture", "previewPicture")

SIMPLE, WITH_OFFERS, VARIATION, LONE_VARIATION, NO_OFFERS, SERVICES = 1, 3, 4, 5, 6, 7
_NEW = {
    "active": "Y",
    "bundle": "N",
    "canBuyZero": "N",
    "barcodeMulti": "N",
    "quantityTrace": "D",
    "subscribe": "D",
    "withoutOrder": "N",
    "vatIncluded": "N",
    "detailTextType": "text",
    "previewTextType": "text",
    "sort": 500,
    "quantity": 0,
    "quantityReserved": 0,
}


class Goods:
    """The methods of one kind of goods.

    Args:
        catalog: where they are kept.
        lists: answers lists.
        schema: their fields.
        types: values of ``type`` that belong here.
        changed: the key of a good in the answer of ``add`` and ``update``.
    """

    def __init__(
        self,
        catalog: Catalog,
        lists: Lists,
        schema: Schema,
        types: tuple[int, ...],
        changed: str | None = None,
    ) -> None:
        self._catalog = catalog
        self._lists = lists
        self._schema = schema
        self._types = types
        self._changed = changed or schema.single

    def methods(self, prefix: str) -> dict[str, Method]:
        """The methods by name."""
        return {
            f"{prefix}.add": self.add,
            f"{prefix}.update": self.update,
            f"{prefix}.get": self.get,
            f"{prefix}.list": self.page,
            f"{prefix}.delete": self.delete,
            f"{prefix}.getfieldsbyfilter": self.fields,
        }

    def add(self, params: Mapping[str, Any], caller: Caller) -> Reply:
        """``add``."""
        catalog, given = self._catalog, fields_of(params)
        row: Row = {**dict.fromkeys(PRODUCT.fields), **_NEW}
        row |= {"createdBy": caller.user_id, "modifiedBy": caller.user_id}
        row["dateCreate"] = row["timestampX"] = catalog.stamp.now()
        values = self._written(given)
        demand(self._schema, values)
        home = catalog.config.offers if self._schema is OFFER else catalog.config.goods
        if values["iblockId"] != home:
            raise RestError(200040300000, "Iblock Not Found")
        row |= values
        row["type"] = self._types[0]
        row["id"] = catalog.goods.last_id + 1
        self._put_properties(row, given)
        if self._schema is OFFER:
            self._put_parent(row, given)
        if self._schema is SKU:
            row["type"] = NO_OFFERS
        kept = catalog.goods.add(row)
        kept["xmlId"] = kept["xmlId"] or str(kept["id"])
        if self._schema is not SKU:
            catalog.ratios.add({"productId": kept["id"], "ratio": 1, "isDefault": "Y"})
        catalog.recount(kept["id"])
        catalog.fire("CATALOG.PRODUCT.ON.ADD", {"ID": kept["id"], "TYPE": kept["type"]})
        return Reply({self._changed: self._shown(kept)})

    def update(self, params: Mapping[str, Any], caller: Caller) -> Reply:
        """``update``."""
        row = self._one(params)
        given = fields_of(params)
        values = {
            name: value
            for name, value in self._written(given).items()
            if not self._schema.fields[name].immutable
        }
        row |= values
        row["modifiedBy"] = caller.user_id
        row["xmlId"] = row["xmlId"] or str(row["id"])
        self._put_properties(row, given)
        if self._schema is OFFER:
            self._put_parent(row, given)
        self._catalog.recount(row["id"])
        self._catalog.touch(row)
        return Reply({self._changed: self._shown(row)})

    def get(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``get``."""
        return Reply({self._schema.single: self._shown(self._one(params))})

    def page(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``list``."""
        return self._lists.page(
            self._catalog.goods,
            params,
            schema=self._schema,
            rows=lambda row: row["type"] in self._types,
            show=self._shown,
        )

    def delete(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``delete``: with its prices, stock, pictures and variations."""
        catalog, row = self._catalog, self._one(params)
        gone = [row, *(offer for offer in list(catalog.goods) if _parent_of(offer) == row["id"])]
        for one in gone:
            catalog.goods.remove(one["id"])
            for table in (catalog.prices, catalog.stock, catalog.images, catalog.ratios):
                for held in table.where(productId=one["id"]):
                    table.remove(held["id"])
            catalog.fire("CATALOG.PRODUCT.ON.DELETE", {"ID": one["id"], "TYPE": one["type"]})
        return Reply(True)

    def fields(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``getFieldsByFilter``."""
        wanted = required(params, "filter")
        described = {name: one.describe() for name, one in self._schema.fields.items()}
        for one in self._catalog.properties.where(iblockId=int(str(wanted.get("iblockId", 0)))):
            described[f"property{one['id']}"] = {
                "isDynamic": True,
                "isImmutable": False,
                "isMultiple": one["multiple"] == "Y",
                "isReadOnly": False,
                "isRequired": one["isRequired"] == "Y",
                "name": one["name"],
                "propertyType": one["propertyType"],
                "type": "productproperty",
                "userType": one["userType"] or "",
            }
        return Reply({self._schema.single: described})

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def _one(self, params: Mapping[str, Any]) -> Row:
        row = self._catalog.goods.get(required(params, "id"))
        if row is None or row["type"] not in self._types:
            raise RestError(0, f"{self._schema.single} does not exist.")
        return row

    def _written(self, given: Mapping[str, Any]) -> Row:
        values = written(self._schema, given, self._catalog.stamp)
        if self._catalog.inventory is Inventory.ON:
            for name in _BY_DOCUMENTS:
                values.pop(name, None)
        values.pop("parentId", None)
        section = values.get("iblockSectionId")
        if section is not None and self._catalog.sections.get(section) is None:
            raise RestError(0, "Section not found")
        vat = values.get("vatId")
        if vat and self._catalog.vats.get(vat) is None:
            raise RestError(0, "VAT rate not found")
        return values

    def _put_parent(self, row: Row, given: Mapping[str, Any]) -> None:
        value = given.get("parentId", row.get("parentId"))
        if isinstance(value, Mapping):
            value = value.get("value")
        if value in (None, ""):
            row["type"] = LONE_VARIATION
            return
        parent = self._catalog.goods.get(value)
        if parent is None or parent["type"] not in (WITH_OFFERS, NO_OFFERS):
            raise RestError(0, "Parent product not found")
        parent["type"] = WITH_OFFERS
        row["type"] = VARIATION
        row["parentId"] = self._value(str(parent["id"]))

    def _put_properties(self, row: Row, given: Mapping[str, Any]) -> None:
        """Values with a known ``valueId`` are kept under it, the others replace what was there."""
        for name, value in given.items():
            match = _PROPERTY.fullmatch(name)
            known = self._catalog.properties.get(match[1]) if match else None
            if known is None or known["iblockId"] != row["iblockId"]:
                continue
            several = known["multiple"] == "Y"
            ones = _ones(value) if several else _ones(value)[:1]
            old = [row[name]] if isinstance(row.get(name), dict) else row.get(name) or []
            ids = {one["valueId"] for one in old}
            new = []
            for one in ones:
                if one["value"] in (None, ""):
                    continue
                self._check(known, one["value"])
                fresh = self._value(str(one["value"]))
                if str(one.get("valueId")) in ids:
                    fresh["valueId"] = str(one["valueId"])
                new.append(fresh)
            row[name] = new if several else (new[0] if new else None)

    def _check(self, known: Row, value: object) -> None:
        if known["propertyType"] != "L":
            return
        enum = self._catalog.enums.get(value)
        if enum is None or enum["propertyId"] != known["id"]:
            raise RestError(0, f"Invalid value of property {known['id']}")

    def _value(self, value: str) -> dict[str, str]:
        self._catalog.last_value += 1
        return {"value": value, "valueId": str(self._catalog.last_value)}

    def _shown(self, row: Row) -> Row:
        shown = {name: row.get(name) for name in self._schema.fields}
        shown |= {name: value for name, value in row.items() if _PROPERTY.fullmatch(name)}
        for name in _PICTURES:
            kind = "DETAIL_PICTURE" if name == "detailPicture" else "PREVIEW_PICTURE"
            image = next(self._catalog.images.where(productId=row["id"], type=kind), None)
            shown[name] = image and {"id": str(image["id"]), "url": image["detailUrl"]}
        return shown


def _ones(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, Mapping) and "value" in value:
        return [dict(value)]
    return [dict(one) if isinstance(one, Mapping) else {"value": one} for one in as_list(value)]


def _parent_of(row: Row) -> int | None:
    parent = row.get("parentId")
    return int(parent["value"]) if isinstance(parent, dict) else None


def goods_methods(catalog: Catalog, lists: Lists) -> dict[str, Method]:
    """The methods of all four kinds."""
    return {
        **Goods(catalog, lists, PRODUCT, (SIMPLE,), "element").methods("catalog.product"),
        **Goods(catalog, lists, SKU, (WITH_OFFERS, NO_OFFERS)).methods("catalog.product.sku"),
        **Goods(catalog, lists, OFFER, (VARIATION, LONE_VARIATION)).methods(
            "catalog.product.offer"
        ),
        **Goods(catalog, lists, SERVICE, (SERVICES,)).methods("catalog.product.service"),
    }
