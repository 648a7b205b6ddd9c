"""django-simple-history, made fit for case work.

Adds to each history row the change set, its source and the actor's name at that
time; scopes history like the rows it tells of; refuses writes without an actor; and
turns ``ParentalKey`` copies into plain foreign keys, without which modelcluster
refuses to start (its check E002).
"""

from functools import cache
from typing import Any

from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from core.access.managers import ScopedManager
from core.access.opening import without_sealed
from core.access.scope import scope_filter
from core.crypto.fields import EncryptedTextField

from .context import SOURCES, required_change


class ChangeRecord(models.Model):
    """What every history row says beside the values."""

    change_set = models.UUIDField(_("change set"), db_index=True, editable=False)
    source = models.CharField(_("source"), max_length=10, choices=list(SOURCES.items()))
    actor_name = models.CharField(_("name of the person"), max_length=150)

    wagtail_reference_index_ignore = True

    class Meta:
        abstract = True


class CaseChangeRecord(ChangeRecord):
    """A history row of a case-bound model: scoped like the row itself."""

    objects = ScopedManager()

    class Meta:
        abstract = True


class ScopedHistoryManager(HistoryManager):
    """``Model.history``, limited to rows in scope where the model has a territory."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class: Any, class_name: str | None = None) -> Any:
        # The library makes a class whenever somebody says ``Model.history``: one is enough.
        return super().from_queryset(queryset_class, class_name)

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        if not any(f.name == "territory_code" for f in self.model._meta.concrete_fields):
            return queryset
        condition = scope_filter()
        return queryset if condition is None else without_sealed(queryset.filter(condition))


class LedgerHistory(HistoricalRecords):
    """Declare ``history = LedgerHistory()`` on every model staff may change."""

    bases: tuple[type, ...]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("history_manager", ScopedHistoryManager)
        # People write about children where they are asked why.
        kwargs.setdefault("history_change_reason_field", EncryptedTextField(blank=True, default=""))
        kwargs.setdefault("user_db_constraint", False)
        super().__init__(**kwargs)

    def create_history_model(self, model: Any, inherited: bool) -> Any:
        case_bound = any(f.name == "territory_code" for f in model._meta.local_fields)
        base = CaseChangeRecord if case_bound else ChangeRecord
        if not any(issubclass(b, ChangeRecord) for b in self.bases):
            self.bases = (*self.bases[:-1], base)
        return super().create_history_model(model, inherited)

    def get_meta_options(self, model: Any) -> dict[str, Any]:
        options: dict[str, Any] = super().get_meta_options(model)
        options["verbose_name"] = format_lazy(
            _("{model} (history)"), model=model._meta.verbose_name
        )
        options["verbose_name_plural"] = options["verbose_name"]
        options["default_permissions"] = ()
        return options

    def get_extra_fields(self, model: Any, fields: Any) -> dict[str, Any]:
        extra: dict[str, Any] = super().get_extra_fields(model, fields)
        made = extra["instance"].fget
        extra["instance"] = property(lambda row: of_its_own_kind(made(row)))
        return extra

    def copy_fields(self, model: Any) -> dict[str, models.Field]:
        fields: dict[str, models.Field] = super().copy_fields(model)
        for name, copied in fields.items():
            if isinstance(copied, ParentalKey):
                plain = models.ForeignKey(
                    copied.remote_field.model,
                    verbose_name=copied.verbose_name,
                    db_constraint=False,
                    related_name="+",
                    null=True,
                    blank=True,
                    on_delete=models.DO_NOTHING,
                )
                plain.name = name
                fields[name] = plain
        return fields

    def get_history_user(self, instance: Any) -> Any:
        return required_change().actor

    def get_change_reason_for_object(self, instance: Any, history_type: str, using: Any) -> str:
        return required_change().reason

    def finalize(self, sender: Any, **kwargs: Any) -> None:
        super().finalize(sender, **kwargs)
        if hasattr(sender._meta, "simple_history_manager_attribute"):
            # The library notices after the row is written; a write without an actor
            # must not happen at all, even outside a transaction.
            for signal in (models.signals.pre_save, models.signals.pre_delete):
                signal.connect(refuse_without_actor, sender=sender, dispatch_uid=f"actor {sender}")


def of_its_own_kind(instance: Any) -> Any:
    """Return a row of the past as one of the model it was a row of, where rows say which.

    One table may hold rows of several proxies; a row's fields and rights hang on its own.
    """
    kind = getattr(instance, "own_kind", None)
    if kind is not None:
        instance.__class__ = kind
    return instance


def refuse_without_actor(raw: bool = False, **kwargs: Any) -> None:
    """Stop a write of a tracked row that nobody answers for.

    Raises:
        MissingActor: No change set is open.
    """
    if not raw:
        required_change()


def stamp_record(record: Any) -> None:
    """Fill the columns of ``ChangeRecord`` on a history row from the open change set.

    Bulk paths call this for each row they build; single saves reach it by signal.

    Raises:
        MissingActor: No change set is open.
    """
    change = required_change()
    record.change_set = change.id
    record.source = change.source
    record.actor_name = change.actor.get_full_name() or change.actor.get_username()
    record.history_user_id = change.actor.pk
    record.history_change_reason = change.reason
