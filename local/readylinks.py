"""Links that lie ready for the sandboxes, each set in a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mostik.errors import Skip

FOLDER = Path(__file__).parent / "links"


def names() -> Sequence[str]:
    """Returns what they are called."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def text_of(name: str) -> str:
    """Returns the links of a name, as YAML.

    Raises:
        Skip: there are none of that name; says which there are.
    """
    if name not in names():
        raise Skip(f"No link {name!r} lies ready. There are: {', '.join(names())}.")
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
