"""Keep the index current: every save and deletion, in its own transaction."""

from typing import Any

from django.db import models
from django.db.models.signals import post_delete, post_save, pre_delete

from core.access.opening import sealed_through
from core.access.scope import unscoped
from search.registry import Searchable


def connect(one: Searchable) -> None:
    """Listen to the model of a kind and to the models it follows."""

    def saved(sender: type[models.Model], instance: Any, raw: bool, **kwargs: Any) -> None:
        # A fixture may load a row before the rows it points at; a rebuild comes after it.
        if not raw:
            _index(one.kind, [instance.pk])

    def deleted(sender: type[models.Model], instance: Any, **kwargs: Any) -> None:
        from search.indexing import remove_objects  # circular import: indexing reads the registry

        remove_objects(one.kind, [instance.pk])

    post_save.connect(saved, sender=one.model, weak=False, dispatch_uid=_uid(one, one.model, 1))
    post_delete.connect(deleted, sender=one.model, weak=False, dispatch_uid=_uid(one, one.model, 2))
    for model, keys in one.follows.items():
        _follow(one, model, keys)
    if sealed_through(one.model):
        _follow_seals(one)


def _follow_seals(one: Searchable) -> None:
    from core.approvals.models import SealedKey  # app ready

    def turned(sender: type[models.Model], instance: Any, **kwargs: Any) -> None:
        hit = models.Q()
        for way in sealed_through(one.model):
            hit |= models.Q(**{way: instance.record_id})
        with unscoped("search index"):
            keys = list(one.model._base_manager.filter(hit).values_list("pk", flat=True))
        _index(one.kind, keys)

    for number, signal in ((6, post_save), (7, post_delete)):
        uid = _uid(one, SealedKey, number)
        signal.connect(turned, sender=SealedKey, weak=False, dispatch_uid=uid)


def _follow(one: Searchable, model: type[models.Model], keys: Any) -> None:
    def touched(sender: type[models.Model], instance: Any, **kwargs: Any) -> None:
        if not kwargs.get("raw"):
            _index(one.kind, keys(instance))

    def going(sender: type[models.Model], instance: Any, **kwargs: Any) -> None:
        # After the deletion the way back to the owners may be gone.
        instance._search_owners = {
            **getattr(instance, "_search_owners", {}),
            one.kind: list(keys(instance)),
        }

    def gone(sender: type[models.Model], instance: Any, **kwargs: Any) -> None:
        _index(one.kind, getattr(instance, "_search_owners", {}).get(one.kind, ()))

    post_save.connect(touched, sender=model, weak=False, dispatch_uid=_uid(one, model, 3))
    pre_delete.connect(going, sender=model, weak=False, dispatch_uid=_uid(one, model, 4))
    post_delete.connect(gone, sender=model, weak=False, dispatch_uid=_uid(one, model, 5))


def disconnect(one: Searchable) -> None:
    """Stop listening for a kind."""
    post_save.disconnect(sender=one.model, dispatch_uid=_uid(one, one.model, 1))
    post_delete.disconnect(sender=one.model, dispatch_uid=_uid(one, one.model, 2))
    for model in one.follows:
        post_save.disconnect(sender=model, dispatch_uid=_uid(one, model, 3))
        pre_delete.disconnect(sender=model, dispatch_uid=_uid(one, model, 4))
        post_delete.disconnect(sender=model, dispatch_uid=_uid(one, model, 5))
    if sealed_through(one.model):
        from core.approvals.models import SealedKey  # app ready

        post_save.disconnect(sender=SealedKey, dispatch_uid=_uid(one, SealedKey, 6))
        post_delete.disconnect(sender=SealedKey, dispatch_uid=_uid(one, SealedKey, 7))


def _uid(one: Searchable, model: type[models.Model], number: int) -> str:
    return f"search:{one.kind}:{model._meta.label}:{number}"


def _index(kind: str, pks: Any) -> None:
    from search.indexing import index_objects  # circular import: indexing reads the registry

    index_objects(kind, pks)
