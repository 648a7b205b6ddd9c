"""Keep hits back that rest on a field the reader may not see.

An engine holds one document for each record, made of all its searched fields.  Where a
reader may not read all of them, each hit is judged again here by the fields they do read:
a word that stands only in a masked name finds nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from search.analysis import Tokens
from search.backends.base import Engine, Request
from search.documents import SearchDocument, tokens_of
from search.query import All, AnyOf, AtLeast, Lookup, Node, Phrase, Without
from search.registry import Searchable

# From primary keys to the document of each row as far as the reader may read it.
Reader = Callable[[Sequence[Any]], Mapping[Any, SearchDocument]]

MOST = 1_000
"""At most so many hits of a kind are judged: the first in the engine's own order."""


def readers_of(each: Sequence[Searchable]) -> dict[str, Reader]:
    """Return the kinds of which the reader in scope reads only a part."""
    found = {one.kind: one.reader() for one in each if one.reader is not None}
    return {kind: reader for kind, reader in found.items() if reader is not None}


def sifted(
    engine: Engine, request: Request, each: Sequence[Searchable], readers: Mapping[str, Reader]
) -> Request:
    """Return the request limited, for these kinds, to objects the reader may find.

    Args:
        engine: Who is asked for the hits to be judged.
        request: One level of a search.
        each: The kinds that are searched.
        readers: What ``readers_of`` returned.

    Raises:
        EngineUnavailable: The engine cannot answer now.
    """
    if not readers:
        return request
    limits: dict[str, Sequence[str] | None] = {}
    for one in each:
        own = None if request.object_ids is None else request.object_ids.get(one.kind, ())
        if one.kind not in readers or own == ():
            limits[one.kind] = own
            continue
        asked = replace(request, kinds=(one.kind,), offset=0, limit=MOST)
        hits = [object_id for _kind, object_id in engine.find(asked).hits]
        limits[one.kind] = _kept(one, hits, request.match, readers[one.kind])
    return replace(request, object_ids=limits)


def _kept(one: Searchable, hits: Sequence[str], match: Node, reader: Reader) -> list[str]:
    documents = reader([one.pk(object_id) for object_id in hits])
    tokens = {pk: tokens_of(document) for pk, document in documents.items()}
    return [hit for hit in hits if one.pk(hit) in tokens and holds(match, tokens[one.pk(hit)])]


def holds(node: Node, tokens: Tokens) -> bool:
    """Return whether a document meets a condition, both in clear."""
    match node:
        case Phrase(wanted, head):
            streams = (tokens.head,) if head else (tokens.head, tokens.body)
            return any(_stands_in(wanted, stream) for stream in streams)
        case Lookup(token):
            return token in tokens.lookup
        case All(parts):
            return all(holds(part, tokens) for part in parts)
        case AnyOf(parts):
            return any(holds(part, tokens) for part in parts)
        case AtLeast(count, parts):
            return sum(holds(part, tokens) for part in parts) >= count
        case Without(wanted_node, unwanted):
            return holds(wanted_node, tokens) and not holds(unwanted, tokens)
        case _:
            return False


def _stands_in(wanted: tuple[str, ...], stream: tuple[str, ...]) -> bool:
    length = len(wanted)
    return any(stream[at : at + length] == wanted for at in range(len(stream) - length + 1))
