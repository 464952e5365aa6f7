"""Takes secrets out of what an error says, before a row, a log line or a page repeats it.

The client's own errors hold none. Those of an integration may quote what an external system sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mostik.errors import CallFailed, ConfigurationError, MostikError, Skip
from mostik.http.redact import Redactor


def mask_error(error: MostikError, redactors: Iterable[Redactor]) -> None:
    """Masks the text and the code of an error, in place.

    Args:
        error: what ended the work.
        redactors: of every connection that had a part in it.
    """
    for redactor in redactors:
        if isinstance(error, CallFailed | ConfigurationError | Skip):
            error.text = redactor.text(error.text)
            error.args = (error.text,)
        if isinstance(error, CallFailed | ConfigurationError) and error.code is not None:
            error.code = redactor.text(error.code)


@dataclass(frozen=True, slots=True)
class Masks:
    """Masks what a run is going to store.

    Attributes:
        redactors: of every connection that has a part in it.
    """

    redactors: Callable[[], Iterable[Redactor]]

    def error(self, error: MostikError) -> None:
        """Masks an error, in place."""
        mask_error(error, self.redactors())

    def content(self, content: Any) -> Any:
        """Returns plain content, masked as the request log masks a body."""
        for redactor in self.redactors():
            content = json.loads(redactor.content(content))
        return content
