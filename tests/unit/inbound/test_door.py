from __future__ import annotations

import json
from typing import Any

import pytest

from mostik.errors import ConfigurationError
from mostik.inbound.acknowledgement import Acknowledgement
from mostik.inbound.door import LARGEST_DOCUMENT, Door, dump_door, parse_door, passes
from mostik.inbound.filters import Filter
from tests.unit.inbound.samples import NOW, a_request, secret


def test_a_door_survives_its_document() -> None:
    # GIVEN a door with everything set
    door = Door(
        "hmac",
        parameters={"signature": "header:X-Sign", "algorithm": "sha512"},
        secrets=(secret("новый", id="2026-11"), secret("old", id="2026-05", not_after=NOW)),
        filters=(Filter("json:type", any_of=("order.*",)), Filter("header:x", none_of=("test",))),
        acknowledgement=Acknowledgement(202, "{event_id}", "text/plain"),
        handshake="meta",
        verify_token="vt",
        methods=("POST", "PUT"),
        content_types=("application/json",),
        max_body=1000,
    )
    # WHEN it is written and read
    again = parse_door(dump_door(door))
    # THEN it is the same door
    assert again == door
    assert again.scheme == door.scheme


def test_the_smallest_document_has_sound_defaults() -> None:
    # GIVEN a document of the least that there is
    # WHEN it is read
    door = parse_door('{"v": 1, "scheme": "standard_webhooks"}')
    # THEN it takes POST of any type, drops nothing, has no secret and so proves nothing
    assert door.methods == ("POST",)
    assert door.secrets == ()
    assert door.handshake is None
    assert passes(door, a_request()).passed
    assert door.admits_content_type(a_request(headers={"content-type": "x/y"}))
    assert door.acknowledgement.render("shop:1") == '{"status":"accepted","id":"shop:1"}'


@pytest.mark.parametrize(
    ("scheme", "body", "kind"),
    [
        ("tbank", "OK", "text/plain"),
        ("cloudpayments", '{"code":0}', "application/json"),
    ],
)
def test_a_vendor_reads_the_acknowledgement_that_it_understands(
    scheme: str, body: str, kind: str
) -> None:
    # GIVEN a door of a vendor that wants a certain answer, and names none itself
    door = parse_door(json.dumps({"v": 1, "scheme": scheme}))
    # WHEN an event is acknowledged
    # THEN the answer is the vendor's
    assert door.acknowledgement.render("shop:1") == body
    assert door.acknowledgement.content_type == kind


def test_an_acknowledgement_may_be_written_as_an_object() -> None:
    # GIVEN a document whose acknowledgement is JSON in JSON
    door = parse_door(
        json.dumps(
            {"v": 1, "scheme": "hmac", "acknowledgement": {"body": {"code": 0, "id": "{event_id}"}}}
        )
    )
    # WHEN an event is acknowledged
    # THEN its id stands in the answer
    assert json.loads(door.acknowledgement.render("shop:1")) == {"code": 0, "id": "shop:1"}


def test_only_live_secrets_are_offered() -> None:
    # GIVEN secrets that are current, run out now, ran out, and are blank
    door = Door(
        "hmac",
        secrets=(
            secret("a", id="current"),
            secret("b", id="edge", not_after=NOW),
            secret("c", id="old", not_after=NOW - 1),
            secret(" ", id="blank"),
        ),
    )
    # WHEN they are asked for
    live = door.live_secrets(NOW)
    # THEN the last moment still counts, and the rest is gone
    assert [item.id for item in live] == ["current", "edge"]


