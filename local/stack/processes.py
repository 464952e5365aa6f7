"""The surroundings of the programs that the local stack starts: never a real AWS account's."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.stack.errors import LocalStackError

REGION = "us-east-1"
ACCOUNT = "000000000000"

# The emulator takes any key; a twelve-digit one names the account.
EMULATED_ACCOUNT = {
    "AWS_ACCESS_KEY_ID": ACCOUNT,
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}

# Ours may itself run under make, and SAM starts make for the layers.
_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"}
_PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}
_KEPT_BY_THE_EMULATOR = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")


def tool_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """For SAM and what it starts: everything of ours but the account, so that pip stays set up."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("AWS_") and key not in _MAKE
    }
    return {**kept, **EMULATED_ACCOUNT, "SAM_CLI_TELEMETRY": "0", **extra}


def aws_tool_environment(endpoint_url: str) -> dict[str, str]:
    """For a tool that talks to the emulator: no proxy may stand between."""
    environment = tool_environment({"AWS_ENDPOINT_URL": endpoint_url})
    return {key: value for key, value in environment.items() if key.upper() not in _PROXIES}


def emulator_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """For the emulator: the functions inherit it, so it holds as little as Lambda's own does."""
    kept = {key: os.environ[key] for key in _KEPT_BY_THE_EMULATOR if key in os.environ}
    return {**kept, **EMULATED_ACCOUNT, **extra}


def run_tool(
    what: str,
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    cwd: Path,
    log: Path,
) -> None:
    """Run a tool to its end, its output in a file.

    Raises:
        LocalStackError: it failed; the text holds the end of its output.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        answer = subprocess.run(
            [str(part) for part in command],
            env=dict(environment),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if answer.returncode != 0:
        raise LocalStackError(
            f"{what} failed ({answer.returncode}); the end of {log}:\n{tail(log)}"
        )


def tail(log: Path, lines: int = 30) -> str:
    """The last lines of a log file, or a word that it is empty."""
    text = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"  {line}" for line in text[-lines:]) or "  (nothing was written)"
