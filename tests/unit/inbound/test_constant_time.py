from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import mostik.inbound

ROOT = Path(mostik.inbound.__path__[0])

PROOF = re.compile(r"(^|_)(sig|signature|signatures|digest|h?mac|presented|expected|hash)$")


def compared_in_the_open(source: str) -> list[int]:
    """Lines where ``==``, ``!=``, ``in`` or ``not in`` looks at something named like a proof."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare):
            continue
        # "in" shows its left side in the open; what it is looked for in may be any text.
        for left, way, right in zip(
            [node.left, *node.comparators], node.ops, node.comparators, strict=False
        ):
            equality = isinstance(way, ast.Eq | ast.NotEq)
            membership = isinstance(way, ast.In | ast.NotIn)
            if (equality and (is_proof(left) or is_proof(right))) or (
                membership and is_proof(left)
            ):
                found.append(node.lineno)
    return found


def is_proof(node: ast.expr) -> bool:
    """Whether an expression is named like a proof, or is made of one."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id == "len":
            return False  # its length is no secret
        return is_proof(node.func) or any(map(is_proof, node.args))
    if isinstance(node, ast.Subscript):
        return is_proof(node.value)
    if isinstance(node, ast.Name):
        return PROOF.search(node.id) is not None
    if isinstance(node, ast.Attribute):
        return PROOF.search(node.attr) is not None or is_proof(node.value)
    return False


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.name)
def test_no_proof_is_compared_in_the_open(path: Path) -> None:
    # GIVEN a module of the door
    source = path.read_text("utf-8")
    # WHEN its comparisons are read
    lines = compared_in_the_open(source)
    # THEN none tells by its time how much of a proof was right
    assert lines == []


@pytest.mark.parametrize(
    "line",
    [
        "ok = signature == expected",
        "ok = request.digest != other",
        "ok = mac in accepted",
        "ok = hmac.digest(key, body, 'md5') == given",
        "ok = signature.lower() == given",
        "ok = to_bytes(presented) == given",
    ],
)
def test_the_rule_sees_an_open_comparison(line: str) -> None:
    # GIVEN a line that compares a proof in the open
    # WHEN it is read
    lines = compared_in_the_open(line)
    # THEN it is found
    assert lines == [1]
