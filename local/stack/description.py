"""What is known about a running local stack, for the command line, the tests and the demo."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.session

from local.stack.errors import LocalStackError
from local.stack.processes import EMULATED_ACCOUNT

_FILE = "stack.json"

# The caller's own AWS account must not show through: no profile, no files, no certificate bundle.
_NOTHING_INHERITED: dict[str, tuple[str | None, list[str] | str | None, Any, Any]] = {
    "profile": (None, None, None, None),
    "ca_bundle": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A stack that runs on this machine.

    Args:
        name: of the CloudFormation stack.
        pid: the emulator's process.
        port: the emulator's port on 127.0.0.1.
        endpoint_url: where every AWS service answers.
        api_url: where the HTTP API answers; append ``/webhooks/...``.
        secrets_prefix: secrets are ``<prefix>/door/<id>``, ``<prefix>/client/<id>``, ...
        functions: physical function names, keyed by folder (``webhook``).
        state_dir: where the stack keeps its state and logs.
    """

    name: str
    pid: int
    port: int
    endpoint_url: str
    api_url: str
    region: str
    secrets_prefix: str
    jobs_queue_url: str
    jobs_dead_letter_queue_url: str
    state_table: str
    request_log_table: str
    blobs_bucket: str
    log_group: str
    functions: dict[str, str]
    state_dir: str

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator, untouched by the caller's own AWS settings."""
        return emulator_client(service, self.endpoint_url, self.region)

    def environment(self) -> dict[str, str]:
        """The variables with which another process talks to the emulator as the functions do."""
        return {**EMULATED_ACCOUNT, "AWS_ENDPOINT_URL": self.endpoint_url}

    def save(self, state_dir: Path) -> None:
        """Write the description where `load` finds it."""
        partial = state_dir / f"{_FILE}.partial"
        partial.write_text(json.dumps(asdict(self), indent=2) + "\n")
        partial.replace(state_dir / _FILE)

    @classmethod
    def load(cls, state_dir: Path) -> LocalStack:
        """Read the description of a stack that was started before; it may have stopped since.

        Raises:
            LocalStackError: there is none, or an older version wrote it.
        """
        try:
            return cls(**json.loads((state_dir / _FILE).read_text()))
        except FileNotFoundError:
            raise LocalStackError(
                f"no local stack in {state_dir}: start one with 'make run'"
            ) from None
        except (ValueError, TypeError) as error:
            raise LocalStackError(
                f"{state_dir / _FILE} is of another version: start afresh with 'make clean run'"
            ) from error


def emulator_client(service: str, endpoint_url: str, region: str) -> Any:
    """A boto3 client of an emulator, untouched by the caller's own AWS settings."""
    inner = botocore.session.Session(session_vars=_NOTHING_INHERITED)
    session = boto3.Session(
        aws_access_key_id=EMULATED_ACCOUNT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=EMULATED_ACCOUNT["AWS_SECRET_ACCESS_KEY"],
        region_name=region,
        botocore_session=inner,
    )
    return session.client(service, endpoint_url=endpoint_url)
