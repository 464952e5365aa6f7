"""Orders as the site tells them to a Bitrix24 that asks for them (``type=crm``): in English.

The site writes the same document with the texts of its English language file, in UTF-8; the number
that 1C has given stands in ``<1CID>``, which is no XML, and nobody at Bitrix minds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from local.sandbox.onec.paper import Node, Style, document

_TAGS: Mapping[str, str] = dict(
    line.split()
    for line in """
    Документ Document
    Ид Id
    Номер Number
    Дата Date
    Время Time
    ХозОперация BusinessTransaction
    Роль Role
    Валюта Currency
    Курс CurrencyRate
    Сумма Amount
    Контрагенты Contractors
    Контрагент Contractor
    Наименование ItemName
    ПолноеНаименование FullTitle
    Контакты Contacts
    Контакт Contact
    Тип Type
    Значение Value
    Комментарий Comment
    Товары Items
    Товар Item
    БазоваяЕдиница BaseUnit
    ЦенаЗаЕдиницу ItemPrice
    Количество Quantity
    Налоги Taxes
    Налог Tax
    УчтеноВСумме InPrice
    Ставка Rate
    ЗначенияРеквизитов PropertiesValues
    ЗначениеРеквизита PropertyValue
    """.strip().splitlines()
)
_TEXTS: Mapping[str, Mapping[str, str]] = {
    "ХозОперация": {"Заказ товара": "ItemOrder"},
    "Роль": {"Продавец": "Seller", "Покупатель": "Buyer"},
    "Тип": {"Почта": "E-Mail", "ТелефонРабочий": "Work phone"},
    "Значение": {"Товар": "Item", "Услуга": "Service"},
    "Наименование": {
        "НДС": "Tax",
        "Доставка заказа": "OrderDelivery",
        "ВидНоменклатуры": "Classification",
        "ТипНоменклатуры": "ClassificationType",
        "Заказ оплачен": "OrderPaid",
        "Отменен": "Canceled",
        "Финальный статус": "FinalStatus",
        "Статус заказа": "OrderStatus",
        "Статуса заказа ИД": "Order status ID",
        "Метод оплаты": "PaymentSystem",
        "Метод оплаты ИД": "Payment system ID",
        "Сайт": "Site",
    },
}


def in_english(node: Node) -> Node:
    """Says a part of a document with the English texts."""
    content: str | tuple[Node, ...]
    if isinstance(node.content, str):
        content = _TEXTS.get(node.name, {}).get(node.content, node.content)
    else:
        content = tuple(in_english(one) for one in node.content)
    attributes = {{"Код": "Code"}.get(name, name): value for name, value in node.attributes.items()}
    return Node(_TAGS.get(node.name, node.name), content, attributes)


def told_abroad(orders: Iterable[Node]) -> bytes:
    """Writes the whole answer."""
    style = Style(version="2.05", namespace="", encoding="UTF-8", mark=False)
    text = b"".join(document(style, orders)).decode()
    for russian, english in (
        ("КоммерческаяИнформация", "CommerceInformation"),
        ("ВерсияСхемы", "SchemaVersion"),
        ("ДатаФормирования", "CreationDate"),
    ):
        text = text.replace(russian, english)
    return text.encode()
