"""``python -m local``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
# The import roots of the functions; Lambda has them on its path, a plain python does not.
sys.path[:0] = [str(_ROOT / "layers" / "code"), str(_ROOT / "functions")]
os.environ.pop("AWS_CA_BUNDLE", None)  # it would be used for plain loopback addresses too

from local.cli.app import app  # noqa: E402 - the path comes first

app()
