"""A sandbox without sockets: a ``requests`` adapter that hands calls over and may spoil some.

Everything between the integration and the wire is the real thing.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from local.sandbox.server import Answer, Call, Sandbox
from tests.support.shelf import Killed


class Spoilt(StrEnum):
    """What becomes of one call."""

    LIMITED = "429"
    REFUSED = "401"
    BROKEN = "500"
    LOST = "the answer is lost"
    """The work is done."""
    DEATH = "our process ends"
    """The work is done."""


_STATUS = {Spoilt.LIMITED: 429, Spoilt.REFUSED: 401, Spoilt.BROKEN: 500}


class SandboxWire(HTTPAdapter):
    """The wire to one sandbox.

    Attributes:
        sent: ``"METHOD /path"`` of every call, in order.
        spoil: says what becomes of a call, by its place and its name; ``None``: nothing.
        before: called before each call with the same.
        exchanged: makes another answer of each parsed one.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox
        self.sent: list[str] = []
        self.spoil: Callable[[int, str], Spoilt | None] = lambda _place, _name: None
        self.before: Callable[[int, str], None] = lambda _place, _name: None
        self.exchanged: Callable[[Any], Any] = lambda content: content

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """See ``HTTPAdapter.send``."""
        parts = urlsplit(request.url or "")
        name, place = f"{request.method} {parts.path}", len(self.sent)
        self.sent.append(name)
        self.before(place, name)
        spoilt = self.spoil(place, name)
        if spoilt in _STATUS:
            return response_of(Answer.of_json({"fault": spoilt}, _STATUS[spoilt]), request)
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        headers = {name.lower(): str(value) for name, value in request.headers.items()}
        call = Call(request.method or "", parts.path, parts.query, headers, body, "127.0.0.1")
        with self._sandbox.lock:
            answer = self._sandbox.answer(call)
        if spoilt is Spoilt.LOST:
            raise requests.ReadTimeout("no answer")
        if spoilt is Spoilt.DEATH:
            raise Killed
        if answer.body:
            content = self.exchanged(json.loads(answer.body))
            answer = Answer.of_json(content, answer.status, answer.headers)
        return response_of(answer, request)


def response_of(answer: Answer, request: requests.PreparedRequest) -> requests.Response:
    """A sandbox's answer as ``requests`` has it."""
    response = requests.Response()
    response.status_code = answer.status
    response.headers = CaseInsensitiveDict(
        {"Content-Type": answer.content_type, **dict(answer.headers)}
    )
    response.raw = io.BytesIO(answer.body)
    response.request = request
    response.url = request.url or ""
    return response
