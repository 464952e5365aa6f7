"""A secret never survives redaction, wherever it sits and however it is written."""

from __future__ import annotations

import html
import json
from base64 import b64encode
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.http.redact import MASK, Redactor, is_secret_name

PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=1103, exclude_categories=["Cs"]))
SECRETS = PRINTABLE.filter(lambda text: len(text) >= 8 and "/" not in text and text not in MASK)
AROUND = st.text("abc <>&=:,", max_size=5)


@given(SECRETS, AROUND, AROUND)
def test_a_known_secret_never_survives_in_text(secret: str, before: str, after: str) -> None:
    # GIVEN the secret in every way that it is written
    spellings = [
        secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1],
        html.escape(secret), b64encode(secret.encode()).decode(),
    ]  # fmt: skip
    redactor = Redactor([secret])
    for spelling in spellings:
        # WHEN text that holds it is kept
        kept = redactor.text(f"{before}{spelling}{after}")
        # THEN it is not there any more
        assert spelling not in kept
        assert MASK in kept


@given(SECRETS, st.sampled_from(["json", "nested", "list", "form", "xml", "text"]))
def test_a_known_secret_never_survives_in_a_body(secret: str, kind: str) -> None:
    # GIVEN a body that holds it under a harmless name
    bodies: dict[str, tuple[bytes, str]] = {
        "json": (json.dumps({"note": secret}).encode(), "application/json"),
        "nested": (json.dumps({"a": {"b": [{"c": secret}]}}).encode(), "application/json"),
        "list": (json.dumps([secret]).encode(), "application/json"),
        "form": (urlencode({"note": secret}).encode(), "application/x-www-form-urlencoded"),
        "xml": (f"<a>{html.escape(secret)}</a>".encode(), "application/xml"),
        "text": (f"token {secret}!".encode(), "text/plain"),
    }
    body, content_type = bodies[kind]
    # WHEN it is kept
    kept = Redactor([secret]).body(body, content_type).decode()
    # THEN it is not there, in any spelling
    assert secret not in kept
    assert quote_plus(secret) not in kept
    assert json.dumps(secret)[1:-1] not in kept


@pytest.mark.parametrize(
    "name",
    ["Authorization", "X-Api-Key", "application_token", "auth[application_token]", "password",
     "client_secret", "webhook-signature", "Set-Cookie", "access_token", "refreshToken", "sign"],
)  # fmt: skip
def test_what_is_called_like_a_secret_is_masked_although_its_value_is_not_known(name: str) -> None:
    # GIVEN a field that is called so, in every place
    redactor = Redactor()
    places: list[Any] = [
        redactor.headers({name: "value-1"}),
        redactor.url(f"https://x.example/a?{urlencode({name: 'value-1'})}"),
        redactor.body(json.dumps({name: "value-1"}).encode(), "application/json"),
        redactor.body(urlencode({name: "value-1"}).encode(), "application/x-www-form-urlencoded"),
    ]
    # THEN its value is gone
    assert is_secret_name(name)
    assert "value-1" not in repr(places)


@pytest.mark.parametrize("name", ["event", "data[FIELDS][ID]", "Content-Type", "status", "monkey"])
def test_what_is_called_otherwise_is_kept(name: str) -> None:
    assert Redactor().headers({name: "value-1"}) == {name: "value-1"}


def test_the_secret_in_the_path_of_a_bitrix24_webhook_url_is_masked() -> None:
    # GIVEN the webhook URL as the secret
    secret = "https://portal.example/rest/1/abcdef0123456789/"
    # WHEN a call's URL is kept
    kept = Redactor([secret]).url("https://portal.example/rest/1/abcdef0123456789/crm.item.add")
    # THEN its secret part is masked, and who was called for what is still there
    assert kept == f"https://portal.example/rest/1/{MASK}/crm.item.add"


def test_user_info_never_survives_in_a_url() -> None:
    assert Redactor().url("https://user:pass@x.example/a") == "https://x.example/a"


@given(st.binary(max_size=300), st.sampled_from(["", "application/json", "text/xml", "image/png"]))
def test_any_bytes_can_be_kept(body: bytes, content_type: str) -> None:
    # WHEN any body is kept
    kept = Redactor(["a-known-secret"]).body(body, content_type)
    # THEN that is no error
    assert isinstance(kept, bytes)
