"""What the admin reads of a request of API Gateway (payload 2.0)."""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from ipaddress import ip_address, ip_network
from typing import Any, Self
from urllib.parse import parse_qsl

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_NET_OF_IPV6 = 64


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Attributes:
        method: in capitals.
        path: without the stage.
        query: parameters; API Gateway joins the values of one that comes twice with a comma.
        repeated: names of those that come twice.
        headers: by name in small letters.
        cookies: by name.
        host: that the sender called; API Gateway has checked it.
        sender: the sender's address, or its net: an IPv6 sender owns a whole one.
        body: as text.
        data: as it came.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    host: str
    sender: str
    body: str
    repeated: tuple[str, ...] = ()
    data: bytes = b""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Reads an event."""
        context = event.get("requestContext") or {}
        http = context.get("http") or {}
        headers = {
            str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()
        }
        path = str(event.get("rawPath") or "/")
        stage = str(context.get("stage") or "$default")
        if stage != "$default":
            path = path.removeprefix(f"/{stage}") or "/"
        data = _data(event)
        return cls(
            method=str(http.get("method") or "GET").upper(),
            path=path,
            query=dict(event.get("queryStringParameters") or {}),
            headers=headers,
            cookies=_cookies(event.get("cookies") or [headers.get("cookie", "")]),
            host=str(context.get("domainName") or headers.get("host", "")),
            sender=_net(str(http.get("sourceIp") or "")),
            body=data.decode("utf-8", "replace"),
            repeated=_repeated(str(event.get("rawQueryString") or "")),
            data=data,
        )

    @property
    def is_safe(self) -> bool:
        """Whether it changes nothing."""
        return self.method in SAFE_METHODS

    def form(self) -> Mapping[str, str]:
        """Returns the fields of a form."""
        kind = self._kind
        if kind == "multipart/form-data":
            return {name: data.decode("utf-8", "replace") for name, data in self.parts().items()}
        return dict(parse_qsl(self.body)) if kind == "application/x-www-form-urlencoded" else {}

    def parts(self) -> Mapping[str, bytes]:
        """Returns the fields and files of a form that was sent in parts, as they came."""
        if self._kind != "multipart/form-data":
            return {}
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n"
        message = message_from_bytes(head.encode("utf-8", "replace") + self.data)
        found: dict[str, bytes] = {}
        for part in message.walk():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(content, bytes):
                found[name] = content
        return found

    @property
    def _kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def _cookies(lines: list[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        for part in line.split(";"):
            name, _, value = part.strip().partition("=")
            found.setdefault(name, value)
    return found


def _repeated(query: str) -> tuple[str, ...]:
    counted = Counter(name for name, _ in parse_qsl(query, keep_blank_values=True))
    return tuple(sorted(name for name, number in counted.items() if number > 1))


def _data(event: Mapping[str, Any]) -> bytes:
    body = str(event.get("body") or "")
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return b64decode(body)
    except ValueError:
        return b""


def _net(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 4:
        return address
    return str(ip_network((parsed, _NET_OF_IPV6), strict=False))
