"""``python -m local cml inspect``."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from typer.testing import CliRunner

from local.cli.cml import commands
from local.sandbox.onec.catalogue import Catalogue, import_file, offers_file
from local.sandbox.onec.paper import Style

SHOP = Catalogue(8, groups=3, properties=2)


def test_one_json_line_a_file_names_all_counts_and_all_that_is_unknown(tmp_path: Path) -> None:
    # GIVEN a file with something unknown, a zip of two files, and a page of HTML
    goods = tmp_path / "import.xml"
    content = b"".join(import_file(SHOP, Style()))
    goods.write_bytes(content.replace("</Товар>".encode(), "<Новое>1</Новое></Товар>".encode()))
    both = tmp_path / "v8_1.zip"
    with zipfile.ZipFile(both, "w") as archive:
        archive.writestr("import.xml", content)
        archive.writestr("offers.xml", b"".join(offers_file(SHOP, Style())))
    page = tmp_path / "page.xml"
    page.write_bytes(b"<html/>")
    # WHEN they are inspected
    answer = CliRunner().invoke(commands, ["inspect", str(goods), str(both), str(page), "--json"])
    # THEN each has a line, and the exit code says that one was refused
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.exit_code == 1
    assert lines[0] == {
        "file": str(goods),
        "counts": {
            "groups": 3, "properties": 2, "price_types": 0, "warehouses": 0, "products": 8,
            "offers": 0, "prices": 0, "stock_rows": 0, "documents": 0, "deleted": 0,
        },
        "unknown": {"Товар/Новое": 8},
    }  # fmt: skip
    assert [Path(line["file"]).name for line in lines[1:3]] == ["import.xml", "offers.xml"]
    assert lines[2]["counts"]["stock_rows"] == 20
    assert "CommerceML" in lines[3]["refused"]


def test_a_table_for_people(tmp_path: Path) -> None:
    file = tmp_path / "offers.xml"
    file.write_bytes(b"".join(offers_file(SHOP, Style())))
    answer = CliRunner().invoke(commands, ["inspect", str(file)])
    assert answer.exit_code == 0
    assert "offers 10" in answer.stdout
