"""The emulator's process: loopback only, state over a clean stop, errors that help."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import emulator as emulators
from local.stack.description import emulator_client
from local.stack.emulator import Emulator
from local.stack.errors import LocalStackError
from local.stack.lifecycle import down
from local.stack.processes import REGION

pytestmark = [pytest.mark.emulator, pytest.mark.loopback]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    emulators.stop(tmp_path)


def write_secret(emulator: Emulator, value: str) -> None:
    secrets = emulator_client("secretsmanager", emulator.endpoint_url, REGION)
    secrets.create_secret(Name="one", SecretString=value)


def read_secret(emulator: Emulator) -> str:
    secrets = emulator_client("secretsmanager", emulator.endpoint_url, REGION)
    return str(secrets.get_secret_value(SecretId="one")["SecretString"])


def test_state_and_address_are_kept_over_a_clean_stop(folder: Path) -> None:
    # GIVEN
    first = emulators.start(folder)
    write_secret(first, "kept")
    # WHEN
    assert down(folder)
    assert emulators.running(folder) is None
    second = emulators.start(folder)
    # THEN
    assert second.port == first.port
    assert read_secret(second) == "kept"


def test_a_second_start_finds_the_first(folder: Path) -> None:
    first = emulators.start(folder)
    assert emulators.start(folder) == emulators.running(folder) == first


def test_a_running_stack_does_not_silently_stay_on_another_port(folder: Path) -> None:
    running = emulators.start(folder)
    with pytest.raises(LocalStackError, match=f"runs on port {running.port}: stop it"):
        emulators.start(folder, port=running.port + 1)


def test_stopping_what_does_not_run_is_no_error(tmp_path: Path) -> None:
    assert down(tmp_path) is False


def test_a_taken_port_is_named(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LocalStackError, match=f"port {port} is taken by another program"):
            emulators.start(folder, port=port)


def test_the_port_of_kept_state_cannot_change(folder: Path) -> None:
    # GIVEN
    first = emulators.start(folder)
    down(folder)
    # THEN
    with pytest.raises(LocalStackError, match=f"belongs to port {first.port}"):
        emulators.start(folder, port=first.port + 1)


def test_the_emulator_listens_on_loopback_only(folder: Path) -> None:
    # GIVEN
    emulator = emulators.start(folder)
    # WHEN another address of this machine is tried; 127.0.0.2 is one on Linux
    with socket.socket() as client:
        client.settimeout(1)
        refused = client.connect_ex(("127.0.0.2", emulator.port))
    # THEN
    assert refused != 0
