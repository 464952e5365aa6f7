"""What a reader makes of files like the real ones."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from mostik.commerceml.models import Head, Message, Rejected
from mostik.commerceml.models_goods import (
    Group,
    Offer,
    PriceType,
    Product,
    Property,
    StockRow,
    UnitOfMeasure,
    Warehouse,
)
from mostik.commerceml.models_orders import Document
from tests.unit.commerceml.files import NAMESPACES, goods, of, offers, one, read, whole


@pytest.mark.parametrize("namespace", [*NAMESPACES, "urn:something:new"])
def test_elements_are_known_by_their_local_names(namespace: str) -> None:
    found = one(Product, whole(goods("<Товар><Ид>1</Ид></Товар>"), namespace=namespace))
    assert found.key == "1"


def test_a_prefix_is_no_hindrance() -> None:
    content = whole("", namespace="").replace(b"><", b"><", 1).decode()
    content = content.replace(
        "<КоммерческаяИнформация", '<cml:КоммерческаяИнформация xmlns:cml="urn:1C.ru:commerceml_2"'
    )
    content = content.replace(
        "</КоммерческаяИнформация",
        "<cml:Каталог><cml:Товары><cml:Товар><cml:Ид>1</cml:Ид></cml:Товар></cml:Товары></cml:Каталог></cml:КоммерческаяИнформация",
    )
    assert one(Product, content.encode()).key == "1"


def test_all_of_a_good_is_read() -> None:
    # GIVEN a good with every element that real files have
    found = one(
        Product,
        whole(
            goods(
                """<Товар Статус="Изменен"><Ид>a#b</Ид><НомерВерсии>AAA=</НомерВерсии>
                <ПометкаУдаления>false</ПометкаУдаления><ШтрихКод>1</ШтрихКод>
                <Штрихкод>2</Штрихкод><Артикул/><Код>00-1</Код><Наименование> Чай  </Наименование>
                <БазоваяЕдиница Код="796" НаименованиеПолное="Штука">шт<Пересчет>
                <Единица>778</Единица><Коэффициент>12</Коэффициент></Пересчет></БазоваяЕдиница>
                <Группы><Ид>g1</Ид><Ид>g2</Ид></Группы><Описание>&lt;b&gt;&amp;quot;</Описание>
                <Картинка>import_files/1.jpg</Картинка><Картинка>import_files/2.jpg</Картинка>
                <Изготовитель><Ид>m</Ид><Наименование>Север</Наименование></Изготовитель>
                <Страна>Россия</Страна><Вес>0,5</Вес>
                <ЗначенияСвойств><ЗначенияСвойства><Ид>p</Ид><Значение>v1</Значение>
                <Значение>v2</Значение></ЗначенияСвойства><ЗначениеСвойства><Ид>q</Ид><Значение/>
                </ЗначениеСвойства></ЗначенияСвойств>
                <СтавкиНалогов><СтавкаНалога><Наименование>НДС</Наименование>
                <Ставка>Без НДС</Ставка></СтавкаНалога></СтавкиНалогов>
                <ЗначенияРеквизитов><ЗначениеРеквизита><Наименование>ТипНоменклатуры</Наименование>
                <Значение>ООО &amp;quot;Услуга&amp;quot;</Значение></ЗначениеРеквизита>
                </ЗначенияРеквизитов></Товар>"""
            )
        ),
    )
    # THEN it says all of that, typed; empty is not absent
    assert (found.key, found.status, found.deleted, found.barcodes) == (
        "a#b", "Изменен", False, ("1", "2"),
    )  # fmt: skip
    assert (found.article, found.name, found.weight) == ("", "Чай", Decimal("0.5"))
    assert found.country == "Россия"
    assert found.category is None
    assert found.unit is not None
    assert found.unit.text == "шт"
    assert found.unit.conversions[0].coefficient == Decimal(12)
    assert found.groups == ("g1", "g2")
    assert found.description == "<b>&quot;"
    assert found.pictures == ("import_files/1.jpg", "import_files/2.jpg")
    assert found.properties is not None
    assert [row.values for row in found.properties] == [("v1", "v2"), ()]
    assert found.tax_rates is not None
    assert found.tax_rates[0].rate == "Без НДС"
    assert found.attribute("ТипНоменклатуры") == 'ООО "Услуга"'


def test_a_catalogue_is_counted_with_nothing_left_over() -> None:
    _, report = read(whole(goods("<Товар><Ид>1</Ид></Товар><Товар><Ид>2</Ид></Товар>")))
    assert report.found["products"] == 2
    assert not report.unknown


@pytest.mark.parametrize(
    ("stock", "expected"),
    [
        ('<Склад ИдСклада="w" КоличествоНаСкладе="3"/>', [("w", "3")]),
        (
            '<Склад ИдСклада="w" КоличествоНаСкладе="-3"/><Склад ИдСклада="v"/>',
            [("w", "-3"), ("v", None)],
        ),
        ('<Склады ИдСклада="w" КоличествоНаСкладе="0,333"/>', [("w", "0.333")]),
        (
            '<Склады ИдСклада="w" КоличествоНаСкладе="1"/>'
            '<Склады ИдСклада="v" КоличествоНаСкладе="2"/>',
            [("w", "1"), ("v", "2")],
        ),
        (
            "<Остатки><Остаток><Склад><Ид>w</Ид><Количество>5</Количество></Склад></Остаток>"
            "</Остатки>",
            [("w", "5")],
        ),
        ("<Остатки><Остаток><Количество>7</Количество></Остаток></Остатки>", [(None, "7")]),
        ("<Остатки><Остаток>9</Остаток></Остатки>", [(None, "9")]),
        (
            "<КоличествоНаСкладах><КоличествоНаСкладе><ИдСклада>w</ИдСклада>"
            "<Количество>4</Количество></КоличествоНаСкладе></КоличествоНаСкладах>",
            [("w", "4")],
        ),
        ("<Остатки/>", []),
    ],
)  # fmt: skip
def test_every_spelling_of_stock_is_read(
    stock: str, expected: list[tuple[str | None, str | None]]
) -> None:
    for part in ("ПакетПредложений", "ИзмененияПакетаПредложений"):
        content = whole(offers(f"<Предложение><Ид>1</Ид>{stock}</Предложение>")).decode()
        content = content.replace("ПакетПредложений>", f"{part}>")
        records, report = read(content.encode())
        (found,) = [record for record in records if isinstance(record, Offer)]
        rows = [
            StockRow(place, None if text is None else Decimal(text)) for place, text in expected
        ]
        assert found.stock == tuple(rows)
        assert report.found["stock_rows"] == len(rows)
        assert not report.unknown


def test_an_offer_without_prices_does_not_say_that_there_are_none() -> None:
    silent, empty = of(
        Offer,
        whole(
            offers(
                "<Предложение><Ид>1</Ид></Предложение><Предложение><Ид>2</Ид><Цены/></Предложение>"
            )
        ),
    )
    assert (silent.prices, silent.stock, silent.quantity) == (None, None, None)
    assert empty.prices == ()


def test_prices_keep_their_scale_and_currency() -> None:
    found = one(
        Offer,
        whole(
            offers(
                """<Предложение><Ид>1</Ид><Цены><Цена><Представление>10 500,5 руб. за шт
                </Представление><ИдТипаЦены>t</ИдТипаЦены><ЦенаЗаЕдиницу>10500.5000</ЦенаЗаЕдиницу>
                <Валюта>руб</Валюта><КоличествоОт>10</КоличествоОт><КоличествоДо>99</КоличествоДо>
                </Цена></Цены></Предложение>"""
            )
        ),
    )
    assert found.prices is not None
    (price,) = found.prices
    assert str(price.amount) == "10500.5000"
    assert price.currency == "руб"
    assert (price.min_quantity, price.max_quantity) == (Decimal(10), Decimal(99))


def test_groups_come_with_those_above_first_wherever_their_keys_stand() -> None:
    # GIVEN groups whose keys stand behind the groups within them
    content = whole(
        """<Классификатор><Группы><Группа><Группы><Группа><Ид>b</Ид></Группа><Группа><Группы>
        <Группа><Ид>d</Ид></Группа></Группы><Ид>c</Ид></Группа></Группы><Ид>a</Ид></Группа>
        <Группа><Ид>e</Ид></Группа></Группы></Классификатор>"""
    )
    # THEN each knows the one above it
    assert [(group.key, group.parent) for group in of(Group, content)] == [
        ("a", None), ("b", "a"), ("c", "a"), ("d", "c"), ("e", None),
    ]  # fmt: skip


def test_properties_keep_values_of_one_text_apart() -> None:
    found = one(
        Property,
        whole(
            """<Классификатор><Свойства><СвойствоНоменклатуры><Ид>p</Ид><ВариантыЗначений>
            <Справочник><ИдЗначения>1</ИдЗначения><Значение>Да</Значение></Справочник>
            <Справочник><ИдЗначения>2</ИдЗначения><Значение>Да</Значение></Справочник>
            <Вариант><Ид>3</Ид><Значение>Нет</Значение><ПоУмолчанию>true</ПоУмолчанию></Вариант>
            <Значение>Может быть</Значение></ВариантыЗначений><ДляПредложений>true</ДляПредложений>
            </СвойствоНоменклатуры></Свойства></Классификатор>"""
        ),
    )
    assert found.variants is not None
    assert [(one.key, one.text) for one in found.variants] == [
        ("1", "Да"), ("2", "Да"), ("3", "Нет"), (None, "Может быть"),
    ]  # fmt: skip
    assert found.for_offers is True


def test_a_property_of_a_group_knows_its_group() -> None:
    content = whole(
        """<Классификатор><Группы><Группа><Свойства><Свойство><Ид>p</Ид></Свойство></Свойства>
        <Ид>g</Ид></Группа></Группы></Классификатор>"""
    )
    assert one(Property, content).group == "g"


def test_lists_of_a_head_come_before_the_offers_that_need_them() -> None:
    records, report = read(
        whole(
            """<ПакетПредложений СодержитТолькоИзменения="true"><ТипыЦен><ТипЦены><Ид>t</Ид>
            <Налог><Наименование>НДС</Наименование><УчтеноВСумме>true</УчтеноВСумме></Налог>
            </ТипЦены></ТипыЦен><Склады><Склад><Ид>w</Ид></Склад></Склады><Предложения>
            <Предложение><Ид>1</Ид></Предложение></Предложения><Ид>c#</Ид></ПакетПредложений>"""
        )
    )
    assert [type(record) for record in records] == [Message, PriceType, Warehouse, Offer, Head]
    head = records[-1]
    assert isinstance(head, Head)
    assert (head.key, head.only_changes, head.records) == ("c#", True, 1)
    assert not report.unknown


