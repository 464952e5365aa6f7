"""Groups end before those that hold them, and a group's key may stand behind its groups: they wait
as plain fields until the outermost one ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from mostik.commerceml.element import Element
from mostik.commerceml.records import Branch, Records
from mostik.commerceml.refusal import Limits, Refused, Why
from mostik.commerceml.shapes_goods import GROUP, PROPERTY
from mostik.commerceml.walk import Walker


@dataclass(slots=True)
class _Node:
    own: Branch
    groups: list[_Node] = field(default_factory=list)
    properties: list[Branch] = field(default_factory=list)
    depth: int = 1


class Groups:
    """Yields groups, those above first, and then the properties that they define.

    Args:
        records: makes them.
        walker: reads their fields.
        limits: bounds.
    """

    def __init__(self, records: Records, walker: Walker, limits: Limits) -> None:
        self._records = records
        self._walker = walker
        self._limits = limits
        self._within: dict[Element, list[_Node]] = {}
        self._properties: dict[Element, list[Branch]] = {}

    def add(self, element: Element, within: Element | None) -> None:
        """Takes a group that has ended.

        Args:
            element: the group.
            within: the group around it, which has not ended; ``None``: it is outermost.

        Raises:
            Refused: groups lie too deep in each other.
        """
        own = Branch(self._walker.fields(element, GROUP), self._records.faults())
        groups = self._within.pop(element, [])
        node = _Node(own, groups, self._properties.pop(element, []))
        node.depth += max((one.depth for one in groups), default=0)
        if node.depth > self._limits.group_depth:
            raise Refused(Why.TOO_DEEP, "Слишком глубокая вложенность групп.")
        if within is not None:
            self._within.setdefault(within, []).append(node)
        else:
            self._yield(node)

    def add_property(self, within: Element, branch: Branch) -> None:
        """Takes a property that is defined inside of a group."""
        self._properties.setdefault(within, []).append(branch)

    def property(self, branch: Branch, group: str | None = None) -> None:
        """Yields a property."""
        if group is not None:
            branch.fields["group"] = group
        self._records.make(branch.fields, PROPERTY, branch.faults)

    def _yield(self, top: _Node) -> None:
        waiting: list[tuple[_Node, str | None]] = [(top, None)]
        while waiting:
            node, parent = waiting.pop()
            # A group without a key is reported; what it holds hangs on the next one above.
            key = node.own.fields.get("key") or parent
            if parent is not None:
                node.own.fields["parent"] = parent
            self._records.make(node.own.fields, GROUP, node.own.faults)
            for branch in node.properties:
                self.property(branch, key)
            waiting += [(one, key) for one in reversed(node.groups)]
