"""Orders as a site tells them to a Bitrix24 (``type=crm``), said again as it tells them to 1C.

It is the same CommerceML under English names, and one element more: ``DateUpdate``, when the order
was changed last. Source: what the modules ``sale`` and ``crm`` of a box write and read; no answer
of a live site was seen.

A number that 1C has given stands in ``<1CID>``, which no XML parser takes: a name does not begin
with a digit. It is renamed before the parser sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lxml import etree
from lxml.etree import _Element as Element

from mostik.commerceml.door import opened
from mostik.commerceml.refusal import Refused
from mostik.commerceml.report import Report
from mostik.errors import GiveUp, WhoActs

_CHANGED = "DateUpdate"
_ROOT, _ORDER = "CommerceInformation", "Document"
_BROKEN = ((b"<1CID>", b"<ID1C>"), (b"</1CID>", b"</ID1C>"), (b"<1CID/>", b"<ID1C/>"))

_ELEMENTS: Mapping[str, str] = {
    "CommerceInformation": "КоммерческаяИнформация",
    "Document": "Документ",
    "Id": "Ид",
    "ID1C": "Номер1С",
    "Number": "Номер",
    "VersionNumber": "НомерВерсии",
    "MarkedForDeletion": "ПометкаУдаления",
    "Reason": "Основание",
    "Date": "Дата",
    "Time": "Время",
    "BusinessTransaction": "ХозОперация",
    "Role": "Роль",
    "Currency": "Валюта",
    "CurrencyRate": "Курс",
    "Amount": "Сумма",
    "Comment": "Комментарий",
    "ItemName": "Наименование",
    "Value": "Значение",
    "Type": "Тип",
    "View": "Представление",
    "Code": "Код",
    "Contractors": "Контрагенты",
    "Contractor": "Контрагент",
    "FullTitle": "ПолноеНаименование",
    "OfficialName": "ОфициальноеНаименование",
    "LastName": "Фамилия",
    "FirstName": "Имя",
    "SecondName": "Отчество",
    "DateOfBirth": "ДатаРождения",
    "Sex": "Пол",
    "INN": "ИНН",
    "KPP": "КПП",
    "EGRPO": "ЕГРПО",
    "OKVED": "ОКВЭД",
    "OKDP": "ОКДП",
    "OKOPF": "ОКОПФ",
    "OKFS": "ОКФС",
    "OKPO": "ОКПО",
    "OKPOCode": "КодПоОКПО",
    "Accounts": "РасчетныеСчета",
    "Account": "РасчетныйСчет",
    "AccountNumber": "НомерСчета",
    "Bank": "Банк",
    "BIK": "БИК",
    "RegistrationAddress": "АдресРегистрации",
    "LegalAddress": "ЮридическийАдрес",
    "BankAddress": "Адрес",
    "AddressField": "АдресноеПоле",
    "Contacts": "Контакты",
    "Contact": "Контакт",
    "Representatives": "Представители",
    "Representative": "Представитель",
    "Relation": "Отношение",
    "Taxes": "Налоги",
    "Tax": "Налог",
    "TaxRates": "СтавкиНалогов",
    "TaxRate": "СтавкаНалога",
    "Rate": "Ставка",
    "InPrice": "УчтеноВСумме",
    "Discounts": "Скидки",
    "Discount": "Скидка",
    "Items": "Товары",
    "Item": "Товар",
    "CatalogID": "ИдКаталога",
    "BaseUnit": "БазоваяЕдиница",
    "Unit": "Единица",
    "FullName": "НаименованиеПолное",
    "Ratio": "Коэффициент",
    "ItemPrice": "ЦенаЗаЕдиницу",
    "Quantity": "Количество",
    "PropertiesValues": "ЗначенияРеквизитов",
    "PropertyValue": "ЗначениеРеквизита",
    "Warehouses": "Склады",
    "Warehouse": "Склад",
}
_ATTRIBUTES: Mapping[str, str] = {
    "SchemaVersion": "ВерсияСхемы",
    "CreationDate": "ДатаФормирования",
    "Code": "Код",
    "FullName": "НаименованиеПолное",
    "InternationalAbbr": "МеждународноеСокращение",
}
_KINDS: Mapping[str, str] = {"Item": "Товар", "Service": "Услуга"}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "BusinessTransaction": {
        "ItemOrder": "Заказ товара",
        "Cashless payment": "Выплата безналичных денег",
        "Cash payment": "Выплата наличных денег",
        "Shipment": "Отпуск товара",
    },
    "Role": {"Seller": "Продавец", "Buyer": "Покупатель"},
    "Relation": {"ContactPerson": "Контактное лицо"},
    "Type": {
        "WorkPhone": "ТелефонРабочий",
        "Work phone": "Телефон рабочий",
        "Mail": "Почта",
        "E-Mail": "Электронная почта",
        "Zip": "Почтовый индекс",
        "Country": "Страна",
        "Region": "Регион",
        "State": "Район",
        "Town": "Населенный пункт",
        "City": "Город",
        "Street": "Улица",
        "House": "Дом",
        "Building": "Корпус",
        "Flat": "Квартира",
    },
}
"""Texts that stand for something, by the element that holds them."""
_NAMES: Mapping[str, Mapping[str, str]] = {
    "PropertyValue": {
        "Classification": "ВидНоменклатуры",
        "ClassificationType": "ТипНоменклатуры",
        "PaymentDate": "Дата оплаты",
        "BillNumber": "Номер платежного документа",
        "PaymentSystem": "Метод оплаты",
        "Payment system ID": "Метод оплаты ИД",
        "DeliveryAllowedDate": "Дата разрешения доставки",
        "DeliveryService": "Способ доставки",
        "Delivery address": "Адрес доставки",
        "OrderPaid": "Заказ оплачен",
        "DeliveryAllowed": "Доставка разрешена",
        "Canceled": "Отменен",
        "FinalStatus": "Финальный статус",
        "OrderStatus": "Статус заказа",
        "Order status ID": "Статуса заказа ИД",
        "OrderCancellationDate": "Дата отмены заказа",
        "ReasonForCancellation": "Причина отмены",
        "StatusChangeDate": "Дата изменения статуса",
        "CustomerComment": "Комментарии покупателя",
        "Site": "Сайт",
    },
    "Tax": {"Tax": "НДС"},
    "TaxRate": {"Tax": "НДС"},
    "Discount": {"OrderDiscount": "Скидка на заказ", "ItemDiscount": "Скидка на товар"},
}
"""What something is called, by the element that it names."""


@dataclass(frozen=True, slots=True)
class Second:
    """Orders that were changed within one second: times have no smaller parts.

    Attributes:
        at: by the site's clock on the wall.
        ids: of orders that were told already, as the site calls them.
    """

    at: datetime
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Changes:
    """Orders that were changed, the oldest change first.

    Attributes:
        document: the orders as they are told to 1C, without those that were told already.
        count: how many the site has told, those included.
        last: the latest second of them; ``None``: there are none.
    """

    document: bytes
    count: int
    last: Second | None


def in_russian(content: bytes, told: Second | None = None) -> Changes:
    """Returns what a site answers to ``type=crm&mode=query`` as it tells it to 1C.

    Args:
        content: the answer.
        told: orders that are left out where they have not changed since.

    Raises:
        GiveUp: it is no CommerceML, or an order lacks the time of its change.
    """
    for broken, mended in _BROKEN:
        content = content.replace(broken, mended)
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=False, recover=False
    )
    try:
        file = opened([content], Report())
        if file.root != _ROOT:
            raise _unreadable(f"it begins with {file.root[:40]}")
        root = etree.fromstring(b"".join(file.chunks), parser)
    except (Refused, etree.XMLSyntaxError) as error:
        raise _unreadable(str(error)) from None
    orders = [(one, _id(one), _changed(one)) for one in root if one.tag == _ORDER]
    latest = max((at for *_, at in orders), default=None)
    last = None
    if latest is not None:
        last = Second(latest, frozenset(id_ for _, id_, at in orders if at == latest))
    for order, id_, at in orders:
        if told is not None and at == told.at and id_ in told.ids:
            root.remove(order)
    for element in list(root.iter(etree.Element)):
        _say(element)
    return Changes(etree.tostring(root, encoding="utf-8", xml_declaration=True), len(orders), last)


def _unreadable(why: str) -> GiveUp:
    return GiveUp(
        f"The site's answer is no CommerceML that can be read: {why}", who=WhoActs.EXTERNAL_ADMIN
    )


def _id(order: Element) -> str:
    return (order.findtext("Id") or "").strip()


def _changed(order: Element) -> datetime:
    found = order.find(_CHANGED)
    try:
        moment = datetime.fromisoformat((found.text or "").strip() if found is not None else "")
    except ValueError:
        raise GiveUp(
            f"The order {_id(order) or '?'} of the site comes without the time of its"
            " change, so nobody can say what is new: the module sale of the site is too old for"
            " mode shared. Update it, or copy the script and choose mode own.",
            who=WhoActs.EXTERNAL_ADMIN,
        ) from None
    if found is not None:
        order.remove(found)
    return moment


def _say(element: Element) -> None:
    """One element, its attributes and its text. Children come later: their names are English still;
    what is above is Russian already."""
    name = str(element.tag)
    text = (element.text or "").strip()
    if name in _WORDS:
        element.text = _WORDS[name].get(text, element.text)
    for english, russian in _ATTRIBUTES.items():
        if english in element.attrib:
            element.set(russian, element.attrib.pop(english))
    _say_name(element, name)
    if name == "FullName" and _above(element) == "Контрагент":
        element.tag = "ПолноеНаименование"
    else:
        element.tag = _ELEMENTS.get(name, name)


def _say_name(element: Element, name: str) -> None:
    """What an element is called by its child ``ItemName``."""
    named = element.find("ItemName")
    if named is None:
        return
    text = (named.text or "").strip()
    named.text = _NAMES.get(name, {}).get(text, named.text)
    if name == "Item" and element.findtext("Id") == "ORDER_DELIVERY":
        named.text = "Доставка заказа"
    value = element.find("Value")
    if text in ("Classification", "ClassificationType") and value is not None:
        value.text = _KINDS.get((value.text or "").strip(), value.text)


def _above(element: Element) -> str:
    parent = element.getparent()
    return str(parent.tag) if parent is not None else ""
