"""What happened to a record and its child rows: one entry per action, in words."""

import uuid
from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db.models import IntegerField, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access.rights import Seeing
from core.attachments.models import Attachment
from core.crypto.fields import BlindIndexField
from core.history.context import SOURCES

from .attaching import FileSight
from .declaration import STAMPED, Child, Ledger
from .holdings import FILES, may_have_had
from .presentation import child_label, elsewhere, label_of, name_of, words
from .runtime.store import field_of, value_of
from .sight import Sight

PER_PAGE = 20


@dataclass(frozen=True)
class Change:
    """One value that became another."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Subject:
    """What one row went through within an entry.

    Attributes:
        kind: ``"+"`` added, ``"~"`` changed, ``"-"`` removed.
        title: Empty for the record itself, else which child row.
        changes: Its values that changed.
    """

    kind: str
    title: str
    changes: list[Change]


@dataclass
class Entry:
    """One action of one person."""

    change_set: uuid.UUID
    at: datetime
    actor: str
    reason: str
    source: str
    kind: str
    subjects: list[Subject] = field(default_factory=list)
    is_current: bool = False
    version: int = 0

    @property
    def count(self) -> int:
        """How many values changed."""
        return sum(len(subject.changes) for subject in self.subjects)

    @property
    def initial(self) -> str:
        """The first character of the person's name."""
        return self.actor[:1]

    @property
    def source_label(self) -> str:
        """The door it came through, in words."""
        return str(SOURCES.get(self.source, self.source))


@dataclass(frozen=True)
class Track:
    """One history table that has rows of the record."""

    model: Any
    history_model: Any
    condition: dict[str, Any]
    fields: list[str]
    child: Child | None
    label: str = ""
    title_fields: tuple[str, ...] = ()

    def rows(self) -> Any:
        """Return the history rows in scope, newest first."""
        manager = getattr(self.model, self.model._meta.simple_history_manager_attribute)
        return manager.filter(**self.condition)

    def newest_first(self) -> Any:
        """Return the same rows as the last written comes first."""
        return self.rows().order_by("-history_date", "-history_id")

    def oldest_first(self) -> Any:
        """Return the same rows in the order in which they were written."""
        return self.rows().order_by("history_date", "history_id")


def tracks_of(ledger: type[Ledger], pk: Any, *, known: Any = None) -> list[Track]:
    """Return the history tables of a record and of its child rows.

    Args:
        ledger: The ledger.
        pk: The record's key.
        known: The record itself: tables it is known to have nothing in are left out.
    """
    model = ledger.model
    tracks = [
        Track(
            model,
            getattr(model, model._meta.simple_history_manager_attribute).model,
            {model._meta.pk.attname: pk},
            history_fields(model, told_fields(ledger)),
            None,
        )
    ]
    for child in ledger.children:
        relation = ledger.child_relation(child)
        related = relation.related_model
        if not hasattr(related._meta, "simple_history_manager_attribute"):
            continue
        if not may_have_had(known, child.name):
            continue
        tracks.append(
            Track(
                related,
                getattr(related, related._meta.simple_history_manager_attribute).model,
                {relation.field.attname: pk},
                history_fields(related, ledger.child_fields(child), without={relation.field.name}),
                child,
                label=child_label(ledger, child),
                title_fields=tuple(ledger.child_fields(child)[:2]),
            )
        )
    if ledger.attachments and may_have_had(known, FILES):
        tracks.append(files_track(model, pk))
    return tracks


def files_track(model: Any, pk: Any) -> Track:
    """Return the history of a record's files: what was added and removed, and by whom."""
    kind = ContentType.objects.get_for_model(model, for_concrete_model=True)
    return Track(
        Attachment,
        Attachment.history.model,
        {"content_type": kind, "object_id": pk},
        ["kind", "name", "file_type", "size", "state"],
        None,
        label=_("File"),
        title_fields=("kind",),
    )


def told_fields(ledger: type[Ledger]) -> list[str]:
    """Return the fields on the page, and those that were once on it."""
    names = ledger.shown_fields()
    if ledger.runtime_fields:
        names += [s.name for s in ledger.definitions().kept if s.name not in names]
    return names


