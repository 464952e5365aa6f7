"""The jobs queue and its dead letters on SQS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mostik.ports import Busy, DeadLetter, QueueDepth

_DEPTH_ATTRIBUTES = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def build_send(queue_url: str, body: str, group: str, delay: int) -> dict[str, Any]:
    """Returns the request of SendMessage. On a standard queue the group makes it a fair queue."""
    request: dict[str, Any] = {
        "QueueUrl": queue_url,
        "MessageBody": body,
        "MessageGroupId": group,
    }
    if delay:
        request["DelaySeconds"] = delay
    return request


class SqsJobQueue:
    """``JobQueue`` on SQS."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._url = queue_url

    def send(self, body: str, *, group: str, delay: int = 0) -> None:
        """See ``JobQueue.send``."""
        try:
            self._client.send_message(**build_send(self._url, body, group, delay))
        except (ClientError, BotoCoreError) as error:
            raise Busy("the jobs queue did not take the message") from error

    def return_at(self, receipt_handle: str, seconds: int) -> None:
        """See ``JobQueue.return_at``."""
        try:
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )
        except (ClientError, BotoCoreError) as error:
            raise Busy("the message keeps its visibility timeout") from error


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


class SqsGauge:
    """``QueueGauge`` on SQS."""

    def __init__(self, client: Any, jobs_url: str, dead_letters_url: str) -> None:
        self._client = client
        self._jobs_url = jobs_url
        self._dead_letters_url = dead_letters_url

    def jobs(self) -> QueueDepth:
        """See ``QueueGauge.jobs``."""
        return self._depth(self._jobs_url)

    def dead_letters(self) -> QueueDepth:
        """See ``QueueGauge.dead_letters``."""
        return self._depth(self._dead_letters_url)

    def _depth(self, url: str) -> QueueDepth:
        try:
            answer = self._client.get_queue_attributes(
                QueueUrl=url, AttributeNames=list(_DEPTH_ATTRIBUTES)
            )
        except (ClientError, BotoCoreError) as error:
            raise Busy("the queue's depth cannot be read now") from error
        visible, in_flight, delayed = (int(answer["Attributes"][a]) for a in _DEPTH_ATTRIBUTES)
        return QueueDepth(visible, in_flight, delayed)
