"""Search as the rest of the product calls it; no query ever ends in an exception.

A word that was typed is never logged here: on the case side it is a child's name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Cast

from core.access.scope import Scope, in_scope
from search.analysis import EVERY_DOCUMENT
from search.backends.base import Engine, Found, Request
from search.backends.database import DatabaseEngine, database_engine
from search.backends.elasticsearch9 import WINDOW, ElasticsearchEngine
from search.backends.failover import Answered, answer
from search.beside import Beside, beside_for
from search.conf import uses_cluster
from search.indexing import cluster_is_behind, index_objects, remove_objects, token_key
from search.planner import ExactValue, Level, LevelName, Plan, plan
from search.query import Lookup
from search.registry import Searchable, searchable
from search.sifting import readers_of, sifted
from search.suggest import suggestion_for

__all__ = [
    "Hit",
    "Narrowed",
    "SearchPage",
    "index_objects",
    "narrow",
    "remove_objects",
    "search",
]

EXACT = "exact"
# A list asks the cluster for at most so many ids; beyond it the database answers within
# its own query, which needs no ids at all.
LISTED_IDS = 2_000
EXACT_HITS = 200
# More than any table has.
EVERY_ENTRY = 1 << 40

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Hit:
    """One row that was found."""

    kind: str
    object_id: Any


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of hits.

    Attributes:
        level: How closely hits match: ``exact`` (by identity or telephone number),
            ``words``, ``fuzzy``, ``cover`` or ``loose``; empty where nothing was found.
        hits: In order; the same order on every engine.
        total: All hits.
        facets: Hits of each kind, inside the scope only.
        engine: Who answered: ``database`` or ``elasticsearch``.
        degraded: The cluster should have answered and could not.
        suggestion: Another spelling worth trying, or empty.
        marks: Texts to mark in what is shown; see `search.highlight`.
        page: Number of this page, from 1.
        per_page: Size of a page.
    """

    level: str = ""
    hits: tuple[Hit, ...] = ()
    total: int = 0
    facets: Mapping[str, int] = field(default_factory=dict)
    engine: str = "database"
    degraded: bool = False
    suggestion: str = ""
    marks: tuple[str, ...] = ()
    page: int = 1
    per_page: int = 20

    @property
    def pages(self) -> int:
        """How many pages can be turned to."""
        return -(-min(self.total, WINDOW) // self.per_page)

    @property
    def is_approximate(self) -> bool:
        """Whether nothing matched as typed and these are near matches."""
        return self.level not in ("", EXACT, LevelName.WORDS)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A queryset cut down to what a search finds.

    Attributes:
        queryset: Still lazy, in the order it had.
        level: As in `SearchPage`; empty where the query holds nothing to search for and
            the queryset is as it was, or where nothing was found.
        degraded: The cluster should have answered and could not.
        marks: Texts to mark in what is shown.
    """

    queryset: QuerySet[Any]
    level: str = ""
    degraded: bool = False
    marks: tuple[str, ...] = ()


def search(
    query: str,
    *,
    kinds: Sequence[str],
    scope: Scope | None = None,
    language: str = "",
    page: int = 1,
    per_page: int = 20,
    wide: bool | None = None,
) -> SearchPage:
    """Search among kinds.

    Args:
        query: As typed; of any length and content.
        kinds: All public or all confidential.
        scope: Required for confidential kinds; it is part of the engine's own query, so
            totals and facets know nothing outside it either.
        language: Only documents in this language, or in none.
        page: From 1; beyond the last there are no hits.
        per_page: At most 100.
        wide: Whether to fall back on documents with only some of the words.  Default: on
            the portal yes, among cases no.

    Raises:
        ValueError: Public and confidential kinds are mixed, or cases are searched
            without a scope.  Nothing that was typed can raise.
        LookupError: A kind is not registered.
    """
    each = [searchable(kind) for kind in kinds]
    confidential = _is_confidential(each, scope)
    planned = plan(query)
    per_page = min(max(per_page, 1), 100)
    page = min(max(page, 1), WINDOW // per_page)
    empty = SearchPage(marks=planned.marks, page=page, per_page=per_page)
    if planned.is_empty or not each:
        return empty
    with in_scope(scope or Scope()):
        readers = readers_of(each)
        beside = beside_for(each, readers)
    only = _exact_ids(planned.exact, each, scope)
    levels = _levels(planned, wide=not confidential if wide is None else wide)
    request = Request(
        match=levels[0].match,
        key=token_key(confidential=confidential),
        kinds=tuple(one.kind for one in each) if only is None else tuple(only),
        confidential=confidential,
        prefixes=_prefixes(scope, confidential),
        language=language,
        object_ids=only,
        offset=(page - 1) * per_page,
        limit=per_page,
    )

    def limited(engine: Engine, asked: Request) -> Request:
        with in_scope(scope or Scope()):
            return sifted(engine, asked, each, readers)

    (level, found), answered = _ask(
        lambda engine: _first_level(beside.over(engine), request, levels, limited)
    )
    by_kind = {one.kind: one for one in each}
    return SearchPage(
        level=_level_name(level, planned) if found.total else "",
        hits=tuple(Hit(kind, by_kind[kind].pk(object_id)) for kind, object_id in found.hits),
        total=found.total,
        facets=found.facets,
        engine=answered.engine,
        degraded=answered.degraded,
        suggestion=_suggestion(planned, level, found),
        marks=planned.marks,
        page=page,
        per_page=per_page,
    )


def narrow(
    queryset: QuerySet[Row], query: str, *, kind: str, scope: Scope | None = None
) -> Narrowed:
    """Keep only the rows of a queryset that a query finds.

    The queryset keeps its own filters, scope and order; a search can only take rows
    away.  An empty query takes none.  Cases stop at the ``fuzzy`` level.

    Raises:
        ValueError: The kind is confidential and no scope is given.
        LookupError: The kind is not registered.
    """
    one = searchable(kind)
    confidential = _is_confidential([one], scope)
    planned = plan(query)
    if planned.is_empty:
        return Narrowed(queryset)
    for value in planned.exact:
        condition = one.exact(value) if one.exact else None
        queryset = queryset.none() if condition is None else queryset.filter(condition)
    if not planned.levels:
        return Narrowed(queryset, level=EXACT, marks=planned.marks)
    levels = _levels(planned, wide=not confidential)
    request = Request(
        match=levels[0].match,
        key=token_key(confidential=confidential),
        kinds=(kind,),
        confidential=confidential,
        prefixes=_prefixes(scope, confidential),
        limit=0,
    )
    with in_scope(scope or Scope()):
        readers = readers_of([one])
        beside = beside_for([one], readers)

    def limited(engine: Engine, asked: Request) -> Request:
        with in_scope(scope or Scope()):
            return sifted(engine, asked, [one], readers)

    (level, ids), answered = _ask(
        lambda engine: _level_and_ids(engine, beside, request, levels, limited)
    )
    if level is None:
        return Narrowed(queryset.none(), degraded=answered.degraded, marks=planned.marks)
    if ids is None:
        entries = database_engine().entries(request.asking(level.match, ()))
        key = Cast("object_id", one.pk_column)
        # With a limit the database looks up the entries first, and then the rows by key.
        # Without it PostgreSQL joins both, and a cast may not come before the walls: it
        # reads every row.
        hits = Q(pk__in=entries.annotate(key=key).values("key")[:EVERY_ENTRY])
        own = beside.hits(request.asking(level.match, ()))
        if own:
            hits |= Q(pk__in=[one.pk(object_id) for _kind, object_id in own])
        queryset = queryset.filter(hits)
    else:
        queryset = queryset.filter(pk__in=[one.pk(object_id) for object_id in ids])
    return Narrowed(queryset, str(level.name), answered.degraded, planned.marks)


def _is_confidential(each: Sequence[Searchable], scope: Scope | None) -> bool:
    confidential = {one.confidential for one in each}
    if len(confidential) > 1:
        raise ValueError("public and confidential kinds cannot be searched together")
    if confidential == {True} and scope is None:
        raise ValueError("cases are searched inside a scope only")
    return confidential == {True}


def _prefixes(scope: Scope | None, confidential: bool) -> tuple[str, ...] | None:
    if not confidential:
        return None
    return scope.prefixes if scope is not None else ()


def _levels(planned: Plan, *, wide: bool) -> list[Level]:
    if not planned.levels:
        return [Level(LevelName.WORDS, Lookup(EVERY_DOCUMENT))]
    narrow_names = (LevelName.WORDS, LevelName.FUZZY)
    kept = [level for level in planned.levels if wide or level.name in narrow_names]
    # Where every term is a stop word or a lone sign, only the wide levels may be left.
    return kept or [planned.levels[0]]


def _level_name(level: Level | None, planned: Plan) -> str:
    if level is None:
        return ""
    return str(level.name) if planned.levels else EXACT


def _exact_ids(
    values: Sequence[ExactValue], each: Sequence[Searchable], scope: Scope | None
) -> dict[str, list[str]] | None:
    """Return the rows with these numbers, kind by kind; ``None`` where none was typed."""
    if not values:
        return None
    found: dict[str, list[str]] = {}
    for one in each:
        conditions = [one.exact(value) if one.exact else None for value in values]
        if any(condition is None for condition in conditions):
            continue
        with in_scope(scope or Scope()):
            rows = one.model._default_manager.all()
            for condition in conditions:
                rows = rows.filter(condition or Q())
            keys = rows.values_list("pk", flat=True)[:EXACT_HITS]
            object_ids = [one.object_id(key) for key in keys]
        if object_ids:
            found[one.kind] = object_ids
    return found


# --- Asking the engines --------------------------------------------------------------

Answer = TypeVar("Answer")


def _ask(work: Callable[[Engine], Answer]) -> tuple[Answer, Answered]:
    cluster = ElasticsearchEngine() if uses_cluster() and not cluster_is_behind() else None
    return answer(work, primary=cluster, fallback=database_engine())


Limit = Callable[[Engine, Request], Request]


def _first_level(
    engine: Engine, request: Request, levels: Sequence[Level], limited: Limit
) -> tuple[Level | None, Found]:
    for level in levels:
        found = engine.find(limited(engine, request.asking(level.match, level.ranks)))
        if found.total:
            return level, found
    return None, Found()


def _level_and_ids(
    engine: Engine, beside: Beside, request: Request, levels: Sequence[Level], limited: Limit
) -> tuple[Level | None, list[str] | None]:
    """Return the first level with a hit and its ids, or no ids where a subquery does better."""
    whole = beside.over(engine)
    for level in levels:
        asked = limited(whole, request.asking(level.match, ()))
        if asked.object_ids is not None:
            kept = [object_id for each in asked.object_ids.values() for object_id in each or ()]
            if kept:
                return level, kept
            continue
        if isinstance(engine, DatabaseEngine):
            if beside.hits(asked) or engine.entries(asked).exists():
                return level, None
            continue
        ids = whole.ids(asked, most=LISTED_IDS)
        if ids is None or ids:
            return level, ids
    return None, []


def _suggestion(planned: Plan, level: Level | None, found: Found) -> str:
    if found.total and level is not None and level.name == LevelName.WORDS:
        return ""
    return suggestion_for([term.text for term in planned.terms if not term.excluded])
