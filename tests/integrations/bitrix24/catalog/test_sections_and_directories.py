"""Sections, units, price types, warehouses and properties of a portal."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.bitrix24.catalog.checks import catalog_checks
from local.sandbox.faults import FaultKind
from local.sandbox.portal import PortalSandbox
from local.sandbox.portal.catalog.config import Inventory
from mostik.commerce.catalog import EnumValue, PropertyDef, PropertyType, Section, Unit
from mostik.commerce.prices import PriceType
from mostik.commerce.stock import Warehouse
from mostik.errors import ConfigurationError, GiveUp, Pending, Unknown
from mostik.http.paging import elements, pages
from mostik.integration import Bulk, Deletable, Listed, Write
from tests.integrations.bitrix24.catalog.world import (
    SHOP,
    Job,
    a_config,
    a_job,
    just_create,
)


def written(job: Job, resource: str, *records: Any) -> list[Any]:
    """Creates records that come from the shop."""
    writes = [Write(record) for record in records]
    return list(job.resource(resource).write_many(writes, SHOP, just_create))


def test_sections_that_come_child_first_get_their_parents() -> None:
    # GIVEN three levels, the deepest first
    job = a_job()
    records = [
        Section(key="desk-lamps", name="Desk lamps", parent="lamps"),
        Section(key="lamps", name="Lamps", parent="light"),
        Section(key="light", name="Light", top=True),
    ]
    # WHEN
    made = written(job, "sections", *records)
    # THEN
    by_name = {section.name: section for section in made}
    assert by_name["Desk lamps"].parent.key == by_name["Lamps"].key
    assert by_name["Lamps"].parent.key == by_name["Light"].key
    assert by_name["Light"].top is True
    assert [row["xmlId"] for row in job.table("sections")] == ["light", "lamps", "desk-lamps"]


def test_a_section_whose_parent_is_not_there_waits_for_it() -> None:
    # GIVEN
    job = a_job()
    # WHEN
    (answer,) = written(job, "sections", Section(key="a", name="A", parent="nowhere"))
    # THEN
    assert isinstance(answer, Pending)
    assert (answer.resource, answer.key) == ("sections", "nowhere")
    assert job.table("sections") == []


def test_a_section_is_changed_moved_to_the_top_and_hidden_instead_of_deleted() -> None:
    # GIVEN
    job = a_job()
    light, lamps = written(
        job,
        "sections",
        Section(key="light", name="Light", top=True),
        Section(key="lamps", name="Lamps", parent="light"),
    )
    sections = job.resource("sections")
    # WHEN
    moved = sections.update(
        lamps.key, Section(key="lamps", name="All lamps", top=True, sort=20), SHOP, just_create
    )
    sections.delete(light.key)
    sections.delete("999")
    # THEN
    assert (moved.name, moved.top, moved.sort) == ("All lamps", True, 20)
    assert sections.read(light.key).active is False
    assert sections.read(moved.key).active is True


def test_a_unit_is_the_one_with_its_okei_code() -> None:
    # GIVEN
    job = a_job()
    units = job.resource("units")
    # WHEN
    piece = units.find(SHOP, "796")
    (pair,) = written(job, "units", Unit(key="715", code="715", name="Пара", symbol="пар"))
    # THEN
    assert (piece.code, piece.symbol) == ("796", "pc")
    assert (pair.code, pair.name, pair.symbol) == ("715", "Пара", "пар")
    assert units.find(SHOP, "0715").key == pair.key
    assert units.find(SHOP, "pcs") is None


def test_a_unit_without_a_code_is_refused_in_words() -> None:
    (answer,) = written(a_job(), "units", Unit(key="x", name="Мешок"))
    assert isinstance(answer, GiveUp)
    assert "'Мешок' has no ОКЕИ code" in answer.text


def test_a_price_type_is_made_and_never_becomes_the_base() -> None:
    # GIVEN
    job = a_job()
    # WHEN
    (made,) = written(job, "price_types", PriceType(key="vip", name="VIP", base=True))
    # THEN
    assert (made.name, made.base) == ("VIP", False)
    assert job.resource("price_types").find(SHOP, "vip").key == made.key


def test_a_warehouse_without_an_address_gets_its_name_as_one() -> None:
    # GIVEN
    job = a_job()
    # WHEN
    (made,) = written(job, "warehouses", Warehouse(key="w4", name="West", shop=True))
    # THEN
    row = job.table("stores")[-1]
    assert (row["title"], row["address"], row["xmlId"], row["issuingCenter"]) == (
        "West",
        "West",
        "w4",
        "Y",
    )
    assert made.shop is True


def test_a_list_property_keeps_the_values_that_the_other_side_does_not_name() -> None:
    # GIVEN a property with two values, one of which a person has added
    job = a_job()
    (made,) = written(
        job,
        "properties",
        PropertyDef(
            key="size",
            name="Размер",
            code="SIZE",
            type=PropertyType.ENUM,
            values=(EnumValue(key="m", name="M"), EnumValue(key="l", name="L")),
        ),
    )
    job.there.catalog.enums.add(
        {"propertyId": int(made.key), "value": "XXL", "xmlId": "own", "def": "N", "sort": 500}
    )
    # WHEN one is renamed and one is new
    again = Job(job.there).resource("properties")
    changed = again.update(
        made.key,
        PropertyDef(
            key="size",
            name="Размер",
            type=PropertyType.ENUM,
            values=(EnumValue(key="m", name="Medium"), EnumValue(key="s", name="S")),
        ),
        SHOP,
        just_create,
    )
    # THEN
    assert [(value.code, value.name) for value in changed.values] == [
        ("m", "Medium"),
        ("l", "L"),
        ("own", "XXL"),
        ("s", "S"),
    ]


@pytest.mark.parametrize(
    ("type_", "kind", "user"),
    [
        (PropertyType.TEXT, "S", None),
        (PropertyType.NUMBER, "N", None),
        (PropertyType.DATE, "S", "Date"),
        (PropertyType.TIME, "S", "DateTime"),
        (PropertyType.FILE, "F", None),
    ],
)
def test_a_property_is_made_of_its_kind_and_read_as_it(
    type_: PropertyType, kind: str, user: str | None
) -> None:
    # GIVEN
    job = a_job()
    # WHEN
    (made,) = written(
        job, "properties", PropertyDef(key="p", name="P", type=type_, of_variants=True)
    )
    # THEN
    row = job.table("properties")[-1]
    assert (row["propertyType"], row["userType"], row["iblockId"]) == (kind, user, 24)
    assert (made.type, made.of_variants) == (type_, True)


def test_a_property_that_the_portal_cannot_keep_is_refused_in_words() -> None:
    (answer,) = written(
        a_job(), "properties", PropertyDef(key="b", name="Бренд", type=PropertyType.REFERENCE)
    )
    assert isinstance(answer, GiveUp)
    assert "keeps no properties of the kind" in answer.text


def test_several_catalogues_must_be_told_apart() -> None:
    # GIVEN a portal with two catalogues of goods
    job = a_job()
    job.there.catalog.catalogs.add({"iblockId": 25, "name": "Old", "productIblockId": None})
    # WHEN none is named, or one that there is not
    with pytest.raises(ConfigurationError, match=r"several catalogues.*23 \(Goods\), 25 \(Old\)"):
        job.resource("sections").page(None, None)
    with pytest.raises(ConfigurationError, match="no catalogue of goods 99"):
        Job(job.there, {"catalog_id": 99}).resource("sections").page(None, None)
    # THEN one that there is works
    assert Job(job.there, {"catalog_id": 23}).resource("sections").page(None, None).items == []


def test_keys_of_the_owner_are_external_codes_as_they_are_and_others_get_their_system() -> None:
    # GIVEN a portal whose external codes belong to 1C
    there = PortalSandbox(a_config())
    job = Job(there, {"key_owner": SHOP})
    sections = job.resource("sections")
    # WHEN a section comes from 1C and one from elsewhere
    own = sections.create(Section(key="lamps", name="Lamps"), SHOP, just_create)
    other = sections.create(Section(key="lamps", name="Lamps too"), "market", just_create)
    # THEN each is found again by its own
    assert [row["xmlId"] for row in there.catalog.sections] == ["lamps", "market:lamps"]
    assert own.external_ids == {SHOP: "lamps"}
    assert other.external_ids == {"market": "lamps"}
    assert sections.find(SHOP, "lamps").key == own.key
    assert sections.find("market", "lamps").key == other.key


def test_a_list_that_is_not_filtered_is_no_match() -> None:
    # GIVEN a portal that ignores the filter by external code
    job = a_job()
    written(job, "sections", Section(key="a", name="A"))
    real = job.there._methods["catalog.section.list"]

    def everything(params: Any, caller: Any) -> Any:
        kept = {k: v for k, v in params["filter"].items() if "xmlId" not in k}
        return real({**params, "filter": kept}, caller)

    job.there._methods["catalog.section.list"] = everything
    # WHEN another one is looked for
    with pytest.raises(GiveUp, match=r"does not filter catalog\.section\.list by 'xmlId'"):
        job.resource("sections").find(SHOP, "b")


def test_two_records_with_one_key_are_for_a_person() -> None:
    # GIVEN
    job = a_job()
    for name in ("A", "A again"):
        job.there.catalog.sections.add({"iblockId": 23, "name": name, "xmlId": "a"})
    # WHEN
    with pytest.raises(GiveUp, match=r"same external key onec:a \(ids 1, 2\)"):
        job.resource("sections").find(SHOP, "a")


def test_a_lost_addition_is_unknown_and_the_others_are_done() -> None:
    # GIVEN
    job = a_job()
    job.breaks("batch", FaultKind.LOST_ANSWER)
    # WHEN
    answers = written(job, "warehouses", *(Warehouse(key=f"w{n}", name=f"W{n}") for n in range(3)))
    # THEN nobody says that they failed, and they are found by their key
    assert [type(answer) for answer in answers] == [Unknown] * 3
    found = job.resource("warehouses").find_many(SHOP, ["w0", "w1", "w2", "w3"])
    assert sorted(found) == ["w0", "w1", "w2"]


def test_every_resource_offers_what_a_run_needs() -> None:
    # GIVEN
    job = a_job()
    names = [
        "sections", "properties", "units", "products", "variants", "price_types", "prices",
        "warehouses", "stock",
    ]  # fmt: skip
    # THEN
    for name in names:
        resource = job.resource(name)
        assert isinstance(resource, Listed), name
        assert isinstance(resource, Bulk), name
    for name in ("sections", "products", "variants", "prices", "warehouses", "pictures"):
        assert isinstance(job.resource(name), Deletable), name


def test_a_long_list_is_walked_through_page_by_page() -> None:
    # GIVEN properties of goods and of variations: two lists
    job = a_job()
    for number in range(120):
        job.there.catalog.properties.add(
            {
                "iblockId": 23 if number % 2 else 24,
                "name": f"P{number}",
                "propertyType": "S",
                "multiple": "N",
            }
        )
    resource = job.resource("properties")
    # WHEN
    walked = list(elements(pages(lambda cursor: resource.page(cursor, None))))
    # THEN each came once: ours, and the three of the first day
    assert len({record.key for record in walked}) == len(walked) == 123
    with pytest.raises(GiveUp, match="begin anew"):
        resource.page("7.1", None)


@pytest.mark.parametrize(
    ("inventory", "words"),
    [
        (Inventory.ON, "by documents, by warehouse"),
        (Inventory.OFF, "a good has one quantity"),
        (Inventory.NOT_IN_PLAN, "the plan lacks it"),
    ],
)
def test_the_check_says_how_the_portal_keeps_its_stock(inventory: Inventory, words: str) -> None:
    lines = list(catalog_checks(a_job(inventory).client.catalog))
    assert all(line.ok for line in lines)
    assert words in lines[-1].name


def test_the_check_says_that_a_list_does_not_filter_by_the_external_code() -> None:
    # GIVEN a portal whose price types are not filtered by it
    job = a_job()
    real = job.there._methods["catalog.pricetype.list"]
    job.there._methods["catalog.pricetype.list"] = lambda params, caller: real(
        {**params, "filter": {}}, caller
    )
    # WHEN
    failed = [line for line in catalog_checks(job.client.catalog) if not line.ok]
    # THEN
    (line,) = failed
    assert "external code" in line.name
    assert "does not filter catalog.priceType.list" in line.advice


def test_the_check_asks_which_of_several_catalogues_is_meant() -> None:
    # GIVEN
    job = a_job()
    job.there.catalog.catalogs.add({"iblockId": 25, "name": "Old", "productIblockId": None})
    # WHEN
    (line,) = catalog_checks(job.client.catalog)
    # THEN
    assert not line.ok
    assert "several catalogues" in line.advice
