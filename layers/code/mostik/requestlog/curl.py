"""An exchange as a command line: what was masked becomes a variable of the shell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mostik.requestlog.entry import LogEntry

_MASK = re.compile(r"\[(redacted|phone|email|name|address|masked|erased)\]")
_FIELD = re.compile(r"""(?:["']?([\w.\[\]-]{1,60})["']?\s*[:=]\s*["']?)$""")
"""A field's name right before its masked value, as JSON, forms, queries and XML write it."""
_OWN_HEADERS = frozenset({"accept-encoding", "connection", "content-length", "host"})
"""curl writes these itself."""
_BEFORE = 80


def as_curl(entry: LogEntry) -> str:
    """Returns the request as a POSIX command: ``$AUTHORIZATION`` and the like stand for what the
    log does not keep, and lines of comment say which and what else is missing."""
    names: dict[str, None] = {}
    parts = [f"curl -X {entry.method} {_quoted(entry.url, names, 'URL')}"]
    for name, value in entry.request.headers.items():
        if name.lower() not in _OWN_HEADERS and not name.lower().startswith("mostik-"):
            parts.append(f"-H {_quoted(f'{name}: {value}', names, name)}")
    body = entry.request.body.decode("utf-8", "replace")
    if body:
        parts.append(f"--data-raw {_quoted(body, names, 'BODY')}")
    return "\n".join([*_comments(entry, names), " \\\n  ".join(parts)])


def _comments(entry: LogEntry, names: dict[str, None]) -> Iterator[str]:
    if names:
        yield f"# Set first: {', '.join(names)}. The log keeps no secrets and no personal data."
    kept = len(entry.request.body)
    if entry.request.size and not kept:
        yield f"# The body ({entry.request.size} bytes) is not kept any more."
    elif entry.request.size > 2 * kept:
        yield f"# The body is cut: it had {entry.request.size} bytes, {kept} are kept."


def _quoted(text: str, names: dict[str, None], place: str) -> str:
    """Single quotes, which no shell looks into; variables stand between them in double ones."""
    parts: list[str] = []
    end = 0
    for mask in _MASK.finditer(text):
        variable = f"${_variable(text[max(0, mask.start() - _BEFORE) : mask.start()], mask, place)}"
        names[variable] = None
        parts += [_single(text[end : mask.start()]), f'"{variable}"']
        end = mask.end()
    parts.append(_single(text[end:]))
    return "".join(parts) or "''"


def _single(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'" if text else ""


def _variable(before: str, mask: re.Match[str], place: str) -> str:
    field = _FIELD.search(before)
    if place not in ("URL", "BODY"):
        name = place
    elif field is not None:
        name = field[1]
    else:
        name = mask[1] if mask[1] != "redacted" else "SECRET"
    name = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").upper()
    return name if name and not name[0].isdecimal() else f"SECRET_{name}".rstrip("_")
