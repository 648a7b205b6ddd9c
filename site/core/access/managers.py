"""Managers that show only rows in scope, and none where no scope was set."""

from typing import TYPE_CHECKING, Any, Self, cast

from django.db import models

from .opening import without_sealed
from .scope import scope_filter, scope_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from core.accounts.models import User


class ScopedQuerySet(models.QuerySet[Any]):
    """Questions every case-bound model answers."""

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Keep the rows of the territories the user serves."""
        return self.filter(scope_of(user).q())


_Manager = models.Manager.from_queryset(ScopedQuerySet)


class ScopedManager(_Manager):
    """The default manager of every case-bound model.

    Wagtail's generic views, modeladmin, choosers, django-import-export and unique
    checks all load rows through a model's default manager, so this one place
    closes them together.  Foreign rows simply are not there.
    """

    def get_queryset(self) -> ScopedQuerySet:
        queryset = cast(ScopedQuerySet, super().get_queryset())
        condition = scope_filter()
        if condition is None:
            return queryset
        return cast(ScopedQuerySet, without_sealed(queryset.filter(condition)))
