"""The sample events in events/: read, signed for now, and sent the way their function is called."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import requests

from local.desk import Desk
from local.sandbox.shop.signing import signed_headers
from local.stack.places import ROOT
from mostik.errors import ConfigurationError
from mostik.ids import ulid

FOLDER = ROOT / "events"
_HTTP = ("webhook", "exchange", "admin")


def names() -> list[str]:
    """Returns the names of the sample events."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def read(name: str) -> Mapping[str, Any]:
    """Returns a sample event.

    Raises:
        ConfigurationError: there is none of this name; lists those that exist.
    """
    if name not in names():
        raise ConfigurationError(f"There is no event {name!r}. Existing: {', '.join(names())}.")
    content: Mapping[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return content


def send(name: str, desk: Desk) -> tuple[int, str]:
    """Sends a sample event: over HTTP where its function has an address, else by invoking it.

    Returns:
        The HTTP status (200 for an invocation) and the answer's text.
    """
    event = read(name)
    function = name.partition("-")[0]
    if function not in _HTTP:
        return 200, json.dumps(desk.invoke(function, event), ensure_ascii=False)
    http = event["requestContext"]["http"]
    body = (event.get("body") or "").encode()
    headers = dict(event["headers"])
    if function == "webhook":
        headers |= _proof(event["pathParameters"]["connection"], body, desk)
    if function == "admin":
        requests_auth: tuple[str, str] | None = ("admin", desk.admin_password())
        headers.pop("authorization", None)
    else:
        requests_auth = None
    query = event.get("rawQueryString", "")
    answer = requests.request(
        http["method"],
        desk.stack.api_url + event["rawPath"] + (f"?{query}" if query else ""),
        headers={n: v for n, v in headers.items() if n not in ("host", "content-length")},
        data=body or None,
        auth=requests_auth,
        timeout=30,
    )
    return answer.status_code, answer.text


def _proof(connection: str, body: bytes, desk: Desk) -> dict[str, str]:
    """Signs a body for now, as Standard Webhooks sign; other schemes carry their proof in the
    body."""
    door = desk.door(connection)
    if door is None or door.scheme_name != "standard_webhooks":
        return {}
    now = int(time.time())
    return signed_headers(door.secrets[0].value, f"msg_{ulid(now)}", now, body)
