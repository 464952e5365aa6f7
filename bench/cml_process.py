"""One reader, one file, a process of its own: ``python bench/cml_process.py READER FILE``.

Prints one JSON line: seconds without imports, peak RSS less RSS after the imports, goods found.
The peers run from folders of their own (both call themselves ``cml``), given on ``PYTHONPATH``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Read = Callable[[str], int]


def ours() -> Read:
    """Validated records of ``mostik.commerceml``."""
    from mostik.commerceml.models_goods import Product
    from mostik.commerceml.reader import Reader

    def read(file: str) -> int:
        with open(file, "rb") as source:
            return sum(1 for record in Reader(source) if isinstance(record, Product))

    return read


def bare() -> Read:
    """lxml's ``iterparse`` and nothing else: the same contents as dictionaries."""
    from lxml import etree

    def contents(element: Any) -> dict[str, Any]:
        out: dict[str, Any] = dict(element.attrib)
        for child in element:
            name = child.tag.rpartition("}")[2]
            value = contents(child) if len(child) or child.attrib else child.text
            if name in out:
                if not isinstance(out[name], list):
                    out[name] = [out[name]]
                out[name].append(value)
            else:
                out[name] = value
        return out

    def read(file: str) -> int:
        found = 0
        for _, element in etree.iterparse(file, events=("end",), tag="{*}Товар"):
            contents(element)
            found += 1
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        return found

    return read


def element_tree() -> Read:
    """The standard library's ElementTree: the whole file, then its goods."""
    from xml.etree import ElementTree

    def contents(element: ElementTree.Element) -> dict[str, Any]:
        out: dict[str, Any] = dict(element.attrib)
        for child in element:
            name = child.tag.rpartition("}")[2]
            value = contents(child) if len(child) or child.attrib else child.text
            out.setdefault(name, []).append(value)
        return out

    def read(file: str) -> int:
        root = ElementTree.parse(file).getroot()  # noqa: S314 - as above
        return sum(1 for one in root.iter() if one.tag.endswith("Товар") and contents(one))

    return read


def django_cml() -> Read:
    """django-cml's import manager, with a pipeline that counts goods. Knows no namespace."""
    _django()
    from cml.utils import ImportManager

    def read(file: str) -> int:
        manager = ImportManager(file)
        found: list[None] = []

        def count(item: object) -> None:
            if type(item).__name__ == "Product":
                found.append(None)

        manager.item_processor.process_item = count
        manager.import_catalogue()
        return len(found)

    return read


def django_cml2() -> Read:
    """django-cml2's packet."""
    _django()
    from cml.items import Packet

    def read(file: str) -> int:
        return len(Packet.parse(file).catalogue.products)

    return read


def _django() -> None:
    from django.conf import settings

    settings.configure(MEDIA_ROOT="", CML_PROJECT_PIPELINES="none")


READERS = {
    "ours": ours,
    "bare": bare,
    "elementtree": element_tree,
    "django-cml": django_cml,
    "django-cml2": django_cml2,
}


def _megabytes(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1_024
    raise LookupError(field)


def main(reader: str, file: str) -> None:
    """Measures one reading."""
    read = READERS[reader]()
    before = _megabytes("VmRSS")
    began = time.perf_counter()
    found = read(file)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "mb": _megabytes("VmHWM") - before, "found": found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
