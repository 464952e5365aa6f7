"""The external API of one connection: a ``requests`` adapter over things in memory.

A call takes virtual time. It can fail before its effect, fail after it, or be given up by us while
the other side goes on working: then its effect lands later.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter

from local.sandbox.portal.limiter import LeakyBucket
from tests.support.api_router import answer, refuses_to_connect, shows_a_page, times_out


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one call.

    Attributes:
        takes: seconds until the answer, of which half pass before the effect.
        effect: whether the other side does what it was asked for.
        lands_after: seconds after the sending when the effect stands, if that is not at once.
        refused: what is answered instead.
        hangs: there is no answer before the read timeout.
        cut: the answer is lost once the work is done.
        dies: our process ends while the call is under way.
    """

    takes: float = 0.1
    effect: bool = True
    lands_after: float | None = None
    refused: Callable[[requests.PreparedRequest], requests.Response] | None = None
    hangs: bool = False
    cut: bool = False
    dies: bool = False


class Witness:
    """What the harness does around an external call; this one does nothing."""

    def pause(self, seconds: float) -> None:
        """Lets time pass."""

    def fate(self, connection: str, call: VendorCall) -> Fate:
        """Decides what becomes of a call, before it is sent. May raise ``Killed``."""
        del connection, call
        return Fate()

    def answered(self, connection: str, call: VendorCall) -> None:
        """The answer is on its way back. May raise ``Killed``."""

    def dies(self, call: VendorCall) -> None:
        """Raises ``Killed``: the request is out, its sender is gone."""

    def refused_by_limit(self, connection: str) -> None:
        """The vendor's own limit was overrun."""


@dataclass(frozen=True, slots=True)
class VendorCall:
    """One call.

    Attributes:
        method: GET, PUT or POST.
        key: of the thing, where the address names it.
        about: ``system/key`` of the record that it is about, where it says so.
    """

    method: str
    key: str | None
    about: str | None


@dataclass
class Vendor(HTTPAdapter):
    """One external system.

    Attributes:
        connection: whose.
        clock: true unix seconds.
        witness: what happens around its calls.
        things: by key: text and external keys.
        created: how often a thing was created for a record, by ``system/key``.
        bucket: its own limit.
        refuses: texts that it will never take begin with this.
    """

    connection: str
    clock: Callable[[], float]
    witness: Witness
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    created: Counter[str] = field(default_factory=Counter)
    bucket: LeakyBucket | None = None
    refuses: str = "refused"
    _landings: list[tuple[float, int, Callable[[], Any]]] = field(default_factory=list)
    _by_external: dict[str, list[str]] = field(default_factory=dict)
    _by_idempotency: dict[str, str] = field(default_factory=dict)
    _number: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    __hash__ = object.__hash__

    def put(self, key: str, text: str) -> None:
        """A person here changes a thing, or makes one."""
        standing = self.things.get(key)
        self.things[key] = {
            "text": text,
            "external": dict(standing["external"] if standing else {}),
        }

    def text_for(self, about: str) -> str | None:
        """Returns what the thing for a record says, ``None`` when there is none."""
        self.land()
        keys = self._by_external.get(about, [])
        return self.things[keys[0]]["text"] if keys else None

    def land(self, *, all_of_them: bool = False) -> None:
        """Lets effects stand whose time has come."""
        while self._landings and (all_of_them or self._landings[0][0] <= self.clock()):
            heappop(self._landings)[2]()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Answers one request."""
        del stream, verify, cert, proxies
        call, work = self._read(request)
        fate = self.witness.fate(self.connection, call)
        if fate.refused is refuses_to_connect:
            return fate.refused(request)
        # A request counts when it comes, however long it takes then.
        if self.bucket is not None and not self.bucket.admit():
            self.witness.refused_by_limit(self.connection)
            return answer(429, {"message": "too many"})
        started = self.clock()
        read_timeout = float(timeout[1])
        if fate.lands_after is not None and fate.effect:
            self._later(started + fate.lands_after, work)
        patience = min(fate.takes, read_timeout)
        self.witness.pause(patience / 2)
        response = self._outcome(request, fate, work)
        if fate.dies:
            self.witness.dies(call)
        self.witness.pause(read_timeout if fate.hangs else patience / 2)
        self.witness.answered(self.connection, call)
        if fate.hangs or fate.cut or fate.takes > read_timeout:
            return times_out(request)
        response.request, response.url = request, request.url or ""
        return response

    def _outcome(
        self, request: requests.PreparedRequest, fate: Fate, work: Callable[[], requests.Response]
    ) -> requests.Response:
        self.land()
        done = work() if fate.effect and fate.lands_after is None else answer(500)
        return fate.refused(request) if fate.refused is not None else done

    def _later(self, at: float, work: Callable[[], requests.Response]) -> None:
        self._number += 1
        heappush(self._landings, (at, self._number, work))

    def _read(
        self, request: requests.PreparedRequest
    ) -> tuple[VendorCall, Callable[[], requests.Response]]:
        parts = urlsplit(request.url or "")
        key = unquote(parts.path.removeprefix("/things").removeprefix("/")) or None
        method = request.method or ""
        if method == "GET" and key is None:
            query = parse_qs(parts.query)
            about = f"{query['system'][0]}/{query['key'][0]}"
            return VendorCall(method, None, about), lambda: self._found(about)
        if method == "GET":
            return VendorCall(method, key, self._about(key)), lambda: self._shown(key)
        content = json_of(request)
        (system, theirs), *_ = content["external"].items()
        about = f"{system}/{theirs}"
        if method == "PUT":
            return VendorCall(method, key, about), lambda: self._changed(key, content)
        once = request.headers.get("Idempotency-Key")
        text = once.decode() if isinstance(once, bytes) else once
        return VendorCall(method, None, about), lambda: self._made(about, content, text)

    def _about(self, key: str | None) -> str | None:
        external: Mapping[str, str] = self.things.get(key or "", {}).get("external", {})
        return next((f"{system}/{theirs}" for system, theirs in external.items()), None)

    def _found(self, about: str) -> requests.Response:
        keys = self._by_external.get(about, [])
        return answer(200, {"items": [self._spelled(key) for key in keys]})

    def _shown(self, key: str | None) -> requests.Response:
        if key is None or key not in self.things:
            return answer(404, {"message": "no such thing"})
        return answer(200, self._spelled(key))

    def _changed(self, key: str | None, content: Mapping[str, Any]) -> requests.Response:
        if key is None or key not in self.things:
            return answer(404, {"message": "no such thing"})
        if content["text"].startswith(self.refuses):
            return answer(422, {"message": "not that text"})
        self.things[key]["text"] = content["text"]
        return answer(200, self._spelled(key))

    def _made(self, about: str, content: Mapping[str, Any], once: str | None) -> requests.Response:
        if content["text"].startswith(self.refuses):
            return answer(422, {"message": "not that text"})
        if once is not None and once in self._by_idempotency:
            return answer(200, self._spelled(self._by_idempotency[once]))
        self.created[about] += 1
        key = f"made-{self.created.total()}"
        self.things[key] = {"text": content["text"], "external": dict(content["external"])}
        self._by_external.setdefault(about, []).append(key)
        if once is not None:
            self._by_idempotency[once] = key
        return answer(200, self._spelled(key))

    def _spelled(self, key: str) -> dict[str, Any]:
        return {"key": key, **self.things[key]}


def json_of(request: requests.PreparedRequest) -> Any:
    """Returns the parsed body of a request."""
    return json.loads(request.body or b"null")


MAINTENANCE = shows_a_page
NOBODY = refuses_to_connect
