from __future__ import annotations

import base64
import hmac
import json

import pytest

from mostik.errors import RejectReason, WebhookRejected
from mostik.inbound.door import Door
from mostik.inbound.handshake import (
    handshake,
    is_sns_confirmation,
    is_sns_url,
    sns_subscribe_url,
)
from mostik.inbound.request import InboundRequest
from tests.unit.inbound.samples import NOW, a_request, secret


def slack_asks(challenge: str, key: str = "slack-secret") -> InboundRequest:
    body = json.dumps({"type": "url_verification", "challenge": challenge})
    digest = hmac.digest(key.encode(), f"v0:{NOW}:{body}".encode(), "sha256").hex()
    return a_request(
        body, {"x-slack-signature": f"v0={digest}", "x-slack-request-timestamp": str(NOW)}
    )


def refusal_of(door: Door, request: InboundRequest) -> RejectReason:
    with pytest.raises(WebhookRejected) as failure:
        handshake(door, request)
    return failure.value.reason


def test_a_door_without_a_handshake_answers_none() -> None:
    # GIVEN a door that declares no handshake
    door = Door("slack", secrets=(secret("slack-secret"),))
    # WHEN a question comes
    # THEN it is an event like any other
    assert handshake(door, slack_asks("abc")) is None


def test_slack_must_sign_its_question() -> None:
    # GIVEN a door for Slack
    door = Door("slack", secrets=(secret("slack-secret"),), handshake="slack")
    # WHEN Slack asks, and somebody else asks
    reply = handshake(door, slack_asks("abc"))
    # THEN Slack reads its challenge and the other nothing
    assert reply is not None
    assert (reply.body, reply.content_type) == ("abc", "text/plain")
    assert refusal_of(door, slack_asks("abc", "guess")) is RejectReason.SIGNATURE_MISMATCH


@pytest.mark.parametrize("challenge", ["", "<script>", "a b", "x" * 600, "a\n"])
def test_a_challenge_that_is_no_plain_word_is_refused(challenge: str) -> None:
    # GIVEN a door for Slack
    door = Door("slack", secrets=(secret("slack-secret"),), handshake="slack")
    # WHEN a signed question asks to say something else
    # THEN it is refused
    assert refusal_of(door, slack_asks(challenge)) is RejectReason.MALFORMED


def test_an_event_that_mentions_the_handshake_is_an_event() -> None:
    # GIVEN a door for Slack and an event whose text holds the handshake's word
    door = Door("slack", secrets=(secret("slack-secret"),), handshake="slack")
    request = a_request('{"type":"event_callback","text":"url_verification"}')
    # WHEN it comes
    # THEN it is no handshake
    assert handshake(door, request) is None


def test_x_is_answered_with_the_secret_that_lives_longest() -> None:
    # GIVEN a door that rotates its secret
    secrets = (secret("old", id="1", not_after=NOW + 60), secret("new", id="2"))
    door = Door("x", secrets=secrets, handshake="x")
    # WHEN X asks
    reply = handshake(door, a_request(b"", method="GET", query="crc_token=abc"))
    # THEN the answer is made with the new one
    expected = hmac.digest(b"new", b"abc", "sha256")
    assert reply is not None
    assert json.loads(reply.body) == {
        "response_token": "sha256=" + base64.b64encode(expected).decode()
    }


def test_x_is_not_answered_without_a_secret() -> None:
    # GIVEN a door whose secrets ran out
    door = Door("x", secrets=(secret("old", not_after=NOW - 1),), handshake="x")
    # WHEN X asks
    # THEN nothing is signed
    request = a_request(b"", method="GET", query="crc_token=abc")
    assert refusal_of(door, request) is RejectReason.NO_SECRET


