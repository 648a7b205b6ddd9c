"""Carry a bulk action out, and take it back."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access.opening import openable
from core.access.rights import current_rights
from core.audit.services import record
from core.history.context import change_set
from core.history.undo import keys_touched, put_back, steps_on
from core.jobs.registry import job
from core.jobs.services import Run, enqueue_job
from core.writing import judge_entries

from ..declaration import BulkAction, Ledger
from ..exporting.places import place_of
from ..importing.writing import index_written, write_rows
from ..registry import ledgers
from .models import BulkRun

if TYPE_CHECKING:
    from core.accounts.models import User

CHUNK = 200
INLINE_ROWS = 500
"""Up to so many records are written while the person waits; more go to a job."""
TOLD_REFUSALS = 100
MOST_CHOSEN = 1_000

State = BulkRun.State
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Answers:
    """What the form of an action was answered, as it is kept and as the action takes it."""

    posted: Mapping[str, list[str]]
    cleaned: Mapping[str, Any]


def bulk_action(ledger: type[Ledger], name: str) -> BulkAction:
    """Return an action of a ledger.

    Raises:
        KeyError: It has none of this name.
    """
    for action in ledger.bulk:
        if action.name == name:
            return action
    raise KeyError(name)


def matching(
    ledger: type[Ledger], *, user: Any, query: str, words: str, rows: Sequence[str]
) -> Any:
    """Return the records that are meant: those chosen, or all that the list would show.

    Both in scope, and both within the filters and words of the list.
    """
    request = HttpRequest()
    request.method = "POST" if words else "GET"
    request.GET = QueryDict(query)
    posted = QueryDict(mutable=True)
    if words:
        posted["q"] = words
    request.POST = posted  # type: ignore[assignment]
    request.user = user
    found = ledger.filtered_queryset(request)
    return found.filter(pk__in=rows) if rows else found


def start(
    ledger: type[Ledger],
    action: BulkAction,
    *,
    actor: "User",
    query: str,
    words: str,
    rows: Sequence[str],
    expected: int,
    answers: Answers,
    reason: str,
    seen_at: datetime | None = None,
) -> BulkRun:
    """Begin a run: at once where few records are meant, else as a job.

    ``expected`` is the number the person was shown and agreed to, ``seen_at`` when: what
    others have changed since is left out and told.

    Raises:
        ValidationError: There is no reason, or no record.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    if not expected:
        raise ValidationError(_("No record is meant."))
    with transaction.atomic():
        run = BulkRun.objects.create(
            ledger=ledger.slug,
            action=action.name,
            owner=actor,
            query=query,
            words=words,
            rows=list(rows),
            answers=json.dumps({name: list(values) for name, values in answers.posted.items()}),
            reason=reason.strip(),
            expected=expected,
            seen_at=min(seen_at or timezone.now(), timezone.now()),
        )
        if expected > INLINE_ROWS:
            run.job = enqueue_job("ledgers.bulk", {"run": str(run.pk)}, owner=actor)
            run.save(update_fields=["job"])
            return run
    return carry_out(run, actor=actor, cleaned=answers.cleaned)


