"""The door: cold start, warm call, and a burst, on the artifact that SAM built."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import create_default_context

from bench.certificate import write_certificate
from bench.door_process import SECRET
from bench.rows import Row, absolute, paired
from local.interpreters import InterpreterMissingError, find_interpreter
from local.stack.build import build
from local.stack.places import ROOT, Target

SUITE = "door"
_PROCESS = ROOT / "bench" / "door_process.py"
_PRODUCTION = "python3.13"


@dataclass(frozen=True, slots=True)
class Bed:
    """What the measured processes run on."""

    python: Path
    environment: Mapping[str, str]
    bare_environment: Mapping[str, str]
    stub_url: str
    certificate: Path

    def counted(self) -> Mapping[str, int]:
        """What the stub has taken so far."""
        context = create_default_context(cafile=str(self.certificate))
        with urllib.request.urlopen(f"{self.stub_url}/count", context=context) as answer:  # noqa: S310 - our own stub
            found: Mapping[str, int] = json.load(answer)
        return found

    def start(self, *arguments: str, bare: bool = False) -> subprocess.Popen[str]:
        """Starts a measured process."""
        return subprocess.Popen(
            [str(self.python), str(_PROCESS), *arguments],
            env=dict(self.bare_environment if bare else self.environment),
            cwd=tempfile.gettempdir(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def measure(short: bool) -> Sequence[Row]:
    """Returns the rows of the suite."""
    with _bed() as bed:
        return [
            _cold(bed, 7 if short else 21),
            _warm(bed, 7 if short else 21, 50 if short else 200),
            *_burst(bed, 2_000 if short else 10_000),
        ]


def _cold(bed: Bed, pairs: int) -> Row:
    def once(mode: str, bare: bool) -> float:
        began = time.perf_counter()
        process = bed.start(mode, bare=bare)
        assert process.stdout is not None
        line = process.stdout.readline()
        took = time.perf_counter() - began
        process.communicate()
        if line.strip() != "answered":
            raise RuntimeError(f"{mode} did not answer")
        return took * 1000

    once("cold-ours", False), once("cold-bare", True)  # the disk cache is warm for both
    ours, bare = [], []
    for _ in range(pairs):
        ours.append(once("cold-ours", False))
        bare.append(once("cold-bare", True))
    return paired(
        SUITE, "cold start to the first answer", "ms", ours=ours, reference=bare,
        reference_name="bare botocore, the same two calls", target=1.10,
    )  # fmt: skip


def _warm(bed: Bed, rounds: int, calls: int) -> Row:
    process = bed.start("warm", str(rounds), str(calls))
    output, _ = process.communicate(timeout=300)
    found = json.loads(output)
    return paired(
        SUITE, "warm call: verify + accept", "us",
        ours=[seconds * 1e6 for seconds in found["ours"]],
        reference=[seconds * 1e6 for seconds in found["bare"]],
        reference_name="bare botocore send", target=1.15,
    )  # fmt: skip


def _burst(bed: Bed, events: int) -> Sequence[Row]:
    before = bed.counted()
    half = events // 2
    processes = [
        bed.start("load", str(10_000_000 * (number + 1)), str(half), "500") for number in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    outputs = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        outputs.append(json.loads(process.communicate(timeout=600)[0]))
    after = bed.counted()
    refused = sum(output["refused"] for output in outputs)
    lost = events - (after["distinct"] - before["distinct"])
    worst = max(output["p99"] for output in outputs)
    return [
        absolute(SUITE, f"{events} events at 1,000/s: refused", "events", ours=refused, target=0),
        absolute(SUITE, f"{events} events at 1,000/s: lost", "events", ours=lost, target=0),
        absolute(
            SUITE, f"{events} events at 1,000/s: p99 from due to answered", "s",
            ours=round(worst, 3), target=5.0,
        ),
    ]  # fmt: skip


@contextmanager
def _bed() -> Iterator[Bed]:
    target = _target()
    artifact = build(target).template.parent
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate, key = write_certificate(folder)
        door = {
            "v": 1,
            "scheme": "standard_webhooks",
            "secrets": [{"id": "1", "value": SECRET, "not_after": None}],
        }
        (folder / "door.json").write_text(json.dumps(door))
        stub = subprocess.Popen(
            [sys.executable, "-m", "bench.stub", str(certificate), str(key),
             str(folder / "door.json")],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert stub.stdout is not None
            url = f"https://127.0.0.1:{stub.stdout.readline().strip()}"
            yield Bed(
                find_interpreter(target.runtime),
                _environment(artifact, url, certificate, bare=False),
                _environment(artifact, url, certificate, bare=True),
                url,
                certificate,
            )
        finally:
            stub.kill()
            stub.wait()


def _target() -> Target:
    here = Target.this_machine()
    try:
        find_interpreter(_PRODUCTION)
    except InterpreterMissingError:
        return here
    return Target(_PRODUCTION, here.architecture)


def _environment(artifact: Path, url: str, certificate: Path, *, bare: bool) -> dict[str, str]:
    dependencies = artifact / "DependenciesLayer" / "python"
    code = [artifact / "WebhookFunction", artifact / "CodeLayer" / "python"]
    paths = [dependencies] if bare else [*code, dependencies]
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's file system is read-only
        "AWS_ENDPOINT_URL": url,
        "AWS_CA_BUNDLE": str(certificate),
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "STAGE": "bench",
        "SECRETS_PREFIX": "mostik",
        "STATE_TABLE": "state",
        "JOBS_QUEUE_URL": f"{url}/000000000000/jobs",
        "BLOBS_BUCKET": "blobs",
        "MAX_BODY_BYTES": "1048576",
    }
