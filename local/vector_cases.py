"""What the cases of a vectors file presume: a door document and an API Gateway event for each."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

Vector = Mapping[str, Any]

CONNECTION = "vectors"

_SCHEMES = {"hmac_generic": "hmac", "slack_v0": "slack", "jwt_jwks": "jwt"}

_CONFIG = {
    "hmac": {"header": "signature", "timestamp_header": "timestamp"},
    "jwt": {"header": "token", "algs": "algorithms"},
}

_PLACES = ("signature", "timestamp", "token")

_PARAMETERS = {
    "expected_member_id": "member_id",
    "expected_domain": "domain",
    "networks": "networks",
    "webhook_id": "webhook_id",
    "terminal_key": "terminal_key",
}

_SIGN_THE_URL = ("twilio", "square", "rfc9421", "hmac")

_KEYS = ("secret", "secret_b64", "public_key", "public_key_pem", "cert_pem")


def door_of(vector: Vector) -> str:
    """The door document that a vector presumes."""
    scheme = str(vector["scheme"])
    scheme = _SCHEMES.get(scheme, scheme)
    methods = [str(vector.get("method", "POST")).upper()]
    return _document(scheme, _parameters(scheme, vector), _secrets(vector), methods=methods)


def _document(
    scheme: str,
    parameters: Mapping[str, Any],
    secrets: list[dict[str, str]],
    **more: Any,
) -> str:
    return json.dumps(
        {"v": 1, "scheme": scheme, "parameters": parameters, "secrets": secrets, **more}
    )


def _parameters(scheme: str, vector: Vector) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for name, value in (vector.get("config") or {}).items():
        ours = _CONFIG.get(scheme, {}).get(name, name)
        bare = ours in _PLACES and isinstance(value, str) and ":" not in value
        parameters[ours] = f"header:{value}" if bare else value
    for name, ours in _PARAMETERS.items():
        if vector.get(name) is not None:
            parameters[ours] = vector[name]
    if scheme in _SIGN_THE_URL and "url" in vector:
        parameters["public_url"] = vector["url"].partition("?")[0]
    if "secret_b64" in vector:
        parameters |= {"secret_encoding": "base64"}
    # Our own defaults ask for more than a vector of the bare scheme says.
    if scheme == "rfc9421":
        parameters.setdefault("required_components", [])
    if scheme == "jwt":
        parameters.setdefault("body_hash_claim", None)
    return parameters


def _secrets(vector: Vector) -> list[dict[str, str]]:
    values = [vector[name] for name in _KEYS if vector.get(name) is not None]
    values += vector.get("secrets") or []
    if "jwks" in vector:
        values.append(json.dumps(vector["jwks"]))
    named = vector.get("keyid")
    return [
        {"id": named if named and index == 0 else str(index + 1), "value": value}
        for index, value in enumerate(values)
    ]


def events_of(vector: Vector) -> Iterator[dict[str, Any]]:
    """The vector's request as the gateway may pass it on: the body as text, then as base64."""
    body = _body(vector)
    headers = {name.lower(): value for name, value in (vector.get("headers") or {}).items()}
    kind = vector.get("content_type") or _kind(vector)
    if kind:
        headers.setdefault("content-type", kind)
    for encoded in (False, True):
        yield {
            "version": "2.0",
            "routeKey": "POST /webhooks/{connection}",
            "rawPath": f"/webhooks/{CONNECTION}",
            "rawQueryString": urlsplit(vector.get("url", "")).query or vector.get("query", ""),
            "headers": headers,
            "pathParameters": {
                "connection": CONNECTION,
                **({"token": vector["path_token"]} if "path_token" in vector else {}),
            },
            "requestContext": {
                "domainName": "door.example",
                "http": {
                    "method": vector.get("method", "POST"),
                    "sourceIp": vector.get("source_ip", "203.0.113.10"),
                },
            },
            "body": base64.b64encode(body.encode()).decode() if encoded else body,
            "isBase64Encoded": encoded,
        }


def _body(vector: Vector) -> str:
    if "body" in vector:
        return str(vector["body"])
    if "json" in vector:
        return json.dumps(vector["json"], ensure_ascii=False)
    return urlencode(vector.get("params") or {}, doseq=True)


def _kind(vector: Vector) -> str | None:
    if "params" in vector:
        return "application/x-www-form-urlencoded"
    return "application/json" if "json" in vector else None


def question_of(case: Vector, now: int) -> tuple[str, Vector] | None:
    """The door document and the request of a handshake, ``None`` when it is of no known kind."""
    asked, config = case["request"], case.get("config") or {}
    kind = _handshake_kind(asked)
    if kind is None:
        return None
    secret = config.get("secret", "handshake-secret")
    told: dict[str, Any] = {"kind": kind}
    if "verify_token" in config:
        told["verify_token"] = config["verify_token"]
    request = {**asked, "query": urlencode(asked.get("query") or {})}
    if kind in _SIGNED and not asked.get("headers"):
        # Their senders sign this request as every other; the file leaves that to the runner.
        request["headers"] = _signed(kind, secret, _body(asked), now)
    scheme = _HANDSHAKE_SCHEMES.get(kind, kind)
    return _document(scheme, {}, [{"id": "1", "value": secret}], handshake=told), request


_HANDSHAKE_SCHEMES = {"msgraph": "secret_path", "okta": "bearer"}

_SIGNED = {
    "slack": ("x-slack-signature", "x-slack-request-timestamp"),
    "zoom": ("x-zm-signature", "x-zm-request-timestamp"),
}


def _handshake_kind(asked: Vector) -> str | None:
    query, document = asked.get("query") or {}, asked.get("json") or {}
    headers = {name.lower() for name in asked.get("headers") or {}}
    signs = {
        "slack": document.get("type") == "url_verification",
        "zoom": document.get("event") == "endpoint.url_validation",
        "meta": "hub.mode" in query,
        "msgraph": "validationToken" in query,
        "x": "crc_token" in query,
        "okta": "x-okta-verification-challenge" in headers,
    }
    return next((kind for kind, found in signs.items() if found), None)


def _signed(kind: str, secret: str, body: str, now: int) -> dict[str, str]:
    signature, timestamp = _SIGNED[kind]
    digest = hmac.digest(secret.encode(), f"v0:{now}:{body}".encode(), "sha256").hex()
    return {signature: f"v0={digest}", timestamp: str(now)}
