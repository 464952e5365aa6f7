"""The JSON API as the pages use it, in the same process.

A page knows nothing that the API does not tell and does nothing that the API does not do: roles,
checks, masking, audit and idempotency are the API's, and so are its refusals.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mostik.admin.problems import Refused
from mostik.admin.roles import Caller
from mostik.admin.routing import PREFIX, AdminApi


class Told(Exception):
    """The API has refused something.

    Args:
        status: of its answer.
        document: the problem document.
    """

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        super().__init__(str(document.get("title", status)))
        self.status = status
        self.document = document

    def sentence(self, language: str) -> str:
        """Returns what is wrong, in one sentence."""
        said = self.document.get("messages") or {}
        return str(said.get(language) or self.document.get("title") or "")

    def fields(self, language: str) -> dict[str, str]:
        """Returns what is wrong with single fields, by their dotted path."""
        errors: Sequence[Mapping[str, Any]] = self.document.get("errors") or ()
        return {str(one["field"]): str(one["messages"][language]) for one in errors}


@dataclass(frozen=True, slots=True)
class Answers:
    """Asks the API in the name of whoever looks at a page.

    Attributes:
        api: the API.
        caller: who looks.
        context: of the invocation.
    """

    api: AdminApi
    caller: Caller
    context: Any

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """Returns what a route tells.

        Raises:
            Told: it refuses.
        """
        given = {
            name: str(value) for name, value in (query or {}).items() if value not in (None, "")
        }
        return self._ask("GET", path, given, None, None)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, once: str = "") -> Any:
        """Has a route act.

        Args:
            path: below the API's prefix.
            body: what the route wants.
            once: a key; the same again does nothing.

        Raises:
            Told: it refuses.
        """
        return self._ask("POST", path, {}, body or {}, once)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Has a route replace something.

        Raises:
            Told: it refuses.
        """
        return self._ask("PUT", path, {}, body, None)

    def delete(self, path: str) -> Any:
        """Has a route remove something.

        Raises:
            Told: it refuses.
        """
        return self._ask("DELETE", path, {}, None, None)

    def may(self, method: str, path: str) -> bool:
        """Whether the role of whoever looks suffices for a route: what does not is not shown."""
        needed = self.api.role_for(method, PREFIX + path)
        return needed is not None and self.caller.role.covers(needed)

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None,
        once: str | None,
    ) -> Any:
        headers = {"content-type": "application/json", "accept": "application/json"}
        if once:
            headers["idempotency-key"] = once
        event = {
            "version": "2.0",
            "rawPath": PREFIX + path,
            "rawQueryString": "",
            "queryStringParameters": dict(query),
            "headers": headers,
            "body": json.dumps(body, ensure_ascii=False) if body is not None else None,
            "isBase64Encoded": False,
            "requestContext": {
                "stage": "$default",
                "http": {"method": method, "path": PREFIX + path},
            },
        }
        try:
            answer = self.api.resolve(event, self.context, self.caller)
        except Refused as refused:
            raise Told(refused.status, refused.document()) from None
        status, text = int(answer["statusCode"]), answer.get("body")
        content = json.loads(text) if text else None
        if status >= 400:
            raise Told(status, content if isinstance(content, dict) else {})
        return content
