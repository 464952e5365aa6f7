"""The rig with a door in front: events come in signed, are acknowledged or refused."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import count

from mostik.connections.connection import is_connection_id
from mostik.inbound.door import Door, dump_door
from mostik.inbound.intake import Arrival, Intake
from mostik.inbound.refusals import Refusals
from mostik.inbound.reply import Reply
from mostik.inbound.scheme import AcceptedSecret
from mostik.jobs.message import Receipt
from mostik.jobs.waiting import waiting_row
from tests.support.rig import HERE, Rig
from tests.support.signers import Event, signed

SECRET = "the-signing-secret-0000"
DELIVERY = "X-Delivery"
LARGEST_BODY = 1_000_000


@dataclass
class DoorRig(Rig):
    """One stack with the door of the connection ``here``.

    Attributes:
        door_lines: what the door wrote to its log.
    """

    door_lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._numbers = count(1)
        self.open_door(SECRET)
        self._intake: Intake | None = None

    @property
    def door(self) -> Door:
        """The door with its first secret: HMAC over the body, a delivery id where there is one."""
        return self.door_with(SECRET)

    def door_with(self, *secrets: str) -> Door:
        """The door with these secrets."""
        return Door(
            scheme_name="hmac",
            parameters={"delivery_id": (f"header:{DELIVERY}",)},
            secrets=tuple(AcceptedSecret(str(n), secret) for n, secret in enumerate(secrets, 1)),
        )

    def open_door(self, *secrets: str) -> None:
        """A person saves the door's document."""
        self.secrets.documents[f"door/{HERE}"] = dump_door(self.door_with(*secrets))

    @property
    def intake(self) -> Intake:
        """The door of a container; the same until ``cold_door``."""
        if self._intake is None:
            self._intake = Intake(
                secrets=self.secrets,
                queue=self.queue,
                divert=self._divert,
                blobs=self.blobs,
                refusals=Refusals(self.door_lines.append, self.clock),
                clock=self.clock,
                random_bytes=lambda size: next(self._numbers).to_bytes(size, "big"),
                max_body=LARGEST_BODY,
                is_connection_id=is_connection_id,
            )
        return self._intake

    def cold_door(self) -> None:
        """The next event meets a cold container."""
        self._intake = None

    def arrive(self, *keys: str, delivery: str | None = None, body: bytes | None = None) -> Reply:
        """An event about things comes to the door, signed."""
        content = body if body is not None else json.dumps({"keys": keys}).encode()
        now = int(self.clock())
        event = Event(id="", body=content, content_type="application/json")
        request = signed(self.door.scheme, event, SECRET, at=now, now=now)
        headers = {n: v for n, v in request.headers.items() if n != DELIVERY.lower()}
        if delivery is not None:
            headers[DELIVERY.lower()] = delivery
        request = type(request)(
            method=request.method,
            url=request.url,
            query=request.query,
            headers=headers,
            body=request.body,
            source_ip=request.source_ip,
            received_at=request.received_at,
        )
        return self.intake.take(Arrival(HERE, request, "trace-1"))

    def _divert(self, receipt: Receipt, payload: str) -> None:
        self.rows.write(waiting_row(receipt, payload, now=self.clock()), None)
