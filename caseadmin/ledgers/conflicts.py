"""Two people edited one record: what each of them wants, field by field."""

from dataclasses import dataclass
from typing import Any

from .declaration import Ledger
from .forms.records import RecordForm
from .presentation import elsewhere, label_of, words
from .runtime.store import value_of
from .sight import Sight
from .timeline import Entry, entries_since, snapshot


@dataclass(frozen=True)
class Difference:
    """One field that somebody changed.

    Attributes:
        label: The field.
        before: What it said when the page was opened.
        theirs: What it says now.
        mine: What the person typed.
        clash: Both changed it, to different values.
        taken: The value the form below now holds is theirs.
    """

    label: str
    before: str
    theirs: str
    mine: str
    clash: bool
    taken: bool


@dataclass(frozen=True)
class Conflict:
    """Everything the conflict page shows.

    Attributes:
        differences: Fields somebody changed, clashes first.
        entries: What the others did, newest first.
        form: The form with mine kept where I changed something, and theirs elsewhere.
        version: The record's present version.
    """

    differences: list[Difference]
    entries: list[Entry]
    form: RecordForm
    version: int

    @property
    def clashes(self) -> int:
        """How many fields both changed."""
        return sum(difference.clash for difference in self.differences)


def find_conflict(
    *, ledger: type[Ledger], stored: Any, mine: RecordForm, version: int, user: Any
) -> Conflict | None:
    """Compare what is stored with what was typed on an older page.

    Args:
        ledger: The ledger.
        stored: The record as it is now.
        mine: The checked form; its instance holds what was typed.
        version: The version the page was built from.
        user: Who typed.

    Returns:
        The conflict, or ``None`` where the person changed nothing, or only to what is
        already stored.
    """
    if not mine.has_changed():
        return None
    base = snapshot(ledger, stored.pk, version)
    typed = mine.form.instance
    differences, kept = [], {}
    for name in mine.names:
        field = ledger.field(name)
        now, wanted = value_of(stored, name), value_of(typed, name)
        before = value_of(base, name) if base is not None else now
        i_changed = not same(wanted, before) if base is not None else not same(wanted, now)
        if name in mine.form.concealed:
            # It began empty on the page: only what was typed is wanted.
            i_changed = name in mine.form.changed_data
        they_changed = base is not None and not same(now, before)
        if i_changed:
            kept[name] = mine.form.cleaned_data.get(name)
        if not (i_changed or they_changed):
            continue
        differences.append(
            Difference(
                label=label_of(field),
                before=told(field, base, mine.sight),
                theirs=told(field, stored, mine.sight),
                mine=told(field, typed, mine.sight),
                clash=i_changed and (they_changed or base is None) and not same(wanted, now),
                taken=they_changed and not i_changed,
            )
        )
    wanted_rows = any(table.has_changed() for table in mine.tables)
    if not wanted_rows and all(same(kept[name], getattr(stored, name)) for name in kept):
        return None
    merged = RecordForm(ledger=ledger, instance=stored, user=user, initial=kept, tables=mine.tables)
    merged.form.fields["reason"].initial = mine.reason
    return Conflict(
        differences=sorted(differences, key=lambda d: not d.clash),
        entries=entries_since(ledger, stored.pk, version, mine.sight),
        form=merged,
        version=stored.version,
    )


def told(field: Any, row: Any, sight: Sight) -> str:
    """Return one field of a row, or of a row of its history, as the person sees it."""
    if row is None:
        return ""
    value = value_of(row, field.name)
    if field.is_relation and value is not None:
        value = field.related_model._default_manager.filter(pk=value).first() or elsewhere()
    return sight.shown(field, row.territory_code, words(field, value), row.id)


def same(one: Any, other: Any) -> bool:
    """Return whether two stored values say the same; blanks are alike."""
    if one in (None, "", []) and other in (None, "", []):
        return True
    return bool(one == other)