def history_fields(
    model: Any, shown: Iterable[str], without: frozenset[str] | set[str] = frozenset()
) -> list[str]:
    """Return the fields the history tells of: those on the page first, then the others.

    What saving stamps, the row's key and digests of encrypted values say nothing.
    """
    # The columns behind added fields are told of field by field.
    silent = {*STAMPED, *without, *model.untold, "extra", "extra_sealed"}
    names = [n for n in shown if field_of(model, n).concrete]
    for f in model._meta.concrete_fields:
        if f.primary_key or f.name in silent or isinstance(f, BlindIndexField):
            continue
        if f.name not in names:
            names.append(f.name)
    return names


@dataclass(frozen=True)
class Timeline:
    """A page of entries.

    Attributes:
        entries: The entries, newest first.
        page: The page object, for links to the others.
        cut: Whether earlier history lies outside the reader's area.
        people: Who has written the record or its child rows: names by account.
    """

    entries: list[Entry]
    page: Any
    cut: bool
    people: dict[str, str]


def timeline(
    ledger: type[Ledger],
    pk: Any,
    *,
    page: Any = 1,
    per_page: int = PER_PAGE,
    sight: Sight | None = None,
    known: Any = None,
    only: "Only | None" = None,
) -> Timeline:
    """Return what happened to a record, newest first.

    Args:
        ledger: The ledger.
        pk: The record's key.
        page: Number of the page.
        per_page: Entries on a page.
        sight: How the reader sees values; their own rights by default.
        only: Leave out what others did, or what was done on other days.
        known: The record itself, if it is at hand with what it points at: those rows need
            not be looked up to be named.

    A fixed number of queries, whatever the number of entries: one for each history table
    and one for each model that foreign keys point at.
    """
    tracks = tracks_of(ledger, pk, known=known)
    rows = [list(track.oldest_first()) for track in tracks]
    people = people_of(rows)
    only = only.among(people) if only else Only()
    latest, touched = _change_sets_of(rows, only)
    ordered = sorted(latest, key=lambda change_set: latest[change_set], reverse=True)
    paginator = Paginator(ordered, per_page)
    page_object = paginator.get_page(page)
    wanted = set(page_object.object_list)
    builder = Builder(ledger, sight or Sight(), known=known)
    for index, track in enumerate(tracks):
        if wanted & touched[index]:
            builder.read(track, wanted, rows[index])
    entries = builder.entries(page_object.object_list)
    if entries and page_object.number == 1 and not only:
        entries[0].is_current = entries[0].kind != "-"
    last = entries[-1] if entries and not page_object.has_next() else None
    return Timeline(
        entries,
        page_object,
        cut=bool(last and last.kind == "~" and not only),
        people=people,
    )


def latest_entries(
    ledger: type[Ledger], pk: Any, count: int, *, sight: Sight, known: Any
) -> list[Entry]:
    """Return the last few things that happened to a record, newest first.

    Like the first page of the timeline, without reading years of history where nothing but
    the record itself has one.
    """
    tracks = tracks_of(ledger, pk, known=known)
    # An action mostly writes the record once; the row before the last one is compared with.
    most = 4 * count
    rows = list(tracks[0].newest_first()[:most]) if len(tracks) == 1 else []
    found = list(dict.fromkeys(row.change_set for row in rows))
    if len(tracks) > 1 or (len(rows) == most and len(found) <= count):
        return timeline(ledger, pk, per_page=count, sight=sight, known=known).entries
    builder = Builder(ledger, sight, known=known)
    builder.read(tracks[0], set(found[:count]), rows[::-1])
    entries = builder.entries(found[:count])
    if entries:
        entries[0].is_current = entries[0].kind != "-"
    return entries


@dataclass(frozen=True)
class Only:
    """Which actions are asked for: those of one person, and from a day to a day."""

    person: str | None = None
    since: date | None = None
    until: date | None = None

    def among(self, people: Container[str]) -> "Only":
        """Leave out the person where they wrote nothing here."""
        return self if self.person is None or self.person in people else replace(self, person=None)

    def covers(self, row: Any) -> bool:
        """Return whether a history row belongs to these actions."""
        day = timezone.localtime(row.history_date).date()
        return (
            (not self.person or str(row.history_user_id) == self.person)
            and (self.since is None or day >= self.since)
            and (self.until is None or day <= self.until)
        )

    def __bool__(self) -> bool:
        return any((self.person, self.since, self.until))


def people_of(rows: list[list[Any]]) -> dict[str, str]:
    """Return who has written these history rows: names by account."""
    each = (row for found in rows for row in found)
    return {str(r.history_user_id): r.actor_name for r in each if r.history_user_id is not None}


