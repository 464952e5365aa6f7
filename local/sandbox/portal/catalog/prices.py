"""``catalog.price.*``; ``modify`` deletes every price of the good that it does not list.

Source: b24restdocs ``api-reference/catalog/price``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.sandbox.portal.catalog.query import Lists
from local.sandbox.portal.catalog.requests import fields_of, required
from local.sandbox.portal.catalog.state import Catalog
from local.sandbox.portal.catalog.table import Row, demand, written
from local.sandbox.portal.envelope import Reply, RestError, missing_parameter
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.phpform import as_list

_TWICE = (
    "Validate price error. Catalog product is allowed to have only a single price without ranges"
    " in the price group"
)


class Prices:
    """The methods of prices.

    Args:
        catalog: where they are kept.
        lists: answers lists.
        currencies: enabled ones, as the CRM has them now.
    """

    def __init__(self, catalog: Catalog, lists: Lists, currencies: Callable[[], list[str]]) -> None:
        self._catalog = catalog
        self._lists = lists
        self._currencies = currencies

    def methods(self) -> dict[str, Method]:
        """The methods by name."""
        return {
            "catalog.price.add": self.add,
            "catalog.price.update": self.update,
            "catalog.price.modify": self.modify,
            "catalog.price.get": self.get,
            "catalog.price.list": self.page,
            "catalog.price.delete": self.delete,
            "catalog.price.getfields": self.fields,
        }

    def add(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``add``."""
        row = self._written(fields_of(params))
        demand(self._catalog.prices.schema, row)
        self._check(row)
        if self._standing(row["productId"], row["catalogGroupId"]):
            raise RestError(0, _TWICE)
        return Reply({"price": dict(self._put(row))})

    def update(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``update``: price and currency are demanded together."""
        row = self._one(params)
        values = self._written(fields_of(params))
        if values.get("price") is None or values.get("currency") is None:
            raise RestError(0, "Required fields: price, currency")
        self._check({**row, **values})
        self._set(row, values)
        return Reply({"price": dict(row)})

    def modify(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``modify``: all prices of one good."""
        product = fields_of(params).get("product")
        if not isinstance(product, Mapping) or "prices" not in product:
            raise missing_parameter("product")
        id_ = int(str(required(product, "id")))
        listed = [dict(one) for one in as_list(product["prices"] or [])]
        groups = [int(str(one.get("catalogGroupId", 0))) for one in listed]
        for one in listed:
            values = self._written({**one, "productId": id_})
            missing = [name for name in ("price", "currency") if values.get(name) is None]
            if missing:
                raise RestError(0, f"Required fields: {', '.join(missing)}")
            self._check(values)
        if len(set(groups)) != len(groups):
            raise RestError(0, _TWICE)
        kept = {int(str(one["id"])) for one in listed if one.get("id")}
        for old in self._catalog.prices.where(productId=id_):
            if old["id"] not in kept:
                self._catalog.prices.remove(old["id"])
                self._catalog.fire("CATALOG.PRICE.ON.DELETE", {"ID": old["id"]})
        answered = []
        for one in listed:
            values = self._written({**one, "productId": id_})
            row = self._catalog.prices.get(one["id"]) if one.get("id") else None
            if one.get("id") and (row is None or row["productId"] != id_):
                raise RestError(0, "Price does not exist")
            if row is None:
                answered.append(self._put(values))
            else:
                self._set(row, values)
                answered.append(row)
        return Reply({"prices": [dict(row) for row in answered]})

    def get(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``get``."""
        return Reply({"price": dict(self._one(params))})

    def page(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``list``."""
        return self._lists.page(self._catalog.prices, params)

    def delete(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``delete``."""
        id_ = self._one(params)["id"]
        self._catalog.prices.remove(id_)
        self._catalog.fire("CATALOG.PRICE.ON.DELETE", {"ID": id_})
        return Reply(True)

    def fields(self, _params: Mapping[str, Any], _: Caller) -> Reply:
        """``getFields``."""
        schema = self._catalog.prices.schema
        return Reply({"price": {name: one.describe() for name, one in schema.fields.items()}})

    def _written(self, given: Mapping[str, Any]) -> Row:
        return written(self._catalog.prices.schema, given, self._catalog.stamp)

    def _check(self, row: Row) -> None:
        if self._catalog.goods.get(row["productId"]) is None:
            raise RestError(0, "Product not found")
        if self._catalog.price_types.get(row.get("catalogGroupId")) is None:
            raise RestError(0, "Validate price error. Catalog price group is wrong")
        if row["currency"] not in self._currencies():
            raise RestError(0, "Validate price error. Currency is wrong")

    def _standing(self, product: int, group: int) -> bool:
        return any(self._catalog.prices.where(productId=product, catalogGroupId=group))

    def _put(self, values: Row) -> Row:
        row = {**dict.fromkeys(self._catalog.prices.schema.fields), **values}
        kept = self._catalog.prices.add(row)
        kept |= {"timestampX": self._catalog.stamp.now(), "priceScale": kept["price"]}
        self._catalog.fire("CATALOG.PRICE.ON.ADD", {"ID": kept["id"]})
        return kept

    def _set(self, row: Row, values: Row) -> None:
        row |= {name: values[name] for name in ("price", "currency")}
        row |= {"timestampX": self._catalog.stamp.now(), "priceScale": row["price"]}
        self._catalog.fire("CATALOG.PRICE.ON.UPDATE", {"ID": row["id"]})

    def _one(self, params: Mapping[str, Any]) -> Row:
        row = self._catalog.prices.get(required(params, "id"))
        if row is None:
            raise RestError(0, "Price does not exist")
        return row