def test_a_head_behind_its_records_is_read_as_well() -> None:
    content = whole(
        "<ПакетПредложений><Предложения><Предложение><Ид>1</Ид></Предложение></Предложения>"
        "<Склады><Склад><Ид>w</Ид></Склад></Склады><ТипыЦен><ТипЦены><Ид>t</Ид></ТипЦены></ТипыЦен>"
        "</ПакетПредложений><Классификатор><Ид>k</Ид></Классификатор>"
    )
    _, report = read(content)
    assert report.counts()["price_types"] == report.counts()["warehouses"] == 1
    assert not report.unknown
    assert [head.kind for head in of(Head, content)] == ["ПакетПредложений", "Классификатор"]


@pytest.mark.parametrize("root", ["Классификатор", "Каталог", "ПакетПредложений"])
def test_a_bare_part_is_a_file_too(root: str) -> None:
    inside = {
        "Классификатор": "<Группы><Группа><Ид>1</Ид></Группа></Группы>",
        "Каталог": "<Товары><Товар><Ид>1</Ид></Товар></Товары>",
        "ПакетПредложений": "<Предложения><Предложение><Ид>1</Ид></Предложение></Предложения>",
    }[root]
    records, report = read(f"<{root}><Ид>c</Ид>{inside}</{root}>".encode())
    assert len(records) == 3
    assert not report.unknown


