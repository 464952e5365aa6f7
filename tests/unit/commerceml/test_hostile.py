"""What must never get in: the first thing that the reader is for."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mostik.commerceml.models_goods import Product
from mostik.commerceml.reader import Reader
from mostik.commerceml.refusal import Limits, Refused, Why
from tests.unit.commerceml.files import goods, of, read, whole

GOOD = "<Товар><Ид>1</Ид><Наименование>Чайник</Наименование></Товар>"


def why(content: bytes, limits: Limits | None = None) -> Why:
    with pytest.raises(Refused) as refused:
        read(content, limits)
    return refused.value.why


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">',
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        "<!doctype html>",
        "<!-- nothing --><!DOCTYPE x>",
        "\n\n <?pi?>\n<!DocType x>",
    ],
)
def test_any_doctype_is_refused_before_the_parser_sees_it(doctype: str) -> None:
    content = whole(goods(GOOD)).replace(b"?>\n", b"?>\n" + doctype.encode(), 1)
    assert why(content) is Why.DOCTYPE


def test_a_doctype_behind_a_long_comment_is_refused_too() -> None:
    content = b"<!--" + b"x" * 3_000 + b"--><!DOCTYPE x><x/>"
    assert why(content) is Why.DOCTYPE


def test_a_doctype_in_utf_16_does_not_slip_through() -> None:
    assert why("<!DOCTYPE x><x/>".encode("utf-16")) is Why.ENCODING


def test_an_unknown_entity_is_an_error_and_no_lost_text() -> None:
    content = whole(goods("<Товар><Ид>1</Ид><Артикул>&x;</Артикул></Товар>"))
    assert why(content) is Why.MALFORMED


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", Why.EMPTY),
        (b"\xef\xbb\xbf \n", Why.EMPTY),
        (b"success\nsessid=1", Why.NOT_XML),
        (b"PK\x03\x04rest", Why.NOT_XML),
        (b'{"error": 1}', Why.NOT_XML),
        (b"<", Why.NOT_XML),
        (b"<!-- never closed", Why.NOT_XML),
        (b"<html><body>502 Bad Gateway</body></html>", Why.NOT_COMMERCEML),
        (b"<import.xml", Why.NOT_XML),
    ],
)
def test_what_is_no_commerceml_is_named_for_what_it_is(content: bytes, expected: Why) -> None:
    assert why(content) is expected


def test_a_file_that_breaks_off_is_refused_wherever_it_does() -> None:
    # GIVEN a file cut short at every byte
    content = whole(goods(GOOD * 3))
    for length in range(len(content) - 1):
        # THEN it is never taken for a whole one
        with pytest.raises(Refused):
            read(content[:length])


def test_two_roots_are_refused() -> None:
    assert why(whole(goods(GOOD)) + whole(goods(GOOD))[40:]) is Why.MALFORMED


def test_depth_is_bounded() -> None:
    deep = "<a>" * 300 + "</a>" * 300
    assert why(whole(goods(f"<Товар><Ид>1</Ид>{deep}</Товар>"))) is Why.TOO_DEEP


def test_groups_within_groups_are_bounded() -> None:
    groups = "<Группы><Группа><Ид>1</Ид>" * 70 + "</Группа></Группы>" * 70
    assert why(whole(f"<Классификатор>{groups}</Классификатор>")) is Why.TOO_DEEP


def test_one_record_cannot_fill_the_memory() -> None:
    # GIVEN records of many bytes, of many small elements, and elements outside of records
    limits = Limits(record_bytes=200_000, record_tags=20_000)
    many = "<a/>" * 60_000
    for inside in (
        goods(f"<Товар><Ид>1</Ид><Описание>{'x' * 400_000}</Описание></Товар>"),
        goods(f"<Товар><Ид>1</Ид>{many}</Товар>"),
        goods(many),
        many,
        "<Товар/>" * 60_000,
    ):
        # THEN the reader stops
        assert why(whole(inside), limits) is Why.TOO_LARGE


def test_a_file_has_a_size_a_number_of_records_and_a_time() -> None:
    content = whole(goods(GOOD * 5_000))
    assert why(content, Limits(bytes=100_000)) is Why.TOO_LARGE
    assert why(content, Limits(records=4_999)) is Why.TOO_LARGE
    ticks = iter(range(0, 10_000, 40))
    reader = Reader([content], limits=Limits(seconds=60), clock=lambda: float(next(ticks)))
    with pytest.raises(Refused) as refused:
        list(reader)
    assert refused.value.why is Why.TOO_SLOW


def test_endless_names_do_not_fill_the_report() -> None:
    # GIVEN a good with thousands of elements that nobody knows
    inside = "".join(f"<x{number}>1</x{number}>" for number in range(5_000))
    good, report = read(whole(goods(f"<Товар><Ид>1</Ид>{inside}</Товар>")))
    # THEN all are counted, and only some are named
    assert sum(report.unknown.values()) == 5_000
    assert len(report.unknown) < 1_100
    assert sum(len(one.extra) for one in good if isinstance(one, Product)) == 100


def test_many_attributes_are_counted() -> None:
    attributes = " ".join(f'a{number}="1"' for number in range(20_000))
    _, report = read(whole(goods(f"<Товар {attributes}><Ид>1</Ид></Товар>")))
    assert sum(report.unknown.values()) == 20_000


def test_many_values_of_one_property_do_not_grow_quadratically() -> None:
    values = "<Значение>1</Значение>" * 50_000
    inside = f"<ЗначенияСвойства><Ид>p</Ид>{values}</ЗначенияСвойства>"
    inside = f"<ЗначенияСвойств>{inside}</ЗначенияСвойств>"
    (good,) = of(Product, whole(goods(f"<Товар><Ид>1</Ид>{inside}</Товар>")))
    assert good.properties is not None
    assert len(good.properties[0].values) == 10_000


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail_otherwise_than_by_refusing(junk: bytes) -> None:
    with suppress(Refused):
        read(junk)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_to_a_real_file_does(data: st.DataObject) -> None:
    content = bytearray(whole(goods(GOOD) + "<Документ><Ид>1</Ид></Документ>"))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    with suppress(Refused):
        read(bytes(content))
