"""The steps of an import: open, map, plan, confirm, cancel, expire."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access.opening import openable
from core.access.scope import scoped_to, unscoped
from core.audit.services import record as log
from core.history.context import change_set
from core.jobs.registry import job
from core.jobs.services import Run, enqueue_job

from ..exporting.places import place_of
from ..registry import ledgers
from .columns import LedgerResource, resource_for
from .forms import read_form
from .headers import Heading, Table, check_mapping, read_table
from .models import ImportBatch, ImportMapping, ImportRow, ImportSource
from .plan import Action, Plan, RawRow, Record, check_unique, collect, make_plan
from .reasons import FileRefused
from .tables import Upload, read_upload
from .writing import Write, WritesRefused, write_records

if TYPE_CHECKING:
    from core.accounts.models import User

State = ImportBatch.State

INLINE_ROWS = 2000
"""Up to so many rows are judged and stored while the person waits; more go to a job."""

ROWS_PER_INSERT = 500
ACTIONS_COUNTED = {
    Action.NEW: "new",
    Action.CHANGED: "changed",
    Action.UNCHANGED: "unchanged",
    Action.WRONG: "wrong",
    Action.LIKELY: "likely",
}


class LedgerChanged(Exception):
    """The ledger is not what it was when the preview was made; there is a new preview."""


# Opening


def open_batch(*, ledger: Any, content: bytes, actor: "User") -> ImportBatch:
    """Take an uploaded file: read it, match its columns, keep it encrypted.

    Args:
        ledger: The ledger it is for.
        content: The file.
        actor: Who uploads.

    Returns:
        A batch whose columns can be matched.  A printed form needs no matching.

    Raises:
        FileRefused: The file cannot be read; nothing was kept.
    """
    upload = read_upload(content, max_rows=ledger.io.max_rows)
    resource = resource_for(ledger)
    form, table = _table_of(ledger, upload, resource)
    if len(table.rows) > ledger.io.max_rows:
        raise FileRefused("too_many_rows", limit=ledger.io.max_rows)
    mapping = table.mapping
    remembered = ImportMapping.objects.filter(
        ledger=ledger.slug, user=actor, fingerprint=table.fingerprint
    ).first()
    if remembered is not None and not form:
        mapping = {
            int(position): path
            for position, path in remembered.mapping.items()
            if path in resource.columns
        }
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            ledger=ledger.slug,
            owner=actor,
            file_kind=upload.kind,
            file_encoding=upload.encoding,
            file_sha256=hashlib.sha256(content).hexdigest(),
            form=form,
            headings=json.dumps(
                [[h.position, h.text, list(h.samples)] for h in table.headings],
                ensure_ascii=False,
            ),
            heading_fingerprint=table.fingerprint,
            mapping={str(position): path for position, path in mapping.items()},
            total=len(table.rows),
        )
        ImportSource.keep(batch, content)
    return batch


def _table_of(ledger: Any, upload: Upload, resource: LedgerResource) -> tuple[str, Table]:
    """Return the printed form the file is, if it is one, and its rows."""
    for form in ledger.io.forms:
        records = [(sheet, read_form(sheet, form)) for sheet in upload.sheets]
        found = [(sheet, texts) for sheet, texts in records if texts is not None]
        if not found:
            continue
        paths = list(dict.fromkeys(p for _, texts in found for p in texts if p in resource.columns))
        headings = [
            Heading(position, resource.columns[path].label, path)
            for position, path in enumerate(paths)
        ]
        rows = [
            (sheet.position, sheet.position, [texts.get(path, "") for path in paths])
            for sheet, texts in found
            if any(texts.values())
        ]
        if not rows:
            raise FileRefused("no_rows")
        ignored = [sheet.name for sheet, texts in records if texts is None and sheet.rows]
        return form.name, Table(headings, rows, ignored)
    return "", read_table(upload.sheets, resource)


def headings_of(batch: ImportBatch) -> list[Heading]:
    """Return the headings of the file as they were found."""
    mapping = {int(position): path for position, path in batch.mapping.items()}
    return [
        Heading(position, text, mapping.get(position, ""), samples)
        for position, text, samples in json.loads(batch.headings)
    ]


# Mapping and planning


def map_columns(
    *,
    batch: ImportBatch,
    mapping: Mapping[int, str],
    mode: str,
    blanks: str,
    reason: str,
    actor: "User",
) -> ImportBatch:
    """Fix which column is which, remember it, and judge the rows.

    Up to ``INLINE_ROWS`` rows are judged at once; for more a job does it.

    Raises:
        FileRefused: A column is taken twice, or none is.
        ValidationError: The batch is past this step.
    """
    ledger = ledgers.get(batch.ledger)
    check_mapping(mapping, resource_for(ledger))
    with transaction.atomic():
        locked = _locked(batch, {State.MAPPING, State.PREVIEW})
        locked.mapping = {str(position): path for position, path in mapping.items()}
        locked.mode = mode
        locked.blanks = blanks
        locked.reason = reason
        locked.state = State.PLANNING
        locked.ledger_changed = False
        locked.error_code = ""
        locked.save()
        if not locked.form:
            ImportMapping.objects.update_or_create(
                ledger=locked.ledger,
                user=actor,
                fingerprint=locked.heading_fingerprint,
                defaults={"mapping": locked.mapping},
            )
        if locked.total > INLINE_ROWS:
            locked.job = enqueue_job("ledgers.plan_import", {"batch": str(locked.pk)}, owner=actor)
            locked.save(update_fields=["job"])
            return locked
    return plan_batch(locked, actor=actor)


def plan_batch(
    batch: ImportBatch,
    *,
    actor: "User",
    progress: Callable[[int, int], None] | None = None,
) -> ImportBatch:
    """Judge all rows of a batch and stage the outcome.  The ledger is not touched."""
    ledger = ledgers.get(batch.ledger)
    rows = _rows_of_file(ledger, batch)
    plan = _plan(ledger, batch, rows, actor, progress)
    _stage(batch, plan)
    return batch


def _rows_of_file(ledger: Any, batch: ImportBatch) -> list[RawRow]:
    upload = read_upload(batch.source.read(), max_rows=ledger.io.max_rows)
    _form, table = _table_of(ledger, upload, resource_for(ledger))
    return [
        RawRow(position, sheet, number, cells)
        for position, (sheet, number, cells) in enumerate(table.rows)
    ]


def _plan(
    ledger: Any,
    batch: ImportBatch,
    rows: Iterable[RawRow],
    actor: "User",
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    mapping = {int(position): path for position, path in batch.mapping.items()}
    with scoped_to(actor):
        plan = make_plan(ledger, rows, mapping, user=actor, blanks=batch.blanks, progress=progress)
        _close_unapproved(ledger, plan, actor)
    return plan


def _close_unapproved(ledger: Any, plan: Plan, actor: "User") -> None:
    """Refuse rows that would show and change a record the person may not open."""
    known = [record for record in plan.records if record.stored is not None]
    opened = openable(actor, ledger.model, [record.stored for record in known])
    for record in known:
        if record.stored.pk not in opened:
            record.changes = {}
            record.refuse("", "needs_approval")


def _stage(batch: ImportBatch, plan: Plan) -> None:
    """Replace the staged rows of a batch by a plan's."""
    counts = plan.counts()
    with transaction.atomic():
        ImportRow._base_manager.filter(batch=batch)._raw_delete(using=batch._state.db)
        staged = (_staged(batch, record) for record in plan.records)
        ImportRow._base_manager.bulk_create(staged, batch_size=ROWS_PER_INSERT)
        for action, name in ACTIONS_COUNTED.items():
            setattr(batch, name, counts[action])
        batch.total = len(plan.records)
        batch.plan_fingerprint = plan.fingerprint()
        batch.state = State.PREVIEW
        batch.save()


