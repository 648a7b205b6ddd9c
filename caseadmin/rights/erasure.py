"""Erase a person's record so that nothing brings it back, and keep the proof that it went."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from caseadmin.children.enums import FileStatus
from caseadmin.children.models import ChildFile
from caseadmin.ledgers.importing.models import ImportBatch, ImportRow, ImportSource
from caseadmin.pairings.enums import PairingStatus
from caseadmin.pairings.models import Pairing
from caseadmin.volunteers.enums import VolunteerStatus
from caseadmin.volunteers.models import Volunteer
from core.access.guards import require_reach
from core.access.scope import unscoped
from core.attachments.models import Attachment
from core.attachments.services import erase_all_of
from core.audit.models import CaseLogEntry
from core.audit.services import blank_entries
from core.audit.services import record as log
from core.writing import writing
from publicity.intake.enums import ApplicationStatus
from publicity.intake.models import VolunteerApplication
from search.indexing import index_objects, remove_objects
from search.registry import searchables

from .enums import ErasureGround
from .models import OPEN, Erasure, LegalHold, SubjectRequest
from .reach import Reach, history_of, reach_of, told_of
from .services import give_number

if TYPE_CHECKING:
    from core.accounts.models import User

Judge = Callable[[Any], str]

_judges: list[Judge] = []


def add_judge(judge: Judge) -> Judge:
    """Let an app say why a subject must be kept.

    Args:
        judge: Called with the child file, volunteer or application; returns a sentence, or
            nothing where it has no objection.
    """
    if judge not in _judges:
        _judges.append(judge)
    return judge


def reasons_to_keep(subject: Any) -> list[str]:
    """Return why a record may not be erased today; empty where it may.

    Legal source: 个人信息保护法 art. 47 para. 2.
    """
    reasons = [_own_state(subject)]
    with unscoped("may a record be erased"):
        about = _about(subject)
        if about:
            for hold in LegalHold._base_manager.filter(lifted_on__isnull=True, **about):
                reasons.append(
                    _("Legal hold %(number)s: %(ground)s.")
                    % {"number": hold.number, "ground": hold.get_ground_display()}
                )
            waiting = SubjectRequest._base_manager.filter(status__in=OPEN, **about)
            reasons += [
                _("Request %(number)s waits for its answer.") % {"number": row.number}
                for row in waiting
            ]
        reasons += [judge(subject) for judge in _judges]
    return [reason for reason in reasons if reason]


def _about(subject: Any) -> dict[str, Any]:
    if isinstance(subject, ChildFile):
        return {"child_file_id": subject.pk}
    return {"volunteer_id": subject.pk} if isinstance(subject, Volunteer) else {}


def _own_state(subject: Any) -> str:
    if isinstance(subject, ChildFile):
        if subject.status not in (FileStatus.CLOSED, FileStatus.NOT_ELIGIBLE):
            return _("The file is open: keeping it is a duty by law.")
    elif isinstance(subject, Volunteer):
        if subject.status != VolunteerStatus.LEFT:
            return _("The volunteer has not left.")
        running = Pairing._base_manager.filter(volunteer_id=subject.pk)
        if running.exclude(status=PairingStatus.ENDED).exists():
            return _("The volunteer has a pairing that has not ended.")
    elif subject.status == ApplicationStatus.SUBMITTED:
        return _("The application waits for a decision.")
    return ""


def erase_subject(
    *,
    subject: ChildFile | Volunteer | VolunteerApplication,
    actor: "User",
    request: SubjectRequest | None = None,
    rule: str = "",
) -> Erasure:
    """Erase a record with everything that tells of the person.

    Reached are: the rows of every model that points at it, their history (also of parts that
    were removed long ago), labels and data of the log, the search index, attachments, and
    uploads that wait in an import.  Exports are streamed and never stored; caches hold no case
    data.  Backups age out by themselves.  SQLite overwrites what it deletes
    (``secure_delete``); PostgreSQL needs ``apply_retention --vacuum``.

    Args:
        subject: A closed child file, a volunteer who left, or a decided application.
        actor: Who decides.
        request: The released request it rests on; else ``rule``.
        rule: Code of the retention rule it rests on.

    Returns:
        What remains: number, counts, day and who.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: Something must be kept; the message lists why.
    """
    require_reach(actor, subject.territory_code)
    with writing(actor, _("Erasure")), unscoped("erasure"):
        root: Any = type(subject)
        locked = root._base_manager.select_for_update().get(pk=subject.pk)
        reasons = reasons_to_keep(locked)
        if reasons:
            raise ValidationError([_("It must be kept."), *reasons])
        remains = Erasure(
            subject=root._meta.label_lower,
            record_number=str(locked),
            territory_code=locked.territory_code,
            ground=ErasureGround.REQUEST if request else ErasureGround.RETENTION,
            rule=rule,
            request_number=request.number if request else "",
            erased_on=timezone.localdate(),
            decided_by=(request.prepared_by if request else None) or actor,
            released_by=request.released_by if request else None,
        )
        found = reach_of(locked)
        told = told_of(found)
        counts: dict[str, int] = {"files": _erase_files(found, told)}
        counts["imports"] = _forget_uploads(locked)
        counts["log"] = _blank_log(found, told, actor)
        told_in = {
            pk for (model, _n), pks in found.loose.items() if model is SubjectRequest for pk in pks
        }
        _cut_loose(found)
        for history, keys in told.items():
            rows = history._base_manager.filter(**{f"{_key(history)}__in": keys})
            counts[history._meta.label_lower] = rows._raw_delete(rows.db)
        for one in searchables():
            keys = found.rows.get(one.model, set())
            if keys:
                remove_objects(one.kind, keys)
        for model, keys in found.rows.items():
            rows = model._base_manager.filter(pk__in=keys)
            counts[model._meta.label_lower] = rows._raw_delete(rows.db)  # type: ignore[attr-defined]
        remains.counts = {name: count for name, count in counts.items() if count}
        give_number(remains, remains.territory_code, remains.erased_on.year)
        remains.save()
        for row in SubjectRequest._base_manager.filter(pk__in=told_in):
            scrub_request(row)
        log("tonghu.erase", actor=actor, instance=remains)
        transaction.on_commit(_empty_journal, robust=True)
    return remains


def _key(history: Any) -> str:
    return str(history.instance_type._meta.pk.attname)


def _erase_files(found: Reach, told: dict[Any, set[Any]]) -> int:
    """Erase the files of all rows and what the history tells of any; return how many there were.

    Rows that were removed long ago had files too: only the history remembers these.
    """
    count = sum(erase_all_of(row) for model in list(found.rows) for row in found.instances(model))
    keys: dict[type[models.Model], set[Any]] = {**found.rows}
    for history, pks in told.items():
        keys[history.instance_type] = keys.get(history.instance_type, set()) | pks
    for model, pks in keys.items():
        kind = ContentType.objects.get_for_model(model, for_concrete_model=True)
        rows = Attachment.history.model._base_manager.filter(content_type=kind, object_id__in=pks)
        rows._raw_delete(rows.db)
    return count


def _forget_uploads(subject: Any) -> int:
    """Cancel waiting imports whose file names the person; return how many there were."""
    marks = [mark for mark in (getattr(subject, "id_number", ""), str(subject)) if mark]
    if not getattr(subject, "id_number", ""):
        marks.append(subject.full_name)
    batches = {
        row.batch_id
        for row in ImportRow._base_manager.iterator(chunk_size=500)
        if any(mark in row.payload for mark in marks)
    }
    waiting = ImportSource._base_manager.exclude(batch_id__in=batches)
    for source in waiting.iterator(chunk_size=20):
        content = source.read()
        # A workbook is compressed: what has been staged from it was looked through above,
        # what has not is cancelled to be sure.
        staged = ImportRow._base_manager.filter(batch_id=source.batch_id).exists()
        if not staged or any(mark.encode() in content for mark in marks):
            batches.add(source.batch_id)
    ImportRow._base_manager.filter(batch_id__in=batches).delete()
    ImportSource._base_manager.filter(batch_id__in=batches).delete()
    ImportBatch._base_manager.filter(pk__in=batches).exclude(state=ImportBatch.State.DONE).update(
        state=ImportBatch.State.CANCELLED
    )
    return len(batches)


def _blank_log(found: Reach, told: dict[Any, set[Any]], actor: "User") -> int:
    keys: dict[type[models.Model], set[Any]] = {**found.rows}
    for history, pks in told.items():
        keys[history.instance_type] = keys.get(history.instance_type, set()) | pks
    condition = models.Q(pk__in=[])
    for model, pks in keys.items():
        kind = ContentType.objects.get_for_model(model, for_concrete_model=False)
        condition |= models.Q(content_type=kind, object_id__in=[str(pk) for pk in pks])
    entries = CaseLogEntry.objects.filter(condition)
    return blank_entries(entries, actor=actor, reason=_("Erasure"), data_too=True)


def _cut_loose(found: Reach) -> None:
    """Let rows of others no longer point here, in their history neither."""
    for (model, name), keys in found.loose.items():
        column: Any = model._meta.get_field(name)
        if not column.null:
            raise ValidationError(
                _("%(rows)s still point at this record.")
                % {"rows": model._meta.verbose_name_plural}
            )
        model._base_manager.filter(pk__in=keys).update(**{name: None})
        history = history_of(model)
        if history is not None:
            owners = found.rows[column.related_model]
            history._base_manager.filter(**{f"{column.attname}__in": owners}).update(
                **{column.attname: None}
            )
        for one in searchables():
            if one.model is model:
                index_objects(one.kind, keys)


def scrub_request(request: SubjectRequest) -> None:
    """Take the persons out of a closed request: that it was, and how it ended, stays."""
    row = SubjectRequest._base_manager.get(pk=request.pk)
    row.child_file = row.volunteer = None
    for name in ("requester_name", "requester_phone", "requester_id_number", "details", "answer"):
        setattr(row, name, "")
    row.save()
    history = history_of(SubjectRequest)
    rows = history._base_manager.filter(id=row.pk)
    latest = rows.order_by("-history_date", "-history_id").values_list("history_id", flat=True)[0]
    earlier = rows.exclude(history_id=latest)
    earlier._raw_delete(earlier.db)


def _empty_journal() -> None:
    """Move SQLite's journal into the database, so that no page of before lies beside it."""
    if connection.vendor == "sqlite" and connection.get_autocommit():
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def vacuum() -> None:
    """Write the database anew, without the space of deleted rows.  Outside transactions only.

    SQLite has overwritten them already; PostgreSQL keeps the bytes of a deleted row in its page
    until the table is written anew.  Tables are locked meanwhile: run it at night.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL" if connection.vendor == "postgresql" else "VACUUM")
