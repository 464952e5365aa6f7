"""Documents as 1C takes them; what it would refuse is never written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mostik.commerceml.models import AddressField, Attribute, Contact, PostalAddress, Tax
from mostik.commerceml.models_goods import BaseUnit, Characteristic
from mostik.commerceml.models_orders import Discount, Document, Line, OrderPayment, Party
from mostik.commerceml.refusal import Refused, Why
from mostik.commerceml.writer import SCHEMAS, document_bytes, message, sale_info
from tests.unit.commerceml.files import of

FORMED = datetime(2026, 11, 24, 10, tzinfo=UTC)


def made(model: Callable[..., Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Only the fields that are named; ``st.builds`` would make up the others."""
    return st.fixed_dictionaries(fields).map(lambda given: model(**given))


texts = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=("Cs", "Cc", "Zs")),
    min_size=1,
    max_size=12,
).filter(lambda text: text.strip() == text and "&" not in text)
amounts = st.decimals(places=2, min_value=0, max_value=10**7, allow_nan=False)
lines = made(
    Line,
    key=texts,
    name=texts,
    article=st.none() | texts,
    unit=made(BaseUnit, code=st.just("796"), text=st.just("шт")),
    characteristics=st.none() | st.tuples(made(Characteristic, name=texts, value=texts)),
    price=amounts,
    quantity=amounts,
    amount=amounts,
    taxes=st.none()
    | st.tuples(made(Tax, name=st.just("НДС"), rate=texts, included=st.booleans(), amount=amounts)),
    discounts=st.none() | st.tuples(made(Discount, name=texts, amount=amounts)),
    attributes=st.none() | st.tuples(made(Attribute, name=texts, values=st.tuples(texts))),
)
parties = made(
    Party,
    key=texts,
    name=texts,
    role=st.just("Покупатель"),
    inn=st.none() | st.just("7707083893"),
    registered_address=st.none()
    | made(
        PostalAddress,
        text=texts,
        fields=st.tuples(made(AddressField, kind=texts, value=texts)),
    ),
    contacts=st.none() | st.tuples(made(Contact, kind=st.just("Почта"), value=texts)),
)
documents = made(
    Document,
    key=texts,
    number=st.text("0123456789АБ-", min_size=1, max_size=11),
    date=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2090, 1, 1)).map(  # noqa: DTZ001 - as 1C has them
        lambda moment: moment.replace(microsecond=0)
    ),
    operation=st.just("Заказ товара"),
    role=st.just("Продавец"),
    currency=st.sampled_from(["RUB", "руб"]),
    amount=amounts,
    parties=st.tuples(parties),
    comment=st.none() | texts,
    lines=st.lists(lines, max_size=3).map(tuple),
    attributes=st.none() | st.tuples(made(Attribute, name=texts, values=st.tuples(texts))),
)
ORDER = Document(
    key="15",
    number="А-15",
    date=datetime(2026, 11, 24, 9, 30),  # noqa: DTZ001 - as 1C has them
    operation="Заказ товара",
    role="Продавец",
    currency="RUB",
    amount=Decimal("10.50"),
    lines=(
        Line(
            key="a#b",
            name="Чай",
            price=Decimal("10.50"),
            quantity=Decimal(1),
            amount=Decimal("10.50"),
        ),
    ),
)


@settings(max_examples=80, deadline=None)
@given(documents, st.sampled_from(SCHEMAS), st.sampled_from(["windows-1251", "utf-8"]))
def test_what_is_written_is_read_again(document: Document, schema: str, encoding: str) -> None:
    content = b"".join(message([document], schema, FORMED, encoding=encoding))
    assert of(Document, content) == [document]


def test_the_first_signs_are_those_of_the_declaration() -> None:
    content = b"".join(message([], "2.08", FORMED))
    assert content.startswith(b'<?xml version="1.0" encoding="windows-1251"?>')
    assert b"xmlns" not in content


def test_signs_that_the_encoding_lacks_are_written_as_references() -> None:
    content = document_bytes(replace(ORDER, comment="№ ₽ ☃"), "2.08")
    assert "№".encode("cp1251") in content
    assert b"&#8381; &#9731;" in content


def test_signs_that_xml_lacks_are_left_out() -> None:
    assert b"<\xca\xee\xec" in document_bytes(replace(ORDER, comment="a\x00b\x1f\ufffe"), "2.08")
    content = b"".join(message([replace(ORDER, comment="a\x00b\x1f\ufffe")], "2.08", FORMED))
    assert of(Document, content)[0].comment == "ab"


@pytest.mark.parametrize(
    "broken",
    [
        {"number": None}, {"number": ""}, {"number": "123456789012"}, {"number": "1\n2"},
        {"operation": "Счет на оплату"}, {"operation": None}, {"currency": ""}, {"currency": None},
        {"date": None}, {"lines": (Line(name="Чай", price=Decimal(1)),)},
    ],
)  # fmt: skip
def test_an_order_that_1c_would_refuse_is_refused_here(broken: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        document_bytes(replace(ORDER, **broken), "2.08")  # type: ignore[arg-type]  # broken on purpose
    assert refused.value.why is Why.ORDER


def test_a_bad_order_does_not_spoil_the_good_ones_around_it() -> None:
    # GIVEN three orders of which one is bad
    pieces = []
    for order in (ORDER, replace(ORDER, currency=""), replace(ORDER, key="16", number="16")):
        try:
            pieces.append(document_bytes(order, "2.08"))
        except Refused as refused:
            assert "валюты" in refused.text  # noqa: PT017 - the others go on
    # THEN the others are two whole documents
    assert len(pieces) == 2


def test_payments_and_shipments_go_where_the_schema_has_a_place_for_them() -> None:
    shipment = Document(key="s1", number="1", operation="Отпуск товара", basis="15")
    payment = OrderPayment(number="п1", amount=Decimal("10.50"), system="Карта")
    order = replace(ORDER, payments=(payment,), children=(shipment,))
    found = {}
    for schema in SCHEMAS:
        read = of(Document, b"".join(message([order], schema, FORMED)))
        own = next(one for one in read if one.key == "15")
        found[schema] = (len(read), bool(own.payments), bool(own.children), own.container)
    assert found == {
        "2.05": (1, False, False, None),
        "2.07": (1, False, False, None),
        "2.08": (2, False, False, 1),
        "2.09": (2, True, False, 1),
        "2.10": (1, False, True, None),
    }


def test_the_lists_of_info_have_the_names_that_clients_look_for() -> None:
    content = sale_info([("N", "Принят")], [("1", "Карта")], [("2", 'Курьер "Быстрый" & Ко')])
    text = content.decode("cp1251")
    for name in ("Статусы", "Cтатусы", "ПлатежныеСистемы", "СлужбыДоставки"):
        assert f"<{name}>" in text
    assert text.count("<Ид>N</Ид>") == 2
    assert 'Курьер "Быстрый" &amp; Ко' in text