def _staged(batch: ImportBatch, record: Record) -> ImportRow:
    payload: dict[str, Any] = {"cells": record.raw.cells}
    if record.changes:
        payload["changes"] = record.changes
    if record.problems:
        payload["problems"] = record.problems
    if record.stored is not None:
        payload["record"] = str(record.stored)
    if record.likely:
        payload["likely"] = [[one.key, one.number, one.codes] for one in record.likely]
        payload["another"] = record.raw.another
    return ImportRow(
        batch=batch,
        position=record.raw.position,
        sheet=record.raw.sheet,
        number=record.raw.number,
        action=record.action,
        payload=json.dumps(payload, ensure_ascii=False, default=str),
    )


# Confirming


def confirm_batch(*, batch: ImportBatch, actor: "User") -> ImportBatch:
    """Store what the preview showed, in one transaction.

    A batch that is stored already stays as it is: pressing twice stores once.

    Raises:
        LedgerChanged: Something changed since the preview; the new preview is staged and
            nothing was stored.
        ValidationError: The batch is past this step, or holds wrong rows although all or
            nothing was asked for.
    """
    with transaction.atomic():
        locked = _locked(batch, {State.PREVIEW, State.COMMITTING, State.DONE})
        if locked.state != State.PREVIEW:
            return locked
        _refuse_unconfirmable(locked)
        locked.state = State.COMMITTING
        locked.save(update_fields=["state"])
        if locked.total > INLINE_ROWS:
            locked.job = enqueue_job(
                "ledgers.commit_import", {"batch": str(locked.pk)}, owner=actor
            )
            locked.save(update_fields=["job"])
            return locked
    return commit_batch(locked, actor=actor)


