from __future__ import annotations

import http_sf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mostik.inbound.schemes.structured_fields import InnerList, Item, Token, parse_dictionary


@pytest.mark.parametrize(
    "text",
    [
        'sig1=("@method" "@path";req "date");created=1618884473;keyid="a\\"b\\\\c"',
        "a=1, b=-5;x;y=?0, c=tok/en:x, d=:aGk=:",
        "a=?1;p=?1",
        "a=()",
    ],
)
def test_what_is_parsed_is_written_as_the_rfc_writes_it(text: str) -> None:
    # GIVEN a dictionary and an independent parser
    theirs = http_sf.parse(text.encode(), tltype="dictionary")
    # WHEN it is parsed and written again
    members = parse_dictionary(text)
    ours = ", ".join(
        f"{key}{_parameters(member)}" if _is_true(member) else f"{key}={member}"
        for key, member in members.items()
    )
    # THEN the text is the canonical one
    assert ours == http_sf.ser(theirs)


def test_kinds_of_values_are_kept_apart() -> None:
    # GIVEN a dictionary of every kind
    members = parse_dictionary('s="1", i=1, t=one, b=?0, y=:AQ==:, l=("a" 2);p')
    # WHEN it is parsed
    # THEN a string is not a token, nor a number
    assert members == {
        "s": Item("1", {}),
        "i": Item(1, {}),
        "t": Item(Token("one"), {}),
        "b": Item(False, {}),
        "y": Item(b"\x01", {}),
        "l": InnerList((Item("a", {}), Item(2, {})), {"p": True}),
    }


@pytest.mark.parametrize(
    "text",
    [
        "a=",
        "a=1,",
        "a=1 b=2",
        'a="x',
        "a=(1",
        'a=("x""y")',
        "A=1",
        "a=1, a=2",
        "a;p=1;p=2",
        "a=:A:",
        "a=1.5",
        "a=1234567890123456",
        'a="é"',
        "a=?2",
        "=1",
        "a==1",
    ],
)
def test_what_the_rfc_does_not_allow_is_refused(text: str) -> None:
    # GIVEN a text that is no dictionary, or that two readers could read in two ways
    # WHEN it is parsed
    # THEN it is refused
    with pytest.raises(ValueError):  # noqa: PT011 - the kind is the promise
        parse_dictionary(text)


@settings(max_examples=200, deadline=None)
@given(st.text('ab=(),;"\\ :?01-.*é\t', max_size=30))
def test_nothing_is_taken_that_an_independent_parser_refuses(text: str) -> None:
    # GIVEN any text
    try:
        members = parse_dictionary(text)
    except ValueError:
        return
    # WHEN our parser takes it
    theirs = http_sf.parse(text.encode(), tltype="dictionary")
    # THEN the independent one does too, and sees the same members
    assert isinstance(theirs, dict)
    assert list(members) == list(theirs)


def _is_true(member: Item | InnerList) -> bool:
    return isinstance(member, Item) and member.value is True


def _parameters(member: Item | InnerList) -> str:
    return str(member).partition("?1")[2]
