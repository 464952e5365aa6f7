"""What happens to an order when it or a part of it is saved or deleted.

Sources: b24restdocs ``api-reference/sale/order``, ``tutorials/sale/add-basket-item-to-order.md``
(the total and the tax of an order). Ours: an order without basket and shipments keeps the price
that it was given; one that has any is worth what they are worth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.envelope import RestError
from local.sandbox.portal.sale.fields import ORDER, Schema
from local.sandbox.portal.sale.store import Store
from local.sandbox.portal.table import Row

ORDER_MISSING = 200540400001


def written(schema: Schema, store: Store, fields: Mapping[str, Any], *, update: bool) -> Row:
    """The fields that may be written, as they will be stored; others are passed over."""
    row: Row = {}
    for name, value in fields.items():
        if name not in schema.writable or (update and name in schema.fixed):
            continue
        row[name] = _stored(schema.types[name], value, store)
    return row


def _stored(kind: str, value: object, store: Store) -> Any:
    if value is None or value == "":
        return "" if kind in ("string", "char") else None
    try:
        if kind in ("integer", "double"):
            number = float(str(value))
            whole = kind == "integer" or number.is_integer()
            return int(number) if whole else number
        if kind == "datetime":
            return store.stamp.normalise(str(value))
    except ValueError:
        raise RestError("BX_INVALID_VALUE", f"Invalid value: {value}") from None
    return str(value)


class Orders:
    """Orders of the online store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, id_: object) -> Row:
        """An order's own fields.

        Raises:
            RestError: there is none.
        """
        row = self._store.orders.find(id_)
        if row is None:
            raise RestError(ORDER_MISSING, "order does not exist")
        return row

    def add(self, fields: Mapping[str, Any], user_id: int, *, announce: bool = True) -> Row:
        """Adds an order without parts."""
        store, now = self._store, self._store.stamp.now()
        given = written(ORDER, store, fields, update=False)
        ORDER.check_required(given)
        if given["personTypeId"] not in [one["id"] for one in store.person_types]:
            raise RestError(0, "Person type does not exist")
        self._check_status(given)
        row: Row = {
            **{name: "" if kind == "string" else None for name, kind in ORDER.types.items()},
            **dict.fromkeys(("canceled", "deducted", "externalOrder", "marked", "payed"), "N"),
            "updated1c": "N",
            "recountFlag": "Y",
            "lockedBy": "",
            "recurringId": "",
            "statusXmlId": "",
            "dateInsert": now,
            "dateStatus": now,
            "discountValue": 0,
            "price": 0,
            "taxValue": 0,
            "responsibleId": user_id,
            "empStatusId": user_id,
            "statusId": "N",
            "userId": user_id,
            "companyId": 0,
            "version": 0,
            "xmlId": store.new_xml_id(),
            **given,
            "dateUpdate": now,
        }
        if row["canceled"] == "Y":
            row["dateCanceled"] = now
        store.orders.insert(row)
        row["accountNumber"] = str(row["id"])
        if announce:
            self._tell(row)
        return row

    def update(self, id_: object, fields: Mapping[str, Any], user_id: int) -> Row:
        """Changes an order's own fields."""
        old = self.get(id_)
        given = written(ORDER, self._store, fields, update=True)
        self._check_status(given)
        now = self._store.stamp.now()
        row = {**old, **given}
        if row["statusId"] != old["statusId"]:
            row.update(dateStatus=now, empStatusId=user_id)
        if row["canceled"] != old["canceled"]:
            row["dateCanceled"] = now if row["canceled"] == "Y" else None
        return self._save(row)

    def delete(self, id_: object) -> None:
        """Deletes an order with its parts.

        Raises:
            RestError: a payment of it is paid.
        """
        row, store = self.get(id_), self._store
        order_id = row["id"]
        if any(payment["paid"] == "Y" for payment in store.payments.where("orderId", order_id)):
            raise RestError(
                "SALE_ORDER_CANCEL_PAYMENT_EXIST_ACTIVE", "The order has active payments"
            )
        store.fire(
            "ONSALEBEFOREORDERDELETE",
            {"ID": order_id, "XML_ID": row["xmlId"], "ACTION": "delete"},
        )
        for shipment in store.shipments.where("orderId", order_id):
            for item in store.shipment_items.where("orderDeliveryId", shipment["id"]):
                store.shipment_items.remove(item["id"])
            store.shipments.remove(shipment["id"])
        for table in (store.baskets, store.payments, store.values):
            for part in table.where("orderId", order_id):
                table.remove(part["id"])
        store.links = [link for link in store.links if link[0] != order_id]
        store.orders.remove(order_id)
        store.fire("ONORDERDELETED", {"ID": order_id})

    def touched(self, order_id: int) -> None:
        """A part of the order was saved: it is worth something else now, and is told about."""
        self._save(dict(self.get(order_id)))

    def whole(self, row: Row) -> Row:
        """An order with its parts, as ``sale.order.get`` shows it."""
        store, order_id = self._store, row["id"]
        shipments = [
            {**one, "shipmentItems": store.shipment_items.where("orderDeliveryId", one["id"])}
            for one in store.shipments.where("orderId", order_id)
        ]
        # the documentation shows these two ids as text, and the same ids as numbers elsewhere
        basket = [
            {**one, "id": str(one["id"]), "orderId": str(order_id), "properties": []}
            for one in store.baskets.where("orderId", order_id)
        ]
        return {
            **row,
            "basketItems": basket,
            "clients": [],
            "payments": store.payments.where("orderId", order_id),
            "propertyValues": [
                {name: value for name, value in one.items() if name != "orderId"}
                for one in store.values.where("orderId", order_id)
            ],
            "requisiteLink": [],
            "shipments": shipments,
            "tradeBindings": [],
        }

    def _check_status(self, given: Row) -> None:
        known = [one["id"] for one in self._store.statuses if one["type"] == "O"]
        if given.get("statusId", "N") not in known:
            raise RestError(0, "Status does not exist")

    def _save(self, row: Row) -> Row:
        store, order_id = self._store, row["id"]
        basket = store.baskets.where("orderId", order_id)
        payments = store.payments.where("orderId", order_id)
        shipments = store.shipments.where("orderId", order_id)
        if basket or shipments:
            goods = sum(one["price"] * one["quantity"] for one in basket)
            included, added = _taxes(basket)
            delivery = sum(one["priceDelivery"] or 0 for one in shipments)
            row["price"] = _round(goods + added + delivery, 2)
            row["taxValue"] = _round(included + added, 8)
        paid = sum(one["sum"] for one in payments if one["paid"] == "Y")
        row["payed"] = "Y" if payments and paid >= row["price"] else "N"
        shipped = [one["deducted"] == "Y" for one in shipments]
        row["deducted"] = "Y" if shipped and all(shipped) else "N"
        row["dateUpdate"] = store.stamp.now()
        row["version"] += 1
        store.orders.replace(row)
        self._tell(row)
        return row

    def _tell(self, row: Row) -> None:
        fields = {"ID": row["id"], "XML_ID": row["xmlId"], "ACTION": "save"}
        self._store.fire("ONSALEORDERSAVED", fields)
        self._store.fire("ONORDERENTITYSAVED", {"ID": row["id"]})


def _taxes(basket: list[Row]) -> tuple[float, float]:
    included = added = 0.0
    for one in basket:
        rate, worth = one["vatRate"] or 0, one["price"] * one["quantity"]
        if one["vatIncluded"] == "Y":
            included += worth * rate / (1 + rate)
        else:
            added += worth * rate
    return included, added


def _round(value: float, digits: int) -> int | float:
    rounded = round(value + 1e-9, digits)
    return int(rounded) if float(rounded).is_integer() else rounded
