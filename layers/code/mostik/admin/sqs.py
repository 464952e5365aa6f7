"""The depth of the queues, from SQS."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mostik.ports import Busy, QueueDepth

_DEPTH_ATTRIBUTES = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


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
