"""``crm.item.productrow.*``: the goods of a deal.

Source: b24restdocs ``api-reference/crm/universal/product-rows`` (read 2026-09). ``set`` replaces
all; what the portal works out itself (``xmlId`` too) is passed over on write; conditions of
``list`` on other fields than ``id`` and ``productId`` are passed over without a word. Ours: a deal
in automatic mode takes its amount from its rows and counts as changed; one in manual mode does not
notice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.sandbox.portal.crm.fields import DEAL
from local.sandbox.portal.crm.items import CrmItems
from local.sandbox.portal.envelope import Reply, RestError, Stamp, missing_parameter
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.phpform import as_list, pairs
from local.sandbox.portal.table import Row, Table

Params = Mapping[str, Any]
Product = Callable[[int], Mapping[str, Any] | None]

_TYPES = {
    "id": "integer",
    "owner": "string",
    "productId": "integer",
    "sort": "integer",
}
WRITABLE = [
    "productId",
    "productName",
    "price",
    "quantity",
    "discountTypeId",
    "discountRate",
    "discountSum",
    "taxRate",
    "taxIncluded",
    "taxName",
    "measureCode",
    "sort",
]
_NUMBERS = ("price", "quantity", "discountRate", "discountSum", "taxRate")
_SUPPORTED = ("L", "D", "Q", "SI")


class Rows:
    """Product rows of all CRM records.

    Args:
        items: the records.
        stamp: the portal's zone.
        product: looks a good up in the catalogue.
        page_size: rows a page.
    """

    def __init__(self, items: CrmItems, stamp: Stamp, product: Product, page_size: int) -> None:
        self._items = items
        self._stamp = stamp
        self._product = product
        self._page_size = page_size
        self.clear()

    def clear(self) -> None:
        """No rows."""
        self.table = Table(_TYPES, self._stamp, keyed_by=("owner",))

    def of(self, owner_type: str, owner_id: int) -> list[Row]:
        """The rows of a record, as answers show them."""
        found = self.table.where("owner", f"{owner_type}{owner_id}")
        return sorted(found, key=lambda row: row["sort"])

    def methods(self) -> dict[str, Method]:
        """The methods of this module by name."""
        return {
            "crm.item.productrow.set": self._set,
            "crm.item.productrow.add": self._add,
            "crm.item.productrow.update": self._update,
            "crm.item.productrow.delete": self._delete,
            "crm.item.productrow.get": lambda p, _: Reply({"productRow": _shown(self._row(p))}),
            "crm.item.productrow.list": self._list,
        }

    # ── methods ───────────────────────────────────────────────────────────────────────────────

    def _set(self, params: Params, caller: Caller) -> Reply:
        owner = self._owner(params)
        given = params.get("productRows")
        if given is None:
            raise missing_parameter("productRows")
        new = [self._made(one, owner) for one in as_list(given or [])]  # all are checked first
        kept = {row["id"]: row for row in self.of(*owner)}
        for fields, row in zip(as_list(given or []), new, strict=True):
            old = kept.pop(_whole(fields.get("id")), None)
            if old is None:
                self.table.insert(row)
            else:
                self.table.replace({**row, "id": old["id"], "xmlId": old["xmlId"]})
        for id_ in kept:
            self.table.remove(id_)
        self._worth(owner, caller)
        return Reply({"productRows": [_shown(row) for row in self.of(*owner)]})

    def _add(self, params: Params, caller: Caller) -> Reply:
        fields = params.get("fields")
        if not isinstance(fields, Mapping):
            raise missing_parameter("fields")
        owner = self._owner(fields)
        row = self.table.insert(self._made(fields, owner))
        self._worth(owner, caller)
        return Reply({"productRow": _shown(row)})

    def _update(self, params: Params, caller: Caller) -> Reply:
        old, fields = self._row(params), params.get("fields")
        if not isinstance(fields, Mapping):
            raise missing_parameter("fields")
        if unknown := [name for name in fields if name not in WRITABLE]:
            raise RestError("INVALID_ARG_VALUE", f"Unknown field `{unknown[0]}`")
        owner = (old["ownerType"], old["ownerId"])
        row = {**self._made({**old, **fields}, owner), "id": old["id"], "xmlId": old["xmlId"]}
        self.table.replace(row)
        self._worth(owner, caller)
        return Reply({"productRow": _shown(row)})

    def _delete(self, params: Params, caller: Caller) -> Reply:
        row = self._row(params)
        self.table.remove(row["id"])
        self._worth((row["ownerType"], row["ownerId"]), caller)
        return Reply(None)

    def _list(self, params: Params, _: Caller) -> Reply:
        conditions = dict(pairs(params.get("filter") or {}))
        owner_type, owner_id = conditions.get("=ownerType"), conditions.get("=ownerId")
        if owner_type in (None, "") or owner_id in (None, ""):
            raise RestError("REQUIRED_ARG_MISSING", "Required filter keys: =ownerType, =ownerId")
        if owner_type == "D" and _whole(owner_id) not in self._items.stores[DEAL].items:
            raise RestError("ACCESS_DENIED", "Access denied", 403)
        kept: dict[str, Any] = {"=owner": f"{owner_type}{owner_id}"}
        for key, value in conditions.items():
            if key.lstrip("=!<>@") not in ("id", "productId"):
                continue
            if isinstance(value, list | dict) and key != "@id":
                continue
            kept[key] = value
        order = {k: v for k, v in pairs(params.get("order") or {}) if k in ("id", "sort")}
        asked = {"filter": kept, "order": order or {"sort": "asc"}, "start": params.get("start")}
        page = self.table.page(asked, self._page_size)
        return Reply({"productRows": [_shown(row) for row in page.result]}, page.total, page.next)

    # ── rules ─────────────────────────────────────────────────────────────────────────────────

    def _owner(self, params: Params) -> tuple[str, int]:
        for name in ("ownerType", "ownerId"):
            if params.get(name) in (None, ""):
                raise missing_parameter(name)
        kind, id_ = str(params["ownerType"]), _whole(params["ownerId"])
        if kind not in _SUPPORTED and not kind.startswith("T"):
            raise RestError("ENTITY_TYPE_NOT_SUPPORTED", "Working with this type is not supported")
        if kind == "D" and id_ not in self._items.stores[DEAL].items:
            raise RestError("OWNER_NOT_FOUND", "Owner was not found")
        return kind, id_

    def _row(self, params: Params) -> Row:
        if params.get("id") in (None, ""):
            raise missing_parameter("id")
        row = self.table.find(params["id"])
        if row is None:
            raise RestError("NOT_FOUND", "Item not found")
        return row

    def _made(self, fields: Mapping[str, Any], owner: tuple[str, int]) -> Row:
        row: Row = {
            "ownerId": owner[1],
            "ownerType": owner[0],
            "productId": 0,
            "productName": "",
            "price": 0,
            "quantity": 1,
            "discountTypeId": 2,
            "discountRate": 0,
            "discountSum": 0,
            "taxRate": None,
            "taxIncluded": "N",
            "taxName": "",
            "customized": "Y",
            "measureCode": 796,
            "measureName": "pcs",
            "sort": 0,
            "xmlId": "",
            "type": 4,
            "owner": f"{owner[0]}{owner[1]}",
        }
        product_id = _whole(fields.get("productId"))
        if product_id:
            product = self._product(product_id)
            if product is None:
                raise RestError("INVALID_ARG_VALUE", f"Product {product_id} is not found")
            row.update(productName=product["name"], measureCode=product["measure"])
        for name in WRITABLE:
            if fields.get(name) in (None, ""):
                continue
            value = fields[name]
            row[name] = _number(value) if name in _NUMBERS else value
        for name in ("productId", "discountTypeId", "measureCode", "sort"):
            row[name] = _whole(row[name])
        row["taxName"] = row["taxName"] or ("No VAT" if row["taxRate"] is None else "")
        _discount(row)
        return row

    def _worth(self, owner: tuple[str, int], caller: Caller) -> None:
        store = self._items.stores[DEAL]
        deal = store.items.get(owner[1]) if owner[0] == "D" else None
        if deal is None:
            return
        rows = self.of(*owner)
        tax = sum((row["price"] - row["priceExclusive"]) * row["quantity"] for row in rows)
        store.put({**deal, "hasProducts": "Y" if rows else "N"})
        if deal["isManualOpportunity"] == "Y":
            return
        amount = sum(row["price"] * row["quantity"] for row in rows)
        fields = {"opportunity": round(amount + 1e-9, 2), "taxValue": round(tax + 1e-9, 2)}
        self._items.update(store, store.items[owner[1]], fields, caller.user_id)


def _discount(row: Row) -> None:
    """The prices around ``price``, which holds the tax and is after the discount."""
    rate = (row["taxRate"] or 0) / 100
    exclusive = row["price"] / (1 + rate)
    if row["discountTypeId"] == 1:
        netto = exclusive + row["discountSum"]
        row["discountRate"] = _show(row["discountSum"] / netto * 100 if netto else 0)
    else:
        share = 1 - row["discountRate"] / 100
        netto = exclusive / share if share else exclusive
        row["discountSum"] = _show(netto - exclusive)
    row["priceAccount"] = row["price"]
    row["priceExclusive"] = _show(exclusive)
    row["priceNetto"] = _show(netto)
    row["priceBrutto"] = _show(netto * (1 + rate))


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "owner"}


def _show(value: float) -> int | float:
    rounded = round(value, 8)
    return int(rounded) if float(rounded).is_integer() else rounded


def _number(value: object) -> int | float:
    try:
        return _show(float(str(value)))
    except ValueError:
        raise RestError("INVALID_ARG_VALUE", f"Invalid value: {value}") from None


def _whole(value: object) -> int:
    try:
        return int(float(str(value))) if value not in (None, "") else 0
    except ValueError:
        return 0
