"""Records in the trade's words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from mostik.commerce.catalog import ProductType, PropertyDef, PropertyType, TextFormat
from mostik.commerce.prices import PriceType
from mostik.commerceml import models_goods as words
from mostik.commerceml.mapping_catalog import (
    pictures,
    product,
    property_def,
    section,
    variant,
    warehouse,
)
from mostik.commerceml.mapping_offers import price_type, prices, stock
from mostik.commerceml.models import AddressField, Attribute, PostalAddress, Tax

GUID = "bd72d910-55bc-11d9-848a-00112f43529a"


def test_a_group_at_the_top_says_so() -> None:
    top = section(words.Group(key="a", name="Обувь"))
    below = section(words.Group(key="b", name="Зимняя", parent="a", deleted=True))
    assert (top.top, top.parent, top.deleted) == (True, None, False)
    assert below.parent is not None
    assert (below.top, below.parent.key, below.deleted) == (False, "a", True)


def test_a_list_of_true_and_false_is_a_yes_or_no() -> None:
    variants = (words.PropertyVariant("true", "Да"), words.PropertyVariant("false", "Нет"))
    assert (
        property_def(words.Property(key="p", kind="Справочник", variants=variants)).type
        is PropertyType.BOOLEAN
    )


def test_two_values_of_one_text_stay_two() -> None:
    variants = (words.PropertyVariant("1", "Да"), words.PropertyVariant("2", "Да"))
    found = property_def(words.Property(key="p", kind="Справочник", variants=variants))
    assert found.values is not None
    assert [(one.key, one.name) for one in found.values] == [("1", "Да"), ("2", "Да")]


def test_a_value_is_what_its_property_says() -> None:
    # GIVEN values of a list, of a number, of a flag, and of properties that nobody has seen
    definitions = {
        "e": PropertyDef(key="e", type=PropertyType.ENUM),
        "n": PropertyDef(key="n", type=PropertyType.NUMBER),
        "b": PropertyDef(key="b", type=PropertyType.BOOLEAN),
    }
    values = tuple(
        words.PropertyValue(key, None, (value,))
        for key, value in (
            ("e", "красный"),
            ("n", "1,5"),
            ("b", "true"),
            ("x", GUID),
            ("y", "лето"),
        )
    )
    found, _ = product(words.Product(key="1", properties=values), definitions)
    assert found.properties is not None
    e, n, b, x, y = found.properties
    # THEN each is of its kind; an unknown one is a list's where it looks like a key
    assert [one.key for one in e.enums] == ["красный"]
    assert n.values == (Decimal("1.5"),)
    assert b.values == (True,)
    assert [one.key for one in x.enums] == [GUID]
    assert y.values == ("лето",)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("20", "20"), ("20%", "20"), ("20/120", "20"), ("0", "0"), ("10,5", "10.5")],
)
def test_vat_is_a_rate(rate: str, expected: str) -> None:
    found, doubts = product(words.Product(key="1", tax_rates=(Tax("НДС", rate),)), {})
    assert found.vat is not None
    assert found.vat.rate == Decimal(expected)
    assert not doubts


def test_without_vat_is_not_zero_and_nonsense_is_a_doubt() -> None:
    without, _ = product(words.Product(key="1", tax_rates=(Tax("НДС", "Без НДС"),)), {})
    assert without.vat is not None
    assert without.vat.rate is None
    silent, doubts = product(words.Product(key="1", tax_rates=(Tax("НДС", "как обычно"),)), {})
    assert silent.vat is None
    assert [doubt.key for doubt in doubts] == ["1"]


def test_what_is_not_said_is_not_known() -> None:
    found, _ = product(words.Product(key="1"), {})
    assert (found.article, found.sections, found.properties, found.active) == (None,) * 4


def test_descriptions_know_how_they_are_written() -> None:
    html = (Attribute("ОписаниеВФорматеHTML", ("<b>&quot;x&quot;</b>",)),)
    as_html, _ = product(words.Product(key="1", description="x", attributes=html), {})
    assert (as_html.description, as_html.description_format) == (
        "<b>&quot;x&quot;</b>", TextFormat.HTML,
    )  # fmt: skip
    as_text, _ = product(words.Product(key="1", description="&quot;x&quot;"), {})
    assert (as_text.description, as_text.description_format) == ('"x"', TextFormat.TEXT)


def test_weight_is_in_grams_and_services_are_services() -> None:
    attributes = (Attribute("Вес", ("0,25",)), Attribute("ТипНоменклатуры", ("Услуга",)))
    found, _ = product(words.Product(key="1", attributes=attributes), {})
    assert found.size is not None
    assert found.size.weight == Decimal(250)
    assert found.type is ProductType.SERVICE


def test_pictures_keep_their_order_and_titles() -> None:
    good = words.Product(
        key="1",
        pictures=("a/1.jpg", "a/2.jpg", "a/1.jpg"),
        attributes=(Attribute("ОписаниеФайла", ("a/2.jpg#Вид сбоку",)),),
    )
    assert [(one.file.key, one.file.name, one.file.main) for one in pictures(good)] == [
        ("a/1.jpg", "1.jpg", True), ("a/2.jpg", "Вид сбоку", False),
    ]  # fmt: skip


def test_a_variant_keeps_its_key_verbatim() -> None:
    for key, char, expected in (("g#c", None, "g#c"), ("g#g", None, "g#g"), ("g", "c", "g#c")):
        found, _ = variant(words.Offer(key=key, name="x", characteristic=char), {})
        assert found is not None
        assert found.parent is not None
        assert (found.key, found.parent.key) == (expected, "g")


def test_an_offer_of_a_simple_good_or_of_prices_alone_is_no_variant() -> None:
    assert variant(words.Offer(key="g", name="x"), {})[0] is None
    assert variant(words.Offer(key="g#c", prices=()), {})[0] is None


def test_prices_know_their_owner_type_and_currency() -> None:
    offer = words.Offer(
        key="g#c",
        prices=(
            words.Price(type="t", amount=Decimal("10.5000"), currency="руб"),
            words.Price(type="t", amount=Decimal(0), min_quantity=Decimal("10.0")),
            words.Price(type="t", amount=Decimal(1), currency="фантик"),
            words.Price(amount=Decimal(1), currency="RUB"),
            words.Price(type="t"),
        ),
    )
    types = {"t": PriceType(key="t", currency="USD")}
    found, doubts = prices(offer, types)
    # THEN good ones go on (0 is a price), the others are doubts
    assert [(one.key, one.amount, one.currency) for one in found] == [
        ("g#c/t", Decimal("10.5"), "RUB"), ("g#c/t/10", Decimal(0), "USD"),
    ]  # fmt: skip
    assert len(doubts) == 3


def test_a_price_type_of_an_unknown_currency_is_a_doubt() -> None:
    found, doubts = price_type(
        words.PriceType(key="t", currency="фантик", taxes=(Tax("НДС", None, True),))
    )
    assert (found.currency, found.vat_included, len(doubts)) == (None, True, 1)


def test_stock_is_by_warehouse_or_as_one_sum() -> None:
    as_of = datetime(2026, 11, 24, tzinfo=UTC)
    rows = (
        words.StockRow("w", Decimal(3)),
        words.StockRow("v", Decimal(-1)),
        words.StockRow("w", Decimal(2)),
    )
    by_place = stock(words.Offer(key="g", quantity=Decimal(4), stock=rows), free=False, as_of=as_of)
    assert [(one.key, one.on_hand, one.available) for one in by_place] == [
        ("g/w", Decimal(5), None), ("g/v", Decimal(-1), None),
    ]  # fmt: skip
    (sum_alone,) = stock(words.Offer(key="g", quantity=Decimal("2.5")), free=True)
    assert (sum_alone.warehouse, sum_alone.available) == (None, Decimal("2.5"))
    assert stock(words.Offer(key="g"), free=True) == ()


def test_an_address_is_taken_apart() -> None:
    found = warehouse(
        words.Warehouse(
            key="w",
            address=PostalAddress(
                "Москва, Тверская, 1",
                None,
                (AddressField("Город", "Москва"), AddressField("Метро", "Тверская")),
            ),
        )
    )
    assert found.address is not None
    assert (found.address.city, found.address.extra) == ("Москва", {"Метро": "Тверская"})
