"""Wagtail's log, made safe for case files.

The stock log copies ``str(object)`` into every entry, keeps it after deletion and shows
it to whoever holds any right on the model.  Here an entry holds a number, carries its
territory, and is seen only by those who serve it.
"""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models.audit_log import BaseLogEntry, BaseLogEntryManager

from core.access.register import FieldClasses
from core.access.scope import scope_of


class CaseLogEntryManager(BaseLogEntryManager):
    def log_action(self, instance: Any, action: str, **kwargs: Any) -> "CaseLogEntry":
        # A title handed over by a generic view may hold a name; the number never does.
        kwargs["title"] = str(instance)
        kwargs["object_id"] = str(instance.pk)
        kwargs["territory_code"] = getattr(instance, "territory_code", "")
        return super().log_action(instance, action, **kwargs)  # type: ignore[no-any-return]

    def viewable_by_user(self, user: Any) -> Any:
        """Keep entries of models the user has a right on, in territories they serve."""
        entries = self.get_queryset() if user.is_superuser else super().viewable_by_user(user)
        return entries.filter(scope_of(user).q())

    def for_instance(self, instance: Any) -> Any:
        return self.get_for_model(type(instance)).filter(object_id=str(instance.pk))


class CaseLogEntry(BaseLogEntry):
    """One action on one case-bound row, or on a ledger as a whole (empty object id)."""

    object_id = models.CharField(max_length=36, db_index=True, blank=True)
    territory_code = models.CharField(max_length=12, db_index=True, blank=True)

    field_classes = FieldClasses(
        office=[
            "id",
            "uuid",
            "content_type",
            "label",
            "action",
            "timestamp",
            "user",
            "revision",
            "content_changed",
            "deleted",
            "object_id",
            "territory_code",
        ],
        personal=["data"],
    )

    objects = CaseLogEntryManager()

    class Meta(BaseLogEntry.Meta):
        verbose_name = _("case log entry")
        verbose_name_plural = _("case log entries")
        ordering = ["-timestamp", "-id"]
        default_permissions = ("view",)

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Code writes entries, people do not: the parent's check of every column would cost
        # two look-ups on each page that shows a record.  Only the action can be mistyped.
        self.clean()
        super(BaseLogEntry, self).save(*args, **kwargs)
