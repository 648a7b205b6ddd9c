"""Which purposes and rules hold on a day."""

from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from .models import Purpose, RetentionRule


def _on(day: date | None) -> Q:
    day = day or timezone.localdate()
    return Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))


def purposes_in_force(day: date | None = None) -> QuerySet[Purpose]:
    """Return the purposes that hold on a day, today by default."""
    return Purpose.objects.filter(_on(day))


def purpose_in_force(code: str, day: date | None = None) -> Purpose | None:
    """Return the version of a purpose that holds on a day; the latest where two overlap."""
    return purposes_in_force(day).filter(code=code).order_by("-valid_from").first()


def rules_in_force(day: date | None = None) -> QuerySet[RetentionRule]:
    """Return the retention rules that hold on a day, today by default."""
    return RetentionRule.objects.filter(_on(day))
