"""A botocore client that answers by a script: errors that no emulator can be told to give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError

Answer: TypeAlias = Mapping[str, Any] | str | BotoCoreError
"""A response, the code of a service's error, or a transport error."""


class Scripted:
    """Has every operation that is called.

    Args:
        answer: told the operation and its request, says what comes back.

    Attributes:
        requests: the requests so far, by operation.
    """

    def __init__(self, answer: Callable[[str, Mapping[str, Any]], Answer]) -> None:
        self._answer = answer
        self._away: Answer | None = None
        self.requests: list[tuple[str, Mapping[str, Any]]] = []

    def away(self, how: str | BotoCoreError) -> None:
        """From now on every call fails so."""
        self._away = how

    def back(self) -> None:
        """From now on it answers again."""
        self._away = None

    def __getattr__(self, operation: str) -> Callable[..., Mapping[str, Any]]:
        def call(**request: Any) -> Mapping[str, Any]:
            self.requests.append((operation, request))
            answer = self._away if self._away is not None else self._answer(operation, request)
            if isinstance(answer, BotoCoreError):
                raise answer
            if isinstance(answer, str):
                raise ClientError({"Error": {"Code": answer, "Message": answer}}, operation)
            return answer

        return call
