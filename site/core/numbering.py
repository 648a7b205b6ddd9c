"""Running numbers without gaps and without races: files, volunteers, pairings."""

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.access.register import FieldClasses


class NumberSeries(models.Model):
    """The last number given out under a prefix.

    Each app that numbers its rows keeps a table of its own.  The counter moves in the
    transaction of the row it numbers: a row that is rolled back gives its number back,
    and the next writer waits for the first.
    """

    prefix = models.CharField(_("prefix"), max_length=20, primary_key=True)
    last = models.PositiveIntegerField(_("last number"), default=0)

    field_classes = FieldClasses(office=["prefix", "last"])

    wagtail_reference_index_ignore = True

    class Meta:
        abstract = True
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.prefix}-{self.last:05d}"


def next_numbers(series: type[NumberSeries], prefix: str, count: int) -> list[str]:
    """Take the next ``count`` numbers, such as ``990101-2026-00001``.

    Args:
        series: The table that keeps the counter.
        prefix: What stands before the last five digits, without the closing dash.
        count: How many; the order is the order of use.

    Raises:
        TransactionManagementError: No transaction is open, so a number could be lost.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("Take numbers inside a transaction.")
    series._base_manager.get_or_create(prefix=prefix)
    counter = series._base_manager.filter(prefix=prefix)
    counter.update(last=F("last") + count)
    last = counter.values_list("last", flat=True).get()
    return [f"{prefix}-{number:05d}" for number in range(last - count + 1, last + 1)]


def next_number(series: type[NumberSeries], prefix: str) -> str:
    """Take the next number; see ``next_numbers``."""
    return next_numbers(series, prefix, 1)[0]
