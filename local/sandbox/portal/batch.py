"""``batch``: up to 50 commands in one request, where later ones use what earlier ones returned.

Source: b24restdocs ``settings/how-to-call-rest-api/batch.md``. Ours, where it is silent: a
``$result`` that leads nowhere (its command failed, or its list was shorter) becomes an empty text,
as an unset variable does in PHP.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from local.sandbox.portal.envelope import Reply, RestError, system_error
from local.sandbox.portal.phpform import as_php_json, decode, pairs

MAX_COMMANDS = 50

_REFERENCE = re.compile(r"\$result((?:\[[^\[\]]+\])+)")
_KEY = re.compile(r"\[([^\[\]]+)\]")

RunCommand = Callable[[str, dict[str, Any]], tuple[Reply, dict[str, Any]]]
"""Runs one method and returns its reply and its ``time`` block; raises ``RestError``."""


def run_batch(params: Mapping[str, Any], run: RunCommand) -> Reply:
    """Runs the commands of a batch one after another.

    The answer is always a result: errors of single commands are under ``result_error``. Empty maps
    come out as ``[]`` and maps with the keys 0..n-1 as lists, because the portal is written in PHP.
    """
    halt = str(params.get("halt", 0)).lower() in ("1", "true", "y")
    results: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    totals: dict[str, Any] = {}
    nexts: dict[str, Any] = {}
    times: dict[str, Any] = {}
    for index, (key, command) in enumerate(pairs(params.get("cmd"))):
        try:
            if index >= MAX_COMMANDS:
                raise system_error("ERROR_BATCH_LENGTH_EXCEEDED")
            method, _, query = str(command).partition("?")
            method = method.strip().strip("/")
            if method.lower() == "batch":
                raise system_error("ERROR_BATCH_METHOD_NOT_ALLOWED")
            arguments = {name: resolve(value, results) for name, value in decode(query).items()}
            reply, times[key] = run(method, arguments)
        except RestError as error:
            errors[key] = error.as_json()
            if halt:
                break
            continue
        results[key] = reply.result
        if reply.total is not None:
            totals[key] = reply.total
        if reply.next is not None:
            nexts[key] = reply.next
    return Reply(
        {
            "result": as_php_json(results),
            "result_error": as_php_json(errors),
            "result_total": as_php_json(totals),
            "result_next": as_php_json(nexts),
            "result_time": as_php_json(times),
        }
    )


def resolve(value: object, results: Mapping[str, Any]) -> Any:
    """Puts earlier results in place of ``$result[key][path]``.

    A value that is nothing but a reference becomes whatever it leads to, also a list; one inside of
    a longer text becomes text.
    """
    if isinstance(value, dict):
        return {key: resolve(item, results) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, results) for item in value]
    if not isinstance(value, str) or "$result[" not in value:
        return value
    if whole := _REFERENCE.fullmatch(value):
        return _look_up(whole.group(1), results)
    return _REFERENCE.sub(lambda match: _as_text(_look_up(match.group(1), results)), value)


def _look_up(path: str, results: Mapping[str, Any]) -> Any:
    found: Any = results
    for key in _KEY.findall(path):
        if isinstance(found, Mapping) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            return ""
    return "" if found is None else found


def _as_text(value: object) -> str:
    return "Array" if isinstance(value, Mapping | list) else str(value)
