"""The index on an Elasticsearch 8 or 9 cluster: an accelerator beside the database.

It holds tokens only: ``_source`` is off and no field is stored, so nothing that was sent
can be read back.  The mapping is strict, the analyzer the ready-made ``whitespace``, and
the settings need no module beyond the server's core.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import uuid4

from django.core.signals import setting_changed
from django.dispatch import receiver
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from search.backends.base import EngineUnavailable, Found, Request, Row
from search.conf import ClusterSettings, cluster
from search.query import All, AnyOf, AtLeast, Key, Lookup, Node, Nothing, Phrase, Without

# One page can reach no further: the server's own limit.
WINDOW = 10_000
BATCH = 500
KINDS = 200
# A reader waits for as long as the settings say.  Nobody waits for what is written: on a busy
# cluster it takes longer, and must come to an end all the same.
WRITING_SECONDS = 10
REBUILDING_SECONDS = 60

_WORDS = {"type": "text", "analyzer": "whitespace", "norms": False}
MAPPINGS: dict[str, Any] = {
    "dynamic": "strict",
    "_source": {"enabled": False},
    "properties": {
        "kind": {"type": "keyword"},
        "object_id": {"type": "keyword"},
        "territory_code": {"type": "keyword"},
        "language": {"type": "keyword"},
        "recency": {"type": "long"},
        "fingerprint": {"type": "keyword"},
        "head": _WORDS,
        "body": _WORDS,
        "lookup": {**_WORDS, "index_options": "docs"},
    },
}
SETTINGS: dict[str, Any] = {
    "number_of_shards": 1,
    "auto_expand_replicas": "0-1",
    "refresh_interval": "1s",
}


def elasticsearch_query(node: Node, key: Key) -> dict[str, Any]:
    """Write a condition in the query language; only leaf queries that are not analysed twice."""
    match node:
        case Phrase(tokens, head):
            fields = ("head",) if head else ("head", "body")
            words = " ".join(map(key, tokens))
            return _any([{"match_phrase": {name: {"query": words}}} for name in fields])
        case Lookup(token):
            return {"term": {"lookup": {"value": key(token)}}}
        case All(parts):
            return {"bool": {"filter": [elasticsearch_query(part, key) for part in parts]}}
        case AnyOf(parts):
            return _any([elasticsearch_query(part, key) for part in parts])
        case AtLeast(count, parts):
            return _any([elasticsearch_query(part, key) for part in parts], count)
        case Without(wanted, unwanted):
            return {
                "bool": {
                    "filter": [elasticsearch_query(wanted, key)],
                    "must_not": [elasticsearch_query(unwanted, key)],
                }
            }
        case _:
            raise TypeError(f"cannot be asked of an engine: {node!r}")


def _any(queries: list[dict[str, Any]], count: int = 1) -> dict[str, Any]:
    if len(queries) == 1:
        return queries[0]
    return {"bool": {"should": queries, "minimum_should_match": count}}


def limits(request: Request) -> list[dict[str, Any]]:
    """Return the filters that keep a request inside its kinds, its scope and its language."""
    filters: list[dict[str, Any]] = [{"terms": {"kind": list(request.kinds)}}]
    if request.prefixes is not None:
        filters.append(
            _any([{"prefix": {"territory_code": {"value": p}}} for p in request.prefixes])
        )
    if request.language:
        filters.append({"terms": {"language": ["", request.language]}})
    if request.object_ids is not None:
        ids = [
            document_id(kind, object_id)
            for kind, object_ids in request.object_ids.items()
            for object_id in object_ids or ()
        ]
        free = [kind for kind, object_ids in request.object_ids.items() if object_ids is None]
        named: dict[str, Any] = {"ids": {"values": ids}}
        filters.append(_any([named, {"terms": {"kind": free}}]) if free else named)
    return filters


def document_id(kind: str, object_id: str) -> str:
    """Return the id of a document in the index."""
    return f"{kind}:{object_id}"


@lru_cache(maxsize=4)
def _client(settings: ClusterSettings) -> Elasticsearch:
    options: dict[str, Any] = {
        "request_timeout": settings.timeout_seconds,
        # The breaker decides about another try; a second one here only doubles the wait.
        "max_retries": 0,
        "retry_on_timeout": False,
        "http_compress": True,
    }
    if settings.api_key:
        options["api_key"] = settings.api_key
    elif settings.user:
        options["basic_auth"] = (settings.user, settings.password)
    if settings.ca_file:
        options["ca_certs"] = settings.ca_file
    return Elasticsearch(list(settings.urls), **options)


@receiver(setting_changed)
def _forget_client(*, setting: str, **kwargs: object) -> None:
    if setting.startswith("ELASTICSEARCH_"):
        _client.cache_clear()


class ElasticsearchEngine:
    """Two indexes, one for the portal and one for cases, each behind an alias."""

    name = "elasticsearch"

    def __init__(self, settings: ClusterSettings | None = None) -> None:
        self.settings = settings or cluster()

    def alias(self, *, confidential: bool) -> str:
        """Return the name searches and writes use."""
        return self.settings.prefix + ("case" if confidential else "public")

    def _call(self, path: str, /, *, within: float = 0, **arguments: Any) -> Any:
        """Call the client; whatever goes wrong becomes `EngineUnavailable`.

        Args:
            path: The method, dots between its parts.
            within: Seconds to wait, where the settings do not say more.
            arguments: What the method is told.

        Raises:
            EngineUnavailable: Named by the class of the error, never by its text, which
                may quote the query.
        """
        try:
            target: Any = _client(self.settings)
            if within > self.settings.timeout_seconds:
                target = target.options(request_timeout=within)
            for name in path.split("."):
                target = getattr(target, name)
            return target(**arguments)
        except ApiError as error:
            raise EngineUnavailable(f"{type(error).__name__} {error.status_code}") from None
        except (TransportError, ValueError, OSError) as error:
            # ValueError and OSError: a wrong address or a missing CA file.
            raise EngineUnavailable(type(error).__name__) from None

    # --- Reading ------------------------------------------------------------------

    def find(self, request: Request) -> Found:
        """Return one page of hits.

        Raises:
            EngineUnavailable: The cluster cannot answer, or answers in part only.
        """
        if not request.reachable or isinstance(request.match, Nothing):
            return Found()
        answer = self._search(request, size=request.limit, offset=request.offset)
        try:
            buckets = answer["aggregations"]["kinds"]["buckets"]
            facets = {bucket["key"]: bucket["doc_count"] for bucket in buckets}
            return Found(tuple(map(_hit, answer["hits"]["hits"])), facets)
        except (KeyError, TypeError, IndexError) as error:
            raise EngineUnavailable("unexpected answer") from error

    def ids(self, request: Request, *, most: int) -> list[str] | None:
        """Return the ids of all hits, or ``None`` where there are more than ``most``.

        Raises:
            EngineUnavailable: The cluster cannot answer, or answers in part only.
        """
        if not request.reachable or isinstance(request.match, Nothing):
            return []
        answer = self._search(request, size=most + 1, offset=0)
        try:
            found = [_hit(hit)[1] for hit in answer["hits"]["hits"]]
        except (KeyError, TypeError, IndexError) as error:
            raise EngineUnavailable("unexpected answer") from error
        return None if len(found) > most else found

    def _search(self, request: Request, *, size: int, offset: int) -> Any:
        ranks = [
            {"constant_score": {"filter": elasticsearch_query(node, request.key), "boost": points}}
            for points, node in request.ranks
        ]
        answer = self._call(
            "search",
            index=self.alias(confidential=request.confidential),
            query={
                "bool": {
                    "filter": [
                        elasticsearch_query(request.match, request.key),
                        *limits(request),
                    ],
                    "should": ranks,
                }
            },
            sort=[
                {"_score": "desc"},
                {"recency": "desc"},
                {"object_id": "asc"},
                {"kind": "asc"},
            ],
            aggs={"kinds": {"terms": {"field": "kind", "size": KINDS}}},
            docvalue_fields=["kind", "object_id"],
            source=False,
            size=min(size, WINDOW - offset),
            from_=offset,
            # Part of an answer would be a smaller set than the database gives.
            allow_partial_search_results=False,
        )
        if not isinstance(answer.body, dict) or answer.body.get("timed_out"):
            raise EngineUnavailable("timed out, or no answer of a search")
        return answer

    # --- Writing ------------------------------------------------------------------

    def put(self, rows: Iterable[Row], *, index: str = "") -> None:
        """Store rows through the alias, or into one index while it is being built.

        Raises:
            EngineUnavailable: The cluster cannot be reached, has no index, or refuses a row.
        """
        for batch in _batches(rows, BATCH):
            for confidential in (True, False):
                some = [row for row in batch if row.confidential is confidential]
                operations: list[dict[str, Any]] = []
                for row in some:
                    operations.append({"index": {"_id": document_id(row.kind, row.object_id)}})
                    operations.append(_document(row))
                self._bulk(operations, index or self.alias(confidential=confidential), index == "")

    def remove(
        self, kind: str, object_ids: Iterable[str], *, confidential: bool, index: str = ""
    ) -> None:
        """Forget objects; those that are not there are no error.

        Raises:
            EngineUnavailable: The cluster cannot be reached or has no index.
        """
        name = index or self.alias(confidential=confidential)
        for batch in _batches(object_ids, BATCH):
            operations = [{"delete": {"_id": document_id(kind, each)}} for each in batch]
            self._bulk(operations, name, index == "")

    def _bulk(self, operations: Sequence[dict[str, Any]], index: str, require_alias: bool) -> None:
        if not operations:
            return
        answer = self._call(
            "bulk",
            operations=operations,
            index=index,
            # Without it a write to a missing index would make one with a guessed mapping.
            require_alias=require_alias,
            within=WRITING_SECONDS if require_alias else REBUILDING_SECONDS,
            # Who removes the outbox row next must know that searches see the change.
            refresh=require_alias,
        )
        if not answer["errors"]:
            return
        for item in answer["items"]:
            for action, result in item.items():
                missing_is_fine = action == "delete" and result.get("result") == "not_found"
                if result["status"] >= 300 and not missing_is_fine:
                    raise EngineUnavailable(f"{action} {result['status']}")

    # --- Rebuilding ---------------------------------------------------------------

    def new_index(self, *, confidential: bool, version: str) -> str:
        """Create an empty index beside the one in use and return its name.

        Raises:
            EngineUnavailable: The cluster cannot be reached or refuses.
        """
        name = f"{self.alias(confidential=confidential)}_{uuid4().hex[:12]}"
        self._call(
            "indices.create",
            index=name,
            settings=SETTINGS,
            mappings={**MAPPINGS, "_meta": {"version": version}},
            within=REBUILDING_SECONDS,
        )
        return name

    def refresh(self, index: str) -> None:
        """Make all that was written to an index visible."""
        self._call("indices.refresh", index=index, within=REBUILDING_SECONDS)

    def swap(self, name: str, *, confidential: bool) -> None:
        """Point the alias at a new index and delete every other index of its kind.

        Raises:
            EngineUnavailable: The cluster cannot be reached or refuses.
        """
        alias = self.alias(confidential=confidential)
        existing = [index for index in self._indices(confidential=confidential) if index != name]
        actions: list[Mapping[str, Any]] = [{"add": {"index": name, "alias": alias}}]
        actions += [{"remove_index": {"index": index}} for index in existing]
        self._call("indices.update_aliases", actions=actions, within=REBUILDING_SECONDS)

    def drop(self, index: str) -> None:
        """Delete one index, if it is there."""
        self._call(
            "indices.delete", index=index, ignore_unavailable=True, within=REBUILDING_SECONDS
        )

    def drop_all(self) -> None:
        """Delete every index under the prefix."""
        for confidential in (True, False):
            for index in self._indices(confidential=confidential):
                self.drop(index)

    def _indices(self, *, confidential: bool) -> list[str]:
        pattern = f"{self.alias(confidential=confidential)}_*"
        found = self._call(
            "indices.get", index=pattern, expand_wildcards="all", within=REBUILDING_SECONDS
        )
        return sorted(found)

    def version(self, *, confidential: bool) -> str:
        """Return the version of tokens the index in use was built with.

        Raises:
            EngineUnavailable: The cluster cannot be reached or has no index.
        """
        alias = self.alias(confidential=confidential)
        answer = self._call("indices.get_mapping", index=alias)
        each = [index["mappings"].get("_meta", {}).get("version", "") for index in answer.values()]
        return str(each[0]) if each else ""

    def fingerprints(
        self, *, confidential: bool, index: str = ""
    ) -> Iterator[tuple[str, str, str]]:
        """Yield kind, object id and fingerprint of every document.

        Raises:
            EngineUnavailable: The cluster cannot be reached or has no index.
        """
        after: list[Any] | None = None
        while True:
            answer = self._call(
                "search",
                index=index or self.alias(confidential=confidential),
                query={"match_all": {}},
                sort=[{"kind": "asc"}, {"object_id": "asc"}],
                docvalue_fields=["kind", "object_id", "fingerprint"],
                source=False,
                size=WINDOW,
                track_total_hits=False,
                allow_partial_search_results=False,
                within=REBUILDING_SECONDS,
                **({"search_after": after} if after else {}),
            )
            hits = answer["hits"]["hits"]
            for hit in hits:
                fields = hit["fields"]
                yield fields["kind"][0], fields["object_id"][0], fields["fingerprint"][0]
            if len(hits) < WINDOW:
                return
            after = hits[-1]["sort"]


def _document(row: Row) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "object_id": row.object_id,
        "territory_code": row.territory_code,
        "language": row.language,
        "recency": row.recency,
        "fingerprint": row.fingerprint,
        "head": " ".join(row.tokens.head),
        "body": " ".join(row.tokens.body),
        "lookup": " ".join(row.tokens.lookup),
    }


def _hit(hit: Mapping[str, Any]) -> tuple[str, str]:
    fields = hit["fields"]
    return fields["kind"][0], fields["object_id"][0]


def _batches(each: Iterable[Any], size: int) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for item in each:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
