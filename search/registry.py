"""What can be searched; filled by the apps that own the models."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise

from search.documents import SearchDocument
from search.planner import ExactValue

__all__ = [
    "ExactValue",
    "Presented",
    "SearchDocument",
    "Searchable",
    "kinds",
    "register_searchable",
    "searchable",
    "searchables",
    "unregister_searchable",
]

KIND_LENGTH = 60


@dataclass(frozen=True)
class Presented:
    """How one hit is shown, as far as the reader may see it."""

    title: str
    detail: str = ""
    url: str = ""


@dataclass(frozen=True)
class Searchable:
    """One kind of thing that can be searched; see `register_searchable`."""

    kind: str
    model: type[models.Model]
    document: Callable[[Any], SearchDocument | None]
    confidential: bool
    prefetch: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    label: str | Promise = ""
    permission: str = ""
    present: Callable[[Sequence[Any]], Sequence[Presented]] | None = None
    exact: Callable[[ExactValue], Q | None] | None = None
    follows: Mapping[type[models.Model], Callable[[Any], Iterable[Any]]] = field(
        default_factory=dict
    )
    reader: Callable[[], Callable[[Sequence[Any]], Mapping[Any, SearchDocument]] | None] | None = (
        None
    )

    def object_id(self, pk: Any) -> str:
        """Return a primary key as the index writes it."""
        value = self._pk_field.to_python(pk)
        return value.hex if isinstance(value, UUID) else str(value)

    def pk(self, object_id: str) -> Any:
        """Return the primary key an index entry stands for."""
        return self._pk_field.to_python(object_id)

    @property
    def pk_column(self) -> models.Field[Any, Any]:
        """The field whose type primary keys have in the database."""
        return self._pk_field

    @property
    def _pk_field(self) -> models.Field[Any, Any]:
        found: models.Field[Any, Any] = self.model._meta.pk
        while isinstance(found, models.ForeignKey):  # a page's key points at its parent's
            found = found.target_field
        return found


_searchables: dict[str, Searchable] = {}
_sources: list[Callable[[], Any]] = []


def add_source(bring_up_to_date: Callable[[], Any]) -> None:
    """Have a function called before confidential kinds are looked up: some are data.

    Args:
        bring_up_to_date: Called often and from any process; it keeps what it knows.
    """
    if bring_up_to_date not in _sources:
        _sources.append(bring_up_to_date)


def _bring_up_to_date() -> None:
    for source in _sources:
        source()


def register_searchable(
    kind: str,
    model: type[models.Model],
    document: Callable[[Any], SearchDocument | None],
    *,
    confidential: bool,
    prefetch: Sequence[str] = (),
    select: Sequence[str] = (),
    label: str | Promise = "",
    permission: str = "",
    present: Callable[[Sequence[Any]], Sequence[Presented]] | None = None,
    exact: Callable[[ExactValue], Q | None] | None = None,
    follows: Mapping[type[models.Model], Callable[[Any], Iterable[Any]]] | None = None,
    reader: Callable[[], Callable[[Sequence[Any]], Mapping[Any, SearchDocument]] | None]
    | None = None,
) -> Searchable:
    """Make a model searchable and keep its index current; call it in ``AppConfig.ready``.

    Args:
        kind: Short and lasting: it stands in every index.
        model: Whose rows are indexed.
        document: Makes the words of a row; ``None`` keeps it out, or takes it out.
        confidential: Case data: tokens are keyed and every search needs a scope.
        prefetch: Relations ``document`` reads.
        select: Those of them that lead to one row each, and are joined.
        label: Heading of the group on the staff search page.
        permission: Who lacks it is not offered this kind, e.g. ``children.view_childfile``.
        present: Shows hits to the reader in the current scope, given primary keys; one
            for each key it may show, in the same order.  Without it the kind stays off the
            staff search page.
        exact: Turns an identity or telephone number into a filter on the model, by blind
            index; ``None`` where the kind has no such number.
        follows: Other models whose change makes rows of this one out of date, each with
            a function from the changed row to the primary keys of these rows.
        reader: Returns ``None`` where the reader in scope reads every field ``document``
            is made of; else a function from primary keys to documents without the others,
            by which hits are judged once more (see `search.sifting`).

    Raises:
        ValueError: The kind is taken by another model, or too long.
    """
    if len(kind) > KIND_LENGTH:
        raise ValueError(f"kind {kind!r} is longer than {KIND_LENGTH} characters")
    if kind in _searchables and _searchables[kind].model is not model:
        raise ValueError(f"kind {kind!r} is registered for another model")
    made = Searchable(
        kind=kind,
        model=model,
        document=document,
        confidential=confidential,
        prefetch=tuple(prefetch),
        select=tuple(select),
        label=label or model._meta.verbose_name_plural or kind,
        permission=permission,
        present=present,
        exact=exact,
        follows=dict(follows or {}),
        reader=reader,
    )
    _searchables[kind] = made
    from search.signals import connect  # circular import: receivers read the registry

    connect(made)
    return made


def unregister_searchable(kind: str) -> None:
    """Forget a kind; its entries go with the next rebuild."""
    gone = _searchables.pop(kind, None)
    if gone is not None:
        from search.signals import disconnect  # circular import: receivers read the registry

        disconnect(gone)


def searchable(kind: str) -> Searchable:
    """Return a kind.

    Raises:
        LookupError: Nobody registered it.
    """
    if kind not in _searchables:
        _bring_up_to_date()
    try:
        return _searchables[kind]
    except KeyError:
        raise LookupError(f"kind {kind!r} is not searchable") from None


def searchables(*, confidential: bool | None = None) -> list[Searchable]:
    """Return the registered kinds, all or those of one index."""
    if confidential is not False:
        _bring_up_to_date()
    each = list(_searchables.values())
    return [one for one in each if confidential is None or one.confidential is confidential]


def kinds(*, confidential: bool | None = None) -> tuple[str, ...]:
    """Return the names of the registered kinds."""
    return tuple(one.kind for one in searchables(confidential=confidential))
