"""A third engine that is slow and plain: the meaning of a condition, spelt out.

Every real engine is compared with it, so that they agree with the meaning and not only
with one another.
"""

from collections.abc import Sequence

from search.backends.base import Request, Row
from search.query import All, AnyOf, AtLeast, Key, Lookup, Node, Phrase, Without


def holds(node: Node, row: Row, key: Key) -> bool:
    match node:
        case Phrase(tokens, head):
            wanted = tuple(map(key, tokens))
            streams = (row.tokens.head,) if head else (row.tokens.head, row.tokens.body)
            return any(
                stream[start : start + len(wanted)] == wanted
                for stream in streams
                for start in range(len(stream))
            )
        case Lookup(token):
            return key(token) in row.tokens.lookup
        case All(parts):
            return all(holds(part, row, key) for part in parts)
        case AnyOf(parts):
            return any(holds(part, row, key) for part in parts)
        case AtLeast(count, parts):
            return sum(holds(part, row, key) for part in parts) >= count
        case Without(wanted_node, unwanted):
            return holds(wanted_node, row, key) and not holds(unwanted, row, key)
        case _:
            return False


def answer(request: Request, rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return all hits in the portable order."""
    hits = [
        row
        for row in rows
        if row.kind in request.kinds
        and row.confidential is request.confidential
        and (request.prefixes is None or row.territory_code.startswith(request.prefixes or ("x",)))
        and holds(request.match, row, request.key)
    ]

    def place(row: Row) -> tuple[int, int, str, str]:
        weight = sum(points for points, node in request.ranks if holds(node, row, request.key))
        return (-weight, -row.recency, row.object_id, row.kind)

    return [(row.kind, row.object_id) for row in sorted(hits, key=place)]
