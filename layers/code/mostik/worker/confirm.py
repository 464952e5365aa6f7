"""Confirms an SNS subscription: a job, not an event of the connection.

The door has proved the request; the URL in it is followed only when it is SNS's own.
Source: docs.aws.amazon.com/sns, Subscribing an HTTPS endpoint to a topic.
"""

from __future__ import annotations

from mostik.errors import GiveUp, RetryLater, WhoActs
from mostik.inbound.handshake import is_sns_confirmation, sns_subscribe_url
from mostik.inbound.keys import Read
from mostik.inbound.request import InboundRequest
from mostik.jobs.message import Receipt


def confirmed(receipt: Receipt, read: Read) -> bool:
    """Confirms the subscription that a receipt asks to confirm. Returns whether it asked for one.

    Args:
        receipt: with its body.
        read: reads one https URL of a public host.

    Raises:
        GiveUp: the URL is not SNS's own.
        RetryLater: SNS cannot be reached; confirming twice does no harm.
    """
    request = InboundRequest(
        method=receipt.method,
        url=receipt.url,
        query="",
        headers=receipt.headers,
        body=receipt.body or b"",
        source_ip="",
        received_at=int(receipt.received_at),
    )
    if not is_sns_confirmation(request):
        return False
    url = sns_subscribe_url(request)
    if url is None:
        raise GiveUp(
            "The request to confirm a subscription does not name Amazon SNS; it was not followed.",
            who=WhoActs.ADMIN,
        )
    try:
        read(url)
    except OSError as error:
        raise RetryLater(
            "Amazon SNS cannot be reached to confirm the subscription.", who=WhoActs.SYSTEM
        ) from error
    return True
