"""A sandbox Bitrix24 portal: the subset of REST v2 that Mostik uses, as the documentation has it.

Nothing here was compared with a real portal. Where the documentation is silent, the docstring of
the part says what was decided.
"""

from local.sandbox.portal.config import (
    DEFAULT_STAGES,
    Billing,
    PortalApp,
    PortalConfig,
    Subscription,
    UserField,
)
from local.sandbox.portal.limiter import RateLimit
from local.sandbox.portal.portal import PortalSandbox

__all__ = [
    "DEFAULT_STAGES",
    "Billing",
    "PortalApp",
    "PortalConfig",
    "PortalSandbox",
    "RateLimit",
    "Subscription",
    "UserField",
]
