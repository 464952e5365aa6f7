"""What the API says when it refuses: a problem document (RFC 9457) in Russian and English."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in both languages of the page."""

    en: str
    ru: str

    def as_json(self) -> dict[str, str]:
        """Returns it as the API shows it."""
        return {"en": self.en, "ru": self.ru}


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field.

    Attributes:
        field: its path with dots, ``settings.orders.get``; empty: the whole form.
        words: one sentence. It never holds the value.
    """

    field: str
    words: Words


class Refused(Exception):
    """A request is not done.

    Args:
        status: of the answer.
        words: why, in one sentence.
        fields: what is wrong field by field.
        headers: of the answer.
        more: further members of the problem document.
    """

    def __init__(
        self,
        status: int,
        words: Words,
        *,
        fields: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(words.en)
        self.status = status
        self.words = words
        self.fields = tuple(fields)
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    def document(self) -> dict[str, Any]:
        """Returns the problem document."""
        return {
            "type": "about:blank",
            "title": self.words.en,
            "status": self.status,
            "messages": self.words.as_json(),
            "errors": [
                {"field": one.field, "messages": one.words.as_json()} for one in self.fields
            ],
            **self.more,
        }


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer that no route made."""

    status: int
    body: str = ""
    content_type: str = CONTENT_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Sequence[str] = ()

    def as_answer(self) -> dict[str, Any]:
        """Returns it as API Gateway wants it."""
        return {
            "statusCode": self.status,
            "headers": {"Content-Type": self.content_type, **self.headers},
            "cookies": list(self.cookies),
            "body": self.body,
            "isBase64Encoded": False,
        }


def sent(refused: Refused) -> Sent:
    """Returns the answer to a refused request."""
    body = json.dumps(refused.document(), ensure_ascii=False)
    return Sent(refused.status, body, headers=refused.headers)


def no_such(what: Words) -> Refused:
    """Returns the refusal of something that does not exist."""
    return Refused(404, Words(f"There is no such {what.en}.", f"Не найдено: {what.ru}."))


NOT_SIGNED_IN = Words("Sign in first.", "Сначала войдите.")
NOT_ALLOWED = Words(
    "Your role does not allow this; ask an administrator of Mostik.",
    "Ваша роль этого не позволяет; обратитесь к администратору Мостика.",
)
BUSY = Words(
    "A service behind the page is busy; try again in a few seconds.",
    "Служба за этой страницей занята; повторите через несколько секунд.",
)
WRONG_INPUT = Words("Some fields are not right.", "Некоторые поля заполнены неверно.")
