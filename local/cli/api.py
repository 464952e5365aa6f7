"""The command of the admin's JSON API: every route of it, against the local or a deployed stack."""

from __future__ import annotations

import json
from typing import Annotated, Any

import requests
import typer

from local import world
from local.cli.terminal import LOCAL, Name, speaks_plainly
from mostik.errors import ConfigurationError

commands = typer.Typer()
_METHODS = ("GET", "POST", "PUT", "DELETE")


@commands.command()
@speaks_plainly
def api(
    method: Annotated[str, typer.Argument(help=f"One of: {', '.join(_METHODS)}.")],
    path: Annotated[str, typer.Argument(help="Below /admin/api: connections/shop.")],
    query: Annotated[
        list[str] | None, typer.Option("--query", "-q", help="name=value; may be repeated.")
    ] = None,
    body: Annotated[str | None, typer.Option("--body", "-b", help="JSON; - reads it.")] = None,
    key: Annotated[str | None, typer.Option(help="Idempotency key of an action.")] = None,
    url: Annotated[
        str | None, typer.Option(help="Address of a deployed stack: https://....amazonaws.com.")
    ] = None,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="MOSTIK_ADMIN_PASSWORD", help="Of a deployed stack: its secret <stack>/admin."
        ),
    ] = None,
    name: Name = LOCAL,
) -> None:
    """Call one route of the admin's API and print its answer; `api GET openapi` lists them."""
    if method.upper() not in _METHODS:
        raise ConfigurationError(f"There is no method {method!r}. Methods: {', '.join(_METHODS)}.")
    if url is None:
        running = world.load(name)
        url, password = running.stack.api_url, running.desk.admin_password()
    elif not password:
        raise ConfigurationError("A deployed stack wants --password: its secret <stack>/admin.")
    answer = requests.request(
        method.upper(),
        f"{url.rstrip('/')}/admin/api/{path.strip('/')}",
        params=_pairs(query or []),
        json=_content(body),
        headers={"Idempotency-Key": key} if key else {},
        auth=("admin", password or ""),
        timeout=35,
    )
    try:
        said = json.dumps(answer.json(), ensure_ascii=False, indent=2)
    except ValueError:
        said = answer.text
    typer.echo(said)
    if answer.status_code >= 400:
        raise typer.Exit(1)


def _pairs(given: list[str]) -> dict[str, str]:
    """Raises ``ConfigurationError`` for what is no pair."""
    if wrong := [pair for pair in given if "=" not in pair]:
        raise ConfigurationError(f"{wrong[0]!r} is no name=value.")
    return dict(pair.split("=", 1) for pair in given)


def _content(body: str | None) -> Any:
    """Raises ``ConfigurationError`` for what is no JSON."""
    if body is None:
        return None
    try:
        return json.loads(typer.get_text_stream("stdin").read() if body == "-" else body)
    except ValueError:
        raise ConfigurationError("The body is no JSON.") from None
