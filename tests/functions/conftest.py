"""Fixtures of the handlers' tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.deployed import deployed


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The queue of a stack whose functions are configured as the template configures them."""
    with deployed(monkeypatch) as stack:
        yield stack
