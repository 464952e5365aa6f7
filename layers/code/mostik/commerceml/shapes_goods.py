"""Shapes of classifiers, catalogues and offers."""

from __future__ import annotations

from typing import Any

from mostik.commerceml.models_goods import (
    Category,
    Group,
    Offer,
    Price,
    PriceType,
    Product,
    Property,
    PropertyVariant,
    StockRow,
    UnitOfMeasure,
    Warehouse,
)
from mostik.commerceml.shapes import (
    BARE,
    BARE_OR_INTO,
    DONE_ELSEWHERE,
    EACH_OR_INTO,
    Shape,
    Step,
    each,
    flag,
    inside,
    moment,
    number,
    one,
    text,
    texts,
)
from mostik.commerceml.shapes_parts import (
    ADDRESS,
    ATTRIBUTE,
    GOOD,
    GOOD_ATTRIBUTES,
    OWNER,
    RECORD,
    TAX,
    contacts,
)

GROUP = Shape(
    "Группа",
    Group,
    {
        **RECORD,
        "Наименование": text("name"),
        "Описание": text("description"),
        "БитриксКод": text("code"),
        "БитриксСортировка": number("sort"),
        "Сортировка": number("sort"),
        "Картинка": text("picture"),
        "Группы": DONE_ELSEWHERE,
        "Свойства": DONE_ELSEWHERE,
    },
    keeps=True,
)

VARIANT = Shape(
    "Справочник",
    PropertyVariant,
    {
        "ИдЗначения": text("key"),
        "Ид": text("key"),
        "Значение": text("text"),
        "ПоУмолчанию": flag("default"),
        "Сортировка": number("sort"),
    },
    text="text",
)
PROPERTY = Shape(
    "Свойство",
    Property,
    {
        **RECORD,
        "Наименование": text("name"),
        "Описание": text("description"),
        "ТипЗначений": text("kind"),
        "ТипыЗначений": text("kind"),
        "Обязательное": text("required"),
        "Множественное": flag("multiple"),
        "ДляТоваров": flag("for_goods"),
        "ДляПредложений": flag("for_offers"),
        "ДляДокументов": flag("for_documents"),
        "Внешний": flag("external"),
        "ИспользованиеСвойства": flag("used"),
        "ВариантыЗначений": inside(
            "variants",
            "ВариантыЗначений",
            Значение=each("variants", VARIANT),
            Справочник=DONE_ELSEWHERE,
            Вариант=DONE_ELSEWHERE,
        ),
    },
    keeps=True,
)
CATEGORY = Shape(
    "Категория",
    Category,
    {
        **RECORD,
        "Наименование": text("name"),
        "Свойства": inside("properties", "Свойства", Ид=texts("properties")),
    },
    keeps=True,
    late=True,
)


def _coded(fields: dict[str, Any]) -> None:
    """A unit is known by its code where it has no key."""
    if not fields.get("key"):
        fields["key"] = fields.get("code") or ""


UNIT_OF_MEASURE = Shape(
    "ЕдиницаИзмерения",
    UnitOfMeasure,
    {
        **RECORD,
        "Код": text("code"),
        "НаименованиеПолное": text("full_name"),
        "НаименованиеКраткое": text("short_name"),
        "МеждународноеСокращение": text("international"),
    },
    {
        "Код": text("code"),
        "НаименованиеПолное": text("full_name"),
        "НаименованиеКраткое": text("short_name"),
        "МеждународноеСокращение": text("international"),
    },
    keeps=True,
    late=True,
    finish=_coded,
)
PRICE_TYPE = Shape(
    "ТипЦены",
    PriceType,
    {
        **RECORD,
        "Наименование": text("name"),
        "Валюта": text("currency"),
        "Описание": text("description"),
        "Налог": each("taxes", TAX),
    },
    keeps=True,
    late=True,
)
WAREHOUSE = Shape(
    "Склад",
    Warehouse,
    {
        **RECORD,
        "Наименование": text("name"),
        "Комментарий": text("comment"),
        "Адрес": one("address", ADDRESS),
        "Контакты": contacts(),
    },
    keeps=True,
    late=True,
)

