"""Each contract is held three times: in memory, over moto, over the emulator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

from local.stack import emulator as emulators
from local.stack.description import emulator_client
from local.stack.emulator import Emulator
from local.stack.processes import REGION
from mostik.ports import Blobs, Table
from mostik.requestlog.store import RequestLog
from tests.aws.worlds import AwsWorld, MemoryWorld, World

_SERVICES = ("dynamodb", "sqs", "s3", "secretsmanager")


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator, started once for all tests of this process."""
    folder = tmp_path_factory.mktemp("emulator")
    try:
        yield emulators.start(folder)
    finally:
        emulators.stop(folder)


@pytest.fixture(scope="session")
def emulator_clients(emulator: Emulator) -> Iterator[Mapping[str, Any]]:
    """Clients of the emulator by service."""
    clients = {
        service: emulator_client(service, emulator.endpoint_url, REGION) for service in _SERVICES
    }
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture(scope="session")
def moto_clients(no_aws_account: None) -> Iterator[Mapping[str, Any]]:  # noqa: ARG001 - comes first
    """Clients that moto answers, as long as ``mock_aws`` is on."""
    with mock_aws():
        session = botocore.session.Session()
        clients = {
            service: session.create_client(service, region_name=REGION) for service in _SERVICES
        }
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture
def moto_world(moto_clients: Mapping[str, Any]) -> Iterator[AwsWorld]:
    """A world of moto, empty."""
    with mock_aws():
        yield AwsWorld("moto", moto_clients)


@pytest.fixture
def emulator_world(emulator_clients: Mapping[str, Any]) -> AwsWorld:
    """A world of the emulator; what it makes has names of its own."""
    return AwsWorld("emulator", emulator_clients)


@pytest.fixture(params=["memory", "moto", pytest.param("emulator", marks=pytest.mark.emulator)])
def world(request: pytest.FixtureRequest) -> World:
    """Each world in its turn."""
    if request.param == "memory":
        return MemoryWorld()
    found: World = request.getfixturevalue(f"{request.param}_world")
    return found


@pytest.fixture
def table(world: World) -> Table:
    """An empty state table."""
    return world.state_table()


@pytest.fixture
def log_rows(world: World) -> Table:
    return world.log_table()


@pytest.fixture
def blobs(world: World) -> Blobs:
    return world.blobs()


@pytest.fixture
def log(log_rows: Table, blobs: Blobs) -> RequestLog:
    return RequestLog(log_rows, blobs)
