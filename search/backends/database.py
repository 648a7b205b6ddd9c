"""What the two database engines share: entries, limits, and the writing of rows.

The database index is written in the transaction of the change itself and is therefore
always current; it is the default engine, and the reference for any other.
"""

from collections.abc import Iterable, Sequence

from django.db import connection, models, transaction
from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.expressions import Combinable, RawSQL
from django.utils import timezone

from search.backends.base import Found, Request, Row
from search.models import SearchEntry
from search.query import Key, Node, Nothing

BATCH = 500
_COPIED = ["confidential", "territory_code", "language", "recency", "fingerprint", "indexed_at"]


class DatabaseEngine:
    """The index inside the database; SQLite and PostgreSQL differ in how they hold words."""

    name = "database"

    # The condition "this entry matches", with the compiled query as its one parameter.
    match_sql: str
    # How the kind is written in a search, where it must not look like an index to use.
    kind_column: Combinable = F("kind")

    def _write_words(self, rows: Sequence[tuple[int, Row]]) -> None:
        """Write the words of entries in place of those they had."""
        raise NotImplementedError

    def _drop_words(self, entry_ids: Sequence[int]) -> None:
        raise NotImplementedError

    def compiled(self, node: Node, key: Key) -> str:
        """Write a condition in the language of the database; it holds stored tokens only."""
        raise NotImplementedError

    def optimise(self) -> None:
        """Tidy up after many writes."""
        raise NotImplementedError

    # --- Writing ------------------------------------------------------------------

    def put(self, rows: Iterable[Row], *, anew: bool = False) -> list[tuple[str, str]]:
        """Store rows in one transaction; return kind and id of those written.

        Args:
            rows: What to store.
            anew: Write also what is there already and looks unchanged.
        """
        by_key = {(row.kind, row.object_id): row for row in rows}
        changed: list[tuple[str, str]] = []
        each = list(by_key.values())
        with transaction.atomic(savepoint=False):
            for start in range(0, len(each), BATCH):
                changed.extend(self._put_batch(each[start : start + BATCH], anew=anew))
        return changed

    def _put_batch(self, rows: Sequence[Row], *, anew: bool) -> list[tuple[str, str]]:
        known = self._entries(rows)
        fresh = [
            row
            for row in rows
            if anew or known.get((row.kind, row.object_id), (0, ""))[1] != row.fingerprint
        ]
        if not fresh:
            return []
        now = timezone.now()
        stored = SearchEntry.objects.bulk_create(
            [
                SearchEntry(
                    kind=row.kind,
                    object_id=row.object_id,
                    confidential=row.confidential,
                    territory_code=row.territory_code,
                    language=row.language,
                    recency=row.recency,
                    fingerprint=row.fingerprint,
                    indexed_at=now,
                )
                for row in fresh
            ],
            update_conflicts=True,
            unique_fields=["kind", "object_id"],
            update_fields=_COPIED,
        )
        self._write_words([(entry.pk, row) for entry, row in zip(stored, fresh, strict=True)])
        return [(row.kind, row.object_id) for row in fresh]

    def _entries(self, rows: Sequence[Row]) -> dict[tuple[str, str], tuple[int, str]]:
        ids: dict[str, list[str]] = {}
        for row in rows:
            ids.setdefault(row.kind, []).append(row.object_id)
        wanted = Q(pk__in=[])
        for kind, object_ids in ids.items():
            wanted |= Q(kind=kind, object_id__in=object_ids)
        found = SearchEntry.objects.filter(wanted)
        return {
            (kind, object_id): (pk, fingerprint)
            for pk, kind, object_id, fingerprint in found.values_list(
                "pk", "kind", "object_id", "fingerprint"
            )
        }

    def remove(self, kind: str, object_ids: Iterable[str]) -> list[str]:
        """Forget objects; return those that were known."""
        each = list(dict.fromkeys(object_ids))
        if not each:
            return []
        gone: list[str] = []
        with transaction.atomic(savepoint=False):
            for start in range(0, len(each), BATCH):
                batch = SearchEntry.objects.filter(
                    kind=kind, object_id__in=each[start : start + BATCH]
                )
                found = dict(batch.values_list("pk", "object_id"))
                self._forget(list(found))
                gone.extend(found.values())
        return gone

    def remove_others(self, kind: str, object_ids: Iterable[str]) -> list[str]:
        """Forget every object of a kind but these; return the forgotten."""
        keep = set(object_ids)
        known = SearchEntry.objects.filter(kind=kind).values_list("object_id", flat=True)
        return self.remove(kind, [object_id for object_id in known if object_id not in keep])

    def remove_kinds_but(self, kinds: Iterable[str]) -> int:
        """Forget the kinds nobody registers any more; return how many entries went."""
        stale = SearchEntry.objects.exclude(kind__in=list(kinds)).values_list("pk", flat=True)
        with transaction.atomic():
            return self._forget(list(stale))

    def _forget(self, entry_ids: Sequence[int]) -> int:
        for start in range(0, len(entry_ids), BATCH):
            batch = entry_ids[start : start + BATCH]
            self._drop_words(batch)
            SearchEntry.objects.filter(pk__in=batch).delete()
        return len(entry_ids)

    # --- Reading ------------------------------------------------------------------

    def entries(self, request: Request) -> QuerySet[SearchEntry]:
        """Return the entries that match, in no order; never evaluated here."""
        if not request.reachable or isinstance(request.match, Nothing):
            return SearchEntry.objects.none()
        matches = self._matches(request.match, request.key)
        return self._limited(SearchEntry.objects.filter(matches), request)

    def _matches(self, node: Node, key: Key) -> RawSQL:
        # Safe: the SQL is a constant of the class, the tokens travel as a parameter.
        return RawSQL(self.match_sql, [self.compiled(node, key)], models.BooleanField())  # noqa: S611

    def _limited(self, entries: QuerySet[SearchEntry], request: Request) -> QuerySet[SearchEntry]:
        entries = entries.alias(any_kind=self.kind_column)
        entries = entries.filter(any_kind__in=request.kinds, confidential=request.confidential)
        if request.prefixes is not None:
            reach = Q(pk__in=[])
            for prefix in request.prefixes:
                reach |= Q(territory_code__startswith=prefix)
            entries = entries.filter(reach)
        if request.language:
            entries = entries.filter(language__in=["", request.language])
        if request.object_ids is not None:
            only = Q(pk__in=[])
            for kind, object_ids in request.object_ids.items():
                own = Q(kind=kind)
                only |= own if object_ids is None else own & Q(object_id__in=object_ids)
            entries = entries.filter(only)
        return entries

    def find(self, request: Request) -> Found:
        """Return one page of hits."""
        entries = self.entries(request)
        facets = dict(entries.order_by().values_list("kind").annotate(Count("pk")))
        if not facets or request.limit < 1:
            return Found(facets=facets)
        page = entries.annotate(weight=self._weight(request))
        page = page.order_by("-weight", "-recency", "object_id", "kind")
        rows = page.values_list("kind", "object_id")
        return Found(tuple(rows[request.offset : request.offset + request.limit]), facets)

    def _weight(self, request: Request) -> Combinable:
        """Return the sum of the weights a row has earned, as one piece of SQL."""
        if not request.ranks:
            return Value(0)
        terms = [
            f"CASE WHEN {self.match_sql} THEN {points:d} ELSE 0 END"
            for points, _node in request.ranks
        ]
        params = [self.compiled(node, request.key) for _points, node in request.ranks]
        return RawSQL(" + ".join(terms), params, models.IntegerField())  # noqa: S611 (as above)

    def ids(self, request: Request, *, most: int) -> list[str] | None:
        """Return the ids of all hits, or ``None`` where there are more than ``most``."""
        found = list(self.entries(request).values_list("object_id", flat=True)[: most + 1])
        return None if len(found) > most else found


def database_engine() -> DatabaseEngine:
    """Return the engine of the database in use.

    Raises:
        NotImplementedError: The database is neither SQLite nor PostgreSQL.
    """
    if connection.vendor == "sqlite":
        from search.backends.sqlite import SQLiteEngine  # app ready: needs the models

        return SQLiteEngine()
    if connection.vendor == "postgresql":
        from search.backends.postgres import PostgresEngine  # app ready: needs the models

        return PostgresEngine()
    raise NotImplementedError(f"no search index for {connection.vendor}")
