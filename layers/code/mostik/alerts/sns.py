"""Tells people by an SNS topic: e-mail, and whatever else is subscribed to it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mostik.alerts.words import Notice
from mostik.errors import Busy


def build_publish(topic: str, notice: Notice) -> dict[str, Any]:
    """Returns the request of Publish. A subject is ASCII and has no line breaks (SNS's rule)."""
    subject = notice.subject.encode("ascii", "replace").decode().replace("\n", " ")
    return {"TopicArn": topic, "Subject": subject[:100], "Message": notice.text}


class SnsTeller:
    """``Teller`` on SNS."""

    def __init__(self, client: Any, topic: str) -> None:
        self._client = client
        self._topic = topic

    def tell(self, notice: Notice) -> None:
        """See ``Teller.tell``."""
        try:
            self._client.publish(**build_publish(self._topic, notice))
        except (ClientError, BotoCoreError) as error:
            raise Busy("the topic did not take the notice") from error
