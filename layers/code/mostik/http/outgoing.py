"""Builds the request of a call: address, body, headers, and the key that makes repeats harmless."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import requests

from mostik.http.endpoint import Endpoint, Format, Replay

_ACCEPTS = {
    Format.JSON: "application/json",
    Format.XML: "application/xml, text/xml",
    Format.FORM: "application/x-www-form-urlencoded",
    Format.BYTES: "*/*",
}
_JSON = "application/json"


def outgoing(
    base_url: str,
    endpoint: Endpoint,
    *,
    path: Mapping[str, str | int] | None,
    query: Mapping[str, str | int] | None,
    body: Any,
    form: Mapping[str, str] | None,
    headers: Mapping[str, str] | None,
    link: str | None,
) -> requests.Request:
    """Builds a request that is not signed yet. The arguments are those of ``ApiClient.request``."""
    url = urljoin(base_url, link) if link is not None else base_url + endpoint.fill(path or {})
    own = {"Accept": _ACCEPTS[endpoint.answers], "User-Agent": "mostik/1"}
    data: bytes | Mapping[str, str] | None = form
    if isinstance(body, bytes):
        data = body
    elif body is not None:
        data = json.dumps(body, ensure_ascii=False).encode()
        own["Content-Type"] = _JSON
    return requests.Request(
        endpoint.method,
        url,
        params=dict(query or {}),
        data=data,
        headers={**own, **(headers or {})},
    )


def add_key(request: requests.Request, endpoint: Endpoint, ask: str) -> None:
    """Adds the idempotency key of a keyed endpoint, unless the integration has set one itself.

    It is the same for the same body of the same piece of work: for quick repeats, for later
    attempts and in another worker. A job that is asked for anew gets another.

    Args:
        request: complete but for it and the signature.
        endpoint: what is called.
        ask: what the work is asked by (``Trail.ask``).
    """
    name = endpoint.key_header
    if endpoint.replay is not Replay.KEYED or any(
        name.lower() == known.lower() for known in request.headers
    ):
        return
    digest = sha256()
    data = request.data if isinstance(request.data, bytes) else json.dumps(request.data).encode()
    path = urlsplit(request.url).path  # the host may change between attempts: a renamed portal
    said = (ask, endpoint.method, path, json.dumps(request.params))
    for part in (*(str(text).encode("utf-8", "replace") for text in said), data):
        digest.update(len(part).to_bytes(8, "big") + part)
    # In the form of a UUID, which every API takes for one, and short enough for all (YooKassa: 64).
    request.headers[name] = str(UUID(bytes=digest.digest()[:16], version=5))
