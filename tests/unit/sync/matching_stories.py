"""Two filled bases that people typed, linked as a person does it: match, sheet, approval, runs.

The bench tells the same story at full size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from mostik.commerce.catalog import Section
from mostik.linkdoc.yamlfile import load
from mostik.matching.approval import Approval, approve
from mostik.matching.found import Found, State
from mostik.matching.sheet import read
from mostik.sync.link import Link, Links, Side
from mostik.sync.linkbook import LinkBook
from mostik.sync.pairing import found_in, settle
from mostik.sync.run import Run, RunKind, Runs
from mostik.sync.xref import PAIR_SHARDS, Pairs
from tests.support.register import Register, RegisterRig, records_of
from tests.support.rig import HERE, THERE
from tests.unit.matching.bases import SECTION_NAMES, Bases, filled_in

LINK = "bases"
ZONE = "Europe/Moscow"
TEXT = f"""\
id: {LINK}
left: {{connection: {HERE}, resource: things}}
right: {{connection: {THERE}, resource: things}}
creates: [left, right]
schedule: {{every_minutes: null, full_at: null}}
"""


@dataclass
class Matched:
    """Two bases on their way to one.

    Attributes:
        bases: the bases, and what is really what.
        rig: the stack between them.
    """

    bases: Bases
    rig: RegisterRig = field(init=False)

    def __post_init__(self) -> None:
        records = self.bases.records
        sides = [Register(type(records[side][0]), records[side]) for side in Side]
        self.rig = RegisterRig(left=sides[0], right=sides[1])
        [loaded] = load(TEXT)
        assert loaded.document is not None, loaded.problems
        self._links.remove("link")
        self._book.apply(loaded.document, by="vera")

    @property
    def link(self) -> Link:
        """The link between the two."""
        [link] = self._links.all()
        return link

    @property
    def pairs(self) -> Pairs:
        """Its cross-references."""
        return Pairs(self.rig.table)

    def found(self, *, sections: bool = True) -> Found:
        """Reads both bases and makes the table; the sections of the left one too, or not."""
        named = [Section(key=key, name=name) for key, name in SECTION_NAMES[Side.LEFT].items()]
        of_sections = {Side.LEFT: records_of(Register(Section, named))} if sections else None
        ends = {Side.LEFT: records_of(self.rig.left), Side.RIGHT: records_of(self.rig.right)}
        return found_in(self.link, ends, ZONE, of_sections)

    def decided(self, found: Found) -> Approval:
        """What somebody who knows the records makes of the table: fills its sheet in, row by row,
        and gives it back."""
        sheet = read(filled_in(found, self.bases.words(found)), found)
        assert sheet.faults == []
        return approve(found, sheet.decisions)

    def settle(self, approval: Approval) -> None:
        """Approves; the link may write."""
        assert approval.faults == ()
        settle(self.link, approval, self.pairs, self.rig.clock)
        self._book.settle(LINK)
        self.rig.restart()

    def run(self, side: Side = Side.LEFT) -> Run:
        """Makes a full run and waits for its end."""
        run = self.rig.desk.start(LINK, RunKind.FULL, side=side)
        for _ in range(600):
            found = Runs(self.rig.table).get(run.id)
            assert found is not None
            if not found.is_open:
                return found
            self.rig.minute()
        raise AssertionError(f"not finished: {run}")

    # ── what it has come to ────────────────────────────────────────────────────────────────────

    @property
    def doubles(self) -> int:
        """How many records too many the two sides hold, or too few: each thing of either base
        belongs on each side once."""
        every = {thing for side in Side for thing in self.bases.truth[side].values()}
        wrong = 0
        for side, register in self._registers.items():
            held = Counter(self._thing(side, key) for key in register.records)
            wrong += sum(abs(held[thing] - 1) for thing in every)
        return wrong

    @property
    def wrong_pairs(self) -> int:
        """How many pairs join two things."""
        return sum(
            self._thing(Side.LEFT, keys[Side.LEFT]) != self._thing(Side.RIGHT, keys[Side.RIGHT])
            for shard in range(PAIR_SHARDS)
            for keys in self.pairs.of_link(LINK, shard).keys
        )

    def unlisted(self, found: Found) -> int:
        """How many records that nobody can tell apart the table does not ask about."""
        asked = {(row.side, row.key) for row in found.of(State.AMBIGUOUS) if row.candidates}
        hard = {(side, key) for side in Side for key in self.bases.hard[side]}
        return len(hard - asked)

    def guessed(self, found: Found) -> int:
        """How many rows pair two things without having asked, or one that must be asked about."""
        truth, hard = self.bases.truth, self.bases.hard
        return sum(
            truth[Side.LEFT][row.left or ""] != truth[Side.RIGHT][row.right or ""]
            or row.left in hard[Side.LEFT]
            or row.right in hard[Side.RIGHT]
            for row in found.of(State.MATCHED)
        )

    @property
    def writes(self) -> tuple[int, int]:
        """How much was written on each side."""
        left, right = (
            len(one.created) + len(one.updated) for one in (self.rig.left, self.rig.right)
        )
        return left, right

    def _thing(self, side: Side, key: str) -> str:
        """What a record really is; one that the link has made is what it was made from."""
        known = self.bases.truth[side].get(key)
        if known is not None:
            return known
        system = THERE if side is Side.LEFT else HERE
        origin = self._registers[side].records[key].external_ids[system]
        return self.bases.truth[side.other][origin]

    @property
    def _registers(self) -> Mapping[Side, Register]:
        return {Side.LEFT: self.rig.left, Side.RIGHT: self.rig.right}

    @property
    def _links(self) -> Links:
        return Links(self.rig.table, self.rig.clock)

    @property
    def _book(self) -> LinkBook:
        return LinkBook(self._links, self.rig.table, self.rig.clock)
