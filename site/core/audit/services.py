"""Write entries that Wagtail's own views do not write; blank, anchor and purge them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.db.models import Func, TextField
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from core.access.scope import unscoped

from .append_only import HEAD as HEAD_TABLE
from .append_only import LEAST_DAYS
from .chain import HEAD_SEEN as HEAD_SEEN
from .chain import anchor_code, current_key, rows_digest

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from core.accounts.models import User

    from .models import CaseLogEntry
    from .verification import Report

ANCHOR_WORD = "tonghu-audit"
CHECK = "tonghu.verify"
BLANKED_AT_ONCE = 500


def record(
    action: str,
    *,
    actor: "User",
    instance: "Model | None" = None,
    model: "type[Model] | None" = None,
    label: str = "",
    territory_code: str = "",
    data: dict[str, Any] | None = None,
    object_ids: Iterable[Any] | None = None,
    reason: str = "",
) -> "CaseLogEntry":
    """Log an action on a row, or on a ledger as a whole.

    The entry belongs to the transaction that is open: where it cannot be written, what
    it tells of does not happen.

    Args:
        action: One of the actions registered in ``wagtail_hooks``.
        actor: Who did it.
        instance: The row; or leave it out and give ``model`` and ``label``.
        model: The model of the ledger.
        label: What the ledger is called; never a name of a person.
        territory_code: Where the action on a ledger belongs.
        data: Counts, filters by code, field names.  Never values of case fields.
        object_ids: The rows of the ledger it is about, each kept in a row of its own, so
            that the log of each of them shows the entry.
        reason: Why, in the person's own words; kept encrypted beside the entry.

    Raises:
        ValueError: Neither ``instance`` nor ``model`` is given.
    """
    from .models import StatedReason  # app ready

    if not reason:
        return _written(action, actor, instance, model, label, territory_code, data, object_ids)
    with transaction.atomic(savepoint=False):
        entry = _written(action, actor, instance, model, label, territory_code, data, object_ids)
        StatedReason._base_manager.create(entry=entry, text=reason)
    return entry


def _written(
    action: str,
    actor: "User",
    instance: "Model | None",
    model: "type[Model] | None",
    label: str,
    territory_code: str,
    data: dict[str, Any] | None,
    object_ids: Iterable[Any] | None,
) -> "CaseLogEntry":
    if instance is not None:
        return log(instance, action, user=actor, data=data or {})  # type: ignore[no-any-return]
    if model is None:
        raise ValueError("record() needs an instance or a model")
    from .models import CaseLogEntry, CaseLogRow  # app ready

    said = dict(data or {})
    ids = list(dict.fromkeys(str(pk) for pk in object_ids or ()))
    if object_ids is not None:
        said["listed"] = {"count": len(ids), "digest": rows_digest(ids)}
    # An entry about a ledger as a whole may belong to no place the actor serves, or to several
    # of them at once: it is written past the wall that holds rows.
    with unscoped("log entry about a ledger"), transaction.atomic(savepoint=False):
        entry = CaseLogEntry.objects.create(
            content_type=ContentType.objects.get_for_model(model, for_concrete_model=False),
            label=label,
            action=action,
            timestamp=timezone.now(),
            user=actor,
            object_id="",
            territory_code=territory_code,
            data=said,
        )
        CaseLogRow._base_manager.bulk_create(
            (CaseLogRow(entry=entry, object_id=pk) for pk in ids), batch_size=500
        )
    return entry


def note_check(report: "Report") -> "CaseLogEntry":
    """Log that the whole log was checked, and what was found: how many entries and faults."""
    from core.accounts.selectors import system_account  # app ready

    from .models import CaseLogEntry  # app ready

    return record(
        CHECK,
        actor=system_account(),
        model=CaseLogEntry,
        label=str(CaseLogEntry._meta.verbose_name),
        data={
            "checked": report.checked,
            "anchors": report.anchors,
            "faults": len(report.faults),
        },
    )


class HeadNow(Func):
    """The number of the last entry and its code, with a space between them."""

    arity = 0

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        # Only names of tables and columns stand in the statement itself.
        return f"(SELECT sequence || ' ' || code FROM {HEAD_TABLE} WHERE id = 1)", []  # noqa: S608


def head_now() -> Any:
    """Return what a query for a row tells as ``HEAD_SEEN`` of it: where the log ends now.

    The entry about the row is then written without asking again.  If others have written
    theirs meanwhile, the database refuses it, and it is written with the head locked.
    """
    return HeadNow(output_field=TextField())


@unscoped("blank entries of the log")
def blank_entries(
    entries: "QuerySet[Any]", *, actor: "User", reason: str, data_too: bool = False
) -> int:
    """Empty the labels of entries, so that the chain still proves the rest of them.

    For an erasure.  The emptied entries are named by a new one; ``verify_audit`` takes a
    blank for tampering where nothing in the chain names it.

    Args:
        entries: Which ones.
        actor: Who answers for it.
        reason: Why; a phrase without personal data.
        data_too: Empty the data as well.  Not for entries that list rows.

    Returns:
        How many entries there were.

    Raises:
        ValueError: The reason is empty.
    """
    from .models import CaseLogEntry, StatedReason  # app ready

    if not reason.strip():
        raise ValueError("blank_entries() needs a reason")
    with transaction.atomic():
        found = list(entries.order_by("sequence").values_list("sequence", flat=True))
        for start in range(0, len(found), BLANKED_AT_ONCE):
            part = found[start : start + BLANKED_AT_ONCE]
            record(
                "tonghu.blank",
                actor=actor,
                model=CaseLogEntry,
                label=str(CaseLogEntry._meta.verbose_name_plural),
                data={"sequences": part, "reason": reason, "data_too": data_too},
            )
            rows = CaseLogEntry.objects.filter(sequence__in=part)
            StatedReason._base_manager.filter(entry__in=rows).delete()
            rows.update(label="", data={}) if data_too else rows.update(label="")
    return len(found)


def anchor_line() -> str:
    """Return the line that is carried off the machine every day: where the chain ends.

    It names no person and no record.  Whoever shortens the log later cannot match it.
    """
    from .models import ChainHead  # app ready

    with transaction.atomic():
        head = ChainHead.locked()
    at, key = timezone.now().isoformat(timespec="seconds"), current_key()
    signature = anchor_code(key, at, head.sequence, head.code)
    return f"{ANCHOR_WORD} {at} {key} {head.sequence} {head.code} {signature}"


def retention() -> timedelta:
    """Return how long entries are kept: the setting, never less than 180 days.

    Legal source: 网络安全法 art. 23 (3).  The default of three years is the operator's
    choice, no clause names it.

    Raises:
        ValidationError: The setting asks for less.
    """
    days = int(settings.AUDIT_RETENTION_DAYS)
    if days < LEAST_DAYS:
        raise ValidationError(
            _("The log is kept for at least %(days)d days. Correct AUDIT_RETENTION_DAYS.")
            % {"days": LEAST_DAYS}
        )
    return timedelta(days=days)


@transaction.atomic
@unscoped("purge the log")
def purge(*, before: datetime, actor: "User") -> int:
    """Delete the oldest entries, up to a moment, and write down where the log begins now.

    Only a whole beginning goes, so what is left is still a chain.

    Returns:
        How many entries went.

    Raises:
        ValidationError: Entries younger than the retention would go.
    """
    from .models import CaseLogEntry, CaseLogRow, ChainHead, StatedReason  # app ready

    if before > timezone.now() - retention():
        raise ValidationError(
            _("Entries are kept for %(days)d days. Choose an earlier day.")
            % {"days": retention().days}
        )
    kept = CaseLogEntry.objects.filter(timestamp__gte=before).order_by("sequence").first()
    old = CaseLogEntry.objects.filter(timestamp__lt=before)
    if kept is not None:
        old = old.filter(sequence__lt=kept.sequence)
    last = old.order_by("-sequence").first()
    if last is None:
        return 0
    record(
        "tonghu.purge",
        actor=actor,
        model=CaseLogEntry,
        label=str(CaseLogEntry._meta.verbose_name_plural),
        data={"through": last.sequence, "code": last.code, "before": before.isoformat()},
    )
    ChainHead._base_manager.update(purged_through=last.sequence)
    # Straight to the database: the models themselves refuse to be deleted.
    using = router.db_for_write(CaseLogEntry)
    CaseLogRow._base_manager.filter(entry_id__lte=last.sequence)._raw_delete(using=using)
    StatedReason._base_manager.filter(entry__sequence__lte=last.sequence).delete()
    going = CaseLogEntry.objects.filter(sequence__lte=last.sequence).order_by()
    return int(going._raw_delete(using=using) or 0)