def test_every_container_may_be_missing_or_empty() -> None:
    for inside in (
        "", "<Классификатор/>", "<Каталог><Товары/></Каталог>", "<ПакетПредложений/>",
        "<Классификатор><Группы/><Свойства/></Классификатор>", "<Контейнер/>",
        "<Каталог><Товары><Товар><Ид>1</Ид><Группы/><ЗначенияСвойств/></Товар></Товары></Каталог>",
    ):  # fmt: skip
        _, report = read(whole(inside))
        assert not report.unknown


def test_a_unit_without_a_key_is_known_by_its_code() -> None:
    content = whole(
        "<Классификатор><ЕдиницыИзмерения><ЕдиницаИзмерения><Код>796</Код></ЕдиницаИзмерения>"
        "</ЕдиницыИзмерения></Классификатор>"
    )
    assert one(UnitOfMeasure, content).key == "796"


def test_goods_within_documents_are_lines_and_no_goods() -> None:
    content = whole(
        """<Документ><Ид>7</Ид><Номер>7</Номер><Дата>2026-11-24</Дата><Время>9:30:00</Время>
        <Товары><Товар><Ид>a</Ид><Количество>0,5</Количество></Товар><Товар><Наименование>Без Ид
        </Наименование></Товар></Товары><ПодчиненныеДокументы><ПодчиненныйДокумент><Ид>8</Ид>
        <Товары><Товар><Ид>b</Ид></Товар></Товары></ПодчиненныйДокумент></ПодчиненныеДокументы>
        </Документ>"""
    )
    _, report = read(content)
    found = one(Document, content)
    assert report.counts()["products"] == 0
    assert report.counts()["documents"] == 1
    assert found.date is not None
    assert found.date.isoformat() == "2026-11-24T09:30:00"
    assert found.lines is not None
    assert [line.key for line in found.lines] == ["a", ""]
    assert found.children is not None
    assert found.children[0].lines is not None


