"""What may go wrong with the local stack; every text says what to do."""

from __future__ import annotations


class LocalStackError(Exception):
    """The local stack did not start; the text is for the person who started it."""
