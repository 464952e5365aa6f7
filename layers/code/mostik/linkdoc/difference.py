"""What has changed between two versions of a link, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from mostik.linkdoc.document import (
    DictionaryPart,
    EndPart,
    EntryPart,
    FieldPart,
    LinkDocument,
)


def difference(before: LinkDocument, after: LinkDocument) -> list[str]:
    """Returns a sentence for each thing that is not as it was; empty: nothing is."""
    old, new = dict(_said(before)), dict(_said(after))
    found = [
        f"{name}: {_changed(old.get(name), value)}"
        for name, value in new.items()
        if old.get(name) != value
    ]
    return found + [f"{name}: no longer there (was {old[name]})" for name in old if name not in new]


def _changed(before: str | None, now: str) -> str:
    return f"new, {now}" if before is None else f"was {before}, is {now}"


def _said(document: LinkDocument) -> Iterator[tuple[str, str]]:
    """Everything that a link says, each under a name that stays when others come and go."""
    for name, field in LinkDocument.model_fields.items():
        value = getattr(document, name)
        title = field.title or name
        match value:
            case EndPart():
                yield from _end(title, value)
            case BaseModel():
                yield from _piece(title, value)
            case _ if name == "fields":
                yield from _fields(value)
            case _ if name == "dictionaries":
                for key, dictionary in value.items():
                    yield from _dictionary(key, dictionary)
            case _ if name == "owners":
                for key, owner in value.items():
                    yield f"Who wins for {key}", owner.value
            case _:
                yield title, _word(value)


def _end(title: str, end: EndPart) -> Iterator[tuple[str, str]]:
    yield title, f"{end.resource} of {end.connection}"
    if end.news:
        yield f"{title} says what is new and nothing else", "yes"
    for path, contract in sorted(end.drift.items()):
        yield f"{title}, beside it sends {path}", contract.value
    for one in end.only:
        test = f"{one.field} {one.test.value.replace('_', ' ')}"
        yield f"{title} takes only {test}", _word(one.values) if one.values else "yes"


def _piece(title: str, piece: BaseModel) -> Iterator[tuple[str, str]]:
    for name, field in type(piece).model_fields.items():
        yield f"{title}, {field.title or name}", _word(getattr(piece, name))


def _fields(parts: tuple[FieldPart, ...]) -> Iterator[tuple[str, str]]:
    seen: dict[str, int] = {}
    for part in parts:
        name = f"Field {_paths(part.left)} ↔ {_paths(part.right)}"
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), _rule(part)
    order = ", ".join(_paths(part.left) or _paths(part.right) for part in parts)
    if order:
        yield "Order of the fields", order


def _paths(paths: tuple[str, ...]) -> str:
    return " + ".join(paths) or "—"


def _rule(part: FieldPart) -> str:
    words = [_how(part)]
    for side, options in (("left", part.left_options), ("right", part.right_options)):
        if options:
            listed = ", ".join(f"{name} {_word(value)}" for name, value in sorted(options.items()))
            words.append(f"{side}: {listed}")
    if part.way.value != "both":
        words.append(part.way.value.replace("_", " the ") + " only")
    if part.required:
        words.append("required")
    return "; ".join(words)


def _how(part: FieldPart) -> str:
    if part.by is not None:
        return f"by {part.by}"
    if part.dictionary is not None:
        return f"by the dictionary {part.dictionary}"
    if part.template is not None:
        return f"by the template {part.template!r}"
    if part.constant is not None:
        return f"always {_word(part.constant)}"
    return "as it is"


def _dictionary(name: str, part: DictionaryPart) -> Iterator[tuple[str, str]]:
    title = f"Dictionary {name}"
    for one in ("noun", "back", "unknown"):
        label = DictionaryPart.model_fields[one].title or one
        yield f"{title}, {label}", _word(getattr(part, one))
    for entry in part.entries:
        yield f"{title}: {entry.left!r} ↔ {entry.right!r}", _entry(entry)
    order = ", ".join(f"{entry.left}/{entry.right}" for entry in part.entries)
    yield f"Order of the dictionary {name}", order


def _entry(entry: EntryPart) -> str:
    words = [entry.way.value.replace("_", " the ") + (" ways" if entry.way == "both" else "")]
    for side, values in entry.after.items():
        words.append(f"on the {side} only after {_word(values)}")
    for side, sets in entry.sets.items():
        listed = ", ".join(f"{name} {_word(value)}" for name, value in sets.items())
        words.append(f"sets {listed} on the {side}")
    if entry.notifies:
        words.append(f"tells the customer on the {_word(entry.notifies)}")
    return "; ".join(words)


def _word(value: Any) -> str:
    match value:
        case None | "" | ():
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case tuple() | list():
            return ", ".join(map(_word, value))
        case Mapping():
            return ", ".join(f"{name} {_word(one)}" for name, one in value.items()) or "nothing"
    return str(getattr(value, "value", value))
