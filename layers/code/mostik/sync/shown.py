"""Values of records as a person sees them who may not see personal data."""

from __future__ import annotations

import json
import re
from typing import Any

from mostik.http.redact import Redactor

_BRACKETS = re.compile(r"\[[^\]]*\]")


def masked(path: str, value: Any, kind: str = "record") -> Any:
    """Returns a value with personal data and what is named like a secret masked, as in the log.

    Args:
        path: where it stands (``customer.phones``, ``lines[l1].name``): what it is called, and what
            it is in, say whether it is personal.
        value: as JSON has it.
        kind: of the record (``customer``): the name of a person is personal, that of a good not.
    """
    names = [kind, *_BRACKETS.sub("", path).split(".")]
    content = value
    for name in reversed(names):
        content = {name: content}
    found: Any = json.loads(Redactor().content(content))
    for name in names:
        found = found.get(name) if isinstance(found, dict) else found
    return found