def _refuse_unconfirmable(batch: ImportBatch) -> None:
    if batch.is_stuck:
        raise ValidationError(
            _("Some rows are wrong, and you asked to store all or nothing. Correct the file.")
        )
    if not batch.to_write:
        raise ValidationError(_("There is nothing to store: no row is new or changed."))


def commit_batch(
    batch: ImportBatch,
    *,
    actor: "User",
    progress: Callable[[int, int], None] | None = None,
    hold: Callable[[], None] | None = None,
) -> ImportBatch:
    """Judge the staged rows again, compare with the preview, and store them.

    Args:
        batch: A batch in the state "being stored".
        actor: Who confirmed.
        progress: Called with rows judged and rows in all.
        hold: Called inside the transaction, to make sure the job is still ours.

    Raises:
        LedgerChanged: There is a new preview; nothing was stored.
    """
    ledger = ledgers.get(batch.ledger)
    rows = [
        raw_row(row) for row in ImportRow._base_manager.filter(batch=batch).order_by("position")
    ]
    plan = _plan(ledger, batch, rows, actor, progress)
    if plan.fingerprint() != batch.plan_fingerprint:
        raise _changed(batch, plan)
    writes = plan.writes()
    try:
        with scoped_to(actor), transaction.atomic():
            locked = _locked(batch, {State.COMMITTING, State.DONE})
            if hold is not None:
                hold()
            if locked.state == State.DONE:
                return locked
            _store(ledger, locked, plan, writes, actor)
    except WritesRefused as refused:
        for record in writes:
            error = refused.errors.get(record.instance.pk)
            if error is not None:
                record.problems += _said(error, plan.resource)
        raise _changed(batch, plan) from None
    except (IntegrityError, _Stale):
        raise _changed(batch, _plan(ledger, batch, rows, actor)) from None
    return locked


def raw_row(row: ImportRow) -> RawRow:
    """Return a staged row as it was read, with what was said of it since."""
    payload = json.loads(row.payload)
    another = bool(payload.get("another"))
    return RawRow(row.position, row.sheet, row.number, payload["cells"], another)


def tell_apart(*, batch: ImportBatch, positions: Iterable[int]) -> int:
    """Take rows that resemble records on file as new ones: somebody has compared them.

    Returns:
        How many rows there were.

    Raises:
        ValidationError: The batch is past this step.
    """
    with transaction.atomic():
        locked = _locked(batch, {State.PREVIEW})
        rows = ImportRow._base_manager.select_for_update().filter(
            batch=locked, action=Action.LIKELY, position__in=list(positions)
        )
        count = 0
        for row in rows:
            row.payload = json.dumps(
                {**json.loads(row.payload), "another": True}, ensure_ascii=False
            )
            row.action = Action.NEW
            row.save(update_fields=["payload", "action"])
            count += 1
        locked.likely -= count
        locked.new += count
        locked.save(update_fields=["likely", "new"])
    return count


class _Stale(Exception):
    """A row the plan was judged by has another version now."""


def _store(
    ledger: Any, batch: ImportBatch, plan: Plan, writes: list[Record], actor: "User"
) -> None:
    _refuse_stale(ledger, writes)
    check_unique(ledger, writes)
    if any(record.problems for record in writes):
        raise _Stale
    reason = _("Import %(number)s") % {"number": batch.number}
    if batch.reason:
        reason = f"{reason}：{batch.reason}"
    with change_set(actor=actor, reason=reason, source="import") as change:
        write_records(
            ledger,
            [_write(record) for record in writes],
            actor=actor,
            reason=reason,
            source="import",
        )
        counts = plan.counts()
        log(
            "tonghu.import",
            actor=actor,
            model=ledger.model,
            label=str(ledger.label),
            territory_code=place_of(actor),
            data={
                "batch": batch.number,
                "new": counts[Action.NEW],
                "changed": counts[Action.CHANGED],
                "wrong": counts[Action.WRONG],
            },
        )
        batch.change_set = change.id
    batch.state = State.DONE
    batch.committed_at = timezone.now()
    batch.headings = json.dumps([[h.position, h.text, []] for h in headings_of(batch)])
    batch.save()
    # Only rows left out are still needed, to be handed back; the rest is in the ledger.
    ImportSource._base_manager.filter(batch=batch).delete()
    ImportRow._base_manager.filter(batch=batch).exclude(action__in=ImportRow.LEFT_OUT).delete()


