"""Personal data is masked in whatever the log keeps, and nothing else is."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.http.personal import scrubbed
from mostik.http.redact import Redactor

PLAIN = Redactor()


def as_json(content: Any, redactor: Redactor = PLAIN) -> Any:
    return json.loads(redactor.body(json.dumps(content).encode(), "application/json"))


def as_form(form: str, redactor: Redactor = PLAIN) -> dict[str, str]:
    masked = redactor.body(form.encode(), "application/x-www-form-urlencoded").decode()
    return dict(parse_qsl(masked, keep_blank_values=True))


def as_xml(text: str, redactor: Redactor = PLAIN) -> str:
    return redactor.body(text.encode(), "application/xml").decode()


PHONES = ["+79001234567", "+7 900 123-45-67", "+7 (900) 123-45-67", "8 900 123 45 67",
          "89001234567", "79001234567", "8(900)123-45-67", "+375 29 123-45-67",
          "+1 415 555 2671", "%2B79001234567"]  # fmt: skip


@pytest.mark.parametrize("phone", PHONES)
def test_a_phone_is_known_by_its_look(phone: str) -> None:
    assert scrubbed(f"call {phone}, please") == "call [phone], please"
    assert as_json({"note": phone}) == {"note": "[phone]"}


@pytest.mark.parametrize("email", ["a@mail.example", "ivan.petrov+x@sub.mail.example", "a%40b.ru"])
def test_an_email_is_known_by_its_look(email: str) -> None:
    assert scrubbed(f"<{email}>") == "<[email]>"


@pytest.mark.parametrize(
    "text",
    [
        "4600000000017",  # a barcode
        "1700000000000",  # milliseconds
        "2026-11-24T12:00:00+03:00",
        "01K7348XZZDE3B4WZZ6KYE37BB",
        "6f1c2a9e-8900-4123-8567-79001234567a",
        "192.168.100.200",
        "100500.25",
        "40702810900000000001",  # an account
        "@mention and user@localhost",
        "1e+10",
    ],
)
def test_what_only_looks_a_little_like_it_stays(text: str) -> None:
    assert scrubbed(text) == text
    assert as_json({"value": text}) == {"value": text}


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("phone", "[phone]"), ("PHONE", "[phone]"), ("phone_mobile", "[phone]"),
        ("contactPhone", "[phone]"), ("Телефон", "[phone]"), ("email", "[email]"),
        ("EMAIL_HOME", "[email]"), ("customer-email", "[email]"), ("Почта", "[email]"),
        ("LAST_NAME", "[name]"), ("fullName", "[name]"), ("ФИО", "[name]"), ("Отчество", "[name]"),
        ("delivery_address", "[address]"), ("ADDRESS_2", "[address]"), ("Адрес", "[address]"),
        ("postal_code", "[address]"), ("birthDate", "[masked]"),
    ],
)  # fmt: skip
def test_fields_are_known_by_name_in_every_kind_of_body(name: str, mask: str) -> None:
    assert as_json({name: "что-то"}) == {name: mask}
    assert as_json({name: 42}) == {name: mask}
    assert as_json({name: ["a", "b"]}) == {name: [mask, mask]}
    assert as_json({name: None}) == {name: None}
    assert as_form(f"{name}=x&fields[{name}]=y") == {name: mask, f"fields[{name}]": mask}
    element = name.replace(" ", "")
    assert as_xml(f"<a><{element}>x</{element}></a>") == f"<a><{element}>{mask}</{element}></a>"
    assert as_xml(f'<a {element}="x"/>') == f'<a {element}="{mask}"/>'


@pytest.mark.parametrize(
    "name",
    ["phone_code", "email_template_id", "emailVerified", "ip_address", "title", "city", "id",
     "status", "price", "phone_type", "microphone_id"],
)  # fmt: skip
def test_other_fields_stay(name: str) -> None:
    assert as_json({name: "x1"}) == {name: "x1"}


def test_a_name_is_personal_only_where_somebody_is_described() -> None:
    product = {"id": 1, "name": "Стол", "price": 100}
    assert as_json({"items": [product]}) == {"items": [product]}
    assert as_json({"customer": {"id": 1, "name": "Иван"}})["customer"]["name"] == "[name]"
    assert as_json({"NAME": "Иван", "LAST_NAME": "Петров"}) == {
        "NAME": "[name]",
        "LAST_NAME": "[name]",
    }
    order = {"buyer": {"email": "x"}, "items": [product]}
    assert as_json(order)["items"] == [product]


def test_what_describes_a_value_stays() -> None:
    field = [{"ID": "17", "VALUE": "12-34", "VALUE_TYPE": "WORK"}]
    assert as_json({"PHONE": field}) == {
        "PHONE": [{"ID": "17", "VALUE": "[phone]", "VALUE_TYPE": "WORK"}]
    }
    assert as_json({"fm": [{"typeId": "EMAIL", "value": "x"}]})["fm"][0]["value"] == "[email]"
    assert as_json([{"code": "PHONE", "value": "12"}, {"code": "COLOR", "value": "red"}]) == [
        {"code": "PHONE", "value": "[phone]"},
        {"code": "COLOR", "value": "red"},
    ]


def test_a_code_in_an_answer_says_what_went_wrong_and_stays() -> None:
    assert as_json({"error": {"code": "QUERY_LIMIT_EXCEEDED"}}) == {
        "error": {"code": "QUERY_LIMIT_EXCEEDED"}
    }
    assert (
        PLAIN.url("https://a.example/oauth?code=abc123")
        == "https://a.example/oauth?code=[redacted]"
    )


def test_addresses_and_errors_are_masked_too() -> None:
    url = "https://a.example/find/a%40mail.example?phone=12&q=%2B79001234567&filter[EMAIL]=x&id=5"
    assert PLAIN.url(url) == (
        "https://a.example/find/[email]?phone=[phone]&q=[phone]&filter[EMAIL]=[email]&id=5"
    )
    assert PLAIN.text("No user a@mail.example") == "No user [email]"
    assert PLAIN.headers({"X-User-Email": "x", "From": "a@mail.example", "Accept": "*/*"}) == {
        "X-User-Email": "[email]",
        "From": "[email]",
        "Accept": "*/*",
    }


def test_a_connection_masks_fields_of_its_own() -> None:
    # GIVEN
    redactor = Redactor(mask_fields=["UF_CRM_CARD", "Ид паспорта"])
    # THEN
    assert as_json({"ufCrmCard": "1", "a": "1"}, redactor) == {"ufCrmCard": "[masked]", "a": "1"}
    assert as_form("fields[UF_CRM_CARD]=1", redactor) == {"fields[UF_CRM_CARD]": "[masked]"}
    assert as_xml("<UfCrmCard>1</UfCrmCard>", redactor) == "<UfCrmCard>[masked]</UfCrmCard>"


def test_a_connection_may_keep_personal_data_but_never_secrets() -> None:
    # GIVEN
    redactor = Redactor(["secret-value-1"], mask_fields=["card"], keep_personal=True)
    content = {"phone": "+79001234567", "name": "Иван", "mail": {"a@b.ru": 1}}
    # THEN
    assert as_json(content, redactor) == content
    assert as_json({"card": "1", "token": "1", "x": "secret-value-1"}, redactor) == {
        "card": "[masked]",
        "token": "[redacted]",
        "x": "[redacted]",
    }
    assert redactor.url("https://a.example/?phone=12&token=1") == (
        "https://a.example/?phone=12&token=[redacted]"
    )
    assert as_xml("<a phone='1' token='2'>a@b.ru</a>", redactor) == (
        "<a phone='1' token='[redacted]'>a@b.ru</a>"
    )


def test_secrets_in_lists_and_objects_are_masked_as_before() -> None:
    assert as_json({"secret": ["a", {"b": "c"}], "auth": {"member": "m", "access_token": "t"}}) == {
        "secret": ["[redacted]", {"b": "[redacted]"}],
        "auth": {"member": "m", "access_token": "[redacted]"},
    }


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "phone", "id", "x", "value", "code"]), inner)
    ),
    max_leaves=12,
)


@given(json_values)
def test_masked_json_keeps_its_shape(content: Any) -> None:
    def shape(value: Any) -> Any:
        match value:
            case dict():
                return {name: shape(inner) for name, inner in value.items()}
            case list():
                return [shape(inner) for inner in value]
            case _:
                return None

    assert shape(as_json({"a": content})) == shape({"a": content})
    assert as_json(as_json({"a": content})) == as_json({"a": content})


@pytest.mark.parametrize(
    "text",
    ["a" * 300_000 + "@", "+" + "1 " * 150_000, "8 (" * 100_000, "a.b-" * 80_000 + "@x",
     "<" * 300_000, "<a " * 100_000, "<a b='" * 60_000, "<!--" * 80_000, "<![CDATA[" * 40_000,
     "<a>" * 100_000 + "</b>" * 100_000],
    ids=lambda text: text[:4],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    # WHEN
    began = time.process_time()
    PLAIN.text(text)
    as_xml(text)
    # THEN
    assert time.process_time() - began < 3.0
