"""Shapes of documents."""

from __future__ import annotations

from typing import Any

from mostik.commerceml.models_orders import (
    Account,
    Bank,
    Discount,
    Document,
    Line,
    LineStock,
    OrderPayment,
    Party,
    Representative,
)
from mostik.commerceml.shapes import (
    INTO,
    Shape,
    Step,
    each,
    flag,
    inside,
    moment,
    number,
    one,
    text,
)
from mostik.commerceml.shapes_parts import (
    ADDRESS,
    ATTRIBUTE,
    GOOD,
    GOOD_ATTRIBUTES,
    RECORD,
    attributes,
    contacts,
    taxes,
)
from mostik.commerceml.values import moment as moment_of

_BANK = Shape(
    "Банк",
    Bank,
    {
        "Наименование": text("name"),
        "БИК": text("bic"),
        "SWIFT": text("swift"),
        "СчетКорреспондентский": text("correspondent_account"),
    },
)
_ACCOUNT = Shape(
    "РасчетныйСчет",
    Account,
    {"НомерСчета": text("number"), "Банк": one("bank", _BANK), "Комментарий": text("comment")},
    text="number",
)
# Bitrix writes the fields inside of another Контрагент, the schema writes them bare.
_REPRESENTATIVE_STEPS: dict[str, Step] = {
    "Ид": text("key"),
    "Наименование": text("name"),
    "Отношение": text("relation"),
    "Комментарий": text("comment"),
    "Контакты": contacts(),
}
_REPRESENTATIVE = Shape(
    "Представитель",
    Representative,
    {
        **_REPRESENTATIVE_STEPS,
        "Контрагент": inside("", "Контрагент", **_REPRESENTATIVE_STEPS),
    },
)
PARTY = Shape(
    "Контрагент",
    Party,
    {
        "Ид": text("key"),
        "Наименование": text("name"),
        "Роль": text("role"),
        "Комментарий": text("comment"),
        "ПолноеНаименование": text("full_name"),
        "ОфициальноеНаименование": text("official_name"),
        "Обращение": text("title"),
        "Фамилия": text("last_name"),
        "Имя": text("first_name"),
        "Отчество": text("middle_name"),
        "ДатаРождения": moment("birthday"),
        "Пол": text("gender"),
        "ИНН": text("inn"),
        "КПП": text("kpp"),
        "ОГРН": text("ogrn"),
        "ОКПО": text("okpo"),
        "ЕГРПО": text("egrpo"),
        "ОКВЭД": text("okved"),
        "Адрес": one("address", ADDRESS),
        "АдресРегистрации": one("registered_address", ADDRESS),
        "ЮридическийАдрес": one("legal_address", ADDRESS),
        "Контакты": contacts(),
        "Представители": inside(
            "representatives",
            "Представители",
            Представитель=each("representatives", _REPRESENTATIVE),
        ),
        "РасчетныеСчета": inside(
            "accounts", "РасчетныеСчета", РасчетныйСчет=each("accounts", _ACCOUNT)
        ),
        "РасчетныйСчет": each("accounts", _ACCOUNT),
    },
)
_DISCOUNT = Shape(
    "Скидка",
    Discount,
    {
        "Наименование": text("name"),
        "Сумма": number("amount"),
        "Процент": number("percent"),
        "УчтеноВСумме": flag("included"),
        "Комментарий": text("comment"),
    },
)
_STOCK = Shape(
    "Склад",
    LineStock,
    {"Ид": text("key"), "Наименование": text("name"), "Количество": number("quantity")},
    {"ИдСклада": text("key"), "КоличествоНаСкладе": number("quantity")},
)
_WAREHOUSES = each("stock", _STOCK)
_MONEY: dict[str, Step] = {
    "Налоги": taxes(),
    "Скидки": inside("discounts", "Скидки", Скидка=each("discounts", _DISCOUNT)),
    "ДопРасходы": inside("expenses", "ДопРасходы", ДопРасход=each("expenses", _DISCOUNT)),
}
LINE = Shape(
    "Товар",
    Line,
    {
        **GOOD,
        **_MONEY,
        "ИдКаталога": text("catalog"),
        "ИдКлассификатора": text("classifier"),
        "ЦенаЗаЕдиницу": number("price"),
        "Количество": number("quantity"),
        "Сумма": number("amount"),
        "Единица": text("unit_name"),
        "Коэффициент": number("coefficient"),
        "СтранаПроисхождения": text("origin_country"),
        "ГТД": text("customs_declaration"),
        "ДополнительныеЗначенияРеквизитов": inside(
            "further_attributes",
            "ДополнительныеЗначенияРеквизитов",
            ЗначениеРеквизита=each("further_attributes", ATTRIBUTE),
        ),
        "Склад": _WAREHOUSES,
        "Склады": inside("stock", "Склады", Склад=_WAREHOUSES),
    },
    GOOD_ATTRIBUTES,
    keeps=True,
)
_PAYMENT = Shape(
    "Оплата",
    OrderPayment,
    {
        "НомерДокумента": text("number"),
        "НомерТранзакции": text("transaction"),
        "ДатаОплаты": moment("date"),
        "СуммаОплаты": number("amount"),
        "СпособОплаты": text("system"),
        "ИдСпособаОплаты": text("system_key"),
    },
)
_CHILDREN: dict[str, Step] = {}


def _timed(fields: dict[str, Any]) -> None:
    """The time of day belongs to the date; a document within another may have no key."""
    fields.setdefault("key", "")
    time = fields.pop("time", None)
    day = fields.get("date")
    if time and day is not None:
        whole = moment_of(f"{day:%Y-%m-%d}T{time}")
        if whole is None:
            fields.setdefault("extra", {})["Время"] = [time]
        else:
            fields["date"] = whole


DOCUMENT = Shape(
    "Документ",
    Document,
    {
        **RECORD,
        **_MONEY,
        "Номер": text("number"),
        "Номер1С": text("number_1c"),
        "Дата1С": moment("date_1c"),
        "Дата": moment("date"),
        "Время": text("time"),
        "ХозОперация": text("operation"),
        "Роль": text("role"),
        "Валюта": text("currency"),
        "Курс": number("rate"),
        "Сумма": number("amount"),
        "Контрагенты": inside("parties", "Контрагенты", Контрагент=each("parties", PARTY)),
        "СрокПлатежа": moment("due"),
        "Комментарий": text("comment"),
        "Основание": text("basis"),
        "Склады": inside("warehouses", "Склады", Склад=each("warehouses", _STOCK)),
        "Товары": inside("lines", "Товары", Товар=each("lines", LINE)),
        "Оплаты": inside("payments", "Оплаты", Оплата=each("payments", _PAYMENT)),
        "ЗначенияРеквизитов": attributes(),
        "ПодчиненныеДокументы": Step(
            INTO, "children", Shape("ПодчиненныеДокументы", None, _CHILDREN)
        ),
    },
    keeps=True,
    finish=_timed,
)
_CHILDREN["ПодчиненныйДокумент"] = each("children", DOCUMENT)
