"""What a query asks, as a tree that each engine writes in its own language.

Pure: no Django.  Leaves hold tokens made by `search.analysis`, nothing a user typed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Key = Callable[[str], str]


class Node:
    """A condition on one document."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Phrase(Node):
    """These tokens stand one after the other in one stream; in the head only, if so said."""

    tokens: tuple[str, ...]
    head: bool = False


@dataclass(frozen=True, slots=True)
class Lookup(Node):
    """The document carries this look-up."""

    token: str


@dataclass(frozen=True, slots=True)
class All(Node):
    """Every part holds.  Build with `all_of`."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Node):
    """At least one part holds.  Build with `any_of`."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AtLeast(Node):
    """At least ``count`` of the parts hold."""

    count: int
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Without(Node):
    """The first holds and the second does not."""

    wanted: Node
    unwanted: Node


@dataclass(frozen=True, slots=True)
class Nothing(Node):
    """No document."""


NOTHING = Nothing()


def all_of(parts: Iterable[Node]) -> Node:
    """Return the conjunction; `Nothing` where there is no part or one that never holds."""
    flat: dict[Node, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, All) else (part,)))
    if not flat or NOTHING in flat:
        return NOTHING
    return next(iter(flat)) if len(flat) == 1 else All(tuple(flat))


def any_of(parts: Iterable[Node]) -> Node:
    """Return the disjunction, without the parts that never hold."""
    flat: dict[Node, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, AnyOf) else (part,)))
    flat.pop(NOTHING, None)
    if not flat:
        return NOTHING
    return next(iter(flat)) if len(flat) == 1 else AnyOf(tuple(flat))


def at_least(count: int, parts: Iterable[Node]) -> Node:
    """Return "so many of these hold", simplified at both ends."""
    distinct = tuple(dict.fromkeys(part for part in parts if part is not NOTHING))
    if count <= 1:
        return any_of(distinct)
    if count > len(distinct):
        return NOTHING
    return all_of(distinct) if count == len(distinct) else AtLeast(count, distinct)


def leaves(node: Node) -> int:
    """Return how many phrases and look-ups a tree holds once written out."""
    if isinstance(node, All | AnyOf | AtLeast):
        return sum(map(leaves, node.parts))
    if isinstance(node, Without):
        return leaves(node.wanted) + leaves(node.unwanted)
    return 0 if isinstance(node, Nothing) else 1


def tokens(node: Node) -> set[str]:
    """Return every token of a tree."""
    if isinstance(node, Phrase):
        return set(node.tokens)
    if isinstance(node, Lookup):
        return {node.token}
    if isinstance(node, All | AnyOf | AtLeast):
        return set().union(*map(tokens, node.parts))
    if isinstance(node, Without):
        return tokens(node.wanted) | tokens(node.unwanted)
    return set()