HEAD: dict[str, Step] = {
    "Ид": text("key"),
    "Наименование": text("name"),
    "Описание": text("description"),
    "ИдКаталога": text("catalog"),
    "ИдКлассификатора": text("classifier"),
    "ДействительноС": moment("valid_from"),
    "ДействительноДо": moment("valid_to"),
    "Владелец": one("owner", OWNER),
    "ТипыЦен": inside(
        "price_types",
        "ТипыЦен",
        ТипЦены=each("price_types", PRICE_TYPE),
        ИдКлассификатора=DONE_ELSEWHERE,
    ),
    "Склады": inside("warehouses", "Склады", Склад=each("warehouses", WAREHOUSE)),
    "Категории": inside("categories", "Категории", Категория=each("categories", CATEGORY)),
    "ЕдиницыИзмерения": inside(
        "units", "ЕдиницыИзмерения", ЕдиницаИзмерения=each("units", UNIT_OF_MEASURE)
    ),
    "Группы": DONE_ELSEWHERE,
    "Свойства": DONE_ELSEWHERE,
    "Товары": DONE_ELSEWHERE,
    "Предложения": DONE_ELSEWHERE,
}
_HEAD_ATTRIBUTES = {"СодержитТолькоИзменения": flag("only_changes")}
HEADS = {
    name: Shape(name, None, HEAD, _HEAD_ATTRIBUTES, keeps=True)
    for name in ("Классификатор", "Каталог", "ПакетПредложений", "ИзмененияПакетаПредложений")
}

PRODUCT = Shape("Товар", Product, GOOD, GOOD_ATTRIBUTES, keeps=True)

_PRICE = Shape(
    "Цена",
    Price,
    {
        "Представление": text("shown"),
        "ИдТипаЦены": text("type"),
        "ЦенаЗаЕдиницу": number("amount"),
        "Валюта": text("currency"),
        "МинКоличество": number("min_quantity"),
        "КоличествоОт": number("min_quantity"),
        "КоличествоДо": number("max_quantity"),
        "Единица": text("unit"),
        "Коэффициент": number("coefficient"),
        "ИдКаталога": text("catalog"),
        "ДополнительныеДанные": inside(
            "data", "ДополнительныеДанные", ЗначениеРеквизита=each("data", ATTRIBUTE)
        ),
    },
)

# The spellings of stock: <Склад ИдСклада= КоличествоНаСкладе=/>, <Склады> with the same attributes,
# Остатки/Остаток/Склад{Ид,Количество}, Остатки/Остаток/Количество, a bare number in Остаток, and
# the older КоличествоНаСкладах/КоличествоНаСкладе.
_STOCK_ROW = Shape(
    "Склад",
    StockRow,
    {
        "Ид": text("warehouse"),
        "ИдСклада": text("warehouse"),
        "Количество": number("quantity"),
        "КоличествоНаСкладе": number("quantity"),
    },
    {"ИдСклада": text("warehouse"), "КоличествоНаСкладе": number("quantity")},
)
_ROW = each("stock", _STOCK_ROW)
_REST = Shape("Остаток", None, {"Склад": _ROW, "Количество": Step(BARE, "stock", _STOCK_ROW)})

OFFER = Shape(
    "Предложение",
    Offer,
    {
        **GOOD,
        "ИдХарактеристики": text("characteristic"),
        "КодЕдиницыИзмерения": text("unit_code"),
        "Цены": inside("prices", "Цены", Цена=each("prices", _PRICE)),
        "Количество": number("quantity"),
        "Склад": _ROW,
        "Склады": Step(EACH_OR_INTO, "stock", _STOCK_ROW, Shape("Склады", None, {"Склад": _ROW})),
        "Остатки": inside(
            "stock", "Остатки", Остаток=Step(BARE_OR_INTO, "stock", _STOCK_ROW, _REST)
        ),
        "КоличествоНаСкладах": inside("stock", "КоличествоНаСкладах", КоличествоНаСкладе=_ROW),
    },
    GOOD_ATTRIBUTES,
    keeps=True,
)
