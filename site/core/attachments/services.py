"""Attach, hand out, scan, move, delete and erase files."""

import hashlib
import logging
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access.guards import require_reach
from core.audit.services import record
from core.crypto.seal import Sealed
from core.history.bulk import record_changes
from core.history.context import change_set

from . import store
from .enums import AttachmentState
from .gate import Passed, look_into
from .inspection.limits import MEGABYTE
from .models import Attachment
from .reasons import UploadRefused
from .scanner import Verdict, is_configured, scan
from .selectors import bytes_uploaded_today, every_attachment_of

if TYPE_CHECKING:
    from core.accounts.models import User

logger = logging.getLogger("tonghu.attachments")

MAX_PER_RECORD = 100


def attach(
    *, holder: Any, kind: str, name: str, content: bytes, actor: "User", source: str | None = None
) -> Attachment:
    """Put a file on a record.

    Args:
        holder: The record; a case row with a territory.
        kind: A code of ``AttachmentKind``.
        name: The name it was uploaded under; kept encrypted, never used for a path.
        content: The whole file.
        actor: Who uploads; they must serve the record's territory.
        source: Through which door.

    Returns:
        The file's row.  While the scanner is down its state is "quarantined".

    Raises:
        PermissionDenied: The actor does not serve the territory.
        UploadRefused: The file is not taken; nothing of it is kept.
    """
    require_reach(actor, holder.territory_code)
    _refuse_beyond_quota(actor, len(content))
    passed = look_into(name, content)
    verdict = scan(content)
    if verdict is Verdict.INFECTED:
        # In a transaction of its own: the refusal must not take the entry with it.
        record("tonghu.malware", actor=actor, instance=holder, data={"bytes": len(content)})
        logger.error("malware refused on upload")
        raise UploadRefused("malware")
    row = _new_row(holder, kind, passed, verdict)
    store.write(row.stored_name, row.file_key, row.pk, passed.content)
    try:
        with transaction.atomic(), change_set(actor=actor, source=source):
            # Two uploads at once must not both be the hundredth.
            type(holder)._base_manager.select_for_update().filter(pk=holder.pk).first()
            if every_attachment_of(holder).count() >= MAX_PER_RECORD:
                raise UploadRefused("record_full", limit=MAX_PER_RECORD)
            row.save()
    except BaseException:
        store.remove(row.stored_name)
        raise
    return row


def _new_row(holder: Any, kind: str, passed: Passed, verdict: Verdict) -> Attachment:
    is_clean = verdict is Verdict.CLEAN
    return Attachment(
        content_type=ContentType.objects.get_for_model(type(holder), for_concrete_model=True),
        object_id=holder.pk,
        territory_code=holder.territory_code,
        kind=kind,
        name=passed.name,
        file_type=passed.file_type,
        size=len(passed.content),
        sha256=hashlib.sha256(passed.content).hexdigest(),
        field_class=Attachment.class_of(kind),
        state=AttachmentState.CLEAN if is_clean else AttachmentState.QUARANTINED,
        scanned_at=timezone.now() if is_clean and is_configured() else None,
        stored_name=store.new_name(),
        file_key=store.new_key(),
    )


def _refuse_beyond_quota(actor: "User", size: int) -> None:
    limit = settings.ATTACHMENTS_DAILY_MB
    if bytes_uploaded_today(actor) + size > limit * MEGABYTE:
        raise UploadRefused("quota", limit=limit)
    root = Path(settings.ATTACHMENTS_ROOT)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(root).free < settings.ATTACHMENTS_FREE_MB * MEGABYTE:
        logger.error("no room left in the store of attachments")
        raise UploadRefused("disk_full")


def content_of(row: Attachment) -> bytes:
    """Open a file, whole, and see that it is the one that was stored.

    Raises:
        PermissionDenied: It waits for the scanner, or was removed.
        CannotOpen: It is missing or damaged.
    """
    if not row.is_ready:
        raise PermissionDenied(_("The file waits for the virus scanner. Try again later."))
    return store.read(row.stored_name, row.file_key, row.pk)


@transaction.atomic
def detach(*, row: Attachment, actor: "User", reason: str, source: str | None = None) -> None:
    """Delete a file for good; the history keeps that there was one, who took it away and why.

    Raises:
        PermissionDenied: The actor does not serve the territory.
        ValidationError: No reason was given.
    """
    require_reach(actor, row.territory_code)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the file is deleted.")})
    with change_set(actor=actor, reason=reason, source=source):
        _delete(row)


