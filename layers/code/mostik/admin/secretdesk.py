"""Secrets go in and never come out: who set them, when, and until when those before still work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mostik.admin.problems import FieldProblem, Refused, Words, no_such
from mostik.connections.secretpair import SecretPair, read_pair
from mostik.inbound.door import Door, dump_door, parse_door
from mostik.inbound.scheme import AcceptedSecret
from mostik.ports import Clock, SecretDocuments, Table

LONGEST_GRACE = 30 * 86_400
_SECRET = Words("secret", "секрет")
_DOOR = Words("door: nothing comes in here", "вход: сюда ничего не приходит")


@dataclass(frozen=True, slots=True)
class SecretState:
    """What may be known of a secret.

    Attributes:
        name: of its setting, or its public name at the door.
        is_set: whether it has a value.
        set_at: unix seconds, where that is known.
        set_by: who has set it.
        previous_until: unix seconds until when the value before works too.
    """

    name: str
    is_set: bool
    set_at: float | None = None
    set_by: str = ""
    previous_until: float | None = None


class SecretDesk:
    """The secrets of connections.

    Args:
        documents: secret documents.
        table: the state table, which knows when each was set.
        clock: unix seconds.
    """

    def __init__(self, documents: SecretDocuments, table: Table, clock: Clock) -> None:
        self._documents = documents
        self._table = table
        self._clock = clock

    # ── what we call with ──────────────────────────────────────────────────────────────────────

    def values(self, connection: str) -> Mapping[str, str]:
        """Returns the values to check settings with; they go nowhere else.

        Raises:
            Busy: they cannot be read now.
        """
        return self._pair(connection).fields

    def states(self, connection: str, names: Sequence[str]) -> list[SecretState]:
        """Returns what may be known of the secrets of these names."""
        pair = self._pair(connection)
        rows = {row["sk"]: row for row in self._table.query(_partition(connection)).items}
        live = pair.not_after > self._clock()
        return [
            SecretState(
                name,
                bool(pair.fields.get(name)),
                float(rows[name]["at"]) if name in rows else None,
                rows[name]["by"] if name in rows else "",
                float(pair.not_after) if live and name in pair.previous else None,
            )
            for name in names
        ]

    def exchange(
        self, connection: str, fresh: Mapping[str, str], *, grace: int, by: str
    ) -> list[str]:
        """Sets secrets; the values before work until the grace ends.

        Args:
            connection: whose.
            fresh: new values by name.
            grace: seconds; 0: the values before work no more.
            by: who sets them.

        Returns:
            The names of those that have another value now.

        Raises:
            Busy: they were not stored.
        """
        now = self._clock()
        before = pair = self._pair(connection)
        for name, value in fresh.items():
            pair = pair.exchanged(name, value, not_after=int(now) + grace, now=now)
        if pair == before:
            return []
        changed = [name for name in fresh if before.fields.get(name) != fresh[name]]
        self._store(connection, pair, changed, by)
        return changed

    def take_back(self, connection: str, *, by: str) -> list[str]:
        """Puts the values before back in place. Returns their names.

        Raises:
            Refused: none is live.
            Busy: they were not stored.
        """
        pair = self._pair(connection)
        back = pair.taken_back(self._clock())
        if back is None:
            raise Refused(
                409,
                Words(
                    "There is no earlier value that still works.",
                    "Прежнего значения, которое ещё действует, нет.",
                ),
            )
        changed = sorted(pair.previous)
        self._store(connection, back, changed, by)
        return changed

    def _store(self, connection: str, pair: SecretPair, names: Sequence[str], by: str) -> None:
        self._documents.write(f"client/{connection}", pair.dump())
        for name in names:
            self._table.put(
                {"pk": _partition(connection), "sk": name, "at": self._clock(), "by": by}
            )

    def _pair(self, connection: str) -> SecretPair:
        try:
            return read_pair(self._documents.load(f"client/{connection}"))
        except ValueError:
            return SecretPair()  # a person has been at it: what is entered now replaces it

    # ── what others prove themselves with ──────────────────────────────────────────────────────

    def door(self, connection: str) -> Door | None:
        """Returns the door of a connection; ``None``: nothing comes in."""
        document = self._documents.load(f"door/{connection}")
        return parse_door(document) if document is not None else None

    def keep_door(self, connection: str, door: Door) -> None:
        """Stores a door.

        Raises:
            ConfigurationError: it is wrong, or too large.
            Busy: it was not stored.
        """
        self._documents.write(f"door/{connection}", dump_door(door))

    def admit(
        self, connection: str, door: Door, secret_id: str, value: str, *, grace: int, by: str
    ) -> Door:
        """Lets events in that a new secret proves; those before prove until the grace ends.

        Raises:
            Refused: this name is used for another value.
            ConfigurationError: the door is wrong then.
            Busy: it was not stored.
        """
        now = int(self._clock())
        same = next((one for one in door.secrets if one.id == secret_id), None)
        if same is not None and same.value == value and same.not_after is None:
            return door
        if same is not None:
            taken = Words("This name is taken.", "Это имя уже занято.")
            raise Refused(409, taken, fields=[FieldProblem("id", taken)])
        until = now + grace
        before = [
            replace(one, not_after=until) if one.not_after is None else one
            for one in door.secrets
            if one.not_after is None or one.not_after > now
        ]
        kept = [one for one in before if one.not_after is None or one.not_after > now]
        changed = replace(door, secrets=(AcceptedSecret(secret_id, value), *kept))
        self.keep_door(connection, changed)
        self._table.put(
            {
                "pk": _partition(connection),
                "sk": f"door#{secret_id}",
                "at": self._clock(),
                "by": by,
            }
        )
        return changed

    def dismiss(self, connection: str, secret_id: str) -> None:
        """Takes a secret away from the door at once.

        Raises:
            Refused: it has none of this name.
        """
        door = self.door(connection)
        if door is None:
            raise no_such(_DOOR)
        kept = tuple(one for one in door.secrets if one.id != secret_id)
        if len(kept) == len(door.secrets):
            raise no_such(_SECRET)
        self.keep_door(connection, replace(door, secrets=kept))

    def door_states(self, connection: str, door: Door) -> list[SecretState]:
        """Returns what may be known of a door's secrets; they are live until ``previous_until``."""
        rows = {row["sk"]: row for row in self._table.query(_partition(connection)).items}
        found = []
        for one in door.secrets:
            row = rows.get(f"door#{one.id}")
            found.append(
                SecretState(
                    one.id,
                    True,
                    float(row["at"]) if row is not None else None,
                    row["by"] if row is not None else "",
                    float(one.not_after) if one.not_after is not None else None,
                )
            )
        return found


def _partition(connection: str) -> str:
    return f"secrets#{connection}"
