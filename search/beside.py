"""Sealed rows, for those who are named for them: judged beside the engine, in no index.

An engine could not count differently for each person, so what is sealed is in none.  Of the
few sealed rows a reader is named for, the words are made when they search, and met by the same
conditions.  They come first, on every engine alike; nobody else's answer changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_

from django.db.models import Q

from core.access.opening import sealed_keys_for, sealed_through
from search.analysis import Tokens
from search.backends.base import Engine, Found, Request
from search.documents import tokens_of
from search.registry import Searchable
from search.sifting import Reader, holds

MOST = 500
"""At most so many sealed rows of a kind are judged, in the order of their keys."""


@dataclass(frozen=True)
class Beside:
    """The sealed rows one reader is named for.

    Attributes:
        words: What each is found by, in clear, kind by kind.
    """

    words: Mapping[str, Mapping[str, Tokens]] = field(default_factory=dict)

    def hits(self, request: Request) -> list[tuple[str, str]]:
        """Return kind and id of those that a request finds."""
        found = []
        for kind in sorted(set(request.kinds) & self.words.keys()):
            only = None if request.object_ids is None else request.object_ids.get(kind, ())
            found += [
                (kind, object_id)
                for object_id, tokens in self.words[kind].items()
                if (only is None or object_id in only) and holds(request.match, tokens)
            ]
        return found

    def over(self, engine: Engine) -> Engine:
        """Return an engine that finds them too."""
        return BesideEngine(engine, self) if self.words else engine


class BesideEngine:
    """An engine, and before its hits the sealed rows of one reader."""

    def __init__(self, engine: Engine, beside: Beside) -> None:
        self.name = engine.name
        self.engine = engine
        self.beside = beside

    def find(self, request: Request) -> Found:
        """Return one page of hits.

        Raises:
            EngineUnavailable: It cannot answer now.
        """
        own = self.beside.hits(request)
        shown = own[request.offset : request.offset + request.limit]
        rest = replace(
            request,
            offset=max(request.offset - len(own), 0),
            limit=request.limit - len(shown),
        )
        found = self.engine.find(rest)
        facets = dict(found.facets)
        for kind, _object_id in own:
            facets[kind] = facets.get(kind, 0) + 1
        return Found((*shown, *found.hits), facets)

    def ids(self, request: Request, *, most: int) -> list[str] | None:
        """Return the ids of all hits, or ``None`` where there are more than ``most``.

        Raises:
            EngineUnavailable: It cannot answer now.
        """
        own = [object_id for _kind, object_id in self.beside.hits(request)]
        found = self.engine.ids(request, most=most - len(own))
        return None if found is None else own + found


def beside_for(each: Sequence[Searchable], readers: Mapping[str, Reader]) -> Beside:
    """Return the sealed rows of these kinds that the reader in scope is named for.

    Args:
        each: The kinds that are searched.
        readers: What ``readers_of`` returned: of a row only what they read counts.
    """
    sealable = [one for one in each if one.confidential and sealed_through(one.model)]
    keys = sealed_keys_for() if sealable else set()
    if not keys:
        return Beside()
    words = {one.kind: _words(one, keys, readers.get(one.kind)) for one in sealable}
    return Beside({kind: found for kind, found in words.items() if found})


def _words(one: Searchable, keys: set[object], reader: Reader | None) -> dict[str, Tokens]:
    through = reduce(or_, (Q(**{f"{way}__in": keys}) for way in sealed_through(one.model)))
    rows = one.model._default_manager.filter(through).order_by("pk")
    if reader is not None:
        read = reader(list(rows.values_list("pk", flat=True)[:MOST]))
        return {one.object_id(pk): tokens_of(document) for pk, document in read.items()}
    rows = rows.select_related(*one.select) if one.select else rows
    documents = ((row.pk, one.document(row)) for row in rows.prefetch_related(*one.prefetch)[:MOST])
    return {one.object_id(pk): tokens_of(made) for pk, made in documents if made is not None}
