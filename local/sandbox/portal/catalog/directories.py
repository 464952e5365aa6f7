"""Sections, properties and their values, units, VAT rates, price types, warehouses, catalogues.

Sources: b24restdocs ``api-reference/catalog/{section,product-property,product-property-enum,
measure,ratio,vat,price-type,store,store-product,catalog}``. The examples of ``section.list``,
``vat.list`` and ``priceType.list`` show the rows without ``result``, the tables below them with it;
ours: with it, as every other list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.sandbox.portal.catalog.fields import STORE
from local.sandbox.portal.catalog.query import Lists
from local.sandbox.portal.catalog.requests import fields_of, required
from local.sandbox.portal.catalog.state import Catalog
from local.sandbox.portal.catalog.table import Row, Table, demand, written
from local.sandbox.portal.envelope import Reply, RestError
from local.sandbox.portal.methods import Caller, Method

Check = Callable[[Row, Row | None], None]
"""Refuses a new row (second argument ``None``) or a changed one."""

_PROPERTY_TYPES = ("S", "N", "L", "F", "E", "G")


class Directory:
    """``add``, ``update``, ``get``, ``list``, ``delete`` and ``getFields`` of simple rows."""

    def __init__(
        self,
        catalog: Catalog,
        lists: Lists,
        table: Table,
        *,
        missing: RestError,
        new: Mapping[str, Any] | None = None,
        check: Check = lambda _row, _old: None,
        demands_always: bool = False,
    ) -> None:
        self._catalog = catalog
        self._lists = lists
        self._table = table
        self._missing = missing
        self._new = new or {}
        self._check = check
        self._demands_always = demands_always

    def methods(self, prefix: str) -> dict[str, Method]:
        """All methods by name."""
        return {
            **self.read_methods(prefix),
            f"{prefix}.add": self.add,
            f"{prefix}.update": self.update,
            f"{prefix}.delete": self.delete,
        }

    def read_methods(self, prefix: str) -> dict[str, Method]:
        """Those that change nothing."""
        return {
            f"{prefix}.get": self.get,
            f"{prefix}.list": self.page,
            f"{prefix}.getfields": self.fields,
        }

    def add(self, params: Mapping[str, Any], caller: Caller) -> Reply:
        """``add``."""
        schema = self._table.schema
        row = {**dict.fromkeys(schema.fields), **self._new}
        row |= self._times(caller, new=True)
        row |= written(schema, fields_of(params), self._catalog.stamp)
        demand(schema, row)
        self._check(row, None)
        return Reply({schema.single: dict(self._table.add(row))})

    def update(self, params: Mapping[str, Any], caller: Caller) -> Reply:
        """``update``."""
        schema, row = self._table.schema, self._one(params)
        values = written(schema, fields_of(params), self._catalog.stamp)
        if self._demands_always:
            demand(schema, values)
        new = {**row, **self._times(caller, new=False)}
        new |= {name: one for name, one in values.items() if not schema.fields[name].immutable}
        self._check(new, row)
        row.update(new)
        return Reply({schema.single: dict(row)})

    def get(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``get``."""
        return Reply({self._table.schema.single: dict(self._one(params))})

    def page(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``list``."""
        return self._lists.page(self._table, params)

    def delete(self, params: Mapping[str, Any], _: Caller) -> Reply:
        """``delete``."""
        self._table.remove(self._one(params)["id"])
        return Reply(True)

    def fields(self, _params: Mapping[str, Any], _: Caller) -> Reply:
        """``getFields``."""
        schema = self._table.schema
        return Reply({schema.single: {n: one.describe() for n, one in schema.fields.items()}})

    def _one(self, params: Mapping[str, Any]) -> Row:
        row = self._table.get(required(params, "id"))
        if row is None:
            raise self._missing
        return row

    def _times(self, caller: Caller, *, new: bool) -> Row:
        now, known = self._catalog.stamp.now(), self._table.schema.fields
        made = {"dateCreate": now, "createdBy": caller.user_id} if new else {}
        all_ = {**made, "timestampX": now, "dateModify": now, "modifiedBy": caller.user_id}
        return {name: value for name, value in all_.items() if name in known}


def directory_methods(catalog: Catalog, lists: Lists) -> dict[str, Method]:
    """The methods of all directories."""

    def section(row: Row, old: Row | None) -> None:
        if row["iblockId"] not in (catalog.config.goods, catalog.config.offers):
            raise RestError(200700300050, "Iblock Not Found")
        parent = row["iblockSectionId"]
        above = catalog.sections.get(parent) if parent is not None else None
        if parent is not None and (above is None or above["iblockId"] != row["iblockId"]):
            raise RestError(200700300000 if old is None else 200700300010, "Wrong parent section")
        row["code"] = row["code"] or None
        for other in catalog.sections.where(code=row["code"]) if row["code"] else ():
            if old is None or other["id"] != old["id"]:
                raise RestError(200700300040, "Section code is not unique")

    def property_(row: Row, old: Row | None) -> None:
        del old
        if row["iblockId"] not in (catalog.config.goods, catalog.config.offers):
            raise RestError(0, "The specified iblock is not a product catalog")
        if row["propertyType"] not in _PROPERTY_TYPES:
            raise RestError("0", "Invalid property type specified")
        if row["code"] and row["code"][0].isdigit():
            raise RestError(0, "Property code cannot start with a digit")

    def enum(row: Row, old: Row | None) -> None:
        owner = catalog.properties.get(row["propertyId"])
        if owner is None:
            raise RestError(0, "productPropertyEnum does not exist.")
        if owner["propertyType"] != "L":
            raise RestError(0, "Only list properties are supported")
        for other in catalog.enums.where(propertyId=owner["id"], xmlId=row["xmlId"]):
            if old is None or other["id"] != old["id"]:
                raise RestError(
                    "BX_INVALID_VALUE",
                    f"A record with the External code value equal to {row['xmlId']} already exists"
                    " in the database.",
                )

    def measure(row: Row, old: Row | None) -> None:
        others = [one for one in catalog.measures if old is None or one["id"] != old["id"]]
        if any(one["code"] == row["code"] for one in others):
            raise RestError(200600000000, "Measure code is not unique")
        if row["isDefault"] == "Y" and any(one["isDefault"] == "Y" for one in others):
            raise RestError(200600000010, "Default measure exists")

    new_property = {
        **catalog.properties.rows[catalog.properties.ids[0]],
        "code": None,
        "name": None,
        "iblockId": None,
        "propertyType": None,
    }
    del new_property["id"]
    absent = RestError("", "productProperty does not exist.")
    found = Directory(
        catalog,
        lists,
        catalog.sections,
        missing=RestError(200700300030, "Section does not exist"),
        new={"active": "Y", "sort": 500, "descriptionType": "text"},
        check=section,
    ).methods("catalog.section")
    found |= Directory(
        catalog, lists, catalog.properties, missing=absent, new=new_property, check=property_
    ).methods("catalog.productproperty")
    found |= Directory(
        catalog,
        lists,
        catalog.enums,
        missing=RestError(0, "productPropertyEnum does not exist."),
        new={"def": "N", "sort": 500},
        check=enum,
    ).methods("catalog.productpropertyenum")
    found |= Directory(
        catalog,
        lists,
        catalog.measures,
        missing=RestError(200600000020, "Measure does not exist"),
        new={"isDefault": "N"},
        check=measure,
    ).methods("catalog.measure")
    found |= Directory(
        catalog, lists, catalog.ratios, missing=RestError(0, "Ratio does not exist")
    ).read_methods("catalog.ratio")
    found |= Directory(
        catalog,
        lists,
        catalog.vats,
        missing=RestError(0, "Vat does not exist"),
        new={"active": "Y", "sort": 100},
    ).methods("catalog.vat")
    found |= Directory(
        catalog,
        lists,
        catalog.price_types,
        missing=RestError(201000000000, "Price type does not exist"),
        new={"base": "N", "sort": 100},
        demands_always=True,
    ).methods("catalog.pricetype")
    found |= Directory(
        catalog,
        lists,
        catalog.stores,
        missing=RestError(201100000000, "Store does not exist"),
        new={**dict.fromkeys(STORE.fields), "active": "Y", "issuingCenter": "N", "sort": 100},
    ).methods("catalog.store")
    found |= Directory(
        catalog, lists, catalog.stock, missing=RestError(0, "StoreProduct does not exist")
    ).read_methods("catalog.storeproduct")
    found |= Directory(
        catalog, lists, catalog.catalogs, missing=RestError(200040300030, "Access Denied")
    ).read_methods("catalog.catalog")

    def is_offers(params: Mapping[str, Any], _: Caller) -> Reply:
        row = catalog.catalogs.get(required(params, "id"))
        return Reply(row is not None and row["productIblockId"] is not None)

    found["catalog.catalog.isoffers"] = is_offers
    return found
