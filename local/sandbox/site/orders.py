"""The site's orders for 1C, and what 1C says of them.

Sources: facts on the exchange protocol, orders. Ours where those are silent: a document is matched
by the site's id, then by the key of 1C; a number is never trusted alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from local.sandbox.onec.paper import Node
from local.sandbox.portal.envelope import RestError
from local.sandbox.portal.sale.directories import status_names
from local.sandbox.portal.table import Row
from local.sandbox.site.abroad import in_english, told_abroad
from local.sandbox.site.incoming import Incoming
from local.sandbox.site.paper import Unreadable, file_of, inside, name_of, pair, root_of

if TYPE_CHECKING:
    from local.sandbox.site.site import SiteSandbox

_WITH_CONTAINER = ("2.08", "2.09")
_CENT = Decimal("0.01")


class OrdersOfSite:
    """The orders of one site.

    Args:
        site: the site.
    """

    def __init__(self, site: SiteSandbox) -> None:
        self._site = site

    # ── to 1C ─────────────────────────────────────────────────────────────────────────────────

    def given(self, encoding: str, since: float, schema: str | None) -> bytes:
        """Writes the orders that were changed at that time or later; those that came from outside,
        and where the site keeps that apart those that 1C has changed, are left out."""
        store = self._site.trade.store
        parts = []
        for row in store.orders.rows.values():
            if row["externalOrder"] == "Y" or row["updated1c"] == "Y":
                continue
            if datetime.fromisoformat(row["dateUpdate"]).timestamp() >= since:
                parts.append(self._document(row, schema))
        return file_of(encoding, schema or "2.05", parts)

    def told_abroad(self, after: float, most: int, key: str | None) -> bytes:
        """Writes orders for a Bitrix24; nobody's orders are left out."""
        rows = [
            row
            for row in self._site.trade.store.orders.rows.values()
            if (str(row["id"]) == key if key else _on_the_wall(row) > after)
        ]
        rows.sort(key=_on_the_wall)
        return told_abroad(self._abroad(row) for row in rows[: most or None])

    def _abroad(self, row: Row) -> Node:
        own = in_english(self._order(row))
        moment = datetime.fromisoformat(row["dateUpdate"])
        more = [Node("DateUpdate", f"{moment:%Y-%m-%d %H:%M:%S}")]
        if row["id1c"]:
            more.insert(0, Node("1CID", row["id1c"]))
        return Node(own.name, (*more, *own.content), own.attributes)

    def info(self, encoding: str) -> bytes:
        """Writes the three lists."""
        store = self._site.trade.store
        known = {one["id"] for one in store.statuses if one["type"] == "O"}
        lists = (
            ("Cтатусы", [(one["statusId"], one["name"]) for one in status_names()]),
            ("ПлатежныеСистемы", [(one["ID"], one["NAME"]) for one in store.pay_systems]),
            ("СлужбыДоставки", [(one["ID"], one["NAME"]) for one in store.deliveries]),
        )
        nodes = tuple(
            Node(
                name,
                tuple(
                    Node("Элемент", (Node("Ид", str(key)), Node("Название", title)))
                    for key, title in rows
                    if name != "Cтатусы" or key in known
                ),
            )
            for name, rows in lists
        )
        whole = file_of(encoding, "2.05", nodes)
        return whole.replace(
            "КоммерческаяИнформация".encode(encoding), "Справочник".encode(encoding)
        )

    def _document(self, row: Row, schema: str | None) -> Node:
        own = self._order(row)
        if schema is None:
            return own
        children = [*self._payments(row), *self._shipments(row)]
        if schema in _WITH_CONTAINER:
            return Node("Контейнер", (own, *children)) if children else own
        inner = Node("ПодчиненныеДокументы", tuple(children))
        return Node(own.name, (*own.content, inner))

    def _order(self, row: Row) -> Node:
        store, id_ = self._site.trade.store, row["id"]
        payments = store.payments.where("orderId", id_)
        lines = [self._line(one) for one in store.baskets.where("orderId", id_)]
        delivery = sum(
            (_amount(one["priceDelivery"]) for one in store.shipments.where("orderId", id_)),
            Decimal(0),
        )
        if delivery:
            lines.append(_delivery(delivery))
        said = {
            "Заказ оплачен": _flag(row["payed"]),
            "Отменен": _flag(row["canceled"]),
            "Финальный статус": _flag("Y" if row["statusId"] == "F" else "N"),
            "Статус заказа": f"[{row['statusId']}] {row['statusId']}",
            "Статуса заказа ИД": row["statusId"],
            "Сайт": f"[{row['lid']}] Site",
        }
        if payments:
            said["Метод оплаты"] = payments[0]["paySystemName"]
            said["Метод оплаты ИД"] = str(payments[0]["paySystemId"])
        values = {one["code"]: str(one["value"]) for one in store.values.where("orderId", id_)}
        return Node(
            "Документ",
            (
                *_head(str(id_), row["accountNumber"], row["dateInsert"], "Заказ товара"),
                Node("Валюта", row["currency"]),
                Node("Курс", "1"),
                Node("Сумма", f"{_amount(row['price']):.2f}"),
                Node("Контрагенты", (_party(row, values),)),
                Node("Комментарий", row["userDescription"] or ""),
                Node("Товары", tuple(lines)),
                Node("ЗначенияРеквизитов", tuple(pair(*one) for one in said.items())),
            ),
        )

    def _line(self, item: Row) -> Node:
        amount = _amount(item["price"]) * _amount(item["quantity"])
        children = [
            Node("Ид", item["productXmlId"] or ""),
            Node("Наименование", item["name"]),
            Node("БазоваяЕдиница", item["measureName"], {"Код": str(item["measureCode"])}),
            Node("ЦенаЗаЕдиницу", f"{_amount(item['price']):.2f}"),
            Node("Количество", f"{_amount(item['quantity']):f}"),
            Node("Сумма", f"{amount.quantize(_CENT):.2f}"),
        ]
        rate = item["vatRate"]
        if rate not in (None, ""):
            percent = _amount(rate) * 100
            included = item["vatIncluded"] == "Y"
            tax = amount * percent / ((100 + percent) if included else 100)
            children.append(
                Node(
                    "Налоги",
                    (
                        Node(
                            "Налог",
                            (
                                Node("Наименование", "НДС"),
                                Node("УчтеноВСумме", _flag("Y" if included else "N")),
                                Node("Сумма", f"{tax.quantize(_CENT):.2f}"),
                                Node("Ставка", f"{percent.normalize():f}"),
                            ),
                        ),
                    ),
                )
            )
        rows = [(kind, "Товар") for kind in ("ВидНоменклатуры", "ТипНоменклатуры")]
        rows.append(("НомерПозицииКорзины", str(item["id"])))
        children.append(Node("ЗначенияРеквизитов", tuple(pair(*one) for one in rows)))
        return Node("Товар", tuple(children))

    def _payments(self, row: Row) -> Iterator[Node]:
        for one in self._site.trade.store.payments.where("orderId", row["id"]):
            said = {
                "Оплачен": _flag(one["paid"]),
                "Метод оплаты": one["paySystemName"],
                "Метод оплаты ИД": str(one["paySystemId"]),
            }
            yield Node(
                "Документ",
                (
                    *_head(
                        one["id"],
                        one["accountNumber"],
                        one["datePaid"] or one["dateBill"],
                        "Выплата безналичных денег",
                    ),
                    Node("Валюта", one["currency"]),
                    Node("Курс", "1"),
                    Node("Сумма", f"{_amount(one['sum']):.2f}"),
                    Node("Основание", str(row["id"])),
                    Node("ЗначенияРеквизитов", tuple(pair(*each) for each in said.items())),
                ),
            )

    def _shipments(self, row: Row) -> Iterator[Node]:
        store = self._site.trade.store
        for one in store.shipments.where("orderId", row["id"]):
            lines = [
                self._line({**store.baskets.rows[item["basketId"]], "quantity": item["quantity"]})
                for item in store.shipment_items.where("orderDeliveryId", one["id"])
                if item["basketId"] in store.baskets.rows
            ]
            said = {
                "Отгружен": _flag(one["deducted"]),
                "Доставка разрешена": _flag(one["allowDelivery"]),
                "Идентификатор отправления": one["trackingNumber"] or "",
            }
            yield Node(
                "Документ",
                (
                    *_head(one["id"], one["accountNumber"], one["dateInsert"], "Отпуск товара"),
                    Node("Валюта", one["currency"]),
                    Node("Курс", "1"),
                    Node("Сумма", f"{_amount(one['priceDelivery']):.2f}"),
                    Node("Основание", str(row["id"])),
                    Node("Товары", tuple(lines)),
                    Node("ЗначенияРеквизитов", tuple(pair(*each) for each in said.items())),
                ),
            )

    # ── from 1C ───────────────────────────────────────────────────────────────────────────────

    def taken(self, content: bytes, step: int, *, whole: bool) -> Iterator[str]:
        """Works off documents in steps."""
        incoming = Incoming(self._site, whole=whole)
        documents = list(_documents(content))
        for at, (own, children) in enumerate(documents, 1):
            try:
                incoming.take(own, children)
            except RestError as error:
                raise Unreadable(f"Ошибка сохранения заказа: {error.description}") from None
            if at % step == 0 and at < len(documents):
                yield f"Обработано {at} из {len(documents)} документов."


