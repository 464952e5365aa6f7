"""The signature base of RFC 9421: one line for each covered component of a request."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote_plus, urlsplit

from mostik.errors import RejectReason, WebhookRejected
from mostik.inbound.places import header, pairs, single
from mostik.inbound.request import InboundRequest
from mostik.inbound.schemes.structured_fields import InnerList, Item, parse_dictionary

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """The URL that was signed, in parts."""

    parts: SplitResult
    authority: str

    @classmethod
    def of(cls, url: str) -> Target:
        """Reads a URL.

        Raises:
            WebhookRejected: it cannot be read.
        """
        try:
            parts = urlsplit(url)
            port, host = parts.port, (parts.hostname or "")
        except ValueError:
            raise WebhookRejected(RejectReason.MALFORMED, "the URL cannot be read") from None
        if ":" in host:
            host = f"[{host}]"
        if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
            host = f"{host}:{port}"
        return cls(parts, host)


def signature_base(request: InboundRequest, url: str, covered: InnerList) -> bytes:
    """The bytes that were signed.

    Raises:
        WebhookRejected: a component is absent, unknown or named twice.
    """
    target = Target.of(url)
    lines: dict[str, str] = {}
    for item in covered.items:
        if not isinstance(item.value, str) or item.value != item.value.lower():
            raise WebhookRejected(RejectReason.MALFORMED, "a component's name is no text")
        key = str(item)
        if key in lines:
            raise WebhookRejected(RejectReason.MALFORMED, "a component is named twice")
        lines[key] = _component(item.value, item, request, target)
    lines['"@signature-params"'] = str(covered)
    text = "\n".join(f"{key}: {value}" for key, value in lines.items())
    if not text.isascii() or text.count("\n") != len(lines) - 1 or "\r" in text:
        raise WebhookRejected(RejectReason.MALFORMED, "a component holds a line break or no ASCII")
    return text.encode()


def _component(name: str, item: Item, request: InboundRequest, target: Target) -> str:
    if name == "@query-param" and set(item.parameters) == {"name"}:
        return _query_parameter(item, target)
    if set(item.parameters) == {"key"} and not name.startswith("@"):
        return _member(name, item, request)
    if item.parameters:
        raise WebhookRejected(RejectReason.NOT_COVERED, "a component has parameters unknown here")
    if not name.startswith("@"):
        return _field(name, request)
    value = _derived(request, target).get(name)
    if value is None:
        raise WebhookRejected(RejectReason.NOT_COVERED, "a component is unknown here")
    return value


def _derived(request: InboundRequest, target: Target) -> dict[str, str]:
    path = target.parts.path or "/"
    query = f"?{target.parts.query}" if target.parts.query else ""
    return {
        "@method": request.method,
        "@target-uri": f"{target.parts.scheme}://{target.parts.netloc}{path}{query}",
        "@authority": target.authority,
        "@scheme": target.parts.scheme,
        "@request-target": path + query,
        "@path": path,
        "@query": f"?{target.parts.query}",
    }


def _field(name: str, request: InboundRequest) -> str:
    value = header(request, name)
    if value is None:
        raise WebhookRejected(RejectReason.NOT_COVERED, "a covered header is absent")
    return value.strip()


def _member(name: str, item: Item, request: InboundRequest) -> str:
    try:
        members = parse_dictionary(_field(name, request))
        return str(members[str(item.parameters["key"])])
    except (ValueError, KeyError):
        raise WebhookRejected(RejectReason.NOT_COVERED, "a covered member is absent") from None


def _query_parameter(item: Item, target: Target) -> str:
    value = single(pairs(target.parts.query), unquote_plus(str(item.parameters["name"])))
    if value is None:
        raise WebhookRejected(RejectReason.NOT_COVERED, "a covered parameter is absent")
    return quote(value, safe="*").replace("~", "%7E")
