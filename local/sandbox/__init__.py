"""Stand-ins for the outside world on loopback: a Bitrix24 portal and a shop's REST API.

Ordinary HTTP servers, so that tests, benchmarks and the demo talk to them exactly as Lambda talks
to the real ones. Each is a class with ``start()``, ``stop()`` and ``url``, a context manager, and a
module that runs (``python -m local.sandbox.portal``, ``python -m local.sandbox.shop``). Whatever is
driven from another process is driven through ``/_sandbox/...`` on the same server.

Every secret in here is made up and opens nothing.
"""
