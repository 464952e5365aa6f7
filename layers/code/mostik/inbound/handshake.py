"""Subscription handshakes: the questions that a vendor asks a URL before it sends events there.

Each is answered only at a door that declares its kind, and never queued. Two of them make us sign
what the other side chose, so the text must look like a challenge and cannot look like an event.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from mostik.errors import RejectReason, WebhookRejected
from mostik.inbound.door import Door
from mostik.inbound.keys import https_host
from mostik.inbound.places import header, json_at, json_body, pairs, scalar, single
from mostik.inbound.proof import same, to_bytes, usable
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret

# Long enough for every vendor's challenge; no event body is one word of these letters.
_CHALLENGE = re.compile(r"[A-Za-z0-9+/=_.-]{1,512}")

LONGEST_TOKEN = 4096

_SNS_HOST = re.compile(r"sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")


class HandshakeReply(NamedTuple):
    """What the vendor wants to read. Send it with ``X-Content-Type-Options: nosniff``."""

    body: str
    content_type: str = "text/plain"
    status: int = 200


def handshake(door: Door, request: InboundRequest) -> HandshakeReply | None:
    """The answer to a handshake of this door's kind, ``None`` when the request is none.

    Slack's and Zoom's are signed as their events are, and must verify; Meta's must present the
    verify token; X's is answered with the secret. Microsoft Graph's and Okta's carry no proof.

    Raises:
        WebhookRejected: a handshake without its proof.
    """
    return None if door.handshake is None else _KINDS[door.handshake](door, request)


def is_sns_confirmation(request: InboundRequest) -> bool:
    """Whether this asks to confirm an SNS subscription: a job, not an event of the connection."""
    kind = request.headers.get("x-amz-sns-message-type")
    if kind is not None:
        return kind == "SubscriptionConfirmation"
    return b'"SubscriptionConfirmation"' in request.body and (
        scalar(json_at(_json(request), "Type")) == "SubscriptionConfirmation"
    )


def sns_subscribe_url(request: InboundRequest) -> str | None:
    """The URL that confirms the subscription, ``None`` unless it is SNS's own."""
    url = scalar(json_at(_json(request), "SubscribeURL"))
    return url if url is not None and is_sns_url(url) else None


def is_sns_url(url: str) -> bool:
    """Whether ``url`` confirms a subscription at SNS itself.

    Not any host under amazonaws.com: buckets and load balancers of strangers live there too.
    """
    host = https_host(url)
    return (
        host is not None
        and _SNS_HOST.fullmatch(host) is not None
        and single(pairs(urlsplit(url).query), "Action") == "ConfirmSubscription"
    )


def _slack(door: Door, request: InboundRequest) -> HandshakeReply | None:
    if b"url_verification" not in request.body:
        return None
    document = _json(request)
    if scalar(json_at(document, "type")) != "url_verification":
        return None
    door.scheme.verify(request, door.secrets)
    return HandshakeReply(_challenge(scalar(json_at(document, "challenge"))))


def _zoom(door: Door, request: InboundRequest) -> HandshakeReply | None:
    if b"endpoint.url_validation" not in request.body:
        return None
    document = _json(request)
    if scalar(json_at(document, "event")) != "endpoint.url_validation":
        return None
    key_id = door.scheme.verify(request, door.secrets).key_id
    token = _challenge(scalar(json_at(document, "payload.plainToken")))
    proving = next(secret for secret in door.secrets if secret.id == key_id)
    answer = hmac.digest(to_bytes(proving.value), to_bytes(token), "sha256").hex()
    return _json_reply({"plainToken": token, "encryptedToken": answer})


def _meta(door: Door, request: InboundRequest) -> HandshakeReply | None:
    if request.method != "GET":
        return None
    query = pairs(request.query)
    if single(query, "hub.mode") != "subscribe":
        return None
    token = single(query, "hub.verify_token") or ""
    expected = door.verify_token or ""
    if not expected or not same(to_bytes(token), to_bytes(expected)):
        raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH, "the verify token differs")
    return HandshakeReply(_challenge(single(query, "hub.challenge")))


def _msgraph(_door: Door, request: InboundRequest) -> HandshakeReply | None:
    token = single(pairs(request.query), "validationToken")
    if not token:
        return None
    if len(token) > LONGEST_TOKEN:
        raise WebhookRejected(RejectReason.MALFORMED, "the validation token is too long")
    return HandshakeReply(token)


def _okta(_door: Door, request: InboundRequest) -> HandshakeReply | None:
    token = header(request, "x-okta-verification-challenge")
    if request.method != "GET" or token is None:
        return None
    return _json_reply({"verification": _challenge(token)})


def _x(door: Door, request: InboundRequest) -> HandshakeReply | None:
    if request.method != "GET":
        return None
    token = single(pairs(request.query), "crc_token")
    if token is None:
        return None
    newest = _newest(usable(door.secrets, request.received_at))
    digest = hmac.digest(to_bytes(newest.value), to_bytes(_challenge(token)), "sha256")
    return _json_reply({"response_token": f"sha256={base64.b64encode(digest).decode()}"})


def _sns(_door: Door, _request: InboundRequest) -> HandshakeReply | None:
    return None  # a confirmation is fetched by a job, after the request was verified


_KINDS: dict[str, Callable[[Door, InboundRequest], HandshakeReply | None]] = {
    "slack": _slack,
    "zoom": _zoom,
    "meta": _meta,
    "msgraph": _msgraph,
    "okta": _okta,
    "x": _x,
    "sns": _sns,
}


def _challenge(text: str | None) -> str:
    if text is None or _CHALLENGE.fullmatch(text) is None:
        raise WebhookRejected(RejectReason.MALFORMED, "the challenge is no plain word")
    return text


def _newest(secrets: list[AcceptedSecret]) -> AcceptedSecret:
    """The secret that will live longest; of equals the first."""
    return max(
        secrets,
        key=lambda secret: float("inf") if secret.not_after is None else secret.not_after,
    )


def _json(request: InboundRequest) -> object:
    try:
        return json_body(request)
    except WebhookRejected:
        return None


def _json_reply(document: dict[str, str]) -> HandshakeReply:
    return HandshakeReply(json.dumps(document, separators=(",", ":")), "application/json")
