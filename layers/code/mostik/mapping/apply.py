"""Applies one rule to one record, and remembers why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mostik.errors import WhoActs
from mostik.mapping.dictionary import Answer, Dictionary, Translation, Unknown
from mostik.mapping.functions.catalogue import FUNCTIONS
from mostik.mapping.functions.function import Function, Options, Unfit
from mostik.mapping.path import Path, read
from mostik.mapping.side import Side
from mostik.mapping.table import Apply, AsIs, Constant, Rule, Table, Template, Translate
from mostik.mapping.trace import Lacks, Outcome, Problem, Step, shown


@dataclass(frozen=True, slots=True)
class Said:
    """A value and where it is written."""

    where: Path
    value: Any


@dataclass(slots=True)
class Applied:
    """What a rule says about one record.

    Attributes:
        rule: the rule.
        said: values for its paths.
        steps: why.
        problems: what it cannot say.
        sets: what is said beside, by path.
    """

    rule: Rule
    said: tuple[Said, ...] = ()
    steps: list[Step] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    sets: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _One:
    """One application: of a rule to a record, or to one element of its lists."""

    outcome: Outcome
    values: tuple[Any, ...]
    before: str
    after: str
    why: str = ""
    who: WhoActs = WhoActs.ADMIN
    pending: str | None = None
    sets: Mapping[str, Any] = field(default_factory=dict)
    tells: bool = False


_Work = Callable[[tuple[Any, ...], tuple[Any, ...] | None], _One]
"""Takes what the source says and what stands at the target, one value for each path."""


def apply(rule: Rule, table: Table, to: Side, record: Any, present: Any, *, quiet: bool) -> Applied:
    """Applies a rule.

    Args:
        rule: the rule; it leads to ``to``.
        table: for its dictionaries.
        to: the side that is written.
        record: of the other side.
        present: what stands on ``to``; ``None``: nothing, or it is not known.
        quiet: nobody may be told.
    """
    sources, targets = rule.at(to.other), rule.at(to)
    work = _work(rule, table, to, record, quiet=quiet)
    given = tuple(read(record, where) for where in sources)
    there = tuple(read(present, where) for where in targets) if present is not None else None
    depth = sources[0].depth if sources else 0
    ones: list[_One] = []
    values = _spread(given, there, depth, work, ones, len(targets))
    applied = Applied(rule, tuple(map(Said, targets, values)))
    for place, one in enumerate(ones):
        _remember(applied, rule, to, one, place if depth else None)
    if rule.required and not any(value not in (None, "", ()) for value in values):
        _miss(applied, rule, to)
    return applied


def _spread(
    given: tuple[Any, ...],
    there: tuple[Any, ...] | None,
    depth: int,
    work: _Work,
    ones: list[_One],
    width: int,
) -> tuple[Any, ...]:
    """Works on each element of lists, ``depth`` lists deep; one value for each target path."""
    if depth == 0:
        one = work(given, there)
        ones.append(one)
        return one.values
    lists = [value for value in given if isinstance(value, tuple)]
    if not lists:
        return (None,) * width
    columns: list[tuple[Any, ...]] = []
    for place in range(max(map(len, lists))):
        inner = tuple(_element(value, place) for value in given)
        beside = tuple(_element(value, place) for value in there) if there is not None else None
        columns.append(_spread(inner, beside, depth - 1, work, ones, width))
    return tuple(tuple(column[at] for column in columns) for at in range(width))


def _element(values: Any, place: int) -> Any:
    return values[place] if isinstance(values, tuple) and place < len(values) else None


def _work(rule: Rule, table: Table, to: Side, record: Any, *, quiet: bool) -> _Work:
    match rule.by:
        case AsIs():
            return _as_is
        case Constant(value):
            return lambda _given, there: _one_value(value, there, str(rule.by))
        case Translate(name):
            dictionary = table.dictionaries.get(name, Dictionary())
            return lambda given, there: _translated(dictionary, name, to, given, there, quiet=quiet)
        case Template() as template:
            if rule.at(to.other):
                return _template_with(template, rule, to)
            return lambda _given, there: _filled(
                template, tuple(read(record, where) for where in template.paths), there
            )
        case Apply() as applied:
            function = FUNCTIONS[applied.function]
            here = function.filled(applied.options(to.other))
            away = function.filled(applied.options(to))
            width = len(rule.at(to))
            return lambda given, there: _by_function(function, here, away, given, there, width)


def _as_is(given: tuple[Any, ...], there: tuple[Any, ...] | None) -> _One:
    if all(value is None for value in given):
        return _nothing(given)
    same = there is not None and there == given
    outcome = Outcome.KEPT if same else Outcome.SET
    return _One(outcome, given, _listed(given), _listed(given))


def _one_value(value: Any, there: tuple[Any, ...] | None, before: str) -> _One:
    outcome = Outcome.KEPT if there == (value,) else Outcome.SET
    return _One(outcome, (value,), before, shown(value))


def _nothing(given: tuple[Any, ...], width: int | None = None) -> _One:
    size = len(given) if width is None else width
    return _One(Outcome.NOT_KNOWN, (None,) * size, "—", "—")


# ── dictionaries ───────────────────────────────────────────────────────────────────────────────


def _translated(
    dictionary: Dictionary,
    name: str,
    to: Side,
    given: tuple[Any, ...],
    there: tuple[Any, ...] | None,
    *,
    quiet: bool,
) -> _One:
    if given[0] is None or given[0] == "":
        return _nothing(given)
    value = _word(given[0])
    present = _word(there[0]) if there is not None and there[0] not in (None, "") else None
    found = dictionary.translate(value, to, present, quiet=quiet)
    match found.answer:
        case Answer.WRITE:
            return _One(
                Outcome.SET,
                (found.value,),
                shown(value),
                shown(found.value),
                sets=found.sets,
                tells=found.tells,
            )
        case Answer.KEEP:
            return _One(Outcome.KEPT, (found.value,), shown(value), shown(found.value), found.why)
        case Answer.REFUSE:
            return _One(Outcome.HELD_BACK, (None,), shown(value), shown(found.value), found.why)
        case Answer.UNKNOWN:
            return _unknown(dictionary, name, value, found)


def _unknown(dictionary: Dictionary, name: str, value: str, found: Translation) -> _One:
    if dictionary.unknown is Unknown.LEAVE:
        return _One(Outcome.HELD_BACK, (None,), shown(value), "—", found.why)
    why = f"{found.why}; add it to the dictionary {name!r}"
    pending = value if dictionary.unknown is Unknown.PENDING else None
    return _One(Outcome.REFUSED, (None,), shown(value), "—", why, pending=pending)


def _word(value: Any) -> str:
    inner = getattr(value, "value", None)
    key = getattr(value, "key", None)
    return str(inner if inner is not None else key if key is not None else value)


# ── templates ──────────────────────────────────────────────────────────────────────────────────


def _template_with(template: Template, rule: Rule, to: Side) -> _Work:
    """A template beside a path: it says that path on the other side, and can be read back."""
    forth = to is _written_by(rule)

    def work(given: tuple[Any, ...], there: tuple[Any, ...] | None) -> _One:
        if given[0] is None:
            return _nothing(given)
        if forth:
            return _filled(template, given, there)
        before, behind = template.around
        text = str(given[0])
        fits = text.startswith(before) and text.endswith(behind)
        if not fits or len(text) < len(before) + len(behind):
            why = f"does not look like {template.text!r}"
            return _One(Outcome.REFUSED, (None,), shown(text), "—", why, WhoActs.EXTERNAL_ADMIN)
        inner = text[len(before) : len(text) - len(behind)]
        return _One(Outcome.SET, (inner,), shown(text), shown(inner))

    return work


def _written_by(rule: Rule) -> Side:
    """The side that a template is written on: the one whose path is not in its braces."""
    template = rule.by
    inside = template.paths if isinstance(template, Template) else ()
    return Side.RIGHT if rule.left == inside else Side.LEFT


def _filled(template: Template, values: tuple[Any, ...], there: tuple[Any, ...] | None) -> _One:
    if all(value is None for value in values):
        return _nothing((None,))
    texts = iter("" if value is None else _word(value) for value in values)
    pieces: list[str] = []
    rest = template.text
    for where in template.paths:
        before, _, rest = rest.partition("{" + str(where) + "}")
        pieces += [before, next(texts)]
    text = " ".join("".join([*pieces, rest]).split())
    outcome = Outcome.KEPT if there == (text,) else Outcome.SET
    return _One(outcome, (text,), _listed(values), shown(text))


# ── functions ──────────────────────────────────────────────────────────────────────────────────


def _by_function(
    function: Function,
    here: Options,
    away: Options,
    given: tuple[Any, ...],
    there: tuple[Any, ...] | None,
    width: int,
) -> _One:
    before = function.shows(given, here)
    try:
        meaning = function.reads(given, here)
        if meaning is None:
            return _nothing(given, width)
        if there is not None and _says(function, there, meaning, len(given), here, away):
            return _One(Outcome.KEPT, there, before, function.shows(there, away))
        values = function.writes(meaning, away, width)
    except Unfit as error:
        return _One(Outcome.REFUSED, (None,) * width, before, "—", error.text, error.who)
    outcome = Outcome.KEPT if there == values else Outcome.SET
    return _One(outcome, values, before, function.shows(values, away))


def _says(
    function: Function,
    there: tuple[Any, ...],
    meaning: Any,
    paths: int,
    here: Options,
    away: Options,
) -> bool:
    """Whether what stands there means the same: both read alike, or do once it is written here."""
    if all(value is None for value in there):
        return False
    try:
        other = function.reads(there, away)
        if other is None or other == meaning:
            return other is not None
        said_here = function.writes(other, here, paths)
        return bool(function.reads(said_here, here) == meaning)
    except Unfit:
        return False


# ── what is remembered ─────────────────────────────────────────────────────────────────────────


def _remember(applied: Applied, rule: Rule, to: Side, one: _One, place: int | None) -> None:
    name = rule.name_on(to)
    if place is not None:
        name = name.replace("[]", f"[{place}]", 1)
    source = rule.name_on(to.other)
    if isinstance(rule.by, Template) and not source:
        source = ", ".join(map(str, rule.by.paths))
    applied.steps.append(
        Step(
            name, source, str(rule.by), one.before, one.after, one.outcome, one.why, tells=one.tells
        )
    )
    applied.sets.update(one.sets)
    if one.outcome is Outcome.REFUSED:
        pending = one.pending is not None
        text = f"{name}: {one.why}." if isinstance(rule.by, Translate) else (
            f"{name}: {source} {one.why}."
        )  # fmt: skip
        lacks = Lacks.PENDING if pending else Lacks.MISFIT
        applied.problems.append(Problem(name, text, one.who, lacks, one.pending or ""))


def _miss(applied: Applied, rule: Rule, to: Side) -> None:
    if applied.problems:
        return
    name, source = rule.name_on(to), rule.name_on(to.other) or str(rule.by)
    text = f"{name}: it is required, and {source} says nothing."
    applied.problems.append(Problem(name, text, WhoActs.EXTERNAL_ADMIN))


def _listed(values: tuple[Any, ...]) -> str:
    return ", ".join(map(shown, values))
