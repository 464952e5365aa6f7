"""Which commands travel together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.bitrix24.transport.batch import (
    MOST_COMMANDS,
    MOST_FIELDS,
    MOST_TEXT,
    Command,
    Pack,
    needs_of,
    packed,
)
from integrations.bitrix24.transport.php import Ref
from tests.integrations.bitrix24.transport.world import ADD


def command(name: str | None = None, **params: Any) -> Command:
    """A command of no consequence."""
    return Command(ADD, params, name)


def pack(commands: Sequence[Command]) -> Sequence[Pack]:
    """Commands in packs."""
    return packed(dict(enumerate(commands)), needs_of(commands))


def test_commands_fill_batches_in_their_order() -> None:
    # WHEN 120 commands are packed
    packs = pack([command(n=number) for number in range(120)])
    # THEN they make two full batches and the rest
    assert [one.numbers for one in packs] == [
        tuple(range(50)),
        tuple(range(50, 100)),
        tuple(range(100, 120)),
    ]


def test_a_long_text_does_not_make_a_request_that_a_server_refuses() -> None:
    # GIVEN three commands of which two fit into a request
    long = "x" * (MOST_TEXT * 2 // 5)
    # THEN the third has a request of its own
    packs = pack([command(text=long)] * 3)
    assert [one.numbers for one in packs] == [(0, 1), (2,)]


@pytest.mark.parametrize(
    "params",
    [
        {"rows": [{"price": n} for n in range(MOST_FIELDS + 1)]},
        {"comments": "$result[c0][item][id]"},
    ],
)
def test_what_a_batch_would_garble_is_a_call_of_its_own(params: dict[str, Any]) -> None:
    # GIVEN a command with too many fields for PHP, or with a text that looks like a reference
    commands = [command(n=0), command(**params), command(n=2)]
    # THEN it travels alone, and the others together
    packs = pack(commands)
    assert {(one.numbers, one.texts is None) for one in packs} == {((1,), True), ((0, 2), False)}


def test_what_refers_to_such_a_call_is_made_after_it() -> None:
    # GIVEN a contact with a hostile name, and a deal that points at it
    contact = command("contact", title="$result[deal]")
    deal = command(contactIds=[Ref("contact", "item", "id")])
    # THEN both are calls of their own, one after another
    (one,) = pack([contact, deal])
    assert one.numbers == (0, 1)
    assert one.texts is None


@given(st.data())
def test_every_command_travels_once_and_never_without_what_it_refers_to(
    data: st.DataObject,
) -> None:
    # GIVEN commands of which some refer to up to two earlier ones
    count = data.draw(st.integers(0, 160))
    commands: list[Command] = []
    sizes: dict[int, int] = {}
    group_of: dict[int, int] = {}
    for number in range(count):
        refs = []
        if number and data.draw(st.booleans()):
            group = group_of[data.draw(st.integers(max(0, number - 60), number - 1))]
            if sizes[group] < MOST_COMMANDS:
                inside = [other for other, of in group_of.items() if of == group]
                refs = [Ref(f"n{data.draw(st.sampled_from(inside))}", "id")]
                group_of[number], sizes[group] = group, sizes[group] + 1
        if not refs:
            group_of[number], sizes[number] = number, 1
        commands.append(command(f"n{number}", refs=refs))
    # WHEN they are packed
    packs = pack(commands)
    # THEN each stands in one batch, in order, and none of those is too long
    assert sorted(number for one in packs for number in one.numbers) == list(range(count))
    assert all(len(one.numbers) <= MOST_COMMANDS for one in packs)
    assert all(list(one.numbers) == sorted(one.numbers) for one in packs)
    # AND with everything that it refers to
    needs = needs_of(commands)
    for one in packs:
        for number in one.numbers:
            assert set(needs.get(number, ())) <= set(one.numbers)


@pytest.mark.parametrize(
    ("commands", "why"),
    [
        ([command(x=Ref("later")), command("later")], "before"),
        ([command("same"), command("same")], "two commands"),
        ([command("c1")], "cannot be called"),
        ([command("7")], "cannot be called"),
        ([command("a]")], "cannot be called"),
    ],
)
def test_names_that_mean_nothing_are_refused(commands: list[Command], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        needs_of(commands)


def test_more_than_a_batch_holds_cannot_refer_to_each_other() -> None:
    commands = [command("first"), *[command(x=Ref("first"))] * MOST_COMMANDS]
    with pytest.raises(ValueError, match="refer to each other"):
        pack(commands)
