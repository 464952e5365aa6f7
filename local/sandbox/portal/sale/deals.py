"""What joins deals and orders: ``crm.orderentity.*`` and ``crm.item.payment.*``.

Source: b24restdocs ``api-reference/crm/universal/{order-entity,payment}``. Ours, where they are
silent: the first payment of a deal without an order makes one out of the deal's rows and binds it,
and the rows then carry ``sale_basket_<id>``, as in the documentation's answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.crm.fields import DEAL
from local.sandbox.portal.crm.items import CrmItems
from local.sandbox.portal.crm.rows import Rows
from local.sandbox.portal.envelope import Reply, RestError
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.phpform import pairs
from local.sandbox.portal.sale.methods import fields_of, required
from local.sandbox.portal.sale.orders import Orders
from local.sandbox.portal.sale.parts import Parts
from local.sandbox.portal.sale.store import Store
from local.sandbox.portal.table import Row, Table

Params = Mapping[str, Any]

_SIMPLE = [
    "id",
    "accountNumber",
    "paid",
    "datePaid",
    "empPaidId",
    "paySystemId",
    "sum",
    "currency",
    "paySystemName",
]
_OWNERS = (2, 31)
_FIRST_PAY_SYSTEM = 6


class DealOrders:
    """Orders behind deals."""

    def __init__(
        self, store: Store, orders: Orders, parts: Parts, items: CrmItems, rows: Rows
    ) -> None:
        self._store = store
        self._orders = orders
        self._parts = parts
        self._items = items
        self._rows = rows

    def methods(self) -> dict[str, Method]:
        """The methods of this module by name."""
        return {
            "crm.orderentity.add": self._link_add,
            "crm.orderentity.list": self._link_list,
            "crm.orderentity.deletebyfilter": self._link_delete,
            "crm.item.payment.add": self._payment_add,
            "crm.item.payment.list": self._payment_list,
            "crm.item.payment.get": lambda p, _: Reply(_simple(self._payment(p))),
            "crm.item.payment.update": self._payment_update,
            "crm.item.payment.pay": lambda p, c: self._paid(p, c, "Y"),
            "crm.item.payment.unpay": lambda p, c: self._paid(p, c, "N"),
            "crm.item.payment.delete": self._payment_delete,
            "crm.item.payment.product.add": self._product_add,
            "crm.item.payment.product.list": self._product_list,
        }

    def automation(self, order: Row) -> None:
        """What the portal itself does with a new order, where its settings say so."""
        if self._store.makes_deals:
            title = f"Order {order['accountNumber']}"
            fields = {"title": title, "currencyId": order["currency"]}
            deal = self._items.add(self._items.store(DEAL), fields, self._store.config.user_id)
            self._store.links.append((order["id"], DEAL, deal["id"]))

    # ── links ─────────────────────────────────────────────────────────────────────────────────

    def _link_add(self, params: Params, _: Caller) -> Reply:
        fields = fields_of(params)
        missing = [n for n in ("orderId", "ownerId", "ownerTypeId") if not fields.get(n)]
        if missing:
            raise RestError(0, f"Required fields: {', '.join(missing)}")
        order = self._orders.get(fields["orderId"])
        link = (order["id"], int(str(fields["ownerTypeId"])), int(str(fields["ownerId"])))
        if link[1] not in _OWNERS:
            raise RestError(0, "Owner type is not supported")
        if link in self._store.links:
            raise RestError(
                "201650000001", "Duplicate entry for key [ownerId, ownerTypeId, orderId]"
            )
        self._store.links.append(link)
        return Reply({"dealOrder": _as_link(link)})

    def _link_list(self, params: Params, _: Caller) -> Reply:
        types = dict.fromkeys(("orderId", "ownerId", "ownerTypeId"), "integer")
        table = Table({**types, "_at": "integer"}, self._store.stamp, id_="_at")
        for link in self._store.links:
            table.insert(_as_link(link))
        everything = str(params.get("start")) == "-1"  # -1 is all of them here, says its page
        page = table.page(
            {**params, "start": 0 if everything else params.get("start")},
            len(self._store.links) + 1 if everything else self._store.config.page_size,
        )
        for row in page.result:
            row.pop("_at", None)
        return Reply({"orderEntity": page.result}, page.total, page.next)

    def _link_delete(self, params: Params, _: Caller) -> Reply:
        wanted = {name.lstrip("="): int(str(value)) for name, value in pairs(params.get("fields"))}
        kept = [link for link in self._store.links if _as_link(link) != wanted]
        if len(kept) == len(self._store.links):
            raise RestError("201640400001", "binding does not exist")
        self._store.links = kept
        return Reply(True)

    # ── payments ──────────────────────────────────────────────────────────────────────────────

    def _payment_add(self, params: Params, caller: Caller) -> Reply:
        kind, owner = int(required(params, "entityTypeId")), required(params, "entityId")
        if kind != DEAL:
            raise RestError(0, "Invalid CRM object type")
        deal = self._items.store(DEAL).items.get(int(owner))
        if deal is None:
            raise RestError(0, f"Entity with identifier №{owner} does not exist")
        order = self._order_of(deal, caller)
        fields = {"orderId": order["id"], "paySystemId": _FIRST_PAY_SYSTEM}
        return Reply(self._parts.add_payment(fields, caller.user_id)["id"])

    def _payment_list(self, params: Params, _: Caller) -> Reply:
        kind, owner = int(required(params, "entityTypeId")), int(required(params, "entityId"))
        orders = [link[0] for link in self._store.links if link[1:] == (kind, owner)]
        asked = {
            **params,
            "filter": {**dict(pairs(params.get("filter") or {})), "@orderId": orders or [0]},
        }
        page = self._store.payments.page(asked, self._store.config.page_size)
        return Reply([_simple(row) for row in page.result])

    def _payment_update(self, params: Params, caller: Caller) -> Reply:
        given = {n: v for n, v in fields_of(params).items() if n in ("paid", "paySystemId")}
        self._parts.update_payment(self._payment(params)["id"], given, caller.user_id)
        return Reply(True)

    def _paid(self, params: Params, caller: Caller, paid: str) -> Reply:
        self._parts.update_payment(self._payment(params)["id"], {"paid": paid}, caller.user_id)
        return Reply(True)

    def _payment_delete(self, params: Params, _: Caller) -> Reply:
        self._parts.delete_payment(self._payment(params)["id"])
        return Reply(True)

    def _product_add(self, params: Params, caller: Caller) -> Reply:
        payment = self._store.payments.find(required(params, "paymentId"))
        if payment is None:
            raise RestError(0, "Payment has not been found")
        row = self._rows.table.find(required(params, "rowId"))
        if row is None:
            raise RestError(0, "Product row has not been found")
        quantity = float(required(params, "quantity"))
        used = sum(
            one["quantity"]
            for one in self._store.payment_items.rows.values()
            if one["rowId"] == row["id"]
        )
        if quantity <= 0 or used + quantity > row["quantity"]:
            raise RestError(0, "Insufficient product quantity to add to payment")
        added = self._store.payment_items.insert(
            {"paymentId": payment["id"], "rowId": row["id"], "quantity": quantity}
        )
        worth = round(payment["sum"] + row["price"] * quantity, 2)
        self._parts.update_payment(payment["id"], {"sum": worth}, caller.user_id)
        return Reply(added["id"])

    def _product_list(self, params: Params, _: Caller) -> Reply:
        return Reply(self._store.payment_items.where("paymentId", required(params, "paymentId")))

    def _payment(self, params: Params) -> Row:
        row = self._store.payments.find(required(params, "id"))
        if row is None:
            raise RestError(0, "Payment has not been found")
        return row

    def _order_of(self, deal: Row, caller: Caller) -> Row:
        for order_id, kind, owner in self._store.links:
            if (kind, owner) == (DEAL, deal["id"]):
                return self._orders.get(order_id)
        person = self._store.person_types[0]["id"]
        fields = {"lid": "s1", "personTypeId": person, "currency": deal["currencyId"]}
        order = self._orders.add(fields, caller.user_id)
        for row in self._rows.of("D", deal["id"]):
            basket = self._parts.add_basket_item(
                {
                    "orderId": order["id"],
                    "productId": row["productId"] or 0,
                    "currency": deal["currencyId"],
                    "quantity": row["quantity"],
                    "name": row["productName"],
                    "price": row["price"],
                    "customPrice": "Y",
                }
            )
            self._rows.table.replace({**row, "xmlId": f"sale_basket_{basket['id']}"})
        self._store.links.append((order["id"], DEAL, deal["id"]))
        return self._orders.get(order["id"])


def _as_link(link: tuple[int, int, int]) -> Row:
    return {"orderId": link[0], "ownerId": link[2], "ownerTypeId": link[1]}


def _simple(row: Row) -> Row:
    return {name: row[name] for name in _SIMPLE}
