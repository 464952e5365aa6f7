"""Writes documents and the lists of ``sale/info`` as Bitrix sites do and 1C reads.

1C loads an answer as one transaction: one document that it refuses, and no order of the answer
arrives, ever again. So a document that it would refuse is not written, and its reason is said.
Source: the 1C client's module of the exchange (numbers of 11 signs, ``Заказ товара``, a currency).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from mostik.commerceml.models import Attribute, Contact, PostalAddress, Tax
from mostik.commerceml.models_goods import BaseUnit
from mostik.commerceml.models_orders import (
    Discount,
    Document,
    Line,
    OrderPayment,
    Party,
    Representative,
)
from mostik.commerceml.refusal import Refused, Why
from mostik.commerceml.xmlout import Leaf, many, node, rendered

SCHEMAS = ("2.05", "2.07", "2.08", "2.09", "2.10")
ORDER = "Заказ товара"
_LONGEST_NUMBER = 11
_WITH_CONTAINER = ("2.08", "2.09")
_WITH_PAYMENTS = ("2.09",)
_WITH_CHILDREN = ("2.10",)
_FORMATS = (
    'ФорматДаты="ДФ=yyyy-MM-dd; ДЛФ=DT" ФорматВремени="ДФ=ЧЧ:мм:сс; ДЛФ=T" РазделительДатаВремя="T"'
    ' ФорматСуммы="ЧЦ=18; ЧДЦ=2; ЧРД=." ФорматКоличества="ЧЦ=18; ЧДЦ=2; ЧРД=."'
)
"""How dates and numbers are written, as a Bitrix site says it."""


def message(
    documents: Iterable[Document],
    schema: str,
    formed_at: datetime,
    *,
    encoding: str = "windows-1251",
    namespace: str = "",
) -> Iterator[bytes]:
    """Yields a whole file, one document after the other.

    Args:
        documents: orders, with what was done because of them as their children.
        schema: one of ``SCHEMAS``; it says where payments and shipments go.
        formed_at: ``ДатаФормирования``.
        encoding: windows-1251 or utf-8; without a byte order mark, 1C wants ``<?xml`` first.
        namespace: none, as a rule: 1C reads such files leniently and type-checks the others.

    Raises:
        Refused: a document is one that 1C would refuse.
    """
    yield opening(schema, formed_at, encoding=encoding, namespace=namespace)
    for document in documents:
        yield document_bytes(document, schema, encoding=encoding)
    yield closing(encoding=encoding)


def opening(
    schema: str, formed_at: datetime, *, encoding: str = "windows-1251", namespace: str = ""
) -> bytes:
    """Returns the declaration and the root's start tag; see ``message``."""
    xmlns = f' xmlns="{namespace}"' if namespace else ""
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n'
        f'<КоммерческаяИнформация{xmlns} ВерсияСхемы="{schema}"'
        f' ДатаФормирования="{formed_at:%Y-%m-%dT%H:%M:%S}" {_FORMATS}>\n'
    ).encode(encoding)


def closing(*, encoding: str = "windows-1251") -> bytes:
    """Returns the root's end tag."""
    return "</КоммерческаяИнформация>\n".encode(encoding)


def document_bytes(document: Document, schema: str, *, encoding: str = "windows-1251") -> bytes:
    """Returns one document; what the encoding lacks is written as ``&#…;``.

    Before 2.08 there is no place for children: ``mapping_orders`` says in attributes what they say.

    Raises:
        Refused: 1C would refuse it.
    """
    _check(document)
    own = node("Документ", _document(document, schema))
    if document.children and schema in _WITH_CONTAINER:
        children = [node("Документ", _document(child, schema)) for child in document.children]
        own = node("Контейнер", [own, *children])
    return rendered(own).encode(encoding, "xmlcharrefreplace")


def sale_info(
    statuses: Sequence[tuple[str, str]],
    pay_systems: Sequence[tuple[str, str]],
    deliveries: Sequence[tuple[str, str]],
    *,
    encoding: str = "windows-1251",
) -> bytes:
    """Returns the lists of ``sale/info``, each of pairs of id and name.

    Statuses stand there twice: Bitrix' own name of that list begins with a Latin ``C``, and some
    clients look for the Cyrillic one.
    """
    lists = [
        node(
            name,
            [node("Элемент", [node("Ид", key), node("Название", title)]) for key, title in rows],
        )
        for name, rows in (
            ("Статусы", statuses),
            ("Cтатусы", statuses),
            ("ПлатежныеСистемы", pay_systems),
            ("СлужбыДоставки", deliveries),
        )
    ]
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n' + rendered(node("Справочник", lists))
    return text.encode(encoding, "xmlcharrefreplace")