def _documents(content: bytes) -> Iterator[tuple[Any, Sequence[Any]]]:
    for element in root_of(content):
        if name_of(element) == "Документ":
            yield element, list(inside(element, "ПодчиненныеДокументы"))
        elif name_of(element) == "Контейнер":
            first, *others = [one for one in element if name_of(one) == "Документ"]
            yield first, others


def _head(key: object, number_: str, date: str, operation: str) -> Sequence[Node]:
    moment = datetime.fromisoformat(date)
    return (
        Node("Ид", str(key)),
        Node("Номер", str(number_)),
        Node("Дата", f"{moment:%Y-%m-%d}"),
        Node("Время", f"{moment:%H:%M:%S}"),
        Node("ХозОперация", operation),
        Node("Роль", "Продавец"),
    )


def _party(row: Row, values: Mapping[str, str]) -> Node:
    name = values.get("FIO") or values.get("COMPANY") or "Покупатель"
    contacts = [
        Node("Контакт", (Node("Тип", kind), Node("Значение", values[code])))
        for kind, code in (("Почта", "EMAIL"), ("ТелефонРабочий", "PHONE"))
        if values.get(code)
    ]
    return Node(
        "Контрагент",
        (
            Node("Ид", f"{row['userId']}#user{row['userId']}#{name}"),
            Node("Наименование", name),
            Node("Роль", "Покупатель"),
            Node("ПолноеНаименование", name),
            Node("Контакты", tuple(contacts)),
        ),
    )


def _delivery(cost: Decimal) -> Node:
    rows = [(kind, "Услуга") for kind in ("ВидНоменклатуры", "ТипНоменклатуры")]
    return Node(
        "Товар",
        (
            Node("Ид", "ORDER_DELIVERY"),
            Node("Наименование", "Доставка заказа"),
            Node("БазоваяЕдиница", "шт", {"Код": "796"}),
            Node("ЦенаЗаЕдиницу", f"{cost:.2f}"),
            Node("Количество", "1"),
            Node("Сумма", f"{cost:.2f}"),
            Node("ЗначенияРеквизитов", tuple(pair(*one) for one in rows)),
        ),
    )


def _on_the_wall(row: Row) -> float:
    moment = datetime.fromisoformat(row["dateUpdate"])
    return moment.replace(tzinfo=UTC).timestamp()


def _amount(value: object) -> Decimal:
    return Decimal(str(value or 0))


def _flag(value: str) -> str:
    return "true" if value == "Y" else "false"
