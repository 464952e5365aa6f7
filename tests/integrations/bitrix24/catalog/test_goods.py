"""Goods, services and variations of a portal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from local.sandbox.faults import FaultKind
from mostik.commerce.catalog import (
    EnumValue,
    Product,
    ProductType,
    PropertyDef,
    PropertyType,
    PropertyValue,
    Section,
    Size,
    TextFormat,
    Unit,
    Variant,
)
from mostik.commerce.money import Vat
from mostik.commerce.record import Ref
from mostik.commerce.stock import Stock
from mostik.errors import GiveUp, Pending, Unknown
from mostik.integration import Write
from tests.integrations.bitrix24.catalog.world import SHOP, Job, a_good, a_job, just_create


def written(job: Job, resource: str, *records: Any) -> list[Any]:
    """Creates records that come from the shop."""
    writes = [Write(record) for record in records]
    return list(job.resource(resource).write_many(writes, SHOP, just_create))


def a_shop() -> Job:
    """A portal with a section, a unit and two properties, as 1C knows them."""
    job = a_job()
    written(job, "sections", Section(key="lamps", name="Lamps", top=True))
    written(
        job,
        "properties",
        PropertyDef(
            key="colour",
            name="Цвет",
            type=PropertyType.ENUM,
            multiple=True,
            values=(EnumValue(key="red", name="Красный"),),
        ),
        PropertyDef(key="power", name="Мощность", type=PropertyType.NUMBER),
    )
    return Job(job.there)


def a_lamp(**more: Any) -> Product:
    """A lamp with everything that a portal can hold."""
    return Product(
        **{
            "key": "lamp",
            "name": "Лампа",
            "active": True,
            "article": "L-1",
            "slug": "lamp-1",
            "type": ProductType.SIMPLE,
            "section": "lamps",
            "unit": "796",
            "vat": Vat(rate=Decimal(20), included=True),
            "barcodes": ("4600000000011", "4600000000028"),
            "description": "<b>Лампа</b>",
            "description_format": TextFormat.HTML,
            "preview": "Светит",
            "properties": (
                PropertyValue(property="colour", enums=("red",)),
                PropertyValue(property="power", values=(Decimal("7.5"),)),
            ),
            "size": Size(weight=Decimal("120.5"), height=Decimal(300)),
            "sort": 10,
            **more,
        }
    )


def test_a_good_is_written_and_read_back_as_it_is() -> None:
    # GIVEN
    job = a_shop()
    # WHEN
    (made,) = written(job, "products", a_lamp())
    read = Job(job.there).resource("products").read(made.key)
    # THEN
    assert read == made
    lamp = a_lamp()
    for name in ("name", "active", "article", "slug", "type", "vat", "barcodes", "sort",
                 "description", "description_format", "preview"):  # fmt: skip
        assert getattr(read, name) == getattr(lamp, name), name
    assert read.size.weight == Decimal("120.5")
    assert read.section.key == str(job.table("sections")[0]["id"])
    assert [value.values or [ref.key for ref in value.enums] for value in read.properties] == [
        [str(job.table("enums")[0]["id"])],
        (Decimal("7.5"),),
    ]


def test_a_good_is_found_by_its_key_whatever_kind_it_is() -> None:
    # GIVEN one of each kind
    job = a_shop()
    kinds = {
        "simple": ProductType.SIMPLE,
        "shirt": ProductType.WITH_VARIANTS,
        "repair": ProductType.SERVICE,
    }
    written(
        job, "products", *(Product(key=key, name=key, type=type_) for key, type_ in kinds.items())
    )
    # WHEN
    found = job.resource("products").find_many(SHOP, [*kinds, "nothing"])
    # THEN
    assert {key: record.type for key, record in found.items()} == kinds


def test_many_goods_travel_in_few_requests() -> None:
    # GIVEN a portal that has the properties for article and barcodes
    job = a_shop()
    written(job, "products", a_lamp())
    job = Job(job.there)
    records = [a_lamp(key=f"lamp-{number}", slug="") for number in range(50)]
    # WHEN
    made = written(job, "products", *records)
    # THEN the directories were read once, and all goods went in one batch
    assert len({record.key for record in made}) == 50
    assert len(job.sent) <= 8
    before = len(job.sent)
    job.resource("products").read_many([record.key for record in made])
    assert len(job.sent) - before <= 2


def test_what_a_good_does_not_say_is_left_as_it_is() -> None:
    # GIVEN
    job = a_shop()
    (made,) = written(job, "products", a_lamp())
    # WHEN only a name comes
    changed = job.resource("products").update(
        made.key, Product(key="lamp", name="Лампа 2"), SHOP, just_create
    )
    # THEN
    assert changed.name == "Лампа 2"
    assert changed.model_copy(update={"name": "Лампа"}) == made


@pytest.mark.parametrize(
    ("missing", "resource"),
    [
        ({"section": "nowhere"}, "sections"),
        ({"unit": "999"}, "units"),
        ({"properties": (PropertyValue(property="nothing", values=("x",)),)}, "properties"),
    ],
)
def test_a_good_waits_for_what_it_points_at(missing: dict[str, Any], resource: str) -> None:
    # GIVEN
    job = a_shop()
    # WHEN
    answers = written(job, "products", a_lamp(**missing), a_lamp(key="other", slug="other"))
    # THEN the others do not wait with it
    assert isinstance(answers[0], Pending)
    assert answers[0].resource == resource
    assert isinstance(answers[1], Product)


def test_a_list_value_that_the_portal_lacks_is_added_or_waited_for_by_setting() -> None:
    # GIVEN
    job = a_shop()
    blue = PropertyValue(property="colour", enums=(Ref(key="blue", name="Синий"),))
    # WHEN
    (refused,) = written(
        Job(job.there, {"adds_list_values": False}), "products", a_lamp(properties=(blue,))
    )
    (made,) = written(job, "products", a_lamp(properties=(blue,)))
    # THEN
    assert isinstance(refused, Pending)
    assert isinstance(made, Product)
    assert [(row["xmlId"], row["value"]) for row in job.table("enums")] == [
        ("red", "Красный"),
        ("blue", "Синий"),
    ]


def test_the_property_for_articles_is_made_once() -> None:
    # GIVEN
    job = a_shop()
    # WHEN
    written(job, "products", a_lamp(), a_lamp(key="b", slug="b"))
    written(Job(job.there), "products", a_lamp(key="c", slug="c"))
    # THEN
    codes = [row["code"] for row in job.table("properties") if row["iblockId"] == 23]
    assert codes.count("CML2_ARTICLE") == codes.count("CML2_BAR_CODE") == 1


def test_no_vat_and_zero_percent_are_two_things() -> None:
    # GIVEN
    job = a_shop()
    # WHEN
    none, zero, strange = written(
        job,
        "products",
        Product(key="a", name="A", vat=Vat(rate=None)),
        Product(key="b", name="B", vat=Vat(rate=Decimal("0.00"))),
        Product(key="c", name="C", vat=Vat(rate=Decimal(7))),
    )
    # THEN
    assert (none.vat.rate, zero.vat.rate) == (None, 0)
    assert isinstance(strange, GiveUp)
    assert "no VAT rate 7 %" in strange.text


def test_a_portal_may_call_a_rate_of_zero_without_vat() -> None:
    # GIVEN a portal whose "without" is a rate of 0 with the id 1
    job = Job(a_job(vat_rates=(("Без НДС", 0), ("VAT 0%", 0))).there, {"no_vat_id": 1})
    # WHEN
    none, zero = written(
        job,
        "products",
        Product(key="a", name="A", vat=Vat(rate=None)),
        Product(key="b", name="B", vat=Vat(rate=Decimal(0))),
    )
    # THEN
    assert [row["vatId"] for row in job.table("goods")] == [1, 2]
    assert (none.vat.rate, zero.vat.rate) == (None, 0)


def test_a_set_is_refused_in_words() -> None:
    (answer,) = written(a_shop(), "products", a_lamp(type=ProductType.KIT))
    assert isinstance(answer, GiveUp)
    assert "makes no sets by REST" in answer.text


def test_a_good_that_shall_be_of_another_kind_is_for_a_person() -> None:
    # GIVEN
    job = a_shop()
    (made,) = written(job, "products", a_lamp())
    # WHEN
    with pytest.raises(GiveUp, match="is of another kind on the portal"):
        job.resource("products").update(
            made.key, a_lamp(type=ProductType.SERVICE), SHOP, just_create
        )


def test_a_simple_good_that_gains_characteristics_is_replaced_and_kept_for_its_orders() -> None:
    # GIVEN a simple good
    job = a_shop()
    (simple,) = written(job, "products", a_lamp())
    gained = a_lamp(type=ProductType.WITH_VARIANTS)
    # WHEN it comes with variations, and the answer to the new good gets lost
    job.breaks("batch", FaultKind.LOST_ANSWER, after=_batches_of_a_replacement() - 1)
    products = Job(job.there).resource("products")
    with pytest.raises(Unknown):
        products.update(simple.key, gained, SHOP, just_create)
    replaced = products.update(simple.key, gained, SHOP, just_create)
    again = products.update(simple.key, gained, SHOP, just_create)
    (red,) = written(
        Job(job.there), "variants", Variant(key="lamp#red", name="Лампа, красная", parent="lamp")
    )
    # THEN another good has its place and its key
    assert replaced.key != simple.key
    assert again.key == replaced.key
    assert replaced.type is ProductType.WITH_VARIANTS
    assert products.find(SHOP, "lamp").key == replaced.key
    assert red.parent.key == replaced.key
    # AND the simple one is still there, switched off
    kept = products.read(simple.key)
    assert (kept.type, kept.active) == (ProductType.SIMPLE, False)


def test_what_still_names_a_good_that_gained_variations_is_told_so() -> None:
    # GIVEN a good with variations in the place of a simple one
    job = a_shop()
    (simple,) = written(job, "products", a_lamp())
    gained = a_lamp(type=ProductType.WITH_VARIANTS)
    job.resource("products").update(simple.key, gained, SHOP, just_create)
    written(job, "variants", Variant(key="lamp#red", name="Red", parent="lamp"))
    # WHEN a price and a figure name the good, one of its variations, and a stranger
    owners = ("lamp", "lamp#red", "nobody")
    figures = [Write(Stock(key=one, owner=one, on_hand=Decimal(1))) for one in owners]
    answers = Job(job.there).resource("stock").write_many(figures, SHOP, just_create)
    # THEN
    assert isinstance(answers[0], GiveUp)
    assert "'lamp' has variations on the portal" in answers[0].text
    assert answers[1].on_hand == 1
    assert isinstance(answers[2], Pending)


def _batches_of_a_replacement() -> int:
    """How many batches it takes where nothing gets lost; the last one makes the new good."""
    job = a_shop()
    (simple,) = written(job, "products", a_lamp())
    job = Job(job.there)
    gained = a_lamp(type=ProductType.WITH_VARIANTS)
    job.resource("products").update(simple.key, gained, SHOP, just_create)
    return job.sent.count("batch")


def test_the_key_of_a_variation_is_kept_verbatim() -> None:
    # GIVEN
    job = a_shop()
    written(job, "products", Product(key="X", name="X", type=ProductType.WITH_VARIANTS))
    # WHEN
    made = written(
        job,
        "variants",
        Variant(key="X#X", name="X", parent="X", article="A-1"),
        Variant(key="X#Ёлка Б", name="X, Ёлка", parent="X", vat=Vat(rate=Decimal(20))),
    )
    # THEN
    variants = job.resource("variants")
    assert [variants.find(SHOP, key).key for key in ("X#X", "X#Ёлка Б")] == [
        one.key for one in made
    ]
    assert made[0].article == "A-1"
    assert made[1].vat.rate == 20


def test_a_variation_waits_for_a_good_that_has_variations() -> None:
    # GIVEN the good is simple on the portal
    job = a_shop()
    a_good(job, "lamp")
    # WHEN
    (answer,) = written(job, "variants", Variant(key="lamp#red", name="red", parent="lamp"))
    # THEN
    assert isinstance(answer, Pending)
    assert (answer.resource, answer.key) == ("products", "lamp")


def test_a_deleted_good_is_only_switched_off() -> None:
    # GIVEN
    job = a_shop()
    (made,) = written(job, "products", a_lamp())
    products = job.resource("products")
    # WHEN
    products.delete(made.key)
    products.delete("999")
    # THEN
    assert products.read(made.key).active is False


def test_a_lost_addition_is_unknown_and_found_by_its_key() -> None:
    # GIVEN
    job = a_shop()
    job.breaks("batch", FaultKind.LOST_ANSWER)
    # WHEN
    (answer,) = written(job, "products", Product(key="lamp", name="Лампа"))
    # THEN
    assert isinstance(answer, Unknown)
    assert job.resource("products").find(SHOP, "lamp").name == "Лампа"


def test_only_what_was_changed_since_then_is_read() -> None:
    # GIVEN one good that is two days old and one of now
    job = a_shop()
    old, new = (a_good(job, key) for key in ("old", "new"))
    early = datetime.now(UTC) - timedelta(days=2)
    job.there.catalog.goods.rows[old]["timestampX"] = job.there.stamp.at(early.timestamp())
    # WHEN
    page = job.resource("products").page(None, datetime.now(UTC) - timedelta(days=1))
    # THEN
    assert [record.key for record in page.items] == [str(new)]


def test_a_unit_that_the_core_knows_needs_no_look_up() -> None:
    # GIVEN
    job = a_shop()
    (pair,) = written(job, "units", Unit(key="715", code="715", name="Пара"))
    unit = Ref(key="pairs-of-1c", external_ids={"portal": pair.key})
    # WHEN
    (made,) = written(job, "products", Product(key="a", name="A", unit=unit))
    # THEN
    assert made.unit.key == pair.key