def _check(document: Document) -> None:
    number = document.number or ""
    name = f"Заказ {number or document.key}"
    if not number:
        raise Refused(Why.ORDER, f"{name}: нет номера.")
    if len(number) > _LONGEST_NUMBER:
        raise Refused(Why.ORDER, f"{name}: номер длиннее {_LONGEST_NUMBER} знаков, 1С его обрежет.")
    if not number.isprintable():
        raise Refused(Why.ORDER, f"{name}: в номере непечатаемые знаки.")
    if document.operation != ORDER:
        raise Refused(Why.ORDER, f"{name}: хозоперация не «{ORDER}», 1С отклонит все заказы.")
    if not document.currency:
        raise Refused(Why.ORDER, f"{name}: нет валюты, 1С отклонит все заказы.")
    if document.date is None:
        raise Refused(Why.ORDER, f"{name}: нет даты.")
    for one in document.lines or ():
        if one.quantity is None or one.price is None or one.amount is None:
            raise Refused(
                Why.ORDER, f"{name}: у строки «{one.name}» нет цены, количества или суммы."
            )


def _document(document: Document, schema: str) -> list[Leaf]:
    date = document.date
    found = [
        node("Ид", document.key),
        node("НомерВерсии", document.version),
        node("ПометкаУдаления", document.deleted),
        node("Номер", document.number),
        node("Номер1С", document.number_1c),
        node("Дата", f"{date:%Y-%m-%d}" if date else None),
        node("ХозОперация", document.operation),
        node("Роль", document.role),
        node("Валюта", document.currency),
        node("Курс", document.rate),
        node("Сумма", document.amount),
        node("Основание", document.basis),
        many("Контрагенты", document.parties, lambda one: node("Контрагент", _party(one))),
        node("Время", f"{date:%H:%M:%S}" if date else None),
        node("СрокПлатежа", f"{document.due:%Y-%m-%d}" if document.due else None),
        node("Комментарий", document.comment),
        *_money(document.taxes, document.discounts, document.expenses),
        many(
            "Склады",
            document.warehouses,
            lambda one: node("Склад", [node("Ид", one.key), node("Наименование", one.name)]),
        ),
        many("Товары", document.lines, lambda one: node("Товар", _line(one))),
        many("ЗначенияРеквизитов", document.attributes, _attribute),
    ]
    if schema in _WITH_PAYMENTS:
        found.append(many("Оплаты", document.payments, _payment))
    if schema in _WITH_CHILDREN:
        children = document.children
        found.append(
            many(
                "ПодчиненныеДокументы",
                children,
                lambda one: node("ПодчиненныйДокумент", _document(one, schema)),
            )
        )
    return found


def _line(line: Line) -> list[Leaf]:
    return [
        node("Ид", line.key or None),
        node("ИдКаталога", line.catalog),
        node("ИдКлассификатора", line.classifier),
        _side_by_side("Штрихкод", line.barcodes),
        node("Артикул", line.article),
        node("Наименование", line.name),
        _unit(line.unit),
        many(
            "ХарактеристикиТовара",
            line.characteristics,
            lambda one: node(
                "ХарактеристикаТовара",
                [node("Ид", one.key), node("Наименование", one.name), node("Значение", one.value)],
            ),
        ),
        node("ЦенаЗаЕдиницу", line.price),
        node("Количество", line.quantity),
        node("Сумма", line.amount),
        node("Единица", line.unit_name),
        node("Коэффициент", line.coefficient),
        many(
            "СтавкиНалогов",
            line.tax_rates,
            lambda one: node(
                "СтавкаНалога", [node("Наименование", one.name), node("Ставка", one.rate)]
            ),
        ),
        *_money(line.taxes, line.discounts, line.expenses),
        many(
            "Склады",
            line.stock,
            lambda one: node("Склад", [node("Ид", one.key), node("Количество", one.quantity)]),
        ),
        many("ЗначенияРеквизитов", line.attributes, _attribute),
    ]


def _side_by_side(name: str, texts: Sequence[str] | None) -> Leaf:
    """Returns one element for each text, side by side."""
    return Leaf("", [node(name, text) for text in texts or ()])


