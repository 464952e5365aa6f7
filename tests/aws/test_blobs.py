"""The contract of ``Blobs``."""

from __future__ import annotations

import pytest

from mostik.ports import Blobs
from tests.aws.worlds import World


@pytest.fixture
def blobs(world: World) -> Blobs:
    return world.blobs()


@pytest.mark.parametrize("data", [b"", b"text", bytes(range(256)) * 2_000], ids=["0", "4", "512k"])
def test_an_object_comes_back_as_it_was(blobs: Blobs, data: bytes) -> None:
    # WHEN
    blobs.put("bodies/shop/Заказ №1", data)
    # THEN
    assert blobs.get("bodies/shop/Заказ №1") == data


def test_a_missing_object_reads_as_none(blobs: Blobs) -> None:
    assert blobs.get("bodies/nothing") is None


def test_an_object_is_replaced(blobs: Blobs) -> None:
    # GIVEN
    blobs.put("key", b"old")
    # WHEN
    blobs.put("key", b"new")
    # THEN
    assert blobs.get("key") == b"new"
