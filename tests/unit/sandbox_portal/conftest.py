"""Makes the sandboxes' fixtures known here."""

from tests.support.sandbox import clock, portal, receiver, rest, shop

__all__ = ["clock", "portal", "receiver", "rest", "shop"]
