"""Shapes of what records of every kind are made of."""

from __future__ import annotations

from mostik.commerceml.models import AddressField, Attribute, Contact, Owner, PostalAddress, Tax
from mostik.commerceml.models_goods import (
    BaseUnit,
    Characteristic,
    Component,
    Conversion,
    Excise,
    PropertyValue,
)
from mostik.commerceml.shapes import (
    Shape,
    Step,
    each,
    flag,
    inside,
    number,
    one,
    text,
    texts,
)

RECORD: dict[str, Step] = {
    "Ид": text("key"),
    "НомерВерсии": text("version"),
    "ПометкаУдаления": flag("deleted"),
}

ATTRIBUTE = Shape(
    "ЗначениеРеквизита", Attribute, {"Наименование": text("name"), "Значение": texts("values")}
)
TAX = Shape(
    "Налог",
    Tax,
    {
        "Наименование": text("name"),
        "Ставка": text("rate"),
        "УчтеноВСумме": flag("included"),
        "Сумма": number("amount"),
        "Акциз": flag("excise"),
    },
)
ADDRESS = Shape(
    "Адрес",
    PostalAddress,
    {
        "Представление": text("text"),
        "Комментарий": text("comment"),
        "АдресноеПоле": each(
            "fields",
            Shape("АдресноеПоле", AddressField, {"Тип": text("kind"), "Значение": text("value")}),
        ),
    },
    text="text",
)
_CONTACT = Shape(
    "Контакт",
    Contact,
    {"Тип": text("kind"), "Значение": text("value"), "Комментарий": text("comment")},
)
OWNER = Shape(
    "Владелец",
    Owner,
    {
        "Ид": text("key"),
        "Наименование": text("name"),
        "ПолноеНаименование": text("full_name"),
        "ОфициальноеНаименование": text("official_name"),
        "ИНН": text("inn"),
        "КПП": text("kpp"),
        "ОКПО": text("okpo"),
    },
    text="name",
)


def contacts() -> Step:
    """``Контакты``; some files write ``КонтактнаяИнформация`` inside of a contact's place."""
    return inside("contacts", "Контакты", Контакт=each("contacts", _CONTACT))


def attributes(name: str = "attributes") -> Step:
    """``ЗначенияРеквизитов``."""
    return inside(name, "ЗначенияРеквизитов", ЗначениеРеквизита=each(name, ATTRIBUTE))


def taxes(name: str = "taxes") -> Step:
    """``Налоги``, ``СтавкиНалогов``."""
    return inside(name, "Налоги", Налог=each(name, TAX), СтавкаНалога=each(name, TAX))


_CONVERSION = Shape(
    "Пересчет",
    Conversion,
    {
        "Единица": text("unit"),
        "Коэффициент": number("coefficient"),
        "ДополнительныеДанные": inside(
            "data", "ДополнительныеДанные", ЗначениеРеквизита=each("data", ATTRIBUTE)
        ),
    },
)
_UNIT = Shape(
    "БазоваяЕдиница",
    BaseUnit,
    {"Пересчет": each("conversions", _CONVERSION)},
    {
        "Код": text("code"),
        "НаименованиеПолное": text("full_name"),
        "НаименованиеКраткое": text("short_name"),
        "МеждународноеСокращение": text("international"),
    },
    text="text",
)
_PROPERTY_VALUE = Shape(
    "ЗначенияСвойства",
    PropertyValue,
    {"Ид": text("key"), "Наименование": text("name"), "Значение": texts("values")},
)
_CHARACTERISTIC = Shape(
    "ХарактеристикаТовара",
    Characteristic,
    {"Ид": text("key"), "Наименование": text("name"), "Значение": text("value")},
)
_COMPONENT = Shape(
    "Комплектующее",
    Component,
    {
        "Ид": text("key"),
        "Наименование": text("name"),
        "Артикул": text("article"),
        "ИдКаталога": text("catalog"),
        "ИдКлассификатора": text("classifier"),
        "Количество": number("quantity"),
    },
)
_EXCISE = Shape(
    "Акциз",
    Excise,
    {
        "Наименование": text("name"),
        "СуммаЗаЕдиницу": number("amount"),
        "Валюта": text("currency"),
    },
)
PROPERTY_VALUES = inside(
    "properties",
    "ЗначенияСвойств",
    ЗначенияСвойства=each("properties", _PROPERTY_VALUE),
    ЗначениеСвойства=each("properties", _PROPERTY_VALUE),
)

GOOD: dict[str, Step] = {
    **RECORD,
    "Штрихкод": texts("barcodes"),
    "ШтрихКод": texts("barcodes"),
    "Артикул": text("article"),
    "Код": text("code"),
    "Наименование": text("name"),
    "ПолноеНаименование": text("full_name"),
    "БазоваяЕдиница": one("unit", _UNIT),
    "Группы": inside("groups", "Группы", Ид=texts("groups")),
    "Категория": text("category"),
    "Описание": text("description"),
    "Картинка": texts("pictures"),
    "Картинки": inside("pictures", "Картинки", Картинка=texts("pictures")),
    "Файлы": inside("files", "Файлы", Файл=texts("files")),
    "Изготовитель": one("manufacturer", OWNER),
    "Производитель": one("manufacturer", OWNER),
    "Страна": text("country"),
    "ТорговаяМарка": text("brand"),
    "Вес": number("weight"),
    "ИдТовараУКонтрагента": text("counterparty_key"),
    "ЗначенияСвойств": PROPERTY_VALUES,
    "ХарактеристикиТовара": inside(
        "characteristics",
        "ХарактеристикиТовара",
        ХарактеристикаТовара=each("characteristics", _CHARACTERISTIC),
    ),
    "СтавкиНалогов": taxes("tax_rates"),
    "Акцизы": inside("excises", "Акцизы", Акциз=each("excises", _EXCISE)),
    "Комплектующие": inside(
        "components", "Комплектующие", Комплектующее=each("components", _COMPONENT)
    ),
    "НаборыТоваров": inside(
        "components",
        "НаборыТоваров",
        Комплектующее=each("components", _COMPONENT),
        НаборТоваров=each("components", _COMPONENT),
    ),
    "Аналоги": inside("analogues", "Аналоги", Аналог=each("analogues", _COMPONENT)),
    "ЗначенияРеквизитов": attributes(),
}
GOOD_ATTRIBUTES = {"Статус": text("status")}
