"""Make every ledger's records findable, by the fields the ledger names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from core.access.register import Kind, class_of, is_registered
from core.access.rights import Seeing, current_rights
from core.crypto.fields import BlindIndexField

from .columns import cell_text, column_paths, drawn_columns
from .declaration import Column, Ledger
from .paths import joins, resolve, values_at
from .presentation import plain, words
from .registry import ledgers
from .runtime.kinds import Kind as AddedKind
from .runtime.store import runtime_field
from .sight import Sight

if TYPE_CHECKING:
    from search.registry import ExactValue, Presented, SearchDocument

DETAILS = 4


def texts(instance: Any, names: Sequence[str]) -> tuple[str, ...]:
    """Return the values at these dotted names in words, without blanks or repeats."""
    found = (plain(value) for name in names for value in values_at(instance, name))
    return tuple(dict.fromkeys(text for text in found if text))


def document_maker(
    declared: type[Ledger], *, sight: Sight | None = None
) -> "Callable[[Any], SearchDocument]":
    """Return the function that turns a record into what search indexes.

    Args:
        declared: The ledger.
        sight: Leave out what this person does not read.
    """
    from search.registry import SearchDocument  # app ready

    fields = declared.search
    assert fields is not None

    def document(instance: Any) -> SearchDocument:
        def kept(names: Sequence[str]) -> tuple[str, ...]:
            if sight is not None:
                code = instance.territory_code
                names = [n for n in names if sight.cell(declared, Column(n), code) is Seeing.READ]
            return texts(instance, names)

        return SearchDocument(
            body="\n".join([*kept(fields.text), *added_texts(declared, instance, sight=sight)]),
            names=(
                *kept(fields.names),
                *added_texts(declared, instance, names=True, sight=sight),
            ),
            places=kept(fields.places),
            codes=kept(fields.codes),
            territory_code=instance.territory_code,
        )

    return document


def added_texts(
    declared: type[Ledger], instance: Any, *, names: bool = False, sight: Sight | None = None
) -> list[str]:
    """Return the searchable values of added fields in words: names of people, or the others."""
    found = []
    for spec in declared.added_fields():
        if not spec.searchable or (spec.kind == AddedKind.NAME) is not names:
            continue
        field = runtime_field(instance, spec.name)
        if sight is None or sight.seeing(field, instance.territory_code) is Seeing.READ:
            found.append(words(field, getattr(instance, spec.name)))
    return [text for text in found if text]


def reader_maker(
    declared: type[Ledger],
) -> "Callable[[], Callable[[Sequence[Any]], Mapping[Any, SearchDocument]] | None]":
    """Return the function that says what of a record the person in scope may find it by."""
    assert declared.search is not None
    paths = [path for path in declared.search.paths() if not is_number(declared, path)]
    select, prefetch = joins(declared.model, declared.search.paths())

    def reader() -> "Callable[[Sequence[Any]], Mapping[Any, SearchDocument]] | None":
        sight = Sight()
        added = [spec.name for spec in declared.added_fields() if spec.searchable]
        if all(sight.compares(declared, Column(path)) for path in (*paths, *added)):
            return None
        document = document_maker(declared, sight=sight)

        def documents(keys: Sequence[Any]) -> "Mapping[Any, SearchDocument]":
            rows = declared.queryset().filter(pk__in=keys)
            if select:
                rows = rows.select_related(*select)
            return {row.pk: document(row) for row in rows.prefetch_related(*prefetch)}

        return documents

    return reader


def is_number(declared: type[Ledger], path: str) -> bool:
    """Whether a field holds numbers that no index holds as words: they have their digests."""
    found = resolve(declared.model, path)
    if found.field is None or not is_registered(found.model):
        return False
    classed = class_of(found.model, found.field.name)
    return classed is not None and classed.kind in (Kind.ID_NUMBER, Kind.PHONE)


def presenter(declared: type[Ledger]) -> "Callable[[Sequence[Any]], list[Presented]]":
    """Return the function that shows hits: as the list shows them, masks and all."""
    from search.registry import Presented  # app ready

    def present(keys: Sequence[Any]) -> "list[Presented]":
        select, prefetch = joins(declared.model, column_paths(declared))
        rows = declared.queryset().filter(pk__in=keys)
        if select:
            rows = rows.select_related(*select)
        found = {row.pk: row for row in rows.prefetch_related(*prefetch)}
        sight = Sight()
        columns = drawn_columns(declared, sight)[: DETAILS + 1]
        shown = []
        for key in keys:
            row = found.get(key)
            if row is None:
                continue
            texts_shown = [cell_text(declared, column, row, sight) for column in columns]
            shown.append(
                Presented(
                    title=next(iter(texts_shown), "") or str(row),
                    detail=" · ".join(text for text in texts_shown[1:] if text),
                    url=declared.url("view", row.pk),
                )
            )
        return shown

    return present


def exact_resolver(declared: type[Ledger]) -> "Callable[[ExactValue], Q | None] | None":
    """Return how an identity or telephone number is looked up, or ``None``.

    Digests are bound to their field, so one number may be tried against all of them: all
    whose value the person may at least reveal on every row in reach.
    """
    own = blind_fields(declared.model)
    relations = [declared.child_relation(child) for child in declared.children]
    held = [(relation, blind_fields(relation.related_model)) for relation in relations]
    if not own and not any(fields for _relation, fields in held):
        return None

    def exact(number: "ExactValue") -> Q | None:
        condition = Q()
        rights = current_rights()

        def may_ask(field: BlindIndexField) -> bool:
            return rights.least(field.model, field.source).see >= Seeing.REVEAL

        for field in filter(may_ask, own):
            condition |= Q(**{field.name: field.digest(number.value)})
        for relation, fields in held:
            for field in filter(may_ask, fields):
                rows = relation.related_model._default_manager.filter(
                    **{field.name: field.digest(number.value)}
                )
                condition |= Q(pk__in=rows.values(relation.field.attname))
        return condition or None

    return exact


def blind_fields(model: Any) -> list[BlindIndexField]:
    """Return the fields by which encrypted values of a model are found."""
    return [f for f in model._meta.concrete_fields if isinstance(f, BlindIndexField)]


def followed(declared: type[Ledger]) -> dict[Any, Callable[[Any], Iterable[Any]]]:
    """Return the models whose change makes a record's words out of date."""
    assert declared.search is not None
    owners: dict[Any, set[str]] = {}
    for name in declared.search.paths():
        way: list[str] = []
        for relation in resolve(declared.model, name).relations:
            way.append(relation.name)
            owners.setdefault(relation.related_model, set()).add("__".join(way))

    def keys_through(lookups: set[str]) -> Callable[[Any], Iterable[Any]]:
        def keys(row: Any) -> Iterable[Any]:
            condition = Q()
            for lookup in lookups:
                condition |= Q(**{lookup: row.pk})
            # Any person's change makes the words old, whatever they themselves may see.
            rows = declared.model._base_manager.filter(condition)
            return rows.values_list("pk", flat=True).distinct()

        return keys

    return {model: keys_through(lookups) for model, lookups in owners.items()}


def register_all() -> None:
    """Register every ledger that can be searched."""
    for declared in ledgers:
        if declared.search is not None:
            register(declared)


def register(declared: type[Ledger]) -> None:
    """Register one ledger with search, as confidential."""
    from search.registry import register_searchable  # app ready

    assert declared.search is not None
    select, prefetch = joins(declared.model, declared.search.paths())
    register_searchable(
        declared.slug,
        declared.model,
        document_maker(declared),
        confidential=True,
        prefetch=prefetch,
        select=select,
        label=declared.label,
        permission=declared.permission("view"),
        present=presenter(declared),
        exact=exact_resolver(declared),
        follows=followed(declared),
        reader=reader_maker(declared),
    )
