"""Signs an event the way its sender does, for every scheme that an integration uses.

The signer is chosen by the scheme object that the door itself builds, so a preset (GitHub, Slack,
Shopify, ...) needs no line here. ``tests/unit/inbound`` proves the schemes against the vendors' own
libraries; here a proof is only needed to be right, wrong, absent, old or junk.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import Scheme
from mostik.inbound.schemes.basic import BasicLogin
from mostik.inbound.schemes.form_token import FormToken
from mostik.inbound.schemes.hmac_signature import ENCODINGS, HmacSignature, key_of
from mostik.inbound.schemes.labelled_hmac import LabelledHmac
from mostik.inbound.schemes.shared_token import SharedToken
from mostik.inbound.schemes.standard_webhooks import StandardWebhooks
from mostik.inbound.signed_text import SignedText

_PROOF_OF_STANDARD = "header:webhook-signature"
_PROOF_OF_BASIC = "header:authorization"


@dataclass(frozen=True, slots=True)
class Event:
    """What a sender wants to say, before it is signed.

    Attributes:
        id: the sender's own id of this delivery, where its scheme has one.
    """

    body: bytes
    content_type: str
    id: str = "delivery-0001"


def signed(scheme: Scheme, event: Event, secret: str, *, at: int, now: int) -> InboundRequest:
    """The event as it arrives at ``now``, signed at ``at`` (unix seconds)."""
    request = _with_ids(scheme, unsigned(scheme, event, now=now), event.id)
    match scheme:
        case HmacSignature():
            return _hmac(scheme, request, event, secret, at)
        case LabelledHmac():
            parts = SignedText(scheme.template).render(request, timestamp=str(at))
            mac = hmac.digest(secret.encode(), parts, scheme.algorithm)
            proof = scheme.separator.join(
                (
                    f"{scheme.timestamp_label}={at}",
                    f"{scheme.signature_label}={ENCODINGS[scheme.encoding](mac)}",
                )
            )
            return put(request, scheme.signature, proof)
        case StandardWebhooks():
            key = base64.b64decode(secret.removeprefix("whsec_"))
            text = f"{event.id}.{at}.".encode() + request.body
            digest = base64.b64encode(hmac.digest(key, text, "sha256")).decode()
            request = put(request, "header:webhook-id", event.id)
            request = put(request, "header:webhook-timestamp", str(at))
            return put(request, _PROOF_OF_STANDARD, f"v1,{digest}")
        case FormToken():
            return put(request, proof_place(scheme), secret)
        case SharedToken():
            return put(request, scheme.token, f"{scheme.prefix}{secret}")
        case BasicLogin():
            login = base64.b64encode(secret.encode()).decode()
            return put(request, _PROOF_OF_BASIC, f"Basic {login}")
    raise _unknown(scheme)


def unsigned(scheme: Scheme, event: Event, *, now: int) -> InboundRequest:
    """The event as it arrives without any proof."""
    request = InboundRequest(
        method="POST",
        url="https://door.example/webhooks/here",
        query="",
        headers={"content-type": event.content_type},
        body=event.body,
        source_ip="203.0.113.10",
        received_at=now,
    )
    place = proof_place(scheme)
    return put(request, place, None) if place.startswith(("form:", "json:")) else request


def proof_place(scheme: Scheme) -> str:
    """Where the proof is: ``kind:name``."""
    match scheme:
        case HmacSignature() | LabelledHmac():
            return scheme.signature
        case StandardWebhooks():
            return _PROOF_OF_STANDARD
        case FormToken():
            return f"form:{scheme.field}"
        case SharedToken():
            return scheme.token
        case BasicLogin():
            return _PROOF_OF_BASIC
    raise _unknown(scheme)


def proof_is_the_secret(scheme: Scheme) -> bool:
    """Whether the request carries the secret itself instead of something made with it."""
    return isinstance(scheme, FormToken | SharedToken | BasicLogin)


def signs_time(scheme: Scheme) -> bool:
    """Whether an old proof can be told from a new one."""
    match scheme:
        case HmacSignature():
            return scheme.timestamp is not None and scheme.tolerance is not None
        case LabelledHmac() | StandardWebhooks():
            return scheme.tolerance is not None
        case FormToken() | SharedToken() | BasicLogin():
            return False
    raise _unknown(scheme)


def signs_body(scheme: Scheme) -> bool:
    """Whether a proof is worth nothing around another body."""
    match scheme:
        case HmacSignature() | LabelledHmac():
            text = SignedText(scheme.template)
            return text.uses("body") or text.uses("body_sha256")
        case StandardWebhooks():
            return True
        case FormToken() | SharedToken() | BasicLogin():
            return False
    raise _unknown(scheme)


def another(secret: str) -> str:
    """A secret of the same make that is not this one."""
    digest = hashlib.sha256(secret.encode()).digest()
    if secret.startswith("whsec_"):
        return "whsec_" + base64.b64encode(digest[:24]).decode()
    return f"{secret.partition(':')[0]}:{digest.hex()}" if ":" in secret else digest.hex()


def put(request: InboundRequest, place: str, value: str | None) -> InboundRequest:
    """The request with ``value`` at a place (``header:X``, ``query:x``, ``form:x``, ``json:a.b``,
    ``path``); ``None`` takes away what is there."""
    kind, _, name = place.partition(":")
    match kind:
        case "header":
            others = {key: text for key, text in request.headers.items() if key != name.lower()}
            added = {} if value is None else {name.lower(): value}
            return replace(request, headers={**others, **added})
        case "query":
            query = _fields(request.query, name, value)
            url = request.url.partition("?")[0]
            return replace(request, query=query, url=f"{url}?{query}" if query else url)
        case "form":
            return replace(request, body=_fields(request.body.decode(), name, value).encode())
        case "json":
            return replace(request, body=_json(request.body, name.split("."), value))
        case "path":
            return replace(request, path_token=value)
    raise AssertionError(f"nothing can be put at {place!r}")


def _hmac(
    scheme: HmacSignature, request: InboundRequest, event: Event, secret: str, at: int
) -> InboundRequest:
    timestamp = f"{at * 1000}" if scheme.timestamp_format == "unix_ms" else f"{at}"
    if scheme.timestamp is not None:
        request = put(request, scheme.timestamp, timestamp)
    if scheme.id is not None:
        request = put(request, scheme.id, event.id)
    text = SignedText(scheme.template).render(
        request, timestamp=timestamp, message_id=event.id, public_url=scheme.public_url
    )
    key = key_of(secret, scheme.secret_encoding, scheme.secret_prefix)
    digest = hmac.digest(key, text, scheme.algorithm)
    return put(request, scheme.signature, scheme.prefix + ENCODINGS[scheme.encoding](digest))


def _with_ids(scheme: Scheme, request: InboundRequest, event_id: str) -> InboundRequest:
    """A sender that names its deliveries in a header does so."""
    parts: Any = getattr(scheme, "delivery_id", ())
    for part in parts:
        if part.startswith("header:"):
            request = put(request, part, event_id)
    return request


def _fields(text: str, name: str, value: str | None) -> str:
    pairs = parse_qsl(text, keep_blank_values=True)
    others = [(key, old) for key, old in pairs if key != name]
    return urlencode(others if value is None else [*others, (name, value)])


def _json(body: bytes, path: list[str], value: str | None) -> bytes:
    document: dict[str, Any] = json.loads(body)
    target = document
    for step in path[:-1]:
        target = target.setdefault(step, {})
    if value is None:
        target.pop(path[-1], None)
    else:
        target[path[-1]] = value
    return json.dumps(document, ensure_ascii=False).encode()


def _unknown(scheme: Scheme) -> AssertionError:
    return AssertionError(
        f"no signer for the scheme {scheme.name!r}: teach it to tests/support/signers.py"
    )
