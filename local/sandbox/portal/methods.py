"""The contract between the portal and its method modules.

A module (``crm`` today; catalogue, sale, OAuth and offline events later) gives a table of methods,
and the portal merges the tables. A method gets decoded parameters and knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.sandbox.portal.envelope import Reply


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the user behind the webhook or the token.

    Attributes:
        user_id: whose rights the call has.
        scopes: rights that were given; ``None`` is all of them.
        app: whether an application calls.
        connector: ``auth_connector`` of the call: its changes do not come back to that queue.
    """

    user_id: int
    scopes: frozenset[str] | None = None
    app: bool = False
    connector: str = ""


Method = Callable[[Mapping[str, Any], Caller], Reply]
"""Does the work of one REST method. Raises ``RestError`` to refuse."""
