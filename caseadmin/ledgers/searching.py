"""Make every ledger's records findable, by the fields the ledger names."""

from typing import TYPE_CHECKING, Any

from .declaration import Ledger
from .paths import joins, values_at
from .presentation import plain
from .registry import ledgers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from search.registry import SearchDocument


def texts(instance: Any, names: "Sequence[str]") -> tuple[str, ...]:
    """Return the values at these dotted names in words, without blanks or repeats."""
    found = (plain(value) for name in names for value in values_at(instance, name))
    return tuple(dict.fromkeys(text for text in found if text))


def document_maker(declared: type[Ledger]) -> "Callable[[Any], SearchDocument]":
    """Return the function that turns a record into what search indexes."""
    from search.registry import SearchDocument  # app ready

    fields = declared.search
    assert fields is not None

    def document(instance: Any) -> SearchDocument:
        return SearchDocument(
            title=str(instance),
            body="\n".join(texts(instance, fields.text)),
            names=texts(instance, fields.names),
            places=texts(instance, fields.places),
            codes=texts(instance, fields.codes),
            territory_code=instance.territory_code,
        )

    return document


def register_all() -> None:
    """Register every ledger that can be searched."""
    from search.registry import register_searchable  # app ready

    for declared in ledgers:
        if declared.search is None:
            continue
        select, prefetch = joins(declared.model, declared.search.paths())
        register_searchable(
            declared.slug,
            declared.model,
            document_maker(declared),
            confidential=True,
            prefetch=(*select, *prefetch),
        )
