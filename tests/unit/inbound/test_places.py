from __future__ import annotations

import pytest

from mostik.errors import RejectReason, WebhookRejected
from mostik.inbound.places import LONGEST_HEADER, json_body, place
from mostik.inbound.request import InboundRequest
from tests.unit.inbound.samples import a_request


def read(text: str, request: InboundRequest) -> str | None:
    return place(text).read(request)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("header:X-One", "1"),
        ("header:x-ONE", "1"),
        ("header:absent", None),
        ("query:a", "b c"),
        ("query:blank", ""),
        ("query:absent", None),
        ("path", "segment"),
    ],
)
def test_a_place_is_read_from_headers_query_and_path(text: str, value: str | None) -> None:
    # GIVEN a request
    request = a_request(headers={"X-One": "1"}, query="a=b+c&blank=", path_token="segment")
    # WHEN a place is read
    # THEN its value is there, decoded, and an absent one is not
    assert read(text, request) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("json:text", "х"),
        ("json:int", "12345678901234567890"),
        ("json:float", "1.10"),
        ("json:yes", "true"),
        ("json:nothing", None),
        ("json:list.1", "b"),
        ("json:list", None),
        ("json:deep.a", "1"),
        ("json:list.x", None),
        ("json:text.x", None),
    ],
)
def test_a_json_value_is_the_text_that_was_sent(text: str, value: str | None) -> None:
    # GIVEN a JSON body
    request = a_request(
        '{"text":"х","int":12345678901234567890,"float":1.10,"yes":true,"nothing":null,'
        '"list":["a","b"],"deep":{"a":1}}'
    )
    # WHEN a value is read
    # THEN numbers are as they were written, and what is no scalar is nothing
    assert read(text, request) == value


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("form:a", a_request("a=1&a=2")),
        ("query:a", a_request(query="a=1&a=2")),
        ("json:a", a_request('{"a":1,"a":2}')),
        ("json:a", a_request('{"b":{"x":1,"x":2}}')),
        ("json:a", a_request('{"a":NaN}')),
        ("json:a", a_request(b"\xff")),
        ("json:a", a_request("")),
        ("json:a", a_request("[" * 100_000)),
        ("form:a", a_request("a=1&" * 10_001)),
        ("header:x", a_request(headers={"X": "v" * (LONGEST_HEADER + 1)})),
    ],
    ids=range(10),
)
def test_what_two_readers_could_read_in_two_ways_is_refused(
    text: str, request_: InboundRequest
) -> None:
    # GIVEN a request with a repeated, unreadable or endless part
    # WHEN it is read
    with pytest.raises(WebhookRejected) as failure:
        read(text, request_)
    # THEN the request is malformed
    assert failure.value.reason is RejectReason.MALFORMED


def test_a_body_with_a_byte_order_mark_is_not_json() -> None:
    # GIVEN a body that begins with a byte order mark
    request = a_request(b'\xef\xbb\xbf{"a":1}')
    # WHEN it is read as JSON
    # THEN it is refused: only some readers would take it
    with pytest.raises(WebhookRejected):
        json_body(request)
