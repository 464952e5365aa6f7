"""Which licence an installed package says it has, as SPDX names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import PackageMetadata

_SPELLED: Mapping[str, str] = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd license": "BSD-3-Clause",
    "bsd": "BSD-3-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "dual license": "BSD-3-Clause",
    "mit license": "MIT",
    "mit": "MIT",
    "mit no attribution": "MIT-0",
    "mit no attribution license (mit-0)": "MIT-0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "mpl-2.0": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "psfl": "PSF-2.0",
}
"""How packages spell it that do not use SPDX."""


def licence_of(package: PackageMetadata) -> frozenset[str] | None:
    """Returns the names, all of which hold; of a choice (OR) the first. None: it says nothing."""
    said = _line(package, "License-Expression")
    if said:
        chosen = re.split(r"\s+OR\s+", said)[0]
        return frozenset(re.split(r"\s+AND\s+", chosen.strip("() ")))
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in package.get_all("Classifier") or []
        if line.startswith("License ::") and line != "License :: OSI Approved"
    ]
    said = _line(package, "License")
    words = classifiers or ([said] if said else [])
    return frozenset(_SPELLED.get(word.strip().lower(), word.strip()) for word in words) or None


def _line(package: PackageMetadata, name: str) -> str | None:
    """The first line of a field; some packages put a whole licence there."""
    lines = package[name].splitlines() if name in package else []
    return lines[0] if lines else None
