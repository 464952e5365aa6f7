"""What every command shares: the terminal, the stack's name, and errors in one line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated, ParamSpec, TypeVar

import requests
import typer
from rich.console import Console

from local.scaffold import ScaffoldError
from local.stack.errors import LocalStackError
from mostik.errors import ConfigurationError, Skip
from mostik.ports import Busy

out = Console(width=None if sys.stdout.isatty() else 160)

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Name = Annotated[str, typer.Option(help="Name of the local stack.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON line instead of a table.")]
LOCAL = "mostik-local"


def speaks_plainly(command: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Turns an error that a person can mend into one line and exit code 1."""

    @wraps(command)
    def wrapped(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return command(*args, **kwargs)
        except (LocalStackError, ConfigurationError, Skip, ScaffoldError, Busy) as error:
            typer.echo(f"error: {error}", err=True)
        except requests.ConnectionError:
            typer.echo("error: the stack does not answer; start it with 'make run'", err=True)
        raise typer.Exit(1)

    return wrapped
