"""What an installation leaves: credentials that are proven here, and a secret for the door.

``deposits/<connection>`` is written by the door, which cannot read it, and read here. A secret that
proves the application's events goes into the door's document, in front of those before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mostik.errors import ConfigurationError
from mostik.inbound.door import dump_door, parse_door
from mostik.inbound.install import Deposited, read_deposit
from mostik.inbound.scheme import AcceptedSecret
from mostik.ports import Clock, SecretDocuments

TAKEN = "{}"
OWN_ID = "app"
"""Public name of the secrets that installations bring; those that a person entered have others."""
GRACE_SECONDS = 3_600
"""So long the application token before is taken too: events of the version before it may be on
their way."""


class Installs:
    """Reads what installations leave and lets their events in.

    Args:
        documents: secret documents.
        clock: unix seconds.
    """

    def __init__(self, documents: SecretDocuments, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def waiting(self, connection: str) -> Deposited | None:
        """Returns the newest deposit that was not taken yet.

        Raises:
            Busy: it cannot be read now.
        """
        return read_deposit(self._documents.load(f"deposits/{connection}"))

    def forget(self, connection: str) -> None:
        """Removes a deposit: twice, because Secrets Manager keeps the version before.

        Raises:
            Busy: it may still be there.
        """
        for _ in range(2):
            self._documents.write(f"deposits/{connection}", TAKEN)

    def admit(self, connection: str, secret: str, parameters: Mapping[str, Any]) -> None:
        """Lets events in that ``secret`` proves; the same again changes nothing.

        Raises:
            ConfigurationError: the connection has no door.
            Busy: the door cannot be read or written now.
        """
        text = self._documents.load(f"door/{connection}")
        if text is None:
            raise ConfigurationError("This connection has no door for events.", gate=connection)
        door = parse_door(text)
        now = int(self._clock())
        ours = [one for one in door.secrets if one.id.partition("-")[0] == OWN_ID]
        others = tuple(one for one in door.secrets if one not in ours)
        live = [one for one in ours if one.not_after is None or one.not_after > now]
        wanted = {**door.parameters, **parameters}
        newest = [one for one in live if one.not_after is None]
        if [one.value for one in newest] == [secret] and wanted == dict(door.parameters):
            return
        kept = [
            one if one.not_after is not None else replace(one, not_after=now + GRACE_SECONDS)
            for one in live
            if one.value != secret
        ]
        fresh = AcceptedSecret(f"{OWN_ID}-{now}", secret)
        door = replace(door, secrets=(fresh, *kept, *others), parameters=wanted)
        self._documents.write(f"door/{connection}", dump_door(door))
