"""Purposes and retention rules.  They change by a new row with a later date, never in place."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.access.register import FieldClasses

ANSWER_WORKING_DAYS = 15
"""Working days until the answer.

No clause fixes a number: 个人信息保护法 art. 50 asks for convenient acceptance and handling.
Fifteen working days is the district's own promise.
"""


class Basis(models.TextChoices):
    """What allows a purpose (个人信息保护法 art. 13)."""

    DUTY = "duty", _("duty by law")
    CONSENT = "consent", _("consent")
    EMERGENCY = "emergency", _("protection of life and health in an emergency")


class Dated(models.Model):
    """A row that holds from a day to a day, named in both languages."""

    code = models.SlugField(_("code"), max_length=40)
    label_zh = models.CharField(_("name"), max_length=80)
    label_en = models.CharField(_("name in English"), max_length=120)
    source = models.CharField(_("legal source"), max_length=300)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The first day it no longer holds.")
    )

    field_classes = FieldClasses(
        public=["id", "code", "label_zh", "label_en", "source", "valid_from", "valid_to"]
    )

    wagtail_reference_index_ignore = True

    class Meta:
        abstract = True
        ordering = ["code", "-valid_from"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return self._spoken("label")

    def _spoken(self, name: str) -> str:
        english = (get_language() or "").startswith("en")
        return str(getattr(self, f"{name}_en" if english else f"{name}_zh"))


def ends_after_it_begins(name: str) -> models.CheckConstraint:
    """Return the rule that the last day of a dated row comes after its first."""
    return models.CheckConstraint(
        name=f"{name}_ends_after_it_begins",
        condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
    )


class Purpose(Dated):
    """One purpose of processing, in the version that held from a day on.

    Legal source: 个人信息保护法 arts. 13, 14, 17 and 30 (ground, purpose, notice); 31 (rules of
    their own for children under 14).
    """

    version = models.CharField(pgettext_lazy("of a text", "version"), max_length=20)
    basis = models.CharField(_("ground"), max_length=9, choices=Basis)
    text_zh = models.TextField(_("what is done and why"))
    text_en = models.TextField(_("what is done and why, in English"))
    data_zh = models.TextField(_("which information"))
    data_en = models.TextField(_("which information, in English"))
    recipients_zh = models.CharField(_("who receives it"), max_length=300)
    recipients_en = models.CharField(_("who receives it, in English"), max_length=400)

    field_classes = FieldClasses(
        public=[
            "version",
            "basis",
            "text_zh",
            "text_en",
            "data_zh",
            "data_en",
            "recipients_zh",
            "recipients_en",
        ]
    )

    class Meta(Dated.Meta):
        verbose_name = _("purpose of processing")
        verbose_name_plural = _("purposes of processing")
        constraints = [
            models.UniqueConstraint(name="purpose_version_once", fields=["code", "version"]),
            ends_after_it_begins("purpose"),
        ]

    @property
    def text(self) -> str:
        """What is done and why, in the reader's language."""
        return self._spoken("text")

    @property
    def data(self) -> str:
        """Which information, in the reader's language."""
        return self._spoken("data")

    @property
    def recipients(self) -> str:
        """Who receives it, in the reader's language."""
        return self._spoken("recipients")


class RetentionRule(Dated):
    """How long one kind of record is kept after the event that begins the count.

    Legal source: 个人信息保护法 art. 19 (the shortest time the purpose needs), art. 47
    (deletion of one's own accord).  Where no clause fixes the months ``source`` says so: then
    they are the district's own.
    """

    subject = models.SlugField(_("kind of record"), max_length=40)
    keep_months = models.PositiveSmallIntegerField(
        _("months kept"), validators=[MinValueValidator(1)]
    )
    counted_from_zh = models.CharField(_("counted from"), max_length=120)
    counted_from_en = models.CharField(_("counted from, in English"), max_length=160)

    field_classes = FieldClasses(
        public=[
            "subject",
            "keep_months",
            "counted_from_zh",
            "counted_from_en",
        ]
    )

    class Meta(Dated.Meta):
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        constraints = [
            models.UniqueConstraint(name="retention_rule_once", fields=["code", "valid_from"]),
            ends_after_it_begins("retention_rule"),
        ]

    @property
    def counted_from(self) -> str:
        """The event that begins the count, in the reader's language."""
        return self._spoken("counted_from")
