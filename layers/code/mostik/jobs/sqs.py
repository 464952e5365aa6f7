"""The jobs queue on SQS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mostik.errors import Busy

_MOST_ENTRIES, _MOST_BYTES = 10, 1_048_576


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


def build_batches(queue_url: str, bodies: Sequence[str], group: str) -> Iterator[dict[str, Any]]:
    """Yields requests of SendMessageBatch, as few as its limits allow.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
    """
    entries: list[dict[str, Any]] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if entries and (len(entries) == _MOST_ENTRIES or size + length > _MOST_BYTES):
            yield {"QueueUrl": queue_url, "Entries": entries}
            entries, size = [], 0
        entries.append({"Id": str(len(entries)), "MessageBody": body, "MessageGroupId": group})
        size += length
    if entries:
        yield {"QueueUrl": queue_url, "Entries": entries}


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

    def send_many(self, bodies: Sequence[str], *, group: str) -> None:
        """See ``JobQueue.send_many``."""
        for request in build_batches(self._url, bodies, group):
            try:
                answer = self._client.send_message_batch(**request)
            except (ClientError, BotoCoreError) as error:
                raise Busy("the jobs queue did not take the messages") from error
            if answer.get("Failed"):
                raise Busy("the jobs queue did not take all messages")

    def return_at(self, receipt_handle: str, seconds: int) -> None:
        """See ``JobQueue.return_at``."""
        try:
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )
        except (ClientError, BotoCoreError) as error:
            raise Busy("the message keeps its visibility timeout") from error
