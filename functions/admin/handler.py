"""A person looks: JSON of health and log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from mostik.bootstrap.admin import admin


def handler(event: Mapping[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    """Answers one call below ``/admin``; the routes are in ``mostik.admin.api``."""
    answer: Mapping[str, Any] = admin().resolve(dict(event), context)
    return answer
