"""Makes the folder of a new integration from the template."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from local.stack.places import ROOT

INTEGRATIONS = ROOT / "layers" / "code" / "integrations"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")


class ScaffoldError(Exception):
    """The folder cannot be made; the text says why."""


def make_integration(name: str, folder: Path = INTEGRATIONS) -> list[str]:
    """Copies the template under a new name.

    Args:
        name: of the integration; a-z, 0-9 and ``_``.
        folder: where the integrations are.

    Returns:
        The files made, relative to the project.

    Raises:
        ScaffoldError: the name cannot be used or is taken.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ScaffoldError(
            f"{name!r} cannot be a name: use a-z, 0-9 and _, beginning with a letter"
        )
    target = folder / name
    if target.exists():
        raise ScaffoldError(f"the integration {name!r} exists already")
    title = name.replace("_", " ").capitalize()
    made = []
    target.mkdir(parents=True)
    for source in sorted((INTEGRATIONS / "_template").iterdir()):
        if not source.is_file():
            continue
        text = source.read_text(encoding="utf-8").replace("_template", name)
        text = text.replace("Template", title)
        copy = target / source.name
        copy.write_text(text, encoding="utf-8")
        made.append(str(copy.relative_to(ROOT) if copy.is_relative_to(ROOT) else copy))
    return made
