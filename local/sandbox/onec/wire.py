"""How the sandbox 1C sends requests, and proxies between it and the site that do what real ones do.

Of 1C's own HTTP: no redirects, 180 seconds, the body is read whole. Of the field: a proxy that
repeats a request it got no answer to, one that answers with a page of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

import requests

from mostik.commerceml.client_reply import Http, HttpCall, HttpReply
from mostik.errors import RetryLater, WhoActs

TIMEOUT_SECONDS = 180.0
"""Of every call of UT11."""
_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


class Wire:
    """Sends requests over one connection that is kept open.

    Attributes:
        calls: the modes of the calls, in order: what an access log would show.
    """

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self.calls: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._session.close()

    def __call__(self, call: HttpCall) -> HttpReply:
        """Sends one request.

        Raises:
            RetryLater: there is no answer.
        """
        self.calls.append(mode_of(call))
        try:
            answer = self._session.request(
                call.method,
                call.url,
                headers=dict(call.headers),
                data=call.body or None,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise RetryLater(
                f"The site does not answer mode={mode_of(call)} ({type(error).__name__}).",
                who=WhoActs.EXTERNAL_ADMIN,
            ) from None
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpReply(answer.status_code, headers, answer.content)


@dataclass
class Repeating:
    """A proxy that sends some requests twice, and passes the second answer on.

    Attributes:
        http: the way behind it.
        when: which requests; usually every fragment.
        repeated: how many it sent twice.
    """

    http: Http
    when: Callable[[HttpCall], bool] = lambda call: call.method == "POST"
    repeated: int = 0

    def __call__(self, call: HttpCall) -> HttpReply:
        """Sends one request."""
        reply = self.http(call)
        if not self.when(call):
            return reply
        self.repeated += 1
        return self.http(call)


@dataclass
class Breaking:
    """A proxy that answers some requests itself, with a page of HTML.

    Attributes:
        http: the way behind it.
        when: which requests.
        status: of its own answer.
        arrives: the request got through all the same: only its answer is lost.
        times: how often it does so; then it is mended.
        broken: the modes of those requests.
    """

    http: Http
    when: Callable[[HttpCall], bool]
    status: int = 502
    arrives: bool = False
    times: int = 1
    broken: list[str] = field(default_factory=list)

    def __call__(self, call: HttpCall) -> HttpReply:
        """Sends one request."""
        if len(self.broken) >= self.times or not self.when(call):
            return self.http(call)
        self.broken.append(mode_of(call))
        if self.arrives:
            self.http(call)
        return HttpReply(self.status, {"content-type": "text/html"}, _PAGE)


def mode_of(call: HttpCall) -> str:
    """Returns what a call asks for, as an access log shows it: ``mode`` and the file."""
    query = parse_qs(urlsplit(call.url).query)
    name = query.get("filename", [""])[0]
    return " ".join(filter(None, (query.get("mode", [""])[0], name)))
