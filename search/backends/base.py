"""What every engine is given and gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

from search.analysis import Tokens
from search.documents import clear
from search.query import Key, Node


class EngineUnavailable(Exception):
    """The engine is down, silent, refuses, or holds no index; another must answer.

    The message is a code without anything from the query or the documents.
    """


@dataclass(frozen=True, slots=True)
class Row:
    """One document as it is stored: tokens under their key, no text."""

    kind: str
    object_id: str
    confidential: bool
    territory_code: str
    language: str
    recency: int
    tokens: Tokens
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Request:
    """One condition with all that limits who may see its hits.

    Attributes:
        match: The condition, in clear tokens.
        ranks: Weights; their sum over the conditions a document meets comes first in the
            order, then the newer document, then the smaller id: the same on every engine.
        key: Turns a clear token into the stored one.
        kinds: The kinds to look among; none finds nothing.
        confidential: Which of the two indexes to ask.
        prefixes: Territory prefixes in reach; ``None`` means the kinds are public.
        language: Only documents in this language, or in none.
        object_ids: For each kind the only objects that count; ``None`` means no limit, of
            one kind or of all.  A kind that is not named finds nothing.
    """

    match: Node
    ranks: tuple[tuple[int, Node], ...] = ()
    key: Key = clear
    kinds: tuple[str, ...] = ()
    confidential: bool = False
    prefixes: tuple[str, ...] | None = None
    language: str = ""
    object_ids: Mapping[str, Sequence[str] | None] | None = None
    offset: int = 0
    limit: int = 20

    def asking(self, match: Node, ranks: tuple[tuple[int, Node], ...]) -> Self:
        """Return the same request with another condition."""
        return replace(self, match=match, ranks=ranks)

    @property
    def reachable(self) -> bool:
        """Whether any document at all can be a hit."""
        return bool(self.kinds) and (self.prefixes is None or bool(self.prefixes))


@dataclass(frozen=True, slots=True)
class Found:
    """One page of hits in order, and how many there are of each kind."""

    hits: tuple[tuple[str, str], ...] = ()
    facets: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many documents match."""
        return sum(self.facets.values())


class Engine(Protocol):
    """A place where rows are kept and found again."""

    name: str

    def find(self, request: Request) -> Found:
        """Return one page of hits.

        Raises:
            EngineUnavailable: It cannot answer now.
        """

    def ids(self, request: Request, *, most: int) -> list[str] | None:
        """Return the ids of all hits, or ``None`` where there are more than ``most``.

        Raises:
            EngineUnavailable: It cannot answer now.
        """