def test_documents_of_one_container_belong_together() -> None:
    content = whole(
        "<Контейнер><Документ><Ид>1</Ид></Документ><Документ><Ид>2</Ид></Документ></Контейнер>"
        "<Документ><Ид>3</Ид></Документ><Контейнер><Документ><Ид>4</Ид></Документ></Контейнер>"
    )
    assert [document.container for document in of(Document, content)] == [1, 1, None, 2]


def test_nothing_that_is_not_understood_is_dropped_in_silence() -> None:
    # GIVEN unknown things in every kind of place
    _, report = read(
        whole(
            """<Новое/><Каталог Новый="1"><Странное>1</Странное><Товары>мусор<Лишнее/>
            <Товар Цвет="x">
            <Ид a="1">1</Ид><Сезон>лето</Сезон><Сезон>зима</Сезон><Описание>a<b>c</b></Описание>
            <Наименование>1</Наименование><Наименование>2</Наименование>хвост
            <ЗначенияСвойств><ЗначенияСвойства>текст<Ид>p</Ид><Новое/></ЗначенияСвойства>
            </ЗначенияСвойств></Товар><Товар><Ид>2</Ид></Товар><Ещё/></Товары></Каталог>"""
        )
    )
    # THEN each is counted under its path
    assert report.unknown == Counter(
        {
            "КоммерческаяИнформация/Новое": 1, "Каталог@Новый": 1, "Каталог/Странное": 1,
            "Товары/#text": 1, "Товары/Лишнее": 1, "Товары/Ещё": 1, "Товар@Цвет": 1,
            "Товар/Ид@a": 1,
            "Товар/Сезон": 2, "Товар/Описание/b": 1, "Товар/Наименование (ещё раз)": 1,
            "Товар/#text": 1, "ЗначенияСвойства/#text": 1, "ЗначенияСвойства/Новое": 1,
        }
    )  # fmt: skip


def test_unknown_texts_of_a_record_are_kept_with_it() -> None:
    found = one(
        Product, whole(goods("<Товар><Ид>1</Ид><Сезон>лето</Сезон><Сезон>зима</Сезон></Товар>"))
    )
    assert found.extra == (("Сезон", ("лето", "зима")),)


def test_a_value_that_cannot_be_read_is_a_fault_of_its_record() -> None:
    # GIVEN a good with a weight and a flag that are none
    records, report = read(
        whole(
            goods(
                "<Товар><Ид>1</Ид><Вес>тяжёлый</Вес><ПометкаУдаления>хм</ПометкаУдаления></Товар>"
                "<Товар><Ид>2</Ид></Товар>"
            )
        )
    )
    bad, good = [record for record in records if isinstance(record, Product)]
    # THEN the good goes on without them and says so, the next one is clean
    assert [(fault.path, fault.value) for fault in bad.faults] == [
        ("Товар/Вес", "тяжёлый"), ("Товар/ПометкаУдаления", "хм"),
    ]  # fmt: skip
    assert good.faults == ()
    assert sum(report.faults.values()) == 2


def test_a_record_without_a_key_is_rejected_and_counted() -> None:
    records, report = read(whole(goods("<Товар><Артикул>1</Артикул></Товар><Товар><Ид/></Товар>")))
    rejected = [record for record in records if isinstance(record, Rejected)]
    assert [one.reason for one in rejected] == ["нет Ид", "нет Ид"]
    assert report.rejected == {"Товар: нет Ид": 2}
    assert report.counts()["products"] == 2


def test_deletion_is_a_mark_or_a_status() -> None:
    _, report = read(
        whole(
            goods(
                '<Товар Статус="Удален"><Ид>1</Ид></Товар><Товар><Ид>2</Ид><ПометкаУдаления>true'
                "</ПометкаУдаления></Товар><Товар><Ид>3</Ид></Товар>"
            )
        )
    )
    assert report.counts()["deleted"] == 2


def test_dirty_dates_of_a_file_are_no_obstacle() -> None:
    content = whole("").replace(b"2026-11-24T10:00:00", b"24.11.2026")
    message = one(Message, content)
    assert message.formed_at is not None
    assert message.formed_at.isoformat() == "2026-11-24T00:00:00"
