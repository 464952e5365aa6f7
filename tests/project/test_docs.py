"""Pages that are made from the code say what the code says."""

from __future__ import annotations

import pytest

from local.docs.__main__ import PAGES
from mostik.registry import discovered
from tests.project.cloudformation import ROOT


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_not_stale(name: str) -> None:
    kept = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert kept == PAGES[name](), "run `make docs`"


def test_every_code_of_every_integration_is_on_the_page() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    for integration in discovered().values():
        for code, verdict in integration.dialect.errors.items():
            assert f"| `{code}`" in page
            assert verdict.text in page
