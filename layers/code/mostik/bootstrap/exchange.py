"""Wires functions/exchange."""

from __future__ import annotations

import os
import time
from functools import cache

from mostik.bootstrap.aws import client
from mostik.bootstrap.state import state_table
from mostik.commerceml.server import Exchange
from mostik.connections.connection import is_connection_id
from mostik.inbound.refusals import Refusals
from mostik.secrets import SecretsManager
from mostik.settings import ExchangeSettings
from mostik.telemetry import emit


@cache
def exchange() -> Exchange:
    """Returns the exchange of this container.

    Raises:
        ConfigurationError: an environment variable is missing.
    """
    settings = ExchangeSettings()
    return Exchange(
        secrets=SecretsManager(
            lambda: client("secretsmanager"), settings.secrets_prefix, time.time
        ),
        table=state_table(settings.state_table),
        refusals=Refusals(emit, time.time),
        clock=time.time,
        random_bytes=os.urandom,
        is_connection_id=is_connection_id,
    )