def test_a_document_over_32_kb_is_not_saved() -> None:
    # GIVEN a door whose secrets fill more than the limit
    secrets = tuple(secret("я" * 1000, id=str(number)) for number in range(17))
    # WHEN it is written
    with pytest.raises(ConfigurationError) as failure:
        dump_door(Door("hmac", secrets=secrets))
    # THEN the error says how large it is, the limit and what to do, and shows no secret
    assert str(LARGEST_DOCUMENT) in failure.value.text
    assert "remove secrets" in failure.value.text
    assert "яя" not in failure.value.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"v": 2}, "'v' must be 1"),
        ({"v": None}, "'v' must be 1"),
        ({"scheme": None}, "'scheme' is missing"),
        ({"scheme": 5}, "'scheme' must be text"),
        ({"scheme": "hmacc"}, "the schemes are: api_key, basic, bearer"),
        ({"secret": "x"}, "its fields are: v, scheme, parameters, secrets"),
        ({"parameters": []}, "'parameters' must be an object"),
        ({"parameters": {"headr": "X"}}, "its parameters are: algorithm, delivery_id, encoding"),
        ({"parameters": {"algorithm": "crc32"}}, "write one of: sha256, sha512, sha1, md5"),
        ({"parameters": {"tolerance": "300"}}, "must be a whole number"),
        ({"parameters": {"tolerance": True}}, "must be a whole number"),
        ({"parameters": {"tolerance": -1}}, "must be a whole number, 0 or more"),
        ({"parameters": {"signature": "X-Signature"}}, "write one of: header:NAME, query:NAME"),
        ({"parameters": {"signature": "header:"}}, "is no place"),
        ({"parameters": {"template": "{boddy}"}}, "unknown placeholder {boddy}"),
        ({"parameters": {"template": "{body"}}, "a brace without its pair"),
        ({"parameters": {"template": "fixed"}}, "signs nothing"),
        ({"parameters": {"timestamp": "header:X-T"}}, "only a signed timestamp proves age"),
        ({"parameters": {"template": "{timestamp}{body}"}}, "only a signed timestamp proves age"),
        ({"parameters": {"template": "{id}{body}"}}, "'id' must say where"),
        ({"parameters": {"delivery_id": [5]}}, "must be a list of texts"),
        ({"parameters": {"delivery_id": ["id"]}}, "'id' is no place"),
        ({"parameters": {"name": "github"}}, "has no parameter 'name'"),
        ({"secrets": {}}, "'secrets' must be a list"),
        ({"secrets": ["x"]}, "a secret must be an object"),
        ({"secrets": [{"id": "1"}]}, "'value' is missing"),
        ({"secrets": [{"id": "1", "value": 7}]}, "'value' must be text"),
        ({"secrets": [{"id": "1", "value": "x", "not_after": "soon"}]}, "must be unix seconds"),
        ({"secrets": [{"id": "1", "value": "x"}] * 2}, "two secrets have the same 'id'"),
        ({"filters": [{"at": "json:type"}]}, "needs 'any_of' or 'none_of'"),
        ({"filters": [{"at": "type", "any_of": ["x"]}]}, "'type' is no place"),
        ({"filters": [{"at": "json:type", "any_of": [1]}]}, "'any_of' must be a list of texts"),
        ({"acknowledgement": {"status": 302}}, "from 200 to 299"),
        ({"acknowledgement": {"body": 5}}, "must be text or an object"),
        ({"acknowledgement": {"content_type": "text/plain\r\nX: y"}}, "is no media type"),
        ({"acknowledgement": {"body": "x" * 5000}}, "at most 4096 characters"),
        ({"handshake": {"kind": "discord"}}, "slack, meta, msgraph, okta, zoom, x"),
        ({"handshake": {"kind": "meta"}}, "needs a 'verify_token'"),
        ({"methods": ["DELETE"]}, "write one of: GET, POST, PUT"),
        ({"max_body": 0}, "more than 0 bytes"),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_a_wrong_document_says_what_would_be_right(change: dict[str, Any], words: str) -> None:
    # GIVEN a document with one mistake
    document = {"v": 1, "scheme": "hmac", **change}
    # WHEN it is read
    with pytest.raises(ConfigurationError) as failure:
        parse_door(json.dumps(document))
    # THEN the error names the mistake and the right ways
    assert words in failure.value.text


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000])
def test_what_is_no_document_is_a_clear_error(text: str) -> None:
    # GIVEN text that is no door document
    # WHEN it is read
    # THEN the error is of the one kind that an administrator sees
    with pytest.raises(ConfigurationError, match="the door document"):
        parse_door(text)


def test_no_secret_is_shown_by_a_door() -> None:
    # GIVEN a door with a secret and a verify token
    door = Door("hmac", secrets=(secret("s3cr3t"),), handshake="meta", verify_token="t0ken")
    # WHEN it is printed
    shown = repr(door)
    # THEN neither is there
    assert "s3cr3t" not in shown
    assert "t0ken" not in shown


@pytest.mark.parametrize(
    ("scheme", "parameters", "words"),
    [
        ("paypal", {}, "'webhook_id' must be the id"),
        ("source_address", {}, "'networks' must name"),
        ("source_address", {"networks": ["10.0.0.1/8"]}, "is no network"),
        ("jwt", {"algorithms": ["none"]}, "write one of: ES256"),
        ("jwt", {"algorithms": ["HS256"]}, "write one of: ES256"),
        ("jwt", {"algorithms": []}, "'algorithms' must name some of"),
        ("jwt", {"jwks_url": "http://keys.example/"}, "must be an https URL"),
        ("rfc9421", {"algorithm": "md5"}, "write one of: hmac-sha256"),
        ("rfc9421", {"required_components": ["Content-Digest"]}, "lower case"),
        ("stripe", {"separator": ""}, "'separator' must not be empty"),
        ("stripe", {"template": "{body}"}, "must hold {timestamp}"),
        ("public_key", {"encoding": "base32"}, "write one of: base64, hex"),
        ("sendgrid", {"timestamp": None}, "go together"),
    ],
)
def test_a_wrong_parameter_names_its_scheme(
    scheme: str, parameters: dict[str, Any], words: str
) -> None:
    # GIVEN a parameter that its scheme cannot use
    document = {"v": 1, "scheme": scheme, "parameters": parameters}
    # WHEN the door is read
    with pytest.raises(ConfigurationError) as failure:
        parse_door(json.dumps(document))
    # THEN the error names the scheme and the right ways
    assert failure.value.text.startswith((f"scheme '{scheme}'", "parameter"))
    assert words in failure.value.text
