"""What the sender is told once its event is safe: a fixed answer, with the event's id in it."""

from __future__ import annotations

from typing import NamedTuple

from mostik.errors import ConfigurationError

EVENT_ID = "{event_id}"

LONGEST_BODY = 4096


class Acknowledgement(NamedTuple):
    """The answer to an accepted event.

    Attributes:
        status: 200 to 299; anything else would make the sender repeat what is already safe.
        body: the text; ``{event_id}`` becomes the id under which the event can be found.
        content_type: its media type.
    """

    status: int = 200
    body: str = '{"status":"accepted","id":"{event_id}"}'
    content_type: str = "application/json"

    def check(self) -> None:
        """Refuses what no sender would understand.

        Raises:
            ConfigurationError: status, length or media type.
        """
        if not 200 <= self.status <= 299:
            raise ConfigurationError("the acknowledgement's status must be from 200 to 299")
        if len(self.body) > LONGEST_BODY:
            raise ConfigurationError(
                f"the acknowledgement's body must be at most {LONGEST_BODY} characters"
            )
        if not self.content_type.isascii() or not self.content_type.isprintable():
            raise ConfigurationError("the acknowledgement's content type is no media type")

    def render(self, event_id: str) -> str:
        """The body for one event.

        Args:
            event_id: letters, digits and ``._:=+/@-`` only, as job ids are: no escaping is needed.
        """
        return self.body.replace(EVENT_ID, event_id)


# What these senders read as "received"; anything else makes them repeat.
PRESETS: dict[str, Acknowledgement] = {
    "tbank": Acknowledgement(body="OK", content_type="text/plain"),
    "cloudpayments": Acknowledgement(body='{"code":0}'),
}


def default_for(scheme: str) -> Acknowledgement:
    """The acknowledgement of a door that names none."""
    return PRESETS.get(scheme) or Acknowledgement()
