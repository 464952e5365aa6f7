"""``python -m local.security.lock`` pins every package of the layer with its hashes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

from local.stack.places import ROOT

REQUIREMENTS = ROOT / "layers" / "dependencies" / "requirements.txt"
LOCK = REQUIREMENTS.with_suffix(".lock")

_HEAD = (
    "# Every package of the layer with its hashes, made of requirements.txt by `make lock`: a build"
    " takes these files and no others.\n"
)
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def pins_in(text: str) -> dict[str, str]:
    """Returns the version of each package that a file pins, by its normalised name."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in _PIN.findall(text)}


def names_in(text: str) -> list[str]:
    """Returns the packages that a file pins."""
    return sorted(pins_in(text))


def lock_problems(requirements: str, lock: str) -> Iterator[str]:
    """Yields what is wrong with a lock: a stale pin, a package that is missing or has no hash."""
    locked = pins_in(lock)
    for name, version in pins_in(requirements).items():
        if locked.get(name) != version:
            yield f"{name} is locked as {locked.get(name)} and required as {version}: `make lock`"
    for block in re.split(r"\n(?=[A-Za-z])", lock):
        pin = _PIN.search(block)
        if pin is not None and "--hash=sha256:" not in block:
            yield f"{pin[1]} is locked without a hash: `make lock`"
    for line in requirements.splitlines():
        if line.strip() and not line.startswith("#") and _PIN.match(line) is None:
            yield f"{line.strip()} is not pinned"


def main() -> int:
    """Writes the lock anew."""
    subprocess.run(
        [
            sys.executable, "-m", "piptools", "compile", "--quiet", "--generate-hashes",
            "--no-header", "--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links",
            "--strip-extras", "--no-annotate", "--output-file", str(LOCK), str(REQUIREMENTS),
        ],
        check=True,
    )  # fmt: skip
    LOCK.write_text(_HEAD + LOCK.read_text().lstrip())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
