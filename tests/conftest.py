"""What holds for every test: no network, no AWS account, reproducible examples.

A test that opens sockets is marked ``loopback`` or ``emulator`` and reaches 127.0.0.1 only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from local.stack.errors import LocalStackError
from local.stack.places import emulator_python
from local.stack.processes import REGION

WITHOUT_EMULATOR = "MOSTIK_WITHOUT_EMULATOR"
_LOOPBACK = ["127.0.0.1"]

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Shuts the network to every test, and the emulator out where it is not wanted."""
    for item in items:
        needs_emulator = item.get_closest_marker("emulator") is not None
        if needs_emulator or item.get_closest_marker("loopback") is not None:
            item.add_marker(pytest.mark.allow_hosts(_LOOPBACK))
        else:
            item.add_marker(pytest.mark.disable_socket)
        if needs_emulator and os.environ.get(WITHOUT_EMULATOR):
            item.add_marker(pytest.mark.skip(reason=f"{WITHOUT_EMULATOR} is set"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test of the emulator does not pass silently where there is none."""
    if item.get_closest_marker("emulator") is None or os.environ.get(WITHOUT_EMULATOR):
        return
    try:
        emulator_python()
    except LocalStackError as error:
        pytest.fail(f"{error}; or set {WITHOUT_EMULATOR}=1 to skip such tests", pytrace=False)


@pytest.fixture(scope="session", autouse=True)
def no_aws_account() -> Iterator[None]:
    """botocore finds keys that open nothing, and no profile, endpoint or proxy of the caller's."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("AWS_") or name.upper() in ("HTTP_PROXY", "HTTPS_PROXY"):
                patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield
