"""Approvals to open records, requests for them, and seals."""

from datetime import timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.access.models import CaseModel, NumberedCaseModel, account_key, kind_of_record
from core.access.register import FieldClasses
from core.history.records import LedgerHistory
from core.numbering import NumberSeries
from core.territories.selectors import territory_by_code

MOST_HOURS = 72
"""How long one grant lasts at most: the operator's rule for art. 36, no clause names it."""

LONGEST_STANDING = timedelta(days=365)
"""After a year somebody must say again that the work needs it (recertification)."""


class RequestNumberSeries(NumberSeries):
    """Counts the requests of each year."""

    class Meta(NumberSeries.Meta):
        verbose_name = _("series of request numbers")
        verbose_name_plural = _("series of request numbers")


class PlacedOutside(CaseModel):
    """Paperwork about a record: it lies where the record lay, and opens without approval."""

    opened_by_approval = False
    territory_from = ()

    place_code = models.CharField(_("territory"), max_length=12)

    field_classes = FieldClasses(office=["place_code"])

    class Meta(CaseModel.Meta):
        abstract = True

    def territory_code_source(self) -> str:
        return self.place_code


class AboutRecord(PlacedOutside):
    """Paperwork about one record of any kind."""

    points_at = ("record_id",)

    record_model = models.CharField(_("kind of record"), max_length=100)
    record_id = models.UUIDField(_("record"), db_index=True)

    field_classes = FieldClasses(office=["record_model", "record_id"])

    class Meta(PlacedOutside.Meta):
        abstract = True


def name_of_place(code: str) -> str:
    """Return town and village of a code; the code itself where there is none (one query or two)."""
    found = territory_by_code(code)
    return found.path_name if found is not None else code


class Approval(NumberedCaseModel, PlacedOutside):
    """One person may open records: those of a place, or a single one, from a time to a time."""

    class Kind(models.TextChoices):
        STANDING = "standing", _("Standing, with a post")
        REQUEST = "request", _("For one record, asked for")
        BREAK_GLASS = "break_glass", _("Break-glass")
        NAMED = "named", _("Named for a sealed record")

    points_at = ("record_id",)
    in_words = {
        "record_model": kind_of_record,
        "record_kinds": lambda labels: "、".join(map(kind_of_record, labels)),
        "place_code": name_of_place,
    }
    untold = ("record_id", "post_id", "place_code")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    person = account_key(_("person"), related_name="approvals")
    prefix = models.CharField(_("place"), max_length=12, blank=True)
    record_kinds = models.JSONField(_("kinds of record"), default=list, blank=True)
    record_model = models.CharField(_("kind of record"), max_length=100, blank=True)
    record_id = models.UUIDField(_("record"), null=True, blank=True, db_index=True)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), db_index=True)
    basis = models.CharField(_("basis"), max_length=300)
    approver = account_key(_("approved by"), null=True, blank=True)
    post_id = models.UUIDField(_("post"), null=True, blank=True, db_index=True)

    field_classes = FieldClasses(
        office=[
            "kind",
            "person",
            "prefix",
            "record_kinds",
            "record_model",
            "record_id",
            "starts_at",
            "ends_at",
            "basis",
            "approver",
            "post_id",
        ]
    )

    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        permissions = [
            ("approve_access", "Can approve access to records and review break-glass"),
            ("break_glass", "Can open a record in an emergency before anybody approves"),
            ("seal_record", "Can seal a record and name who opens it"),
        ]
        constraints = [
            models.CheckConstraint(
                name="nobody_approves_for_themselves",
                condition=Q(approver__isnull=True) | ~Q(approver=F("person")),
            ),
            models.CheckConstraint(
                name="approval_is_for_a_place_or_a_record",
                condition=(Q(record_id__isnull=True) & ~Q(prefix=""))
                | (Q(record_id__isnull=False) & Q(prefix="")),
            ),
            models.CheckConstraint(
                name="approval_ends_after_it_begins", condition=Q(ends_at__gte=F("starts_at"))
            ),
        ]


class AccessRequest(NumberedCaseModel, AboutRecord):
    """Somebody asks to open one record, or has opened it in an emergency."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")
        OPENED = "opened", _("Break-glass: to be reviewed")
        REVIEWED = "reviewed", _("Break-glass: reviewed")

    in_words = {"record_model": kind_of_record}
    untold = ("record_id", "place_code")

    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    person = account_key(_("asked by"), related_name="access_requests")
    record_number = models.CharField(_("number of the record"), max_length=60)
    reason = models.CharField(_("reason"), max_length=300)
    hours = models.PositiveSmallIntegerField(
        _("hours"), validators=[MinValueValidator(1), MaxValueValidator(MOST_HOURS)]
    )
    asked_at = models.DateTimeField(_("asked at"))
    decided_by = account_key(_("decided by"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision = models.CharField(_("decision"), max_length=300, blank=True)
    ends_at = models.DateTimeField(_("open until"), null=True, blank=True)

    field_classes = FieldClasses(
        office=[
            "status",
            "person",
            "record_number",
            "reason",
            "hours",
            "asked_at",
            "decided_by",
            "decided_at",
            "decision",
            "ends_at",
        ]
    )

    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        verbose_name = _("access request")
        verbose_name_plural = _("access requests")
        constraints = [
            models.CheckConstraint(
                name="request_decided_by_another",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("person")),
            ),
            models.CheckConstraint(
                name="request_within_72_hours", condition=Q(hours__gte=1, hours__lte=MOST_HOURS)
            ),
        ]

    @property
    def is_overdue(self) -> bool:
        """Whether an emergency opening was not reviewed on the day it happened."""
        today = timezone.localdate()
        return self.status == self.Status.OPENED and timezone.localdate(self.asked_at) < today

    @property
    def review_state(self) -> Any:
        """What is still to be done, in words; empty where nothing is."""
        if self.status != self.Status.OPENED:
            return ""
        return _("Review overdue") if self.is_overdue else _("Review today")


class Seal(AboutRecord):
    """A record only named people open, and nobody else even finds."""

    reason = models.CharField(_("reason"), max_length=300)
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True)

    field_classes = FieldClasses(office=["reason", "lifted_at"])

    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        constraints = [
            models.UniqueConstraint(
                fields=["record_model", "record_id"],
                condition=Q(lifted_at__isnull=True),
                name="one_seal_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)[:8]


class SealedKey(models.Model):
    """The key of a sealed record, and nothing else of it.

    Of no territory: whoever asks must learn that a record is sealed wherever it has moved
    to since, or the seal would open by itself behind the walls of another town.
    """

    record_id = models.UUIDField(_("record"), primary_key=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("key of a sealed record")
        verbose_name_plural = _("keys of sealed records")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.record_id)[:8]
