"""A sandbox without sockets: a ``requests`` adapter that hands calls over and may spoil some.

Everything between the integration and the wire is the real thing.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from local.sandbox.server import Answer, Call
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


class Answering(Protocol):
    """What answers calls, one at a time: a sandbox, or somebody who stands before it."""

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Held while it answers."""
        ...

    def answer(self, call: Call) -> Answer:
        """The answer to a call."""
        ...


class SandboxWire(HTTPAdapter):
    """The wire to one sandbox.

    Attributes:
        sent: every call, in order.
        spoil: says what becomes of a call, by its place and itself; ``None``: nothing.
        before: called before each call with the same.
        exchanged: makes another answer of each.
    """

    def __init__(self, sandbox: Answering) -> None:
        super().__init__()
        self._sandbox = sandbox
        self.sent: list[Call] = []
        self.spoil: Callable[[int, Call], Spoilt | None] = lambda _place, _call: None
        self.before: Callable[[int, Call], None] = lambda _place, _call: None
        self.exchanged: Callable[[Answer], Answer] = lambda answer: answer

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """See ``HTTPAdapter.send``."""
        call = call_of(request)
        place = len(self.sent)
        self.sent.append(call)
        self.before(place, call)
        spoilt = self.spoil(place, call)
        if spoilt in _STATUS:
            return response_of(Answer.of_json({"fault": spoilt}, _STATUS[spoilt]), request)
        with self._sandbox.lock:
            answer = self._sandbox.answer(call)
        if spoilt is Spoilt.LOST:
            raise requests.ReadTimeout("no answer")
        if spoilt is Spoilt.DEATH:
            raise Killed
        return response_of(self.exchanged(answer) if answer.body else answer, request)


def call_of(request: requests.PreparedRequest) -> Call:
    """A request as a sandbox takes it."""
    parts = urlsplit(request.url or "")
    body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    headers.setdefault("host", parts.netloc)
    return Call(request.method or "", parts.path, parts.query, headers, body, "127.0.0.1")


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
