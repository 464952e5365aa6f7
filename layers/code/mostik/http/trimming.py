"""Cuts long lists and objects to what the log can keep, before time is spent on masking them."""

from __future__ import annotations

from typing import Any

_PUNCTUATION = 4
"""Quotes, a colon or comma, a space."""
CUT = "..."
"""Stands where something was left out."""


def trimmed(value: Any, most: int) -> Any:
    """Returns the beginning of a JSON value: about ``most`` characters of it, whole elements only.

    What is left out has a mark in its place.
    """
    return _Trim(most).of(value)


class _Trim:
    def __init__(self, left: int) -> None:
        self.left = left

    def of(self, value: Any) -> Any:
        kind = type(value)
        if kind is dict:
            return self._of_object(value)
        if kind is list:
            return self._of_list(value)
        self.left -= (len(value) if kind is str else 8) + _PUNCTUATION
        return value

    def _of_object(self, value: dict[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, inner in value.items():
            if self.left <= 0:
                kept[CUT] = f"{len(value) - len(kept)} more"
                break
            self.left -= len(name) + _PUNCTUATION
            kept[name] = self.of(inner)
        return kept

    def _of_list(self, value: list[Any]) -> list[Any]:
        kept: list[Any] = []
        for inner in value:
            if self.left <= 0:
                kept.append(f"{CUT} {len(value) - len(kept)} more")
                break
            kept.append(self.of(inner))
        return kept
