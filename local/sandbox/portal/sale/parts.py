"""Basket, payments, shipments, their lines and the property values of an order.

Sources: b24restdocs
``api-reference/sale/{basket-item,payment,shipment,shipment-item,property-value}`` and
``tutorials/sale/add-basket-item-to-order.md``: ``vatRate`` is a fraction (its text; the older pages
call it a percentage), a given ``price`` makes ``customPrice`` ``Y``, and prices without it come
from the catalogue at every save.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.envelope import RestError
from local.sandbox.portal.phpform import as_list
from local.sandbox.portal.sale.fields import BASKET, PAYMENT, SHIPMENT, SHIPMENT_ITEM
from local.sandbox.portal.sale.orders import Orders, written
from local.sandbox.portal.sale.store import Store
from local.sandbox.portal.table import Row, Table

Fields = Mapping[str, Any]


class Parts:
    """The parts of orders."""

    def __init__(self, store: Store, orders: Orders) -> None:
        self._store = store
        self._orders = orders

    # ── basket ────────────────────────────────────────────────────────────────────────────────

    def add_basket_item(self, fields: Fields) -> Row:
        """Adds a line; a repeat adds another one."""
        store = self._store
        given = written(BASKET, store, fields, update=False)
        BASKET.check_required(given)
        order = store.orders.find(given["orderId"])
        if order is None:
            raise RestError(200140400009, "Order not found")
        if given["currency"] != order["currency"]:
            raise RestError(200140400011, "Currency must be the currency of the order")
        now = store.stamp.now()
        row: Row = {
            "canBuy": "Y",
            "customPrice": "N",
            "dimensions": "",
            "discountPrice": 0,
            "measureCode": "796",
            "measureName": "pcs",
            "name": "",
            "productXmlId": "",
            "sort": 100,
            "vatIncluded": "N",
            "vatRate": None,
            "weight": 0,
            "xmlId": store.new_xml_id(),
            **self._from_catalogue(given["productId"]),
            **given,
            "dateInsert": now,
            "dateUpdate": now,
            "reservations": [],
        }
        self._price(row, given)
        store.baskets.insert(row)
        self._orders.touched(order["id"])
        return row

    def update_basket_item(self, id_: object, fields: Fields) -> Row:
        """Changes a line."""
        old = self.part(self._store.baskets, id_, 200140400001, "basket item does not exist")
        given = written(BASKET, self._store, fields, update=True)
        row = {**old, **given, "dateUpdate": self._store.stamp.now()}
        self._price(row, given)
        self._store.baskets.replace(row)
        self._orders.touched(row["orderId"])
        return row

    def delete_basket_item(self, id_: object) -> None:
        """Deletes a line, also from the shipments."""
        store = self._store
        row = self.part(store.baskets, id_, 200140400001, "basket item does not exist")
        for shipment in store.shipments.where("orderId", row["orderId"]):
            for item in store.shipment_items.where("orderDeliveryId", shipment["id"]):
                if item["basketId"] == row["id"]:
                    store.shipment_items.remove(item["id"])
        store.baskets.remove(row["id"])
        self._orders.touched(row["orderId"])

    def _from_catalogue(self, product_id: int) -> Row:
        if not product_id:
            return {}
        product = self._store.product(product_id)
        if product is None:
            raise RestError(200140400007, "basket item is not saved - bad data")
        return {
            "catalogXmlId": "CATALOG",
            "measureCode": str(product["measure"]),
            "name": product["name"],
            "productXmlId": product["xmlId"],
        }

    def _price(self, row: Row, given: Row) -> None:
        if given.get("price") is not None:
            row["customPrice"] = "Y"
        if row["customPrice"] == "Y":
            row["price"] = row.get("price") or 0
            if row.get("basePrice") is None:
                row["basePrice"] = row["price"] + (row.get("discountPrice") or 0)
            return
        product = self._store.product(row["productId"]) if row["productId"] else None
        price = product["price"] if product else 0
        row.update(price=price, basePrice=price, discountPrice=0)

    # ── payments ──────────────────────────────────────────────────────────────────────────────

    def add_payment(self, fields: Fields, user_id: int) -> Row:
        """Adds a payment to an order."""
        store, now = self._store, self._store.stamp.now()
        given = written(PAYMENT, store, fields, update=False)
        PAYMENT.check_required(given)
        order = self._orders.get(given["orderId"])
        number = len(store.payments.where("orderId", order["id"])) + 1
        row: Row = {
            **{name: "" if kind == "string" else None for name, kind in PAYMENT.types.items()},
            **dict.fromkeys(("externalPayment", "isReturn", "marked", "paid", "updated1c"), "N"),
            "accountNumber": f"{order['accountNumber']}/{number}",
            "currency": order["currency"],
            "dateBill": now,
            "priceCod": "0",
            "sum": 0,
            "xmlId": store.new_xml_id(),
            **given,
        }
        self._pay_system(row)
        self._date_paid(row, "N", user_id)
        store.payments.insert(row)
        self._payment_saved(row)
        return row

    def update_payment(self, id_: object, fields: Fields, user_id: int) -> Row:
        """Changes a payment."""
        old = self.part(self._store.payments, id_, 200640400001, "payment does not exist")
        row = {**old, **written(PAYMENT, self._store, fields, update=True)}
        self._pay_system(row)
        self._date_paid(row, old["paid"], user_id)
        self._store.payments.replace(row)
        self._payment_saved(row)
        return row

    def delete_payment(self, id_: object) -> None:
        """Deletes a payment."""
        row = self.part(self._store.payments, id_, 200640400001, "payment does not exist")
        self._store.payments.remove(row["id"])
        self._store.fire("ONPAYMENTDELETED", {"ID": row["id"]})
        self._orders.touched(row["orderId"])

    def _pay_system(self, row: Row) -> None:
        found = [one for one in self._store.pay_systems if one["ID"] == row["paySystemId"]]
        if not found:
            raise RestError(0, "Payment system is not found")
        row["paySystemName"] = found[0]["NAME"]
        row["paySystemIsCash"] = found[0]["IS_CASH"]
        row["paySystemXmlId"] = found[0]["XML_ID"]

    def _date_paid(self, row: Row, was: str, user_id: int) -> None:
        if row["paid"] == "Y" and was != "Y":
            row["datePaid"] = row["datePaid"] or self._store.stamp.now()
            row["empPaidId"] = row["empPaidId"] or user_id

    def _payment_saved(self, row: Row) -> None:
        self._store.fire("ONPAYMENTENTITYSAVED", {"ID": row["id"]})
        self._orders.touched(row["orderId"])

    # ── shipments ─────────────────────────────────────────────────────────────────────────────

    def add_shipment(self, fields: Fields, user_id: int) -> Row:
        """Adds a shipment to an order."""
        store, now = self._store, self._store.stamp.now()
        given = written(SHIPMENT, store, fields, update=False)
        SHIPMENT.check_required(given)
        order = store.orders.find(given["orderId"])
        if order is None:
            raise RestError(0, "Unable to load order")
        number = len(store.shipments.where("orderId", order["id"])) + 2  # 1 is the hidden one
        row: Row = {
            **{name: "" if kind == "string" else None for name, kind in SHIPMENT.types.items()},
            **dict.fromkeys(("canceled", "customPriceDelivery", "externalDelivery"), "N"),
            **dict.fromkeys(("marked", "system", "updated1c"), "N"),
            "accountNumber": f"{order['accountNumber']}/{number}",
            "currency": order["currency"],
            "dateInsert": now,
            "statusId": "DN",
            "statusXmlId": "",
            "discountPrice": 0,
            "xmlId": store.new_xml_id(),
            **given,
        }
        self._delivery(row, given)
        self._shipped(row, {"allowDelivery": "N", "deducted": "N"}, user_id)
        store.shipments.insert(row)
        self._shipment_saved(row)
        return row

    def update_shipment(self, id_: object, fields: Fields, user_id: int) -> Row:
        """Changes a shipment."""
        old = self.part(self._store.shipments, id_, 201140400001, "shipment does not exist")
        given = written(SHIPMENT, self._store, fields, update=True)
        row = {**old, **given}
        self._delivery(row, given)
        self._shipped(row, old, user_id)
        self._store.shipments.replace(row)
        self._shipment_saved(row)
        return row

    def delete_shipment(self, id_: object) -> None:
        """Deletes a shipment that has not left yet."""
        store = self._store
        row = self.part(store.shipments, id_, 201140400001, "shipment does not exist")
        if row["deducted"] == "Y":
            raise RestError(
                "SALE_SHIPMENT_EXIST_SHIPPED",
                "The shipment has already been shipped. Please cancel the shipment",
            )
        for item in store.shipment_items.where("orderDeliveryId", row["id"]):
            store.shipment_items.remove(item["id"])
        store.shipments.remove(row["id"])
        store.fire("ONSHIPMENTDELETED", {"ID": row["id"]})
        self._orders.touched(row["orderId"])

    def _delivery(self, row: Row, given: Row) -> None:
        found = [one for one in self._store.deliveries if one["ID"] == row["deliveryId"]]
        if not found:
            raise RestError("SALE_SHIPMENT_WRONG_DELIVERY_SERVICE", "Delivery service not found")
        row["deliveryName"] = found[0]["NAME"]
        price = given.get("basePriceDelivery", given.get("priceDelivery"))
        if price is None and row["priceDelivery"] is None:
            price = found[0]["price"]
        if price is not None:
            row.update(basePriceDelivery=price, priceDelivery=price)

    def _shipped(self, row: Row, old: Row, user_id: int) -> None:
        now = self._store.stamp.now()
        if row["allowDelivery"] != old["allowDelivery"]:
            row.update(dateAllowDelivery=now, empAllowDeliveryId=user_id)
        if row["deducted"] != old["deducted"]:
            row.update(dateDeducted=now, empDeductedId=user_id)

    def _shipment_saved(self, row: Row) -> None:
        self._store.fire("ONSHIPMENTENTITYSAVED", {"ID": row["id"]})
        self._orders.touched(row["orderId"])

    # ── lines of a shipment ───────────────────────────────────────────────────────────────────

    def add_shipment_item(self, fields: Fields) -> Row:
        """Puts a line of the basket into a shipment, once."""
        store = self._store
        given = written(SHIPMENT_ITEM, store, fields, update=False)
        SHIPMENT_ITEM.check_required(given)
        shipment = store.shipments.find(given["orderDeliveryId"])
        if shipment is None:
            raise RestError(201240400002, "shipment does not exist")
        basket = store.baskets.find(given["basketId"])
        if basket is None or basket["orderId"] != shipment["orderId"]:
            raise RestError(201240400003, "basket item does not exist")
        inside = store.shipment_items.where("orderDeliveryId", shipment["id"])
        if any(one["basketId"] == basket["id"] for one in inside):
            raise RestError(201250000001, "Duplicate entry for key [basketId, orderDeliveryId]")
        row = {
            "xmlId": store.new_xml_id(),
            **given,
            "dateInsert": store.stamp.now(),
            "reservedQuantity": 0,
        }
        store.shipment_items.insert(row)
        self._shipment_saved(shipment)
        return row

    def update_shipment_item(self, id_: object, fields: Fields) -> Row:
        """Changes the quantity of a line in a shipment."""
        store = self._store
        old = self.part(store.shipment_items, id_, 201240400001, "shipment item does not exist")
        row = {**old, **written(SHIPMENT_ITEM, store, fields, update=True)}
        store.shipment_items.replace(row)
        self._shipment_saved(store.shipments.rows[row["orderDeliveryId"]])
        return row

    def delete_shipment_item(self, id_: object) -> None:
        """Takes a line out of a shipment."""
        store = self._store
        row = self.part(store.shipment_items, id_, 201240400001, "shipment item does not exist")
        store.shipment_items.remove(row["id"])
        self._shipment_saved(store.shipments.rows[row["orderDeliveryId"]])

    # ── property values ───────────────────────────────────────────────────────────────────────

    def modify_values(self, order_id: object, values: object) -> list[Row]:
        """Gives an order all its property values; those that are not among them are removed."""
        store = self._store
        order = self._orders.get(order_id)
        known = {
            one["id"]: one
            for one in store.properties
            if one["personTypeId"] == order["personTypeId"]
        }
        old = {one["orderPropsId"]: one for one in store.values.where("orderId", order["id"])}
        for row in old.values():
            store.values.remove(row["id"])
        rows = []
        for one in as_list(values):
            described = known.get(int(str(one.get("orderPropsId") or 0)))
            if described is None:
                continue
            row = {
                "code": described["code"],
                "name": described["name"],
                "orderId": order["id"],
                "orderPropsId": described["id"],
                "orderPropsXmlId": described["xmlId"] or None,
                "value": one.get("value"),
            }
            rows.append(store.values.insert(row))
            store.fire("ONPROPERTYVALUEENTITYSAVED", {"ID": row["id"]})
        self._orders.touched(order["id"])
        return [{name: v for name, v in row.items() if name != "orderId"} for row in rows]

    # ── all of them ───────────────────────────────────────────────────────────────────────────

    @staticmethod
    def part(table: Table, id_: object, code: int, text: str) -> Row:
        """A row by its id.

        Raises:
            RestError: there is none.
        """
        row = table.find(id_)
        if row is None:
            raise RestError(code, text)
        return row
