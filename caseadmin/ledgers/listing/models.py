"""What people keep of a list: views with a name, and their own columns."""

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from core.access.scope import Scope
    from core.accounts.models import User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Which views a person is offered."""

    def offered(self, user: "User", scope: "Scope") -> Self:
        """Keep a person's own views and those shared with their territory and role."""
        places = Q(shared_within="")
        for prefix in scope.prefixes:
            # Shared with the district: also offered in its towns and villages.
            starts = [prefix[:length] for length in (6, 9, 12) if length <= len(prefix)]
            places |= Q(shared_within__in=starts)
        roles = Q(shared_role="") | Q(shared_role__in=scope.roles)
        return self.filter(Q(owner_id=user.pk) | (Q(is_shared=True) & places & roles))


class SavedView(models.Model):
    """Filters, order and columns of one ledger's list, under a name.

    A row without a name is how its owner left the columns of the list.  Filters are codes:
    free text is searched for, never filtered by, so no name of a person can stand here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ledger = models.CharField(_("ledger"), max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("made by"),
    )
    name = models.CharField(_("name"), max_length=40, blank=True)
    query = models.TextField(_("filters and order"), blank=True)
    columns = models.JSONField(_("columns"), default=list)
    is_default = models.BooleanField(_("opens with the list"), default=False)
    is_shared = models.BooleanField(_("shared"), default=False)
    shared_within = models.CharField(_("shared within"), max_length=12, blank=True)
    shared_role = models.CharField(_("shared with the role"), max_length=40, blank=True)

    objects = SavedViewQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        default_permissions = ()
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                name="saved_view_once_by_name", fields=["ledger", "owner", "name"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.ledger} {self.pk}"
