"""The tree of territories: one district, its towns, their villages."""

import uuid
from datetime import date
from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.history.records import LedgerHistory

CODE_LENGTH = 12


class TerritoryQuerySet(models.QuerySet["Territory"]):
    def villages(self) -> Self:
        return self.filter(level=Territory.Level.VILLAGE)

    def towns(self) -> Self:
        return self.filter(level=Territory.Level.TOWN)

    def standing(self, on: date | None = None) -> Self:
        """Keep the territories that exist on a day (today by default)."""
        day = on or timezone.localdate()
        return self.filter(Q(valid_from__lte=day), Q(valid_to__isnull=True) | Q(valid_to__gt=day))


class Territory(models.Model):
    """A district, town or village.

    Codes follow the twelve-digit layout of the national statistical division codes:
    six digits for the district, three for the town, three for the village.  The
    fixed width makes "lies within" a prefix of the code, which an index can answer.
    """

    class Level(models.TextChoices):
        DISTRICT = "district", _("District")
        TOWN = "town", _("Town or sub-district")
        VILLAGE = "village", _("Village or community")

    class Kind(models.TextChoices):
        DISTRICT = "district", _("District government")
        SUBDISTRICT = "subdistrict", _("Sub-district")
        TOWN = "town", _("Town")
        VILLAGE_COMMITTEE = "village_committee", _("Village committee")
        RESIDENTS_COMMITTEE = "residents_committee", _("Residents' committee")
        MANAGEMENT_COMMITTEE = "management_committee", _("Management committee")

    PREFIX_LENGTH = {Level.DISTRICT: 6, Level.TOWN: 9, Level.VILLAGE: 12}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(
        _("code"),
        max_length=CODE_LENGTH,
        unique=True,
        validators=[RegexValidator(r"^\d{12}$", _("Enter twelve digits."))],
    )
    level = models.CharField(_("level"), max_length=10, choices=Level)
    kind = models.CharField(_("kind"), max_length=24, choices=Kind)
    name = models.CharField(_("name"), max_length=60)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
    )
    valid_from = models.DateField(_("in force from"))
    valid_to = models.DateField(_("in force until"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="absorbed",
        verbose_name=_("merged into"),
    )

    objects = TerritoryQuerySet.as_manager()
    history = LedgerHistory()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("territory")
        verbose_name_plural = _("territories")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="territory_ends_after_it_begins",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                violation_error_message=_("The last day must come after the first."),
            ),
            models.CheckConstraint(
                name="territory_only_a_district_has_no_parent",
                condition=Q(level="district", parent__isnull=True)
                | (~Q(level="district") & Q(parent__isnull=False)),
                violation_error_message=_("Only a district stands alone."),
            ),
            models.CheckConstraint(
                name="territory_merged_means_ended",
                condition=Q(merged_into__isnull=True) | Q(valid_to__isnull=False),
                violation_error_message=_("A territory that was merged needs a last day."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def prefix(self) -> str:
        """The leading digits shared by everything within: 6, 9 or 12 of them."""
        return self.code[: self.PREFIX_LENGTH[Territory.Level(self.level)]]

    @cached_property
    def path_name(self) -> str:
        """Town and village, ``柳河镇 / 柳树沟村``; namesakes are told apart by it.

        A village costs one query unless its parent is loaded (``select_related``).
        """
        if self.level == self.Level.VILLAGE and self.parent is not None:
            return f"{self.parent.name} / {self.name}"
        return self.name


class TerritoryName(models.Model):
    """A name a territory bore, from a day until the next name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    territory = models.ForeignKey(Territory, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(_("name"), max_length=60)
    valid_from = models.DateField(_("in force from"))

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("former or present name")
        verbose_name_plural = _("former and present names")
        ordering = ["territory", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                name="territory_one_name_per_day", fields=["territory", "valid_from"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.valid_from.isoformat()})"
