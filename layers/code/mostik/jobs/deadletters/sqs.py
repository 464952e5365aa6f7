"""The dead-letter queue on SQS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mostik.ports import Busy, DeadLetter


class SqsDeadLetters:
    """``DeadLetters`` on SQS."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._url = queue_url

    def receive(self, limit: int) -> Sequence[DeadLetter]:
        """See ``DeadLetters.receive``."""
        try:
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(limit, 10),
                AttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            )
        except (ClientError, BotoCoreError) as error:
            raise Busy("the dead-letter queue cannot be read now") from error
        return [
            DeadLetter(
                handle=message["ReceiptHandle"],
                body=message["Body"],
                receives=int(message["Attributes"]["ApproximateReceiveCount"]),
                first_sent_at=int(message["Attributes"]["SentTimestamp"]) / 1000,
            )
            for message in answer.get("Messages", [])
        ]

    def delete(self, handle: str) -> None:
        """See ``DeadLetters.delete``."""
        try:
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=handle)
        except (ClientError, BotoCoreError) as error:
            raise Busy("the dead letter could not be deleted") from error
