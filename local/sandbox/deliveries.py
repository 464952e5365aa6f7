"""Outbound events: sent once each by a background thread, and kept exactly as they were sent."""

from __future__ import annotations

import base64
import http.client
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(slots=True)
class Delivery:
    """One POST to a subscriber, with the exact bytes and headers.

    Attributes:
        id: number of the delivery in this sandbox, from 1.
        event: the event's name.
        subject: id of the record that the event is about.
        status: HTTP status of the subscriber's answer; ``None`` until it came, or when none came.
        error: why there was no answer.
        resend_of: the delivery whose bytes these are, when a person asked for it again.
    """

    id: int
    event: str
    subject: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    queued_at: float
    sent_at: float | None = None
    status: int | None = None
    error: str | None = None
    resend_of: int | None = None

    def as_json(self) -> dict[str, Any]:
        """What ``GET /_sandbox/deliveries`` shows; ``body_base64`` holds the exact bytes."""
        return {
            "id": self.id,
            "event": self.event,
            "subject": self.subject,
            "url": self.url,
            "headers": dict(self.headers),
            "body": self.body.decode("utf-8", "replace"),
            "body_base64": base64.b64encode(self.body).decode("ascii"),
            "queued_at": self.queued_at,
            "sent_at": self.sent_at,
            "status": self.status,
            "error": self.error,
            "resend_of": self.resend_of,
        }


@dataclass
class DeliverySender:
    """Sends deliveries in order, each exactly once, whatever the subscriber answers.

    Neither vendor that is played here repeats an event: a subscriber that is down loses it.

    Args:
        clock: unix seconds.
        keep: how many deliveries are kept for inspection.
        timeout: seconds that a subscriber has for its answer.
    """

    clock: Callable[[], float] = time.time
    keep: int = 10_000
    timeout: float = 10.0
    _queue: queue.SimpleQueue[Delivery | None] = field(default_factory=queue.SimpleQueue)
    _idle: threading.Condition = field(default_factory=threading.Condition)
    _pending: int = 0
    _last_id: int = 0
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        self._kept: deque[Delivery] = deque(maxlen=self.keep)

    def start(self) -> None:
        """Starts the thread; deliveries queued before are sent now."""
        self._thread = threading.Thread(target=self._run, name="sandbox-deliveries", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the delivery in hand; later ones stay unsent."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout=1.0)
            self._thread = None

    def submit(
        self,
        event: str,
        subject: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        resend_of: int | None = None,
    ) -> Delivery:
        """Queues one delivery and returns it at once."""
        with self._idle:
            self._last_id += 1
            delivery = Delivery(
                id=self._last_id,
                event=event,
                subject=subject,
                url=url,
                headers=dict(headers),
                body=body,
                queued_at=self.clock(),
                resend_of=resend_of,
            )
            self._kept.append(delivery)
            self._pending += 1
        self._queue.put(delivery)
        return delivery

    def resend(self, delivery_id: int) -> Delivery:
        """Sends the same bytes with the same headers once more, as a new delivery.

        Raises:
            KeyError: no such delivery is kept.
        """
        for old in self.kept():
            if old.id == delivery_id:
                return self.submit(
                    old.event, old.subject, old.url, old.body, old.headers, resend_of=old.id
                )
        raise KeyError(delivery_id)

    def kept(self) -> list[Delivery]:
        """The kept deliveries, oldest first."""
        with self._idle:
            return list(self._kept)

    @property
    def pending(self) -> int:
        """How many deliveries are queued or on their way."""
        with self._idle:
            return self._pending

    def forget(self) -> None:
        """Drops the kept deliveries."""
        with self._idle:
            self._kept.clear()

    def wait_idle(self, timeout: float = 10.0) -> bool:
        """Waits until everything queued was sent; ``False`` when that took too long."""
        with self._idle:
            return self._idle.wait_for(lambda: self._pending == 0, timeout)

    def _run(self) -> None:
        while (delivery := self._queue.get()) is not None:
            try:
                delivery.status = self._post(delivery)
            except (OSError, http.client.HTTPException, ValueError) as error:
                delivery.error = f"{type(error).__name__}: {error}"
            delivery.sent_at = self.clock()
            with self._idle:
                self._pending -= 1
                self._idle.notify_all()

    def _post(self, delivery: Delivery) -> int:
        parts = urlsplit(delivery.url)
        if parts.hostname is None or parts.scheme not in ("http", "https"):
            raise ValueError(f"not an HTTP URL: {delivery.url}")
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.hostname, parts.port, timeout=self.timeout)
        try:
            target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            connection.request("POST", target, body=delivery.body, headers=dict(delivery.headers))
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()
