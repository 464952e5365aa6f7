from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import mostik

SOURCES = Path(mostik.__path__[0]).parent

HEAVY = ("cryptography", "jwt", "pydantic", "requests", "urllib3", "boto3", "botocore", "ssl")

PROGRAM = """
import json, sys
before = set(sys.modules)
from mostik.inbound.door import parse_door
import mostik.inbound.handshake
parse_door(sys.argv[1])
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def modules_of(document: dict[str, object]) -> set[str]:
    """Names of the modules that a fresh interpreter loads for a door."""
    ran = subprocess.run(  # noqa: S603 - this interpreter, our own program
        [sys.executable, "-c", PROGRAM, json.dumps(document)],
        capture_output=True,
        check=True,
        cwd=SOURCES,
        text=True,
    )
    return set(json.loads(ran.stdout))


@pytest.mark.parametrize("scheme", ["hmac", "standard_webhooks", "bitrix24"])
def test_a_door_with_a_shared_secret_loads_no_heavy_package(scheme: str) -> None:
    # GIVEN a door of a scheme that needs the standard library only
    document: dict[str, object] = {"v": 1, "scheme": scheme}
    # WHEN a fresh interpreter reads it
    loaded = modules_of(document)
    # THEN the cold start pays for no package, nor for another family of schemes
    assert [name for name in loaded if name.partition(".")[0] in HEAVY] == []
    families = {name for name in loaded if name.startswith("mostik.inbound.schemes.")}
    assert len(families) == 2  # the catalogue and the scheme


def test_a_door_with_a_public_key_loads_what_it_needs() -> None:
    # GIVEN a door of a scheme with public keys
    document: dict[str, object] = {"v": 1, "scheme": "sendgrid"}
    # WHEN a fresh interpreter reads it
    loaded = modules_of(document)
    # THEN the crypto package is there: a wrong build shows when the door is saved, not at an event
    assert "cryptography" in loaded
    assert "jwt" not in loaded
