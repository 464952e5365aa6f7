"""A connection to 1C for the standard suite; nothing is called, so nothing answers."""

from __future__ import annotations

from integrations.onec import names
from mostik.integration import Sample

sample = Sample(
    body=b"",
    content_type="application/xml",
    settings={"target": "portal", "goods": {"creates_percent": 100}},
    door_secret="",
    about=(),
    resource=names.PRODUCTS,
    key="good",
    answers={},
)
