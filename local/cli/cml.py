"""The commands for CommerceML files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from local.cli.terminal import AsJson, out, speaks_plainly
from mostik.commerceml.archive import Archive
from mostik.commerceml.reader import Reader
from mostik.commerceml.refusal import Refused
from mostik.commerceml.report import Report

commands = typer.Typer(no_args_is_help=True, help=__doc__)


@commands.callback()
def _cml() -> None:
    """Look into CommerceML files."""


@commands.command()
@speaks_plainly
def inspect(
    files: Annotated[list[Path], typer.Argument(help="XML files, or zips of them.")],
    as_json: AsJson = False,
) -> None:
    """Say what a file holds and what of it is not understood: one line a file.

    Exit code 1: a file is refused.
    """
    lines = [line for file in files for line in inspected(file)]
    if as_json:
        for line in lines:
            typer.echo(json.dumps(line, ensure_ascii=False))
    else:
        out.print(_table(lines))
    if any("refused" in line for line in lines):
        raise typer.Exit(1)


def inspected(file: Path) -> Iterator[dict[str, Any]]:
    """Yields one line a file; a zip has one line for each XML in it."""
    try:
        source = file.open("rb")
    except OSError as error:
        yield {"file": str(file), **_line(Report(), error.strerror or "unreadable")}
        return
    with source:
        if not zipfile.is_zipfile(source):
            source.seek(0)
            yield {"file": str(file), **_read(source)}
            return
        source.seek(0)
        try:
            archive = Archive(source)
        except Refused as refused:
            yield {"file": str(file), **_line(Report(), refused.text)}
            return
        names = [name for name in archive.names if name.lower().endswith(".xml")]
        if not names:
            yield {"file": str(file), **_line(Report(), "the archive holds no XML")}
        for name in names:
            yield {"file": f"{file}/{name}", **_read(archive.pieces(name))}


def _read(source: Any) -> dict[str, Any]:
    reader = Reader(source)
    try:
        for _ in reader:
            pass
    except Refused as refused:
        return _line(reader.report, refused.text)
    return _line(reader.report, None)


def _line(report: Report, refused: str | None) -> dict[str, Any]:
    """The counts and the unknown always; the rest where there is any."""
    line: dict[str, Any] = {"counts": dict(report.counts()), "unknown": dict(report.unknown)}
    for name in ("faults", "rejected", "mended"):
        if found := getattr(report, name):
            line[name] = dict(found)
    if refused is not None:
        line["refused"] = refused
    return line


def _table(lines: Iterable[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("file", "holds", "not understood"):
        table.add_column(name)
    for line in lines:
        holds = [f"{name} {count}" for name, count in line["counts"].items() if count]
        odd = [
            f"{name} × {count}"
            for kind in ("unknown", "faults", "rejected")
            for name, count in line.get(kind, {}).items()
        ]
        table.add_row(line["file"], line.get("refused") or ", ".join(holds), ", ".join(odd))
    return table