def change_sets_of(
    tracks: list[Track],
) -> tuple[dict[uuid.UUID, datetime], dict[int, set[uuid.UUID]]]:
    """Return when each action ended, and which tables it touched, in one query."""
    parts = [
        track.rows()
        .order_by()
        .annotate(track=Value(index, output_field=IntegerField()))
        .values_list("track", "change_set", "history_date")
        for index, track in enumerate(tracks)
    ]
    return _ends_of(parts[0].union(*parts[1:], all=True))


def _change_sets_of(
    rows: list[list[Any]], only: "Only"
) -> tuple[dict[uuid.UUID, datetime], dict[int, set[uuid.UUID]]]:
    """Return the same of rows that are at hand, table by table."""
    return _ends_of(
        (index, row.change_set, row.history_date)
        for index, found in enumerate(rows)
        for row in found
        if only.covers(row)
    )


def _ends_of(
    told: Iterable[tuple[int, uuid.UUID, datetime]],
) -> tuple[dict[uuid.UUID, datetime], dict[int, set[uuid.UUID]]]:
    latest: dict[uuid.UUID, datetime] = {}
    touched: dict[int, set[uuid.UUID]] = defaultdict(set)
    for index, change_set, at in told:
        latest[change_set] = max(at, latest.get(change_set, at))
        touched[index].add(change_set)
    return latest, touched


class Builder:
    """Turns history rows into entries."""

    def __init__(self, ledger: type[Ledger], sight: Sight, *, known: Any = None) -> None:
        self.ledger = ledger
        self.known: dict[Any, dict[Any, Any]] = defaultdict(dict)
        if known is not None:
            for row in known._state.fields_cache.values():
                # Rows that have a scope are looked up, so that only those in reach are named.
                if row is not None and not hasattr(row, "territory_code"):
                    self.known[type(row)][row.pk] = row
        self.sight = sight
        self.file_sight = FileSight(sight, ledger.model)
        self.moves: list[tuple[Track, Any, Any]] = []
        self.keys: dict[Any, set[Any]] = defaultdict(set)

    def read(self, track: Track, wanted: set[uuid.UUID], rows: Iterable[Any]) -> None:
        """Take the rows of the wanted change sets, each with the one before it.

        Several rows of one object in one change set count as one step, from the first
        before to the last after.

        Args:
            track: The history table.
            wanted: The actions asked for.
            rows: All rows of the record in that table, oldest first.
        """
        by_object: dict[Any, list[Any]] = defaultdict(list)
        for row in rows:
            by_object[getattr(row, track.model._meta.pk.attname)].append(row)
        for history in by_object.values():
            before = None
            index = 0
            while index < len(history):
                step = history[index]
                last = step
                first_type = step.history_type
                while index + 1 < len(history) and history[index + 1].change_set == step.change_set:
                    index += 1
                    last = history[index]
                if last.change_set in wanted and not (
                    first_type == "+" and last.history_type == "-"
                ):
                    kind = "+" if first_type == "+" else last.history_type
                    self.note(track, before, last, kind=kind)
                before = last
                index += 1

    def note(self, track: Track, before: Any, after: Any, *, kind: str) -> None:
        """Take one step of one object: its rows before and after, and what kind of step."""
        after.step_kind = kind
        self.moves.append((track, before, after))
        self._note_keys(track, before)
        self._note_keys(track, after)

    def subjects(self) -> list[Subject]:
        """Return what each object went through, leaving out what did not change."""
        names = self._names()
        found = [self._subject(*move, names) for move in self.moves]
        return [subject for subject in found if subject is not None]

    def _subject(self, track: Track, before: Any, after: Any, names: Any) -> Subject | None:
        changes = self._changes(track, before, after, names)
        if not changes and (not track.label or after.step_kind == "~"):
            return None
        return Subject(after.step_kind, self._title(track, after, names), changes)

    def _note_keys(self, track: Track, row: Any) -> None:
        if row is None:
            return
        for name in track.fields:
            model_field = field_of(track.model, name)
            if model_field.is_relation:
                value = getattr(row, model_field.attname)
                if value is not None:
                    self.keys[model_field.related_model].add(value)

    def _names(self) -> dict[Any, dict[Any, str]]:
        """Look up what foreign keys name, one query per model.

        A row outside the reader's area is not named.
        """
        names: dict[Any, dict[Any, str]] = {}
        for model, keys in self.keys.items():
            known = self.known[model]
            names[model] = {pk: name_of(known[pk]) for pk in keys if pk in known}
            missing = keys - known.keys()
            if not missing:
                continue
            rows = model._default_manager.filter(pk__in=missing)
            if model._meta.label == "territories.Territory":
                rows = rows.select_related("parent")
            names[model] |= {row.pk: name_of(row) for row in rows}
        return names

    def entries(self, order: Iterable[uuid.UUID]) -> list[Entry]:
        """Return the entries in this order of change sets."""
        names = self._names()
        found: dict[uuid.UUID, Entry] = {}
        for track, before, after in self.moves:
            reason = self._reason(track, after)
            entry = found.get(after.change_set)
            if entry is None:
                entry = found[after.change_set] = Entry(
                    change_set=after.change_set,
                    at=after.history_date,
                    actor=after.actor_name,
                    reason=reason,
                    source=after.source,
                    kind="~",
                )
            entry.at = max(entry.at, after.history_date)
            entry.reason = entry.reason or reason
            if not track.label:
                entry.kind = after.step_kind
                entry.version = getattr(after, "version", 0)
            subject = self._subject(track, before, after, names)
            if subject is not None:
                entry.subjects.append(subject)
        return [found[change_set] for change_set in order if change_set in found]

    def _reason(self, track: Track, row: Any) -> str:
        text = row.history_change_reason or ""
        field = track.history_model._meta.get_field("history_change_reason")
        return self.sight.shown(field, row.territory_code, text)

    def _title(self, track: Track, row: Any, names: Any) -> str:
        if not track.label:
            return ""
        parts = [track.label]
        for name in track.title_fields:
            text = self._text(track, row, name, names)
            if text:
                parts.append(text)
        return " · ".join(parts)

    def _changes(self, track: Track, before: Any, after: Any, names: Any) -> list[Change]:
        kind = after.step_kind
        changes = []
        for name in track.fields:
            model_field = field_of(track.model, name)
            sight = self._sight_of(track)
            if _hides(sight, model_field, before, after):
                continue
            new_raw = None if kind == "-" else stored(after, name)
            if kind == "-":
                old_raw = stored(after, name)
            else:
                old_raw = stored(before, name) if before is not None else None
            if kind == "~" and before is None:
                continue
            if old_raw == new_raw or (not old_raw and not new_raw and kind != "~"):
                continue
            old = "" if old_raw is None else self._text(track, before or after, name, names)
            new = "" if new_raw is None else self._text(track, after, name, names)
            see = sight.seeing(model_field, after.territory_code, after.id)
            if old == new and see is Seeing.READ:
                continue
            changes.append(Change(label_then(model_field, after), old, new))
        return changes

    def _sight_of(self, track: Track) -> Sight:
        """Return how the reader sees the rows of a table: of files no more than of the record."""
        return self.file_sight if track.model is Attachment else self.sight

    def _text(self, track: Track, row: Any, name: str, names: Any) -> str:
        model_field = field_of(track.model, name)
        value = stored(row, name)
        if model_field.is_relation:
            if value is None:
                return ""
            text = names[model_field.related_model].get(value) or elsewhere()
        else:
            text = words(model_field, value)
        return self._sight_of(track).shown(model_field, row.territory_code, text, row.id)