def test_an_empty_verify_token_opens_nothing() -> None:
    # GIVEN a door for Meta that was made without its verify token
    door = Door("meta", handshake="meta", verify_token="")
    request = a_request(
        b"", method="GET", query="hub.mode=subscribe&hub.challenge=1&hub.verify_token="
    )
    # WHEN somebody asks without one
    # THEN it is refused
    assert refusal_of(door, request) is RejectReason.SIGNATURE_MISMATCH


def test_a_validation_token_may_be_long_but_not_endless() -> None:
    # GIVEN a door for Microsoft Graph
    door = Door("secret_path", handshake="msgraph")
    # WHEN it asks with a long token, and with an endless one
    reply = handshake(door, a_request(b"", query="validationToken=" + "t" * 4096))
    # THEN the first is answered as plain text
    assert reply is not None
    assert reply.content_type == "text/plain"
    endless = a_request(b"", query="validationToken=" + "t" * 4097)
    assert refusal_of(door, endless) is RejectReason.MALFORMED


def test_events_of_doors_with_a_get_handshake_are_events() -> None:
    # GIVEN doors whose handshakes come by GET
    doors = [
        Door("meta", handshake="meta", verify_token="vt"),
        Door("bearer", handshake="okta"),
        Door("x", handshake="x"),
        Door("secret_path", handshake="msgraph"),
    ]
    # WHEN events come by POST, and a GET that asks nothing
    replies = [
        handshake(door, a_request(method=method)) for door in doors for method in ("POST", "GET")
    ]
    # THEN none is a handshake
    assert replies == [None] * 8


SNS = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=a&Token=b"


def test_an_sns_confirmation_is_known_by_its_header_or_body() -> None:
    # GIVEN a confirmation, with the header and without, and a notification that talks about one
    body = json.dumps({"Type": "SubscriptionConfirmation", "SubscribeURL": SNS})
    talk = json.dumps({"Type": "Notification", "Message": '"SubscriptionConfirmation"'})
    header = {"x-amz-sns-message-type": "SubscriptionConfirmation"}
    # WHEN they are asked about
    found = [
        is_sns_confirmation(a_request(body, header)),
        is_sns_confirmation(a_request(body)),
        is_sns_confirmation(a_request(talk)),
        is_sns_confirmation(a_request(body, {"x-amz-sns-message-type": "Notification"})),
    ]
    # THEN only the confirmations are
    assert found == [True, True, False, False]
    assert sns_subscribe_url(a_request(body)) == SNS


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription",
        "https://sns.eu-central-1.amazonaws.com.evil.example/?Action=ConfirmSubscription",
        "https://evil.example/sns.eu-central-1.amazonaws.com?Action=ConfirmSubscription",
        "https://sns.eu-central-1.amazonaws.com@evil.example/?Action=ConfirmSubscription",
        "https://evil.example\\@sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription",
        "https://sns.eu-central-1.amazonaws.com:8443/?Action=ConfirmSubscription",
        "https://bucket.s3.amazonaws.com/?Action=ConfirmSubscription",
        "https://sns.x.y.amazonaws.com/?Action=ConfirmSubscription",
        "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe",
        "https://sns.eu-central-1.amazonaws.com/",
        "https://169.254.169.254/?Action=ConfirmSubscription",
        "https://[::1]/?Action=ConfirmSubscription",
        "file:///etc/passwd",
        "",
    ],
)
def test_no_other_host_is_asked_to_confirm(url: str) -> None:
    # GIVEN a URL that is not SNS's own confirmation
    request = a_request(json.dumps({"Type": "SubscriptionConfirmation", "SubscribeURL": url}))
    # WHEN it is asked for
    # THEN there is none to fetch
    assert not is_sns_url(url)
    assert sns_subscribe_url(request) is None


@pytest.mark.parametrize("host", ["sns.us-east-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn"])
def test_sns_itself_is_asked(host: str) -> None:
    # GIVEN SNS's own confirmation
    url = f"https://{host}/?Action=ConfirmSubscription&Token=x"
    # WHEN it is looked at
    # THEN it may be fetched
    assert is_sns_url(url)
