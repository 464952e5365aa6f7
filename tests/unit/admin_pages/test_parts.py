"""Words, search, forms and vendored files of the pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.admin.pages import assets, words
from mostik.admin.pages.formdata import settings_of
from mostik.admin.pages.logsearch import FIELDS, chips, parsed, written
from mostik.admin.pages.look import SHAPES
from mostik.admin.pages.visit import Form
from mostik.admin.pages.words import Say, catalogue, language_of

PAGES = Path(words.__file__).parent
USED = re.compile(r"""(?:\b_|\bsay)\(\s*(?:"([^"]+)"|'([^']+)')""")
VENDORED = {
    "vendor/htmx-2.0.11.min.js": "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717",
}


def used() -> set[str]:
    files = [*PAGES.rglob("*.html"), *PAGES.rglob("*.py")]
    return {one[0] or one[1] for file in files for one in USED.findall(file.read_text())}


def test_every_text_of_the_pages_is_translated() -> None:
    russian = catalogue("ru")
    assert not used() - set(russian)
    assert not set(SHAPES) - set(russian) - {"reading", "received", "given", "taken", "error"}
    for text, said in russian.items():
        for one in [said] if isinstance(said, str) else said:
            assert set(re.findall(r"\{\w+\}", one)) == set(re.findall(r"\{\w+\}", text))


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1 задание"), (2, "2 задания"), (5, "5 заданий"), (11, "11 заданий"), (21, "21 задание")],
)
def test_russian_numbers_have_their_forms(number: int, said: str) -> None:
    assert Say("ru")("{n} jobs", n=number) == said


def test_the_language_is_the_chosen_one_then_the_browsers() -> None:
    assert language_of("en", "ru") == "en"
    assert language_of("", "de, ru;q=0.8") == "ru"
    assert language_of("xx", "de") == "en"


def test_a_search_is_read_as_people_write_it() -> None:
    found = parsed('status:5xx endpoint:/orders/* since:2h "Иванов Пётр"')
    assert found == {
        "status": "5xx", "endpoint": "/orders/*", "since": "2h", "text": "Иванов Пётр",
    }  # fmt: skip
    assert parsed("https://shop.example 17") == {"text": "https://shop.example 17"}
    assert [one.name for one in chips(found)] == ["since", "status", "endpoint", "text"]
    assert parsed(chips(found)[0].without) == {n: v for n, v in found.items() if n != "since"}


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(min_size=1).map(str.strip).filter(bool)))
def test_whatever_is_filtered_can_be_written_and_read_again(filters: dict[str, str]) -> None:
    plain = {name: " ".join(v.replace('"', "").split()) for name, v in filters.items()}
    plain = {name: value for name, value in plain.items() if value}
    assert parsed(written(plain)) == plain


def test_a_form_becomes_settings_and_an_empty_field_is_left_to_its_default() -> None:
    text = {"name": "a", "kind": "text"}
    fields: list[Mapping[str, Any]] = [
        {"name": "many", "kind": "list", "item": {"kind": "integer"}},
        {"name": "pairs", "kind": "table", "item": {"kind": "number"}},
        {"name": "on", "kind": "switch"},
        {"name": "group", "kind": "group", "fields": [text, {"name": "b", "kind": "integer"}]},
        {"name": "none", "kind": "text"},
        {"name": "secret", "kind": "secret"},
    ]
    form = Form(
        "settings.many=1%0A2%0Ax&settings.pairs.key=rub&settings.pairs.value=1,5"
        "&settings.pairs.key=&settings.pairs.value=&settings.on=false&settings.group.a=x"
        "&settings.group.b=&settings.none=&secrets.secret=s"
    )
    assert settings_of(fields, form) == {
        "many": [1, 2, "x"], "pairs": {"rub": 1.5}, "on": False, "group": {"a": "x"},
    }  # fmt: skip


def test_vendored_files_are_those_of_their_release() -> None:
    found = {
        path.relative_to(assets.FOLDER).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in (assets.FOLDER / "vendor").iterdir()
    }
    assert found == VENDORED
