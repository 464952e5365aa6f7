"""XML is masked by its elements and attributes, also when it is no good XML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.http.redact import Redactor

PLAIN = Redactor(["secret-value-1"])


def masked(text: str) -> str:
    return PLAIN.body(text.encode(), "text/xml").decode()


def test_a_counterparty_of_1c_is_masked_and_goods_are_not() -> None:
    # GIVEN
    document = """<?xml version="1.0" encoding="UTF-8"?>
<КоммерческаяИнформация ВерсияСхемы="2.10">
  <Товар><Ид>17</Ид><Наименование>Стол</Наименование></Товар>
  <Контрагенты><Контрагент>
    <Ид>42</Ид><Наименование>Иванов</Наименование><ПолноеНаименование>И. И.</ПолноеНаименование>
    <Адрес><Представление>Москва, Мира 1</Представление>
      <АдресноеПоле><Тип>Улица</Тип><Значение>Мира</Значение></АдресноеПоле></Адрес>
    <Контакты><Контакт><Тип>Телефон рабочий</Тип><Значение>12-34-56</Значение></Контакт></Контакты>
  </Контрагент></Контрагенты>
</КоммерческаяИнформация>"""
    # THEN
    assert (
        masked(document)
        == """<?xml version="1.0" encoding="UTF-8"?>
<КоммерческаяИнформация ВерсияСхемы="2.10">
  <Товар><Ид>17</Ид><Наименование>Стол</Наименование></Товар>
  <Контрагенты><Контрагент>
    <Ид>42</Ид><Наименование>[name]</Наименование><ПолноеНаименование>[name]</ПолноеНаименование>
    <Адрес><Представление>[address]</Представление>
      <АдресноеПоле><Тип>Улица</Тип><Значение>[address]</Значение></АдресноеПоле></Адрес>
    <Контакты><Контакт><Тип>Телефон рабочий</Тип><Значение>[phone]</Значение></Контакт></Контакты>
  </Контрагент></Контрагенты>
</КоммерческаяИнформация>"""
    )


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<a><password>x</password></a>", "<a><password>[redacted]</password></a>"),
        ("<a token='x' id='1'/>", "<a token='[redacted]' id='1'/>"),
        ('<n:email xmlns:n="u">x</n:email>', '<n:email xmlns:n="u">[email]</n:email>'),
        ("<phone><![CDATA[12<3]]></phone>", "<phone><![CDATA[[phone]]]></phone>"),
        ("<x><!-- a@mail.example --></x>", "<x><!-- [email] --></x>"),
        ("<x>call +79001234567</x>", "<x>call [phone]</x>"),
        ("<phone>12", "<phone>[phone]"),
        ("<a><phone>1</a><b>2</b>", "<a><phone>[phone]</a><b>2</b>"),
        ("<a>secret-value-1</a>", "<a>[redacted]</a>"),
        ("<phone/><b>1</b>", "<phone/><b>1</b>"),
        ("<phone> </phone>", "<phone> </phone>"),
        ('<a t="1>2" phone="3">x</a>', '<a t="1>2" phone="[phone]">x</a>'),
    ],
)
def test_elements_and_attributes_are_masked(text: str, kept: str) -> None:
    assert masked(text) == kept


def test_windows_1251_is_read_too() -> None:
    body = "<Контакт><Телефон>12</Телефон></Контакт>".encode("windows-1251")
    assert PLAIN.body(body, "").decode() == "<Контакт><Телефон>[phone]</Телефон></Контакт>"


@given(st.text("<>ab/='\"!-[]CDAT ", max_size=60))
def test_broken_markup_is_kept_as_it_is_where_nothing_tells(text: str) -> None:
    assert masked(f"<x>{text}") == f"<x>{text}"


def test_markup_nested_too_deep_is_not_kept_at_all() -> None:
    # GIVEN more elements than are looked into: what is inside could be anything
    text = "<a>" * 600 + "<phone>12</phone>"
    # THEN
    assert masked(text) == f"[{len(text)} characters of XML, nested too deep to look into]"
