"""JSON, XML and form answers become models; hostile ones are refused; unknown fields are told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from mostik.http.content import Many, VendorModel, read_content, read_form, read_xml
from mostik.http.drift import MOST_ENDPOINTS, MOST_FIELDS, Drift, unknown_fields
from mostik.http.endpoint import Format

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<l>&b;</l>"
)
OUTSIDE = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'


class Position(VendorModel):
    sku: str = Field(alias="@sku")
    price: str


class Order(VendorModel):
    id: int
    positions: Many[Position] = Field(default_factory=list, alias="position")


class Envelope(BaseModel):
    model_config = ConfigDict(extra="allow")

    order: Order


def test_xml_becomes_a_model_and_keeps_what_it_does_not_name() -> None:
    # GIVEN an answer in an old encoding, with a namespace, attributes and a single position
    body = (
        '<?xml version="1.0" encoding="windows-1251"?>'
        '<s:order xmlns:s="urn:shop"><s:id>7</s:id><city code="77">Москва</city>'
        '<position sku="A"><price>1.50</price><weight/></position></s:order>'
    ).encode("windows-1251")
    # WHEN it is read
    read = Envelope.model_validate(read_content(Format.XML, body, "text/xml"))
    # THEN it is typed, and what no model names is kept
    assert read.order.id == 7
    assert [(one.sku, one.price) for one in read.order.positions] == [("A", "1.50")]
    assert read.order.model_extra == {"city": {"@code": "77", "#text": "Москва"}}


@pytest.mark.parametrize(("text", "count"), [("", 0), ("<p>1</p>", 1), ("<p>1</p><p>2</p>", 2)])
def test_an_element_that_may_stand_several_times_is_always_a_list(text: str, count: int) -> None:
    class Listed(BaseModel):
        p: Many[str] = Field(default_factory=list)

    content = read_xml(f"<r>{text}</r>".encode())["r"]
    assert len(Listed.model_validate(content or {}).p) == count


def test_an_empty_element_is_a_model_without_fields() -> None:
    class Listed(VendorModel):
        p: Many[str] = Field(default_factory=list)

    class Outer(VendorModel):
        found: Listed

    assert Outer.model_validate(read_xml(b"<r><found/></r>")["r"]).found.p == []


def test_the_charset_of_the_header_counts_where_the_document_says_nothing() -> None:
    body = "<r>жук</r>".encode("windows-1251")
    assert read_content(Format.XML, body, "text/xml; charset=windows-1251") == {"r": "жук"}
    with pytest.raises(ValueError, match="no XML"):
        read_content(Format.XML, body, "text/xml")


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        OUTSIDE,
        b'<!DOCTYPE r SYSTEM "https://evil.example/x.dtd"><r/>',
        b"<!DOCTYPE html><html><body>Be right back</body></html>",
        b"<html><body/></html>",
        b"<r>",
        b"not xml",
        b'<?xml version="1.0" encoding="no-such"?><r/>',
        b"\xff\xfe<r/>",
        b"<a>" * 5_000 + b"</a>" * 5_000,
    ],
    ids=["bomb", "file", "dtd", "page", "page without doctype", "cut", "text", "encoding",
         "half", "deep"],
)  # fmt: skip
def test_hostile_or_broken_xml_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any ValueError means "not understood"
        read_xml(body)


def test_a_form_becomes_values_and_a_page_does_not() -> None:
    assert read_form(b"status=ok&id=1&tag=a&tag=b&note=%D0%B6+x&empty=") == {
        "status": "ok", "id": "1", "tag": ["a", "b"], "note": "ж x", "empty": "",
    }  # fmt: skip
    assert read_content(
        Format.FORM, b"name=%E6", "application/x-www-form-urlencoded; charset=cp1251"
    ) == {"name": "ж"}
    for body in (b"<html a=1>", b"ok", b"a=%ff", b"a=1\r\nb=2", b"a&b=1"):
        with pytest.raises(ValueError):  # noqa: PT011 - as above
            read_form(body)


@given(st.binary(max_size=300), st.sampled_from(list(Format)), st.text(max_size=40))
def test_no_answer_breaks_the_reader(body: bytes, kind: Format, content_type: str) -> None:
    try:
        read_content(kind, body, content_type)
    except (ValueError, RecursionError):
        return


def test_unknown_fields_are_named_by_their_path_and_never_by_their_value() -> None:
    order = Envelope.model_validate(
        {
            "meta": 1,
            "order": {
                "id": 1,
                "eta": "secret-value",
                "position": [{"@sku": "A", "price": "1"}, {"@sku": "B", "price": "2", "gift": 1}],
                "5f0c9e1d8a": 1,
                "+79990000017": 1,
                "a b": 1,
                "x" * 41: 1,
            },
        }
    )
    assert sorted(set(unknown_fields(order))) == [
        "order.(odd name)",
        "order.eta",
        "order.positions[].gift",
    ]


def test_drift_is_bounded_and_told_once() -> None:
    # GIVEN more endpoints and fields than fit
    drift = Drift()
    for number in range(MOST_ENDPOINTS + 2):
        drift.note(f"shop orders/{number:02}", (f"f{field:02}" for field in range(MOST_FIELDS + 3)))
    # WHEN it is taken
    line: dict[str, Any] = dict(drift.take())
    # THEN it names the first ones, counts the rest, and is empty from now on
    assert len(line["drift"]) == MOST_ENDPOINTS
    assert all(len(fields) == MOST_FIELDS for fields in line["drift"].values())
    assert line["not_listed"] == 3 * MOST_ENDPOINTS + 2 * (MOST_FIELDS + 3)
    assert drift.take() == {}


def test_words_of_a_protocol_that_is_read_elsewhere_stay_as_they_came() -> None:
    # GIVEN an answer in an old encoding that is neither JSON nor XML
    words = "success\nPHPSESSID\nошибка\n".encode("windows-1251")
    # WHEN it is read THEN nothing was made of it
    assert read_content(Format.BYTES, words, "text/html; charset=windows-1251") == words
