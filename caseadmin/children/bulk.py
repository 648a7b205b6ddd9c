"""Write many child files at once, with rows and history as the services leave them.

An import of thousands of rows cannot ask the database forty questions for each. What
this module cannot do set by set (a move, another carer, other answers about the parents)
goes through the services, file by file.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from caseadmin.ledgers.importing.writing import (
    Write,
    index_written,
    write_one_by_one,
    write_rows,
)
from core.access.guards import require_reach, serves_town_or_district
from core.numbering import next_numbers
from core.writing import has_changes

from .enums import FileStatus
from .models import ChildFile, FamilySituation, FileNumberSeries
from .services import facts_of, has_answers, situation_day

if TYPE_CHECKING:
    from core.accounts.models import User

CHUNK = 500


def judge_import(instance: ChildFile, stored: ChildFile | None, user: "User") -> None:
    """Say before an import what the services would refuse afterwards.

    Raises:
        ValidationError: Keyed by the field at fault.
    """
    if stored is not None:
        if stored.is_closed:
            raise ValidationError({"file_number": _("This file is closed. Reopen it first.")})
        return
    today = timezone.localdate()
    ended_on = instance.village.valid_to
    if ended_on is not None and ended_on <= today:
        raise ValidationError({"village": _("This village no longer exists. Choose another.")})
    situation_day(instance, today)


def write_files(
    ledger: Any, writes: Sequence[Write], *, actor: "User", reason: str, source: str
) -> None:
    """Write judged files with what belongs to them.

    Call it inside a transaction and a change set.

    Raises:
        PermissionDenied: The actor does not serve one of the villages.
        WritesRefused: A service refused some files.
    """
    opening = [write for write in writes if write.stored is None]
    plain = list(_plain_changes([write for write in writes if write.stored is not None]))
    together = {id(write) for write in (*opening, *plain)}
    for write in writes:
        require_reach(actor, write.instance.village.code)
    situations = _opened(opening, actor)
    # A file whose relatives alone changed is not written, as the services do not.
    changed = [w.instance for w in plain if has_changes(w.instance, w.stored)]
    write_rows([*(write.instance for write in opening), *changed])
    write_rows(situations)
    for relation in ("kin", "custody_spells"):
        write_rows([row for w in (*opening, *plain) for row in w.children.get(relation, ())])
    index_written(ledger, [write.instance for write in (*opening, *plain)])
    write_one_by_one(
        ledger,
        [write for write in writes if id(write) not in together],
        actor=actor,
        reason=reason,
        source=source,
    )


def _opened(writes: Sequence[Write], actor: "User") -> list[FamilySituation]:
    """Give new files number, state and day; return the situations they begin with."""
    today = timezone.localdate()
    by_prefix: dict[str, list[ChildFile]] = defaultdict(list)
    situations = []
    for write in writes:
        instance: ChildFile = write.instance
        code = instance.village.code
        instance.opened_on = today
        of_town = serves_town_or_district(actor, code)
        instance.status = FileStatus.REGISTERED if of_town else FileStatus.DRAFT
        by_prefix[f"{code[:6]}-{today.year}"].append(instance)
        since = situation_day(instance, today)
        if not has_answers(instance):
            continue
        if instance.situation_since is None:
            instance.situation_since = since
        situation = FamilySituation(child_file=instance, starts_on=since)
        for name, value in zip(FamilySituation.FACTS, facts_of(instance), strict=True):
            setattr(situation, name, value)
        situations.append(situation)
    for prefix, instances in by_prefix.items():
        numbers = next_numbers(FileNumberSeries, prefix, len(instances))
        for instance, number in zip(instances, numbers, strict=True):
            instance.file_number = number
    return situations


def _plain_changes(writes: Sequence[Write]) -> Iterator[Write]:
    """Yield changes that touch no dated fact: neither village, nor parents, nor carer."""
    for start in range(0, len(writes), CHUNK):
        chunk = writes[start : start + CHUNK]
        open_rows = {
            row.child_file_id: row
            for row in FamilySituation._base_manager.filter(
                child_file_id__in=[write.instance.pk for write in chunk], ends_on__isnull=True
            )
        }
        for write in chunk:
            if write.moved or "custody_spells" in write.children:
                continue
            if facts_of(write.instance) != facts_of(write.stored):
                continue
            since = write.instance.situation_since
            if since != write.stored.situation_since:
                continue
            current = open_rows.get(write.instance.pk)
            if since is None:
                in_line = not has_answers(write.instance)
            else:
                in_line = (
                    current is not None
                    and current.starts_on == since
                    and facts_of(current) == facts_of(write.instance)
                )
            if in_line:
                yield write