def _delete(row: Attachment) -> None:
    """Delete the row now and the stored file once the deletion is certain."""
    stored_name = row.stored_name
    row.delete()
    transaction.on_commit(lambda: store.remove(stored_name))


def delete_all_of(holder: Any) -> int:
    """Delete the files of a record that is being deleted; return how many.

    Raises:
        MissingActor: No change set is open.
    """
    rows = list(every_attachment_of(holder))
    for row in rows:
        _delete(row)
    return len(rows)


@transaction.atomic
def erase(row: Attachment) -> None:
    """Erase a file so that nothing brings it back: content, name, key and digest.

    The history keeps only that there was a file of some kind.  For the right to erasure
    (个人信息保护法 art. 47); the caller opens the change set and gives the reason.

    Raises:
        MissingActor: No change set is open.
    """
    key = row.pk
    _delete(row)
    Attachment.history.model._base_manager.filter(id=key).update(
        name=Sealed(""), file_key=Sealed(""), sha256=Sealed(""), sha256_index=None
    )


def erase_all_of(holder: Any) -> int:
    """Erase all files of a record, those already deleted too; return how many there were."""
    kind = ContentType.objects.get_for_model(type(holder), for_concrete_model=True)
    rows = list(every_attachment_of(holder))
    for row in rows:
        erase(row)
    told = Attachment.history.model._base_manager.filter(content_type=kind, object_id=holder.pk)
    told.update(name=Sealed(""), file_key=Sealed(""), sha256=Sealed(""), sha256_index=None)
    return len(rows)


def follow(holders: Iterable[Any]) -> int:
    """Give files the territory of their records; return how many had another.

    Without it a file is seen by nobody after its record moved: by the old village no
    more, because the record is gone from there, and by the new one not yet.
    """
    found = {holder.pk: holder for holder in holders}
    if not found:
        return 0
    model = type(next(iter(found.values())))
    kind = ContentType.objects.get_for_model(model, for_concrete_model=True)
    rows = Attachment._base_manager.filter(content_type=kind, object_id__in=list(found))
    moved = [row for row in rows if row.territory_code != found[row.object_id].territory_code]
    for row in moved:
        row.territory_code = found[row.object_id].territory_code
        row.stamp()
    if not moved:
        return 0
    names = ("territory_code", "version", "updated_at", "updated_by")
    Attachment._base_manager.bulk_update(moved, names, batch_size=200)
    record_changes(moved)
    return len(moved)


def scan_quarantined(*, actor: "User") -> dict[str, int]:
    """Ask the scanner about every file that waits for it.

    Returns:
        How many were released, removed, and wait still.
    """
    counts = {"released": 0, "removed": 0, "waiting": 0}
    waiting = Attachment._base_manager.filter(state=AttachmentState.QUARANTINED)
    for pk in list(waiting.order_by("created_at").values_list("pk", flat=True)):
        with transaction.atomic(), change_set(actor=actor, source="command"):
            row = (
                Attachment._base_manager.select_for_update()
                .filter(pk=pk, state=AttachmentState.QUARANTINED)
                .first()
            )
            if row is None:
                continue
            verdict = scan(store.read(row.stored_name, row.file_key, row.pk))
            counts[_settle(row, verdict)] += 1
        if verdict is Verdict.UNKNOWN:
            # It is still down: the others need not be asked.
            counts["waiting"] = waiting.count()
            break
    return counts


def _settle(row: Attachment, verdict: Verdict) -> str:
    if verdict is Verdict.UNKNOWN:
        return "waiting"
    row.scanned_at = timezone.now()
    if verdict is Verdict.CLEAN:
        row.state = AttachmentState.CLEAN
        row.save()
        return "released"
    row.state = AttachmentState.REFUSED
    stored_name = row.stored_name
    row.save()
    transaction.on_commit(lambda: store.remove(stored_name))
    logger.error("malware removed from quarantine")
    record(
        "tonghu.malware",
        actor=row.updated_by,
        instance=row,
        data={"record": str(row.object_id), "bytes": row.size},
    )
    return "removed"


ORPHAN_SECONDS = 60 * 60


def sweep() -> int:
    """Delete stored files no row knows: of an upload that was cut off; return how many.

    Files younger than an hour are left alone: their row may be on its way.
    """
    before = timezone.now().timestamp() - ORPHAN_SECONDS
    old = {name for name, changed in store.all_names() if changed < before}
    known = set(Attachment._base_manager.values_list("stored_name", flat=True))
    orphans = old - known
    for name in orphans:
        stem = name.removesuffix(".new")
        path = store.path_of(stem)
        (path if stem == name else path.with_suffix(".new")).unlink(missing_ok=True)
    return len(orphans)
