"""Bytes as they really arrive: what is mended, counted, refused."""

from __future__ import annotations

import pytest

from mostik.commerceml.models_goods import Product
from mostik.commerceml.reader import Reader
from mostik.commerceml.refusal import Refused, Why
from tests.unit.commerceml.files import goods, of, one, read, whole

GOOD = "<Товар><Ид>1</Ид><Наименование>Чайник «Ладога» № 5</Наименование></Товар>"
NAME = "Чайник «Ладога» № 5"


@pytest.mark.parametrize(
    "before",
    [b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf", b"\r\n \n", b"\n\xef\xbb\xbf\n\n", b"\x00"],
)
def test_marks_and_blanks_before_the_declaration_do_no_harm(before: bytes) -> None:
    _, report = read(before + whole(goods(GOOD)))
    assert report.found["products"] == 1
    assert bool(report.mended) == (before not in (b"", b"\xef\xbb\xbf"))


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "UTF-8", "Windows-1251", "cp1251"])
def test_both_encodings_say_the_same(encoding: str) -> None:
    assert one(Product, whole(goods(GOOD), encoding=encoding)).name == NAME


def test_a_mark_is_stronger_than_the_declaration() -> None:
    content = b"\xef\xbb\xbf" + whole(goods(GOOD)).replace(b'"utf-8"', b'"windows-1251"')
    assert one(Product, content).name == NAME


def test_utf_8_declared_as_windows_1251_is_read_as_what_it_is_and_counted() -> None:
    content = whole(goods(GOOD)).replace(b'"utf-8"', b'"windows-1251"')
    records, report = read(content)
    assert [record.name for record in records if isinstance(record, Product)] == [NAME]
    assert report.mended == {"declared windows-1251, is UTF-8": 1}
    # AND is refused where the connection says so
    with pytest.raises(Refused) as refused:
        list(Reader([content], mends_mojibake=False))
    assert refused.value.why is Why.ENCODING


def test_windows_1251_declared_as_utf_8_is_refused() -> None:
    content = whole(goods(GOOD), encoding="windows-1251").replace(b'"windows-1251"', b'"utf-8"')
    with pytest.raises(Refused):
        read(content)


def test_other_encodings_are_refused_by_name() -> None:
    with pytest.raises(Refused, match="koi8-r"):
        read(whole(goods(GOOD), encoding="koi8-r"))


def test_control_characters_are_taken_out_and_counted() -> None:
    inside = "<Товар><Ид>1</Ид><Наименование>Чай\x1fник&#x1F;&#0;&#11;\ufffe</Наименование></Товар>"
    records, report = read(whole(goods(inside)))
    assert [record.name for record in records if isinstance(record, Product)] == ["Чайник"]
    assert report.mended["control characters"] == 5


def test_references_that_are_allowed_stay() -> None:
    inside = "<Товар><Ид>1</Ид><Наименование>a&#9;b&#160;c&#x2116;</Наименование></Товар>"
    assert one(Product, whole(goods(inside))).name == "a\tb\u00a0c№"


def test_pieces_may_be_cut_anywhere() -> None:
    # GIVEN the same bytes in pieces of one to nine bytes
    inside = "<Товар><Ид>1</Ид><Наименование>Ч&#x1F;а&amp;quot;й &#8470;</Наименование></Товар>"
    for encoding in ("utf-8", "windows-1251"):
        content = whole(goods(inside), encoding=encoding)
        for size in range(1, 10):
            pieces = [content[start : start + size] for start in range(0, len(content), size)]
            records, _ = read(pieces)
            # THEN they say the same
            names = [record.name for record in records if isinstance(record, Product)]
            assert names == ['Ча"й №']


def test_the_beginning_may_hold_comments_and_instructions() -> None:
    content = whole(goods(GOOD)).replace(b"?>\n", b"?>\n<!-- a <!-- b --><?php echo ?>\n", 1)
    assert of(Product, content)