def _money(
    taxes: Sequence[Tax] | None,
    discounts: Sequence[Discount] | None,
    expenses: Sequence[Discount] | None,
) -> list[Leaf]:
    return [
        many("Налоги", taxes, _tax),
        many("Скидки", discounts, lambda one: _discount("Скидка", one)),
        many("ДопРасходы", expenses, lambda one: _discount("ДопРасход", one)),
    ]


def _tax(tax: Tax) -> Leaf:
    return node(
        "Налог",
        [
            node("Наименование", tax.name),
            node("УчтеноВСумме", tax.included),
            node("Сумма", tax.amount),
            node("Ставка", tax.rate),
        ],
    )


def _discount(name: str, one: Discount) -> Leaf:
    return node(
        name,
        [
            node("Наименование", one.name),
            node("Сумма", one.amount),
            node("Процент", one.percent),
            node("УчтеноВСумме", one.included),
            node("Комментарий", one.comment),
        ],
    )


def _party(party: Party) -> list[Leaf]:
    return [
        node("Ид", party.key),
        node("Наименование", party.name),
        node("Роль", party.role),
        node("ПолноеНаименование", party.full_name),
        node("ОфициальноеНаименование", party.official_name),
        node("Обращение", party.title),
        node("Фамилия", party.last_name),
        node("Имя", party.first_name),
        node("Отчество", party.middle_name),
        node("ДатаРождения", f"{party.birthday:%Y-%m-%d}" if party.birthday else None),
        node("Пол", party.gender),
        node("ИНН", party.inn),
        node("КПП", party.kpp),
        node("ОГРН", party.ogrn),
        node("ОКПО", party.okpo),
        node("ЕГРПО", party.egrpo),
        node("ОКВЭД", party.okved),
        _address("Адрес", party.address),
        _address("АдресРегистрации", party.registered_address),
        _address("ЮридическийАдрес", party.legal_address),
        many("Контакты", party.contacts, _contact),
        many("Представители", party.representatives, _representative),
        many(
            "РасчетныеСчета",
            party.accounts,
            lambda one: node(
                "РасчетныйСчет",
                [
                    node("НомерСчета", one.number),
                    node(
                        "Банк",
                        [
                            node("Наименование", one.bank.name),
                            node("СчетКорреспондентский", one.bank.correspondent_account),
                            node("БИК", one.bank.bic),
                        ],
                    )
                    if one.bank
                    else node("Банк", None),
                ],
            ),
        ),
        node("Комментарий", party.comment),
    ]


def _address(name: str, address: PostalAddress | None) -> Leaf:
    if address is None:
        return node(name, None)
    fields = [
        node("АдресноеПоле", [node("Тип", one.kind), node("Значение", one.value)])
        for one in address.fields
    ]
    return node(
        name, [node("Представление", address.text), node("Комментарий", address.comment), *fields]
    )


def _contact(one: Contact) -> Leaf:
    return node(
        "Контакт",
        [node("Тип", one.kind), node("Значение", one.value), node("Комментарий", one.comment)],
    )


def _representative(one: Representative) -> Leaf:
    """As Bitrix writes it: a counterparty within."""
    fields = [
        node("Отношение", one.relation),
        node("Ид", one.key),
        node("Наименование", one.name),
        node("Комментарий", one.comment),
        many("Контакты", one.contacts, _contact),
    ]
    return node("Представитель", [node("Контрагент", fields)])


def _attribute(one: Attribute) -> Leaf:
    values = [node("Значение", value) for value in one.values or ("",)]
    return node("ЗначениеРеквизита", [node("Наименование", one.name), *values])


def _payment(one: OrderPayment) -> Leaf:
    return node(
        "Оплата",
        [
            node("НомерДокумента", one.number),
            node("НомерТранзакции", one.transaction),
            node("ДатаОплаты", f"{one.date:%Y-%m-%dT%H:%M:%S}" if one.date else None),
            node("СуммаОплаты", one.amount),
            node("СпособОплаты", one.system),
            node("ИдСпособаОплаты", one.system_key),
        ],
    )


def _unit(unit: BaseUnit | None) -> Leaf:
    if unit is None:
        return node("БазоваяЕдиница", None)
    attributes = {
        "Код": unit.code,
        "НаименованиеПолное": unit.full_name,
        "НаименованиеКраткое": unit.short_name,
        "МеждународноеСокращение": unit.international,
    }
    return node("БазоваяЕдиница", unit.text or "", attributes)
