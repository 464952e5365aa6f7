"""One message, written in any order, namespace, encoding and cut: the same records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from local.sandbox.onec.catalogue import Catalogue, import_file, offers_file
from local.sandbox.onec.paper import Style
from mostik.commerceml.models import Head, Message
from mostik.commerceml.models_orders import Document
from mostik.commerceml.reader import Reader
from tests.unit.commerceml.files import NAMESPACES, Yielded, read, whole

SHOP = Catalogue(12, groups=15, properties=3)
# Order says something among elements of one name (pictures, characteristics) and nothing else.
ORDER = """<Документ><Ид>1</Ид><Номер>7</Номер><Дата>2026-11-24</Дата><Время>10:00:00</Время>
<ХозОперация>Заказ товара</ХозОперация><Валюта>руб</Валюта><Сумма>10,50</Сумма><Контрагенты>
<Контрагент><Ид>1#a#Б</Ид><Роль>Покупатель</Роль><Контакты><Контакт><Тип>Почта</Тип><Значение>a@b.c
</Значение></Контакт></Контакты></Контрагент></Контрагенты><Товары><Товар><Ид>x#y</Ид><Количество>2
</Количество><Сумма>10.50</Сумма></Товар></Товары><ЗначенияРеквизитов><ЗначениеРеквизита>
<Наименование>Отменен</Наименование><Значение>false</Значение></ЗначениеРеквизита>
</ЗначенияРеквизитов></Документ>"""

styles = st.builds(
    Style,
    version=st.sampled_from(["2.03", "2.05", "2.07", "2.08", "2.10", "3.1"]),
    namespace=st.sampled_from([None, *NAMESPACES]),
    encoding=st.sampled_from(["utf-8", "windows-1251"]),
    mark=st.booleans(),
    formed_at=st.sampled_from(["2026-11-24T10:00:00", "2026-11-25", "25.11.2026"]),
    shuffle=st.one_of(st.none(), st.integers(0, 10**6)),
    indent=st.sampled_from(["", "\t", "  "]),
)


def records_of(pieces: Sequence[bytes]) -> Counter[Yielded]:
    """What a file says, in no order; what it says of itself is another matter."""
    reader = Reader(pieces)
    records: Counter[Yielded] = Counter(one for one in reader if not isinstance(one, Message))
    assert not reader.report.unknown
    assert not reader.report.faults
    return records


@settings(max_examples=60, deadline=None)
@given(styles, st.integers(1, 5_000))
def test_a_catalogue_says_the_same_in_any_style(style: Style, size: int) -> None:
    usual = records_of(list(import_file(SHOP, Style())))
    content = b"".join(import_file(SHOP, style))
    assert records_of([content[at : at + size] for at in range(0, len(content), size)]) == usual


@settings(max_examples=60, deadline=None)
@given(styles, st.sampled_from(["all", "prices", "rests"]))
def test_so_do_offers(style: Style, what: str) -> None:
    usual = records_of(list(offers_file(SHOP, Style(), what=what)))
    assert records_of(list(offers_file(SHOP, style, what=what))) == usual


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(NAMESPACES), st.sampled_from(["utf-8", "cp1251"]))
def test_so_does_a_document(seed: int, namespace: str, encoding: str) -> None:
    dice = Random(seed)  # noqa: S311 - no secret
    root = ElementTree.fromstring(ORDER)  # noqa: S314 - our own text
    for element in root.iter():
        children = list(element)
        dice.shuffle(children)
        element[:] = children
    shuffled = ElementTree.tostring(root, encoding="unicode")
    (found,) = documents(whole(shuffled, namespace=namespace, encoding=encoding))
    assert (found,) == documents(whole(ORDER))


def documents(content: bytes) -> tuple[Document, ...]:
    return tuple(one for one in read(content)[0] if isinstance(one, Document))


def test_portions_of_any_size_hold_the_same_goods() -> None:
    # GIVEN one export in one piece, and in portions that say of themselves what 1C says
    one = list(Reader(import_file(SHOP, Style())))
    many = [
        record
        for first in range(0, SHOP.products, 5)
        for record in Reader(
            import_file(
                SHOP, Style(shuffle=first), first=first, count=5, only_changes=first > 0,
                classifier=first == 0,
            )
        )
    ]  # fmt: skip
    heads = [record for record in many if isinstance(record, Head) and record.kind == "Каталог"]
    # THEN only the first says that it is a full one, and together they hold the same
    assert [head.only_changes for head in heads] == [False, True, True]
    kinds = (Head, Message)
    assert Counter(r for r in many if not isinstance(r, kinds)) == Counter(
        r for r in one if not isinstance(r, kinds)
    )


def test_a_changed_share_of_goods_is_what_changes() -> None:
    before = records_of(list(import_file(SHOP, Style())))
    after = records_of(list(import_file(replace(SHOP, changed=6), Style(shuffle=1))))
    assert sum((after - before).values()) == 2
