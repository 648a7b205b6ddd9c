"""A record as it stood: put together from its history and that of its child rows."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery, prefetch_related_objects

from .declaration import Child, Ledger
from .paths import joins
from .sight import Sight
from .timeline import Builder, Subject, Track, change_sets_of, tracks_of


@dataclass(frozen=True)
class Past:
    """A record with its child rows at one moment.

    Attributes:
        at: The moment; everything written at it counts.
        tracks: The history tables that were read.
        latest: For each of them the last row of each object, by the object's key.
    """

    at: datetime
    tracks: list[Track]
    latest: list[dict[Any, Any]] = field(default_factory=list)

    @property
    def row(self) -> Any:
        """The record's own history row; ``None`` where it did not exist yet."""
        return next(iter(self.latest[0].values()), None)

    @property
    def exists(self) -> bool:
        """Whether the record stood in the ledger then."""
        return self.row is not None and self.row.history_type != "-"

    @property
    def instance(self) -> Any:
        """The record with the values of then.  It is not saved, and must not be by itself."""
        return self.row.instance

    def rows_of(self, child: Child) -> list[Any]:
        """Return the record's rows of one child as they stood then, oldest first."""
        for track, latest in zip(self.tracks, self.latest, strict=True):
            if track.child is not None and track.child.name == child.name:
                kept = [row for row in latest.values() if row.history_type != "-"]
                kept.sort(key=lambda row: (getattr(row, "created_at", self.at), str(row.pk)))
                return [row.instance for row in kept]
        return []


def _read(tracks: list[Track], at: datetime) -> list[dict[Any, Any]]:
    found = []
    for track in tracks:
        key = track.model._meta.pk.attname
        rows = track.rows().filter(history_date__lte=at).order_by("history_date", "history_id")
        found.append({getattr(row, key): row for row in rows})
    return found


def past_at(ledger: type[Ledger], pk: Any, at: datetime) -> Past:
    """Return a record as it stood at a moment: one query for each history table."""
    tracks = tracks_of(ledger, pk)
    return Past(at, tracks, _read(tracks, at))


def past_after(ledger: type[Ledger], pk: Any, change_set: uuid.UUID) -> Past | None:
    """Return a record as an action left it; ``None`` where the action is none of its own."""
    tracks = tracks_of(ledger, pk)
    ended, _touched = change_sets_of(tracks)
    if change_set not in ended:
        return None
    return Past(ended[change_set], tracks, _read(tracks, ended[change_set]))


def differences(ledger: type[Ledger], one: Past, other: Past, sight: Sight) -> list[Subject]:
    """Return what has to change in ``one`` to make it ``other``, the record itself first."""
    builder = Builder(ledger, sight)
    for track, old_rows, new_rows in zip(one.tracks, one.latest, other.latest, strict=True):
        for key in dict.fromkeys([*old_rows, *new_rows]):
            old, new = _standing(old_rows.get(key)), _standing(new_rows.get(key))
            if old is None and new is None:
                continue
            if old is None:
                builder.note(track, None, new, kind="+")
            elif new is None:
                builder.note(track, None, old, kind="-")
            else:
                builder.note(track, old, new, kind="~")
    return builder.subjects()


def _standing(row: Any) -> Any:
    return None if row is None or row.history_type == "-" else row


def join_rows(model: Any, rows: list[Any], names: Iterable[str]) -> None:
    """Fetch what rows made from history point at, one query for each relation."""
    select, prefetch = joins(model, list(names))
    if rows and (select or prefetch):
        prefetch_related_objects(rows, *select, *prefetch)


def _last_rows(ledger: type[Ledger], at: datetime | None = None) -> Any:
    """Return each record's last history row in the reader's area, up to a moment."""
    model = ledger.model
    manager = getattr(model, model._meta.simple_history_manager_attribute)
    key = model._meta.pk.attname
    rows = manager.all() if at is None else manager.filter(history_date__lte=at)
    last = rows.filter(**{key: OuterRef(key)}).order_by("-history_date", "-history_id")
    return rows.filter(history_id=Subquery(last.values("history_id")[:1]))


def records_at(ledger: type[Ledger], at: datetime) -> Any:
    """Return the history rows that tell how the ledger stood at a moment.

    Of records that are in the reader's area now, or were deleted there.  What has moved to
    another area since is told there: this area's history does not know where it ended.
    """
    key = ledger.model._meta.pk.attname
    here = ledger.queryset().order_by().values(ledger.model._meta.pk.name)
    gone = deleted_records(ledger).order_by().values(key)
    standing = _last_rows(ledger, at).exclude(history_type="-")
    return standing.filter(**{f"{key}__in": here.union(gone, all=True)})


def deleted_records(ledger: type[Ledger]) -> Any:
    """Return the last history rows of records deleted in the reader's area, newest first."""
    return _last_rows(ledger).filter(history_type="-").order_by("-history_date", "-history_id")


def deleted_rows(row: Any) -> list[tuple[Any, list[Any]]]:
    """Return what went with a deleted record: for each model the history rows of that action.

    Args:
        row: The record's last history row.
    """
    model = row.instance_type
    found = []
    for relation in model._meta.related_objects:
        related = relation.related_model
        attribute = getattr(related._meta, "simple_history_manager_attribute", None)
        if attribute is None or not relation.field.concrete:
            continue
        rows = getattr(related, attribute).filter(
            history_type="-",
            change_set=row.change_set,
            **{relation.field.attname: getattr(row, model._meta.pk.attname)},
        )
        found.append((related, list(rows.order_by("history_id"))))
    return [(related, rows) for related, rows in found if rows]
