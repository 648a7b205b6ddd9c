"""Writing the index: the database at once, the cluster through the outbox."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from core.access.opening import without_any_sealed
from core.access.scope import unscoped
from core.crypto.keys import search_token_key
from core.jobs.models import Outbox
from core.jobs.outbox import consume, publish
from search import analysis
from search.backends.base import EngineUnavailable, Row
from search.backends.database import database_engine
from search.backends.elasticsearch9 import ElasticsearchEngine
from search.conf import uses_cluster
from search.documents import SearchDocument, clear, fingerprint, keyed, recency, tokens_of, under
from search.models import IndexState, SearchEntry
from search.query import Key
from search.registry import Searchable, kinds, searchable, searchables

TOPIC = "search"
BATCH = 500

_keys: dict[bytes, Key] = {}


def token_key(*, confidential: bool) -> Key:
    """Return the function that turns a clear token into the stored one."""
    if not confidential:
        return clear
    secret = search_token_key()
    if secret not in _keys:
        _keys.clear()
        _keys[secret] = keyed(secret)
    return _keys[secret]


def version() -> str:
    """Return what an index must have been built with to be understood: form and key of tokens."""
    key = hashlib.blake2s(search_token_key(), digest_size=4, person=b"version").hexdigest()
    return f"{analysis.VERSION}-{key}"


def row_of(kind: str, object_id: str, document: SearchDocument, *, confidential: bool) -> Row:
    """Return a document as engines store it."""
    tokens = under(token_key(confidential=confidential), tokens_of(document))
    since = recency(document)
    return Row(
        kind=kind,
        object_id=object_id,
        confidential=confidential,
        territory_code=document.territory_code,
        language=document.language,
        recency=since,
        tokens=tokens,
        fingerprint=fingerprint(
            tokens, document.territory_code, document.language, str(since), str(confidential)
        ),
    )


def index_documents(
    kind: str, documents: Iterable[tuple[str, SearchDocument]], *, confidential: bool
) -> None:
    """Index documents that are given, not read from a model."""
    rows = [
        row_of(kind, object_id, document, confidential=confidential)
        for object_id, document in documents
    ]
    with unscoped("search index"), transaction.atomic():
        changed = database_engine().put(rows)
        _tell_cluster(kind, [object_id for _kind, object_id in changed])


def index_objects(kind: str, pks: Iterable[Any]) -> None:
    """Index rows as they now stand in the database; take out those that are not to be found.

    Call it after bulk writes, inside their transaction.  Single saves do it themselves.
    """
    one = searchable(kind)
    each = iter(dict.fromkeys(pks))
    while batch := list(islice(each, BATCH)):
        # A failure goes up to whoever opened the transaction: no point to return to is needed.
        with unscoped("search index"), transaction.atomic(savepoint=False):
            rows, gone = current_rows(one, batch)
            engine = database_engine()
            changed = [object_id for _kind, object_id in engine.put(rows)]
            removed = engine.remove(kind, gone)
            _tell_cluster(kind, changed)
            _tell_cluster(kind, removed, urgent=True)


def remove_objects(kind: str, pks: Iterable[Any]) -> None:
    """Take objects out of the index, inside the transaction that deletes them."""
    one = searchable(kind)
    with unscoped("search index"), transaction.atomic():
        removed = database_engine().remove(kind, [one.object_id(pk) for pk in pks])
        _tell_cluster(kind, removed, urgent=True)


def current_rows(one: Searchable, pks: Sequence[Any]) -> tuple[list[Row], list[str]]:
    """Return rows for the objects that are to be found, and the ids of those that are not."""
    rows: list[Row] = []
    gone = {one.object_id(pk): None for pk in pks}
    with unscoped("search index"):
        for instance in _instances(one, pks):
            document = one.document(instance)
            if document is not None:
                object_id = one.object_id(instance.pk)
                rows.append(row_of(one.kind, object_id, document, confidential=one.confidential))
                gone.pop(object_id, None)
    return rows, list(gone)


def _instances(one: Searchable, pks: Sequence[Any]) -> models.QuerySet[Any]:
    # The plain manager: an index holds every row; scope is a filter of the search.  What is
    # sealed is in no index: an engine could not count for each person differently.
    manager: models.Manager[Any] = one.model._base_manager
    rows = without_any_sealed(manager.filter(pk__in=pks)).prefetch_related(*one.prefetch)
    return rows.select_related(*one.select) if one.select else rows


# --- The cluster --------------------------------------------------------------------


def _tell_cluster(kind: str, object_ids: Sequence[str], *, urgent: bool = False) -> None:
    if not uses_cluster() or not object_ids:
        return
    publish(TOPIC, [f"{kind}:{object_id}" for object_id in object_ids], urgent=urgent)
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    from search.tasks import bring_cluster_up_to_date  # circular import: the task calls sync

    bring_cluster_up_to_date.enqueue()


def cluster_is_behind() -> bool:
    """Return whether changes wait that the cluster does not know yet.

    While they do, the database answers: a file that moved to another town must not be
    found in the old one for a second longer.
    """
    return Outbox.objects.filter(topic=TOPIC).exists()


def sync(*, batch: int = BATCH) -> int:
    """Bring the cluster up to date; return how many objects were told.

    Raises:
        EngineUnavailable: The cluster cannot be reached; what was not told waits.
    """
    told = 0
    while delivered := consume(TOPIC, _deliver, batch=batch):
        told += delivered
    return told


def _deliver(keys: Sequence[str]) -> None:
    engine = ElasticsearchEngine()
    by_kind: dict[str, list[str]] = {}
    for key in keys:
        kind, _, object_id = key.rpartition(":")
        by_kind.setdefault(kind, []).append(object_id)
    for kind, object_ids in by_kind.items():
        if kind not in kinds():
            # Registered no more; the next rebuild leaves its documents out.
            continue
        one = searchable(kind)
        rows, gone = current_rows(one, [one.pk(object_id) for object_id in object_ids])
        engine.put(rows)
        engine.remove(kind, gone, confidential=one.confidential)


# --- Rebuilding ---------------------------------------------------------------------


def _all_rows(one: Searchable) -> Iterator[list[Row]]:
    """Yield the rows of a kind in batches, read in the order of their keys."""
    last: Any = None
    while True:
        with unscoped("search rebuild"):
            keys = one.model._base_manager.order_by("pk")
            if last is not None:
                keys = keys.filter(pk__gt=last)
            pks = list(keys.values_list("pk", flat=True)[:BATCH])
        if not pks:
            return
        last = pks[-1]
        yield current_rows(one, pks)[0]


@unscoped("search rebuild")
def rebuild_database() -> int:
    """Index everything anew in the database; return how many documents it holds.

    Runs kind by kind in transactions of their own, so that staff can go on working.
    """
    engine = database_engine()
    engine.remove_kinds_but(kinds())
    total = 0
    for one in searchables():
        kept: list[str] = []
        for rows in _all_rows(one):
            engine.put(rows, anew=True)
            kept.extend(row.object_id for row in rows)
        _remove_stale(one, kept)
        total += len(kept)
    engine.optimise()
    IndexState.objects.update_or_create(
        engine=engine.name, defaults={"version": version(), "rebuilt_at": timezone.now()}
    )
    return total


def _remove_stale(one: Searchable, kept: Sequence[str]) -> None:
    """Remove entries that were not rebuilt, unless their object came while it ran."""
    known = SearchEntry.objects.filter(kind=one.kind).values_list("object_id", flat=True)
    missing = sorted(set(known) - set(kept))
    index_objects(one.kind, [one.pk(object_id) for object_id in missing])


@unscoped("search rebuild")
def rebuild_cluster() -> int:
    """Fill a new index on the cluster beside the old one and swap them; return its size.

    The old index answers until the swap.  What changed in the meantime is told again
    through the outbox, because it may have gone to the old index only.

    Raises:
        EngineUnavailable: The cluster cannot be reached; the old index stays.
    """
    engine = ElasticsearchEngine()
    total = 0
    for confidential in (True, False):
        began = timezone.now()
        name = engine.new_index(confidential=confidential, version=version())
        try:
            written: set[tuple[str, str]] = set()
            for one in searchables(confidential=confidential):
                for rows in _all_rows(one):
                    engine.put(rows, index=name)
                    written.update((row.kind, row.object_id) for row in rows)
            engine.refresh(name)
            engine.swap(name, confidential=confidential)
        except EngineUnavailable:
            _drop_quietly(engine, name)
            raise
        _tell_what_changed(written, since=began, confidential=confidential)
        total += len(written)
    IndexState.objects.update_or_create(
        engine=engine.name, defaults={"version": version(), "rebuilt_at": timezone.now()}
    )
    sync()
    return total


def _drop_quietly(engine: ElasticsearchEngine, name: str) -> None:
    """Delete a half-filled index; where the cluster is away the next rebuild does it."""
    try:
        engine.drop(name)
    except EngineUnavailable:
        return


def _tell_what_changed(written: set[tuple[str, str]], *, since: Any, confidential: bool) -> None:
    entries = SearchEntry.objects.filter(confidential=confidential)
    known = set(entries.values_list("kind", "object_id"))
    changed = set(entries.filter(indexed_at__gte=since).values_list("kind", "object_id"))
    publish(TOPIC, [f"{kind}:{object_id}" for kind, object_id in changed | (written ^ known)])


# --- Checking -----------------------------------------------------------------------


@unscoped("search check")
def differences_from_cluster() -> dict[str, int]:
    """Compare the cluster with the database, document by document.

    Returns:
        How many documents are ``missing``, ``left over`` and ``out of date``.

    Raises:
        EngineUnavailable: The cluster cannot be reached or has no index.
    """
    engine = ElasticsearchEngine()
    counts = {"missing": 0, "left over": 0, "out of date": 0}
    for confidential in (True, False):
        entries = SearchEntry.objects.filter(confidential=confidential)
        here = {
            (kind, object_id): mark
            for kind, object_id, mark in entries.values_list("kind", "object_id", "fingerprint")
        }
        there = {
            (kind, object_id): mark
            for kind, object_id, mark in engine.fingerprints(confidential=confidential)
        }
        counts["missing"] += len(here.keys() - there.keys())
        counts["left over"] += len(there.keys() - here.keys())
        both = here.keys() & there.keys()
        counts["out of date"] += sum(here[key] != there[key] for key in both)
    return counts
