"""One document of 1C becomes an order of the site, or changes one.

What it lacks is deleted where the site follows the newer schemas: payments and shipments that are
not among its children, and lines (facts on the exchange protocol, forum topic 82031).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from local.sandbox.portal.table import Row
from local.sandbox.site.paper import attributes, inside, number, text

if TYPE_CHECKING:
    from local.sandbox.site.site import SiteSandbox

_PAYMENTS = ("Выплата безналичных денег", "Выплата наличных денег", "Эквайринговая операция")
_SHIPMENT = "Отпуск товара"
_DELIVERY = "ORDER_DELIVERY"
_USER = 1


class Incoming:
    """Takes documents in.

    Args:
        site: the site.
        whole: a document says everything: what it lacks is deleted.
    """

    def __init__(self, site: SiteSandbox, *, whole: bool) -> None:
        self._site = site
        self._whole = whole and site.site.drops_absent
        self._children = whole

    def take(self, own: Element, children: Sequence[Element]) -> None:
        """Takes one document with its children."""
        row = self._found(own)
        if row is None:
            if not self._site.site.takes_new_orders:
                return
            row = self._new(own)
        said = attributes(own)
        fields: dict[str, Any] = {}
        comment = text(own, "Комментарий")
        if comment is not None:
            fields["userDescription"] = comment
        status = said.get("Статуса заказа ИД")
        if status in {one["id"] for one in self._store.statuses if one["type"] == "O"}:
            fields["statusId"] = status
        if "Отменен" in said:
            fields["canceled"] = "Y" if said["Отменен"] == "true" else "N"
        if not self._site.site.echoes:
            fields["updated1c"] = "Y"
        self._orders.update(row["id"], fields or {"userDescription": ""}, _USER)
        self._lines(row["id"], own)
        if self._children:
            self._payments(row["id"], children)
            self._shipments(row["id"], children)
        self._paid(row["id"], said)
        self._delivered(row["id"], own)

    @property
    def _store(self) -> Any:
        return self._site.trade.store

    @property
    def _orders(self) -> Any:
        return self._site.trade.orders

    @property
    def _parts(self) -> Any:
        return self._site.trade.parts

    def _found(self, own: Element) -> Row | None:
        key = text(own, "Ид") or ""
        row: Row | None = self._store.orders.find(key)
        if row is not None:
            return row
        return next((one for one in self._store.orders.rows.values() if one["id1c"] == key), None)

    def _new(self, own: Element) -> Row:
        key, currency = text(own, "Ид") or "", text(own, "Валюта") or "RUB"
        person = self._store.person_types[0]["id"]
        fields = {
            "lid": "s1",
            "personTypeId": person,
            "currency": currency,
            "externalOrder": "Y",
            "id1c": text(own, "Номер1С") or key,
            "additionalInfo": text(own, "Номер") or "",
        }
        row: Row = self._orders.add(fields, _USER)
        return row

    # ── lines ─────────────────────────────────────────────────────────────────────────────────

    def _lines(self, order: int, own: Element) -> None:
        free = {one["id"]: one for one in self._store.baskets.where("orderId", order)}
        for element in inside(own, "Товары"):
            key = text(element, "Ид") or ""
            if key == _DELIVERY:
                continue
            position = attributes(element).get("НомерПозицииКорзины", "")
            named = text(element, "Наименование") or ""
            present = next(
                (one for one in free.values() if position and str(one["id"]) == position), None
            ) or next(
                (
                    one
                    for one in free.values()
                    if (one["productXmlId"], one["name"]) == (key, named)
                ),
                None,
            )
            fields = self._line(order, element, key, named)
            if present is None:
                self._parts.add_basket_item(fields)
            else:
                del free[present["id"]]
                self._parts.update_basket_item(present["id"], fields)
        for id_ in free:  # 1C has removed them
            self._parts.delete_basket_item(id_)

    def _line(self, order: int, element: Element, key: str, named: str) -> Row:
        price = number(text(element, "ЦенаЗаЕдиницу"))
        quantity = number(text(element, "Количество"))
        currency = self._orders.get(order)["currency"]
        product = self._site.goods.id_of(key) or 0
        fields: Row = {
            "orderId": order,
            "productId": product,
            "currency": currency,
            "name": named,
            "price": float(price or 0),
            "quantity": float(quantity or 0),
            "productXmlId": key,
        }
        for tax in inside(element, "Налоги"):
            rate = text(tax, "Ставка") or ""
            if rate.replace(".", "", 1).isdecimal():
                fields["vatRate"] = float(rate) / 100
                fields["vatIncluded"] = "Y" if text(tax, "УчтеноВСумме") == "true" else "N"
        return fields

    # ── payments and shipments ────────────────────────────────────────────────────────────────

    def _payments(self, order: int, children: Sequence[Element]) -> None:
        store = self._store
        left = {str(one["id"]): one for one in store.payments.where("orderId", order)}
        for child in children:
            if text(child, "ХозОперация") not in _PAYMENTS:
                continue
            said = attributes(child)
            sum_ = float(number(text(child, "Сумма")) or 0)
            paid = "N" if said.get("Оплачен") == "false" else "Y"
            present = left.pop(text(child, "Ид") or "", None)
            if present is not None:
                self._parts.update_payment(present["id"], {"sum": sum_, "paid": paid}, _USER)
                continue
            system = said.get("Метод оплаты ИД", "")
            known = {str(one["ID"]) for one in store.pay_systems}
            fields = {
                "orderId": order,
                "paySystemId": int(system) if system in known else store.pay_systems[0]["ID"],
                "sum": sum_,
                "paid": paid,
                "id1c": text(child, "Ид") or "",
            }
            known_1c = next(
                (one for one in left.values() if one["id1c"] and one["id1c"] == fields["id1c"]),
                None,
            )
            if known_1c is not None:
                del left[str(known_1c["id"])]
                self._parts.update_payment(known_1c["id"], {"sum": sum_, "paid": paid}, _USER)
            else:
                self._parts.add_payment(fields, _USER)
        if self._whole:
            for one in left.values():
                self._parts.delete_payment(one["id"])

    def _shipments(self, order: int, children: Sequence[Element]) -> None:
        left = {str(one["id"]): one for one in self._store.shipments.where("orderId", order)}
        for child in children:
            if text(child, "ХозОперация") != _SHIPMENT:
                continue
            said = attributes(child)
            present = left.pop(text(child, "Ид") or "", None)
            if present is None:
                continue
            fields: Row = {}
            if "Отгружен" in said:
                fields["deducted"] = "Y" if said["Отгружен"] == "true" else "N"
            if said.get("Идентификатор отправления"):
                fields["trackingNumber"] = said["Идентификатор отправления"]
            if fields:
                self._parts.update_shipment(present["id"], fields, _USER)
        if self._whole:
            for one in left.values():
                if one["deducted"] != "Y":
                    self._parts.delete_shipment(one["id"])

    def _paid(self, order: int, said: dict[str, str]) -> None:
        """``Заказ оплачен``, or the number of 1C's own paper, pays what is not paid yet."""
        if said.get("Заказ оплачен") != "true" and not said.get("Дата оплаты по 1С"):
            return
        payments = self._store.payments.where("orderId", order)
        for one in list(payments):
            if one["paid"] != "Y":
                self._parts.update_payment(one["id"], {"paid": "Y"}, _USER)

    def _delivered(self, order: int, own: Element) -> None:
        for element in inside(own, "Товары"):
            if text(element, "Ид") != _DELIVERY:
                continue
            cost = float(number(text(element, "Сумма")) or 0)
            shipments = list(self._store.shipments.where("orderId", order))
            if shipments:
                self._parts.update_shipment(shipments[0]["id"], {"priceDelivery": cost}, _USER)
            else:
                service = self._store.deliveries[-1]["ID"]
                fields = {"orderId": order, "deliveryId": service, "priceDelivery": cost}
                self._parts.add_shipment({**fields, "allowDelivery": "N", "deducted": "N"}, _USER)
