"""``python -m local.smoke``: every function as built, under Lambda's runtime emulator.

The last line is JSON. A stack of its own is deployed into the emulator of AWS; the functions run in
an environment that holds Lambda's runtime client and nothing else: a package that the layer lacks
fails here as it would on AWS. To prove that, one is taken away at the end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.smoke.rie import PYTHON, function
from local.smoke.story import Asked, doors, story
from local.stack import lifecycle
from local.stack.build import build
from local.stack.description import LocalStack
from local.stack.errors import LocalStackError
from local.stack.places import Target

NAME = "mostik-smoke"
MISSING = "pydantic"
_IMPORT_ALL = (
    "import importlib,pkgutil,sys\n"
    "for name in ('mostik','integrations'):\n"
    "  package=importlib.import_module(name)\n"
    "  for found in pkgutil.walk_packages(package.__path__,name+'.'):\n"
    "    importlib.import_module(found.name); print(found.name)\n"
)


def main() -> int:
    """Runs it. Returns 0 when every function answers as it must and a gap is found."""
    began = time.monotonic()
    target = Target.this_machine()
    try:
        stack = lifecycle.up(name=NAME, fresh=True)
        artifact = build(target).template.parent
        problems, asked = _smoke(stack, artifact)
    finally:
        lifecycle.down(name=NAME)
    for problem in problems:
        print(f"  {problem}", file=sys.stderr)
    took = round(time.monotonic() - began, 1)
    print(json.dumps({"functions": asked, "problems": len(problems), "seconds": took}))
    return 1 if problems else 0


def _smoke(stack: LocalStack, artifact: Path) -> tuple[list[str], int]:
    layers = [artifact / "DependenciesLayer" / "python", artifact / "CodeLayer" / "python"]
    problems = _imported(layers)
    asked = story(_prepared(stack))
    for one in asked:
        try:
            answer = _answer(stack, artifact, layers, one)
        except LocalStackError as error:
            problems.append(f"{one.function}: {error}")
            continue
        if not one.well(answer):
            problems.append(f"{one.function}: answered {json.dumps(answer)[:300]}")
        _say(f"{one.function} answered")
    worker = next(one for one in asked if one.function == "worker")
    problems += _finds_a_gap(stack, artifact, layers, worker)
    return problems, len({one.function for one in asked})


def _prepared(stack: LocalStack) -> str:
    """Gives the doors their secrets. Returns the admin's password."""
    secrets = stack.client("secretsmanager")
    for name, document in doors().items():
        secrets.create_secret(Name=f"{stack.secrets_prefix}/door/{name}", SecretString=document)
    found: str = secrets.get_secret_value(SecretId=f"{stack.secrets_prefix}/admin")["SecretString"]
    return found


def _imported(layers: Sequence[Path]) -> list[str]:
    """Imports every module of ours: what a function imports late is in no answer."""
    answer = subprocess.run(
        [PYTHON, "-c", _IMPORT_ALL],
        env={"PYTHONPATH": ":".join(map(str, layers))},
        capture_output=True,
        text=True,
        check=False,
    )
    _say(f"{len(answer.stdout.split())} modules imported")
    return [] if answer.returncode == 0 else [answer.stderr.strip().splitlines()[-1]]


def _answer(stack: LocalStack, artifact: Path, layers: Sequence[Path], one: Asked) -> Any:
    described: Mapping[str, Any] = stack.client("lambda").get_function_configuration(
        FunctionName=stack.functions[one.function]
    )
    variables = {**described["Environment"]["Variables"], **stack.environment()}
    place = artifact / f"{one.function.capitalize()}Function"
    log = Path(stack.state_dir) / f"rie-{one.function}.log"
    seconds = int(described["Timeout"])
    with function(described["Handler"], [place, *layers], variables, seconds, log) as running:
        return running.invoke(one.event, seconds)


def _finds_a_gap(
    stack: LocalStack, artifact: Path, layers: Sequence[Path], one: Asked
) -> list[str]:
    """Takes a package out of the layer; the function must not work without it."""
    whole, code = layers
    with tempfile.TemporaryDirectory() as folder:
        poorer = Path(folder)
        for part in whole.iterdir():
            if not part.name.startswith(MISSING):
                (poorer / part.name).symlink_to(part)
        try:
            _answer(stack, artifact, [poorer, code], one)
        except LocalStackError as error:
            if MISSING in str(error):
                _say(f"without {MISSING}, {one.function} fails as it must")
                return []
            return [f"without {MISSING}: {error}"]
    return [f"{one.function} works without {MISSING}: the environment lends it packages"]


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