def carry_out(
    run: BulkRun,
    *,
    actor: "User",
    cleaned: Mapping[str, Any],
    progress: Progress | None = None,
    hold: Callable[[], None] | None = None,
) -> BulkRun:
    """Do what was asked, in one transaction and one change set.

    Nothing is written if the list has another number of records by now than the person
    agreed to: the run then says so.
    """
    ledger = ledgers.get(run.ledger)
    action = bulk_action(ledger, run.action)
    with (
        transaction.atomic(),
        change_set(actor=actor, reason=run.reason, source="bulk") as change,
    ):
        keys = list(
            matching(ledger, user=actor, query=run.query, words=run.words, rows=run.rows)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        if len(keys) != run.expected:
            run.state = State.CHANGED
            run.expected = len(keys)
        else:
            _write_all(run, ledger, action, keys, actor, cleaned, progress)
            run.state = State.DONE
            run.change_set = change.id
        if hold is not None:
            hold()
        run.finished_at = timezone.now()
        run.save()
        record(
            "tonghu.bulk",
            actor=actor,
            model=ledger.model,
            label=str(ledger.label),
            territory_code=place_of(actor),
            data={
                "bulk": action.name,
                "changed": run.changed,
                "refused": run.refused,
                "unchanged": run.unchanged,
            },
        )
    return run


def _write_all(
    run: BulkRun,
    ledger: type[Ledger],
    action: BulkAction,
    keys: Sequence[Any],
    actor: "User",
    cleaned: Mapping[str, Any],
    progress: Progress | None,
) -> None:
    refusals: list[tuple[str, str]] = []
    for chunk in chunks(keys):
        rows = approved(ledger, list(locked(ledger, chunk)), actor, refusals)
        rows = as_shown(rows, run, actor, refusals)
        if action.change is not None:
            changed = _changed(run, action, rows, cleaned, refusals)
            write_rows(changed)
            index_written(ledger, changed)
        else:
            _hand_over(run, action, rows, actor, cleaned, refusals)
        # A row that was deleted in between is neither changed nor refused.
        if progress is not None:
            progress(run.changed + run.unchanged + len(refusals), len(keys))
    run.refused = len(refusals)
    run.refusals = json.dumps(refusals[:TOLD_REFUSALS], ensure_ascii=False)


def chunks(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield keys in pieces of ``CHUNK``."""
    for first in range(0, len(keys), CHUNK):
        yield keys[first : first + CHUNK]


def approved(
    ledger: type[Ledger], rows: list[Any], actor: "User", refusals: list[tuple[str, str]]
) -> list[Any]:
    """Return the records a person may open; the others are refused."""
    opened = openable(actor, ledger.model, rows)
    refusals += [(str(row), closed()) for row in rows if row.pk not in opened]
    return [row for row in rows if row.pk in opened]


def as_shown(
    rows: list[Any], run: BulkRun, actor: "User", refusals: list[tuple[str, str]]
) -> list[Any]:
    """Return the records that stand as they were shown; what others changed since is refused."""
    kept = []
    for row in rows:
        if row.updated_at > run.seen_at and row.updated_by_id != actor.pk:
            refusals.append((str(row), overtaken()))
        else:
            kept.append(row)
    return kept


def overtaken() -> str:
    """Return why a record that somebody has just changed is not touched."""
    return _("Somebody has changed it since you were shown it. Look at it, then act again.")


def closed() -> str:
    """Return why a record that nobody approved for the person is not touched."""
    return _("Opening this record needs an approval. Ask for access on its page.")


def locked(ledger: type[Ledger], keys: Sequence[Any]) -> Any:
    """Return records in scope, held until the end of the transaction."""
    rows = ledger.queryset().filter(pk__in=keys).order_by("pk")
    place = ledger.place()
    if place:
        rows = rows.select_related(place)
    return rows.select_for_update(of=("self",))


def difference(
    action: BulkAction, instance: Any, cleaned: Mapping[str, Any]
) -> list[tuple[str, Any, Any]]:
    """Return what an action would change in a record: field, old and new value.

    Raises:
        ValidationError: The record is refused.
    """
    assert action.change is not None
    wanted = action.change(instance, **cleaned)
    rights = current_rights()
    for name in wanted:
        field = instance._meta.get_field(name)
        # What nobody types, such as a state, is guarded by the action's own permission.
        if field.editable and not rights.of(type(instance), name, instance.territory_code).write:
            raise ValidationError(
                _("You may not change “%(field)s”.") % {"field": field.verbose_name}
            )
    return [
        (name, getattr(instance, name), value)
        for name, value in wanted.items()
        if getattr(instance, name) != value
    ]


def _changed(
    run: BulkRun,
    action: BulkAction,
    rows: Sequence[Any],
    cleaned: Mapping[str, Any],
    refusals: list[tuple[str, str]],
) -> list[Any]:
    changed = []
    for instance in rows:
        try:
            moves = difference(action, instance, cleaned)
            if not moves:
                run.unchanged += 1
                continue
            for name, _old, new in moves:
                setattr(instance, name, new)
            judge_entries(instance)
        except ValidationError as error:
            refusals.append((str(instance), " ".join(error.messages)))
            continue
        changed.append(instance)
    run.changed += len(changed)
    return changed


def _hand_over(
    run: BulkRun,
    action: BulkAction,
    rows: Sequence[Any],
    actor: "User",
    cleaned: Mapping[str, Any],
    refusals: list[tuple[str, str]],
) -> None:
    assert action.handler is not None
    for instance in rows:
        try:
            with transaction.atomic():
                action.handler(instance, actor=actor, reason=run.reason, **cleaned)
        except ValidationError as error:
            refusals.append((str(instance), " ".join(error.messages)))
        except PermissionDenied as error:
            refusals.append((str(instance), str(error) or _("You may not do this.")))
        else:
            run.changed += 1


def undo(run: BulkRun, *, actor: "User", reason: str) -> BulkRun:
    """Put back what a run changed, set by set, where nobody has changed it since.

    Raises:
        ValidationError: It was undone already, or cannot be.
    """
    ledger = ledgers.get(run.ledger)
    action = bulk_action(ledger, run.action)
    with transaction.atomic(), change_set(actor=actor, reason=reason, source="restore"):
        held = BulkRun.objects.select_for_update().get(pk=run.pk)
        if held.state != State.DONE or not action.can_be_undone or held.change_set is None:
            raise ValidationError(_("This cannot be undone, or was undone already."))
        keys = sorted(keys_touched(ledger.model, held.change_set))
        restored = 0
        for chunk in chunks(keys):
            rows = list(_as_before(ledger, chunk, held.change_set))
            write_rows(rows)
            index_written(ledger, rows)
            restored += len(rows)
        held.state = State.UNDONE
        held.kept = len(keys) - restored
        held.save(update_fields=["state", "kept"])
        record(
            "tonghu.bulk",
            actor=actor,
            model=ledger.model,
            label=str(ledger.label),
            territory_code=place_of(actor),
            data={"undone": action.name, "restored": restored, "kept": held.kept},
        )
    return held


def _as_before(ledger: type[Ledger], keys: Sequence[Any], change_set: uuid.UUID) -> Iterator[Any]:
    """Yield records with the values they had before the run, those changed since left out."""
    # Held first: what is read of their history then is the newest there is.
    rows = {row.pk: row for row in locked(ledger, keys)}
    for step in steps_on(ledger.model, rows, change_set):
        if step.newest and not step.made:
            put_back(rows[step.key], step)
            yield rows[step.key]


@job("ledgers.bulk")
def run_bulk(work: Run) -> dict[str, Any]:
    """Carry out a run of many records, as its owner."""
    run = BulkRun.objects.select_related("owner").get(pk=work.params["run"])
    if not run.is_working:
        return {"state": run.state}
    BulkRun.objects.filter(pk=run.pk).update(state=State.RUNNING)
    action = bulk_action(ledgers.get(run.ledger), run.action)
    cleaned = cleaned_again(action, json.loads(run.answers))
    done = carry_out(run, actor=run.owner, cleaned=cleaned, progress=work.progress, hold=work.hold)
    return {"state": str(done.state), "changed": done.changed, "refused": done.refused}


def cleaned_again(action: BulkAction, posted: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the answers of an action's form as the action takes them.

    Raises:
        ValidationError: They are no longer answers, such as a choice that has gone.
    """
    if action.form is None:
        return {}
    data = QueryDict(mutable=True)
    for name, values in posted.items():
        data.setlist(name, values)
    form = action.form(data)
    if not form.is_valid():
        raise ValidationError(_("The answers no longer fit. Start again."))
    return dict(form.cleaned_data)