def _hides(sight: Sight, model_field: Any, *rows: Any) -> bool:
    """Whether nothing is told of a field: not even that it changed."""
    return any(row is not None and sight.hides(model_field, row.territory_code) for row in rows)


def stored(row: Any, name: str) -> Any:
    """Return what a history row holds in a field; for a relation its key."""
    return value_of(row, name)


def label_then(model_field: Any, row: Any) -> str:
    """Return a field's label; of an added field the one it had when the row was written."""
    spec = getattr(model_field, "spec", None)
    return spec.label_at(row.history_date) if spec is not None else label_of(model_field)


def snapshot(ledger: type[Ledger], pk: Any, version: int) -> Any:
    """Return the record as it stood in a version, or ``None``.  For comparing, not saving."""
    track = tracks_of(ledger, pk)[0]
    row = track.rows().filter(version=version).order_by("history_date", "history_id").last()
    return None if row is None else row


def entries_since(ledger: type[Ledger], pk: Any, version: int, sight: Sight) -> list[Entry]:
    """Return what happened after a version of the record, newest first."""
    base = snapshot(ledger, pk, version)
    found = timeline(ledger, pk, per_page=50, sight=sight).entries
    if base is None:
        return found
    return [e for e in found if e.at > base.history_date and e.change_set != base.change_set]
