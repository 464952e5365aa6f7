"""The pages in two languages: English texts are their own keys, ``messages/ru.json`` translates.

A text with a number has forms: ``"{n} jobs"`` is looked up in the catalogue of either language.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("ru", "en")
FOLDER = Path(__file__).parent / "messages"
Catalogue = Mapping[str, str | list[str]]


@cache
def catalogue(language: str) -> Catalogue:
    """Returns the texts of a language by their English form."""
    found: Catalogue = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Say:
    """Says things in one language."""

    language: str

    def __call__(self, text: str, /, **values: Any) -> str:
        """Returns a text; the form of one with a number follows ``n``."""
        said = catalogue(self.language).get(text, text)
        if isinstance(said, list):
            said = said[_form(self.language, int(values["n"]))]
        return said.format(**values) if values else said

    def label(self, label: Mapping[str, str]) -> str:
        """Returns a text that the API tells in both languages."""
        return label.get(self.language) or label.get("en") or ""


def _form(language: str, number: int) -> int:
    if language == "en":
        return 0 if number == 1 else 1
    if number % 10 == 1 and number % 100 != 11:
        return 0
    return 1 if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else 2


def language_of(cookie: str, accepted: str) -> str:
    """Returns the language of a visitor: the one that they chose, else their browser's."""
    if cookie in LANGUAGES:
        return cookie
    wanted = [part.partition(";")[0].strip()[:2].lower() for part in accepted.split(",")]
    return next((one for one in wanted if one in LANGUAGES), "en")