def _refuse_stale(ledger: Any, writes: list[Record]) -> None:
    """Lock the rows to be changed, in one order, and compare their versions."""
    expected = {r.stored.pk: r.stored.version for r in writes if r.stored is not None}
    ids = sorted(expected)
    for start in range(0, len(ids), 500):
        rows = (
            ledger.model._base_manager.select_for_update(of=("self",))
            .filter(pk__in=ids[start : start + 500])
            .order_by("pk")
            .values_list("pk", "version")
        )
        found = dict(rows)
        if any(found.get(pk) != expected[pk] for pk in ids[start : start + 500]):
            raise _Stale


def _write(record: Record) -> Write:
    code = record.instance.territory_code_source()
    return Write(
        record.instance,
        record.stored,
        record.children,
        moved=record.stored is not None and record.stored.territory_code != code,
    )


def _changed(batch: ImportBatch, plan: Plan) -> LedgerChanged:
    """Stage a new preview in place of the one that no longer holds."""
    batch.ledger_changed = True
    _stage(batch, plan)
    return LedgerChanged(batch.number)


def _said(error: ValidationError, resource: LedgerResource) -> list[dict[str, Any]]:
    def again() -> None:
        raise error

    return collect(again, lambda name: name if name in resource.columns else "")


# Ending


def cancel_batch(*, batch: ImportBatch) -> None:
    """Throw an import away before it is stored.

    Raises:
        ValidationError: It is stored, or being stored.
    """
    with transaction.atomic():
        locked = _locked(batch, {State.MAPPING, State.PLANNING, State.PREVIEW, State.FAILED})
        locked.state = State.CANCELLED
        locked.headings = "[]"
        locked.save(update_fields=["state", "headings"])
        _forget(locked)


def expire_batches() -> int:
    """Delete what batches older than a day still stage; return how many there were."""
    with unscoped("uploads past their day"):
        return _expire_batches()


def _expire_batches() -> int:
    staged = ImportBatch.objects.expired().filter(headings__isnull=False)
    count = 0
    for batch in staged.iterator():
        if not (hasattr(batch, "source") or batch.rows.exists() or batch.headings != "[]"):
            continue
        with transaction.atomic():
            _forget(batch)
            batch.headings = "[]"
            if batch.is_open:
                batch.state = State.CANCELLED
            batch.save(update_fields=["state", "headings"])
        count += 1
    return count


def _forget(batch: ImportBatch) -> None:
    ImportSource._base_manager.filter(batch=batch).delete()
    ImportRow._base_manager.filter(batch=batch).delete()


def _locked(batch: ImportBatch, states: set[str]) -> ImportBatch:
    locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if locked.state not in states:
        raise ValidationError(
            _("This import is past this step (%(state)s). Upload the file again.")
            % {"state": locked.get_state_display()}
        )
    return locked


# Jobs


@job("ledgers.plan_import")
def run_plan(run: Run) -> dict[str, Any]:
    """Judge a large file in the background."""
    batch = ImportBatch.objects.get(pk=run.params["batch"])
    if batch.state == State.PLANNING:
        _or_failed(batch, lambda: plan_batch(batch, actor=run.job.owner, progress=run.progress))
    return {"total": batch.total}


@job("ledgers.commit_import")
def run_commit(run: Run) -> dict[str, Any]:
    """Store a large file in the background; safe to start again, it stores once."""
    batch = ImportBatch.objects.get(pk=run.params["batch"])
    if batch.state == State.COMMITTING:
        try:
            commit_batch(batch, actor=run.job.owner, progress=run.progress, hold=run.hold)
        except LedgerChanged:
            return {"ledger_changed": True}
    return {"total": batch.total}


def _or_failed(batch: ImportBatch, step: Callable[[], Any]) -> None:
    """Let a file that cannot be read any more end its batch instead of the worker."""
    try:
        step()
    except FileRefused as refused:
        batch.state = State.FAILED
        batch.error_code = refused.code
        batch.save(update_fields=["state", "error_code"])
