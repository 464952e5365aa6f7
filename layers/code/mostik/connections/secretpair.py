"""A connection's outgoing secrets, two versions of them while one is being exchanged.

The document ``client/<connection>`` is ``{field: value}``. While a secret is being exchanged it
holds the values before beside them::

    {"credential": "new", "$previous": {"fields": {"credential": "old"}, "not_after": 1790000000}}

Whoever calls tries the new ones first; when the other side refuses them, the old ones, for as long
as they are live: so it does not matter on which side the exchange is made first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PREVIOUS = "$previous"


@dataclass(frozen=True, slots=True)
class SecretPair:
    """The present values, and those before.

    Attributes:
        fields: by the name of their setting.
        previous: the values before of those that were exchanged.
        not_after: unix seconds until which those are live.
    """

    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    previous: Mapping[str, str] = field(default_factory=dict, repr=False)
    not_after: int = 0

    def exchanged(self, name: str, value: str, *, not_after: int, now: float) -> SecretPair:
        """Returns the pair with a new value for one of them.

        Args:
            name: of the setting.
            value: the new one; the same again changes nothing.
            not_after: until when the one before is live.
            now: unix seconds.
        """
        before = self.fields.get(name)
        if before == value:
            return self
        live = dict(self.previous) if self.not_after > now else {}
        if before is not None and not_after > now:
            live[name] = before
        else:
            live.pop(name, None)
        until = max(not_after, self.not_after) if live else 0
        return SecretPair({**self.fields, name: value}, live, until)

    def taken_back(self, now: float) -> SecretPair | None:
        """Returns the pair with the values before in place; ``None``: none is live."""
        if not self.previous or self.not_after <= now:
            return None
        return SecretPair({**self.fields, **self.previous})

    def without(self, name: str) -> SecretPair:
        """Returns the pair without one of them."""
        fields = {key: value for key, value in self.fields.items() if key != name}
        previous = {key: value for key, value in self.previous.items() if key != name}
        return SecretPair(fields, previous, self.not_after if previous else 0)

    def live(self, now: float) -> Sequence[Mapping[str, str]]:
        """Returns the values to try, in order."""
        if not self.previous or self.not_after <= now:
            return [self.fields]
        return [self.fields, {**self.fields, **self.previous}]

    def dump(self) -> str:
        """Returns the document."""
        document: dict[str, object] = dict(self.fields)
        if self.previous:
            document[PREVIOUS] = {"fields": dict(self.previous), "not_after": self.not_after}
        return json.dumps(document, ensure_ascii=False)


def read_pair(document: str | None) -> SecretPair:
    """Reads a document.

    Raises:
        ValueError: it is no JSON object of texts.
    """
    content = json.loads(document) if document else {}
    if not isinstance(content, dict):
        raise ValueError("not an object")
    before = content.pop(PREVIOUS, None) or {}
    fields, previous = content, before.get("fields", {})
    return SecretPair(fields, previous, int(before.get("not_after", 0)))
