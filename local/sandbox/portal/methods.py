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
    """Who calls: the user behind the webhook."""

    user_id: int


Method = Callable[[Mapping[str, Any], Caller], Reply]
"""Does the work of one REST method. Raises ``RestError`` to refuse."""
