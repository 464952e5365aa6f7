"""Independent libraries sign and the door verifies; the door's samples are verified by them.

Where a library differs from the door on purpose, the test says in which.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
import standardwebhooks
import svix.webhooks
from slack_sdk.signature import Clock, SignatureVerifier
from square.utils.webhooks_helper import verify_signature
from stripe import SignatureVerificationError, WebhookSignature
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no stubs
from yookassa.domain.common import SecurityHelper  # type: ignore[import-untyped]  # no stubs

from mostik.errors import WebhookRejected
from mostik.inbound.request import InboundRequest
from mostik.inbound.schemes.catalogue import scheme_from
from tests.unit.inbound.samples import NOW, a_request, secret

BODIES = [
    '{"type":"order.updated","data":{"id":"1001"}}',
    "{}",
    "Чайник, 2 л = хорошо, v1,v1=",
    "a=1&b=%D1%8F",
]

EACH_BODY = pytest.mark.parametrize("body", BODIES)


def accepts(name: str, request: InboundRequest, value: str, **parameters: Any) -> bool:
    """Whether our scheme takes the request."""
    try:
        scheme_from(name, parameters).verify(request, [secret(value)])
    except WebhookRejected:
        return False
    return True


# ---------------------------------------------------------------- Standard Webhooks, Svix

WHSEC = "whsec_" + base64.b64encode(b"k" * 24).decode()


@EACH_BODY
def test_what_standardwebhooks_signs_is_accepted(body: str) -> None:
    # GIVEN a message signed by the reference library
    signature = standardwebhooks.Webhook(WHSEC).sign(
        "msg_1", datetime.fromtimestamp(NOW, UTC), body
    )
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(NOW),
        "webhook-signature": signature,
    }
    # WHEN it comes to the door, as it is and changed
    # THEN only the first is accepted
    assert accepts("standard_webhooks", a_request(body, headers), WHSEC)
    assert not accepts("standard_webhooks", a_request(body + " ", headers), WHSEC)


@EACH_BODY
def test_what_svix_signs_is_accepted(body: str) -> None:
    # GIVEN a message signed by Svix's library
    signature = svix.webhooks.Webhook(WHSEC).sign("msg_1", datetime.fromtimestamp(NOW, UTC), body)
    headers = {"svix-id": "msg_1", "svix-timestamp": str(NOW), "svix-signature": signature}
    # WHEN it comes to the door, as it is and changed
    # THEN only the first is accepted
    assert accepts("svix", a_request(body, headers), WHSEC)
    assert not accepts("svix", a_request(body + " ", headers), WHSEC)


@pytest.mark.parametrize("age", [-301, -299, 0, 299, 301])
@pytest.mark.parametrize("broken", [False, True])
def test_standardwebhooks_and_svix_agree_with_the_door(age: int, broken: bool) -> None:
    # GIVEN a message signed by hand, of some age, whole or broken (JSON, as the libraries parse it)
    now, body = int(time.time()), '{"a": 1}'
    signed = f"msg_1.{now - age}.{body}".encode()
    digest = hmac.new(b"k" * 24, signed, hashlib.sha256).digest()
    sent = '{"a": 2}' if broken else body
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now - age),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }

    def takes(library: Any) -> bool:
        try:
            library.Webhook(WHSEC).verify(sent, headers)
        except library.WebhookVerificationError:
            return False
        return True

    # WHEN the door and both libraries are asked
    ours = accepts("standard_webhooks", a_request(sent, headers, now=now), WHSEC)
    # THEN they say the same
    assert ours == takes(standardwebhooks) == takes(svix.webhooks)
    assert ours == (abs(age) < 300 and not broken)


# ---------------------------------------------------------------- Stripe


@EACH_BODY
def test_what_stripe_signs_is_accepted(body: str) -> None:
    # GIVEN a payload signed by Stripe's library
    signature = WebhookSignature._compute_signature(f"{NOW}.{body}", "whsec_test")
    headers = {"Stripe-Signature": f"t={NOW},v0=00,v1={signature}"}
    # WHEN it comes to the door, as it is and changed
    # THEN only the first is accepted
    assert accepts("stripe", a_request(body, headers), "whsec_test")
    assert not accepts("stripe", a_request(body + " ", headers), "whsec_test")


@pytest.mark.parametrize("age", [0, 299, 301])
@pytest.mark.parametrize("key", ["whsec_test", "whsec_other"])
def test_stripe_agrees_with_the_door_about_the_past(age: int, key: str) -> None:
    # GIVEN a payload signed by hand with some key at some age (the library ignores the future)
    now, body = int(time.time()), '{"id":"evt_1"}'
    digest = hmac.new(key.encode(), f"{now - age}.{body}".encode(), hashlib.sha256).hexdigest()
    header = f"t={now - age},v1={'0' * 64},v1={digest}"
    # WHEN both are asked
    try:
        theirs = bool(WebhookSignature.verify_header(body, header, "whsec_test", 300))
    except SignatureVerificationError:
        theirs = False
    ours = accepts("stripe", a_request(body, {"Stripe-Signature": header}, now=now), "whsec_test")
    # THEN they say the same
    assert ours == theirs


# ---------------------------------------------------------------- Slack


class FixedClock(Clock):
    def now(self) -> float:
        return float(NOW)


@EACH_BODY
@pytest.mark.parametrize("age", [-301, 0, 299, 301])
def test_slack_signs_and_agrees(body: str, age: int) -> None:
    # GIVEN a body signed by Slack's library at some age
    library = SignatureVerifier("slack-secret", clock=FixedClock())
    signature = library.generate_signature(timestamp=str(NOW - age), body=body)
    assert signature is not None
    headers = {
        "x-slack-request-timestamp": str(NOW - age),
        "x-slack-signature": signature,
    }
    # WHEN the door and the library are asked, about it and about another body
    for sent in (body, body + " "):
        ours = accepts("slack", a_request(sent, headers), "slack-secret")
        # THEN they say the same
        assert ours == library.is_valid_request(sent, dict(headers))


# ---------------------------------------------------------------- Twilio


class Repeated(dict[str, list[str]]):
    def getlist(self, name: str) -> list[str]:
        return self[name]


@pytest.mark.parametrize("body", ["From=%2B1&To=%2B2", "D=2&D=1&D=1&E=", "T=%D1%8F+1", ""])
@pytest.mark.parametrize(
    "url",
    [
        "https://door.example/hook?x=1",
        "https://door.example:8443/hook",
        "http://door.example/hook",
        "https://door.example:443/hook?a=b&c=d",
    ],
)
@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256"])
def test_what_twilio_signs_is_accepted(body: str, url: str, algorithm: str) -> None:
    # GIVEN a form signed by Twilio's library
    form = Repeated(parse_qs(body, keep_blank_values=True))
    library = RequestValidator("token")
    signature = library.compute_signature(url, form, algorithm)
    headers = {
        "X-Twilio-Signature": signature,
        "X-Twilio-Webhooks-Signature-Settings": f"key=k,algorithm={algorithm}",
    }
    for sent in (body, body + "&More=1"):
        # WHEN the door and the library are asked, about it and about a longer form
        ours = accepts("twilio", a_request(sent, headers), "token", public_url=url)
        theirs = library.validate(
            url, Repeated(parse_qs(sent, keep_blank_values=True)), signature, algorithm
        )
        # THEN they say the same
        assert ours == theirs == (sent == body)


@pytest.mark.parametrize("sent", ['{"a": 1}', '{"a": 2}'])
def test_twilio_agrees_about_a_json_body(sent: str) -> None:
    # GIVEN a URL that names the hash of a JSON body
    query = "bodySHA256=" + hashlib.sha256(b'{"a": 1}').hexdigest()
    request = a_request(sent, query=query)
    library = RequestValidator("token")
    signature = library.compute_signature(request.url, {})
    signed = a_request(sent, {"X-Twilio-Signature": signature}, query=query)
    # WHEN both are asked
    ours = accepts("twilio", signed, "token")
    # THEN they say the same
    assert ours == library.validate(request.url, sent, signature)


# ---------------------------------------------------------------- Square


@EACH_BODY
@pytest.mark.parametrize("url", ["https://door.example/hook", "https://door.example/hook?a=1"])
def test_square_agrees_with_the_door(body: str, url: str) -> None:
    # GIVEN a body signed by hand (the library only verifies)
    digest = hmac.new(b"sq-key", (url + body).encode(), hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    for sent in (body, body + " "):
        # WHEN both are asked, about it and about another body
        request = a_request(sent, {"X-Square-HmacSha256-Signature": signature})
        ours = accepts("square", request, "sq-key", public_url=url)
        theirs = verify_signature(
            request_body=sent,
            signature_header=signature,
            signature_key="sq-key",
            notification_url=url,
        )
        # THEN they say the same
        assert ours == theirs


# ---------------------------------------------------------------- YooKassa


@pytest.mark.parametrize("network", SecurityHelper.YOOKASSA_NETWORKS)
def test_yookassa_agrees_about_the_edges_of_its_networks(network: str) -> None:
    # GIVEN the addresses at both edges of a network, and their neighbours
    edges = ipaddress.ip_network(network)
    first, last = edges[0], edges[-1]
    for address in (first - 1, first, last, last + 1):
        # WHEN both are asked
        ours = accepts("yookassa", a_request(source_ip=str(address)), "-")
        # THEN they say the same
        assert ours == SecurityHelper().is_ip_trusted(str(address))
