"""Real files, counted a second time with nothing but ElementTree.

They belong to other projects and stay outside of this one: ``COMMERCEML_SAMPLES`` names their
folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

from local.cli.cml import inspected

FOLDER = Path(os.environ.get("COMMERCEML_SAMPLES", "") or "no-such-folder")
SAMPLES = sorted(FOLDER.glob("*.xml"))
PACKAGES = ("ПакетПредложений", "ИзмененияПакетаПредложений")
ROWS = ("Склад", "Склады", "КоличествоНаСкладе")


@pytest.mark.skipif(not SAMPLES, reason="COMMERCEML_SAMPLES names no folder with samples")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_real_file_is_read_to_the_last_element(sample: Path) -> None:
    (line,) = inspected(sample)
    assert line["counts"] == independent(sample)
    assert not line["unknown"]
    assert "faults" not in line
    assert "rejected" not in line


def independent(sample: Path) -> Mapping[str, int]:
    """Counts by local name, and by what an element stands in."""
    root = ElementTree.parse(sample).getroot()  # noqa: S314 - files that were looked at
    above = {child: parent for parent in root.iter() for child in parent}

    def name(element: ElementTree.Element | None) -> str:
        return "" if element is None else element.tag.rpartition("}")[2]

    def within(element: ElementTree.Element, *names: str) -> bool:
        parent = above.get(element)
        while parent is not None and name(parent) not in names:
            parent = above.get(parent)
        return parent is not None

    def count(*names: str) -> list[ElementTree.Element]:
        return [element for element in root.iter() if name(element) in names]

    lists = [one for one in count("Склад") if name(above.get(one)) == "Склады"]
    offers = count("Предложение")
    removed = [one for one in count("ПометкаУдаления") if (one.text or "").strip() == "true"]
    removed += [one for one in root.iter() if one.get("Статус") == "Удален"]
    return {
        "groups": len(count("Группа")),
        "properties": len(count("Свойство", "СвойствоНоменклатуры")),
        "price_types": len(count("ТипЦены")),
        "warehouses": len([one for one in lists if not within(one, "Предложение", "Документ")]),
        "products": len([one for one in count("Товар") if not within(one, "Документ")]),
        "offers": len(offers),
        "prices": len([one for one in count("Цена") if within(one, "Предложение")]),
        "stock_rows": len(
            [
                one
                for one in count(*ROWS)
                if (within(one, "Предложение") and one.attrib) or name(above.get(one)) == "Остаток"
            ]
        ),
        "documents": len([one for one in count("Документ") if not within(one, "Документ")]),
        "deleted": len(removed),
    }
