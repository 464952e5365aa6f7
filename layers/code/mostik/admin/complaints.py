"""What pydantic finds wrong, in words for whoever fills in the form; never with a value in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from mostik.admin.problems import FieldProblem, Words

_PLAIN: Mapping[str, Words] = {
    "missing": Words("Fill this in.", "Заполните это поле."),
    "extra_forbidden": Words("There is no such field.", "Такого поля нет."),
    "string_type": Words("Enter text.", "Введите текст."),
    "string_unicode": Words("The text has broken characters.", "В тексте испорченные символы."),
    "int_type": Words("Enter a whole number.", "Введите целое число."),
    "int_parsing": Words("Enter a whole number.", "Введите целое число."),
    "int_from_float": Words("Enter a whole number.", "Введите целое число."),
    "float_type": Words("Enter a number.", "Введите число."),
    "float_parsing": Words("Enter a number.", "Введите число."),
    "finite_number": Words("Enter a finite number.", "Введите конечное число."),
    "bool_type": Words("Choose yes or no.", "Выберите «да» или «нет»."),
    "bool_parsing": Words("Choose yes or no.", "Выберите «да» или «нет»."),
    "list_type": Words("Enter a list.", "Введите список."),
    "tuple_type": Words("Enter a list.", "Введите список."),
    "dict_type": Words("Enter pairs of a name and a value.", "Введите пары «имя — значение»."),
    "model_type": Words("Enter the group of fields.", "Заполните группу полей."),
    "model_attributes_type": Words("Enter the group of fields.", "Заполните группу полей."),
    "json_invalid": Words("This is no JSON.", "Это не JSON."),
    "recursion_loop": Words("This refers to itself.", "Значение ссылается само на себя."),
    "none_required": Words("Leave this empty.", "Оставьте пустым."),
    "url_parsing": Words("Enter an address, https://...", "Введите адрес: https://…"),
}
_WITH_BOUND: Mapping[str, tuple[str, Words]] = {
    "greater_than": ("gt", Words("Enter more than {}.", "Введите больше {}.")),
    "greater_than_equal": ("ge", Words("Enter {} or more.", "Введите не меньше {}.")),
    "less_than": ("lt", Words("Enter less than {}.", "Введите меньше {}.")),
    "less_than_equal": ("le", Words("Enter {} or less.", "Введите не больше {}.")),
    "string_too_short": (
        "min_length",
        Words("Enter at least {} characters.", "Введите не менее {} символов."),
    ),
    "string_too_long": (
        "max_length",
        Words("Enter at most {} characters.", "Введите не более {} символов."),
    ),
    "too_short": ("min_length", Words("Enter at least {}.", "Нужно не менее {}.")),
    "too_long": ("max_length", Words("Enter at most {}.", "Можно не более {}.")),
    "string_pattern_mismatch": (
        "pattern",
        Words("It must look like this: {}", "Значение должно иметь вид: {}"),
    ),
    "enum": ("expected", Words("Choose one of: {}.", "Выберите одно из: {}.")),
    "literal_error": ("expected", Words("Choose one of: {}.", "Выберите одно из: {}.")),
}
_OTHER = Words("This value does not fit.", "Значение не подходит.")


def words(kind: str, context: Mapping[str, Any]) -> Words:
    """Returns what is wrong.

    Args:
        kind: pydantic's name of it.
        context: pydantic's figures; a validator's own sentence is in ``error``.
    """
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _WITH_BOUND:
        name, template = _WITH_BOUND[kind]
        bound = context.get(name, "")
        return Words(template.en.format(bound), template.ru.format(bound))
    said = str(context.get("error") or "") if kind == "value_error" else ""
    if said:
        sentence = f"{said[0].upper()}{said[1:]}".rstrip(".")
        return Words(f"{sentence}.", f"Значение не подходит: {said.rstrip('.')}.")
    return _OTHER


def field_problems(error: ValidationError, prefix: str = "") -> list[FieldProblem]:
    """Returns one problem for each field that is wrong.

    Args:
        error: of a model.
        prefix: what the model's fields are below.
    """
    found = []
    for one in error.errors(include_input=False, include_url=False):
        path = [str(part) for part in one["loc"]]
        field = ".".join([prefix, *path] if prefix else path)
        found.append(FieldProblem(field, words(one["type"], one.get("ctx") or {})))
    return found
