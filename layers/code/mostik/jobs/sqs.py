"""The jobs queue on SQS."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mostik.errors import Busy


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
