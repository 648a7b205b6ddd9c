"""What every case-bound row carries."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.history.context import required_change

from .managers import ScopedManager
from .register import FieldClasses

CASE_PERMISSIONS = (
    "view",
    "add",
    "change",
    "delete",
    "export",
    "import",
    "view_history",
    "restore",
)


STAMPED = ("territory_code", "version", "created_at", "created_by", "updated_at", "updated_by")
"""Columns every save fills; nobody types them."""


def kind_of_record(label: str) -> str:
    """Return what records of a model are called, by its label (``children.childfile``)."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        # The model is gone, or was never one: what is stored is all there is to say.
        return label


class CaseModel(models.Model):
    """A row about a child, or about someone who may come near one.

    The territory code stands on the row itself, because joins and forward foreign
    keys walk past managers.  ``version`` counts saves and is what two people
    editing at once are told apart by.

    ``in_words`` says how stored values that are names of code are put to people, by field;
    ``untold`` names columns that mean nothing to them, such as keys without a relation.
    """

    in_words: ClassVar[Mapping[str, Callable[[Any], str]]] = {}
    untold: ClassVar[tuple[str, ...]] = ()

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    territory_code = models.CharField(
        _("territory code"), max_length=12, editable=False, db_index=True
    )
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("created by"),
    )
    updated_at = models.DateTimeField(_("updated at"), editable=False, db_index=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("updated by"),
    )

    field_classes = FieldClasses(
        office=["id", *STAMPED],
    )

    objects = ScopedManager()

    opened_by_approval = True
    """Whether opening a row needs an approval (``core.access.opening``)."""

    points_at: tuple[str, ...] = ()
    """Columns without a foreign key that hold a record's key: a seal on it covers this row."""

    wagtail_reference_index_ignore = True

    has_moved = True
    """Whether the last save may have put the row into another territory."""

    class Meta:
        abstract = True
        default_permissions = CASE_PERMISSIONS

    def territory_code_source(self) -> str:
        """Return the twelve-digit code this row belongs to.

        Raises:
            NotImplementedError: The subclass did not say.
        """
        raise NotImplementedError(f"{type(self).__name__}.territory_code_source")

    def stamp(self) -> None:
        """Set territory, version, times and people, as every save and bulk write must.

        Raises:
            MissingActor: No change set is open.
        """
        actor = required_change().actor
        now = timezone.now()
        before, self.territory_code = self.territory_code, self.territory_code_source()
        self.has_moved = self._state.adding or before != self.territory_code
        if self._state.adding:
            self.created_at = self.created_at or now
            # A record that comes back keeps who made it.
            self.created_by_id = self.created_by_id or actor.pk
        self.updated_at = now
        self.updated_by_id = actor.pk
        self.version += 1

    def note_stored(self) -> None:
        """Note the values as they are stored, before a form changes some of them.

        A key that stays names a row that is there, and a unique value that stays is unique:
        neither needs to be asked again.
        """
        self._as_stored = {f.attname: getattr(self, f.attname) for f in self._asked_fields()}

    @classmethod
    def _asked_fields(cls) -> list[Any]:
        return [f for f in cls._meta.concrete_fields if f.many_to_one or f.unique]

    def _unchanged(self) -> set[str]:
        stored: dict[str, Any] = self.__dict__.get("_as_stored", {})
        return {
            f.name
            for f in self._asked_fields()
            if stored.get(f.attname) is not None and stored[f.attname] == getattr(self, f.attname)
        }

    def clean_fields(self, exclude: Any = None) -> None:
        unchanged = {f.name for f in self._asked_fields() if f.many_to_one} & self._unchanged()
        super().clean_fields(exclude={*(exclude or ()), *unchanged})

    def _perform_unique_checks(self, unique_checks: Any) -> Any:
        unchanged = self._unchanged()
        asked = [check for check in unique_checks if not unchanged.issuperset(check[1])]
        return super()._perform_unique_checks(asked)  # type: ignore[misc]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.__dict__.pop("_as_stored", None)
        self.stamp()
        update_fields = kwargs.get("update_fields")
        if update_fields is not None:
            kwargs["update_fields"] = {
                *update_fields,
                "territory_code",
                "version",
                "updated_at",
                "updated_by",
            }
        super().save(*args, **kwargs)


class NumberedCaseModel(CaseModel):
    """A case row that titles, logs and people call by its number."""

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)

    field_classes = FieldClasses(office=["number"])

    class Meta(CaseModel.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.number


def account_key(label: Any, *, related_name: str = "+", **more: Any) -> Any:
    """Return a column that names somebody on the staff, whose account cannot go away."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name=related_name,
        verbose_name=label,
        **more,
    )
