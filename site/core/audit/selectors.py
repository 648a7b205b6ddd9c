"""Questions about the log of actions, and its entries in words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext, gettext_lazy, ngettext
from wagtail.log_actions import registry

from core.access.rights import Seeing, current_rights
from core.calendar import start_of

from .models import CaseLogEntry, CaseLogRow, StatedReason
from .services import CHECK

# Actions for which a person says why, in a text of their own.
REASONED = ("tonghu.reveal", "tonghu.export")
LOOKS = ("tonghu.view", "tonghu.reveal", "tonghu.print", "tonghu.export")

PAGES = {
    "edit": gettext_lazy("form"),
    "history": gettext_lazy("history"),
    "delete": gettext_lazy("page of deletion"),
    "do": gettext_lazy("page of an action"),
    "choose": gettext_lazy("chooser"),
    "looks": gettext_lazy("who looked at it"),
    "attachment": gettext_lazy("attachment"),
    "past": gettext_lazy("Earlier version"),
    "compare": gettext_lazy("Compare versions"),
    "duplicates": gettext_lazy("Likely duplicates"),
    "merge": gettext_lazy("Merge"),
    "print": gettext_lazy("Print"),
    "seal": gettext_lazy("page of sealing"),
    "undo": gettext_lazy("page of taking back"),
    "deleted": gettext_lazy("deleted record"),
}


@dataclass(frozen=True)
class LogLine:
    """One entry as a page shows it."""

    at: datetime
    who: str
    username: str
    action: str
    label: str
    detail: str
    sequence: int


def entries_about(model: Any, object_id: Any) -> QuerySet[Any]:
    """Return the entries about one row, exports that took it along included."""
    kind = ContentType.objects.get_for_model(model, for_concrete_model=False)
    taken = CaseLogRow._base_manager.filter(object_id=str(object_id)).values("entry_id")
    rows: QuerySet[Any] = CaseLogEntry.objects.filter(
        Q(object_id=str(object_id)) | Q(object_id="", sequence__in=taken), content_type=kind
    )
    return rows.order_by("-sequence")


def narrowed(
    entries: QuerySet[Any],
    *,
    user_id: UUID | None = None,
    action: str = "",
    first: date | None = None,
    last: date | None = None,
) -> QuerySet[Any]:
    """Keep entries of a person, of an action, between two days; both days count."""
    if user_id is not None:
        entries = entries.filter(user_id=user_id)
    if action:
        entries = entries.filter(action=action)
    return entries.filter(between(first, last))


def between(first: date | None, last: date | None) -> Q:
    """Return the condition that an entry was written between two days; both days count."""
    condition = Q()
    if first is not None:
        condition &= Q(timestamp__gte=start_of(first))
    if last is not None:
        condition &= Q(timestamp__lt=start_of(last + timedelta(days=1)))
    return condition


@dataclass(frozen=True)
class Check:
    """One check of the whole log for tampering.

    Attributes:
        at: When.
        checked: How many entries were looked at.
        anchors: With how many lines kept elsewhere they were compared.
        faults: How many things were wrong.
    """

    at: datetime
    checked: int
    anchors: int
    faults: int


def last_check() -> Check | None:
    """Return the last check of the log; ``None`` if there was none since the last purge."""
    # Entries about the log itself are few, and are found by what they are about.
    about = ContentType.objects.get_for_model(CaseLogEntry)
    entries = CaseLogEntry.objects.filter(content_type=about, action=CHECK)
    found = entries.order_by("-sequence").first()
    if found is None:
        return None
    said = found.data
    return Check(found.timestamp, said["checked"], said["anchors"], said["faults"])


@dataclass(frozen=True)
class Tally:
    """How many entries one person left of one action.

    Attributes:
        user_id: The person, as text; empty for an account that is gone.
        who: Name and user name.
        action: Code of the action.
        count: How many there are between the two days asked for; may be none.
    """

    user_id: str
    who: str
    action: str
    count: int


def tallies_of(
    entries: QuerySet[Any], *, first: date | None = None, last: date | None = None
) -> list[Tally]:
    """Count entries by person and action, in one query: what a filter offers, and its totals."""
    counted = (
        entries.order_by()
        .values_list("user_id", "user__name", "user__username", "action")
        .annotate(found=Count("pk", filter=between(first, last)))
    )
    return [
        Tally(str(user_id) if username else "", f"{name} ({username})", action, found)
        for user_id, name, username, action, found in counted
    ]


def people_in(tallies: Iterable[Tally]) -> list[tuple[str, str]]:
    """Return the people who left entries: id and name, by name."""
    people = {one.user_id: one.who for one in tallies if one.user_id}
    return sorted(people.items(), key=lambda pair: pair[1])


def action_label(action: str) -> str:
    """Return what an action is called."""
    return str(registry.get_action_label(action)) if registry.action_exists(action) else action


def actions_in(tallies: Iterable[Tally]) -> list[tuple[str, str]]:
    """Return the actions that occur: code and name."""
    codes = {one.action for one in tallies}
    return sorted(((code, action_label(code)) for code in codes), key=lambda pair: pair[1])


def lines_of(
    entries: Any, labels_for: Callable[[Any], dict[str, str]] | None = None
) -> list[LogLine]:
    """Return entries in words; in one query, with people and stated reasons.

    Args:
        entries: A page of them, as a query.
        labels_for: Says what the fields an entry names are called, by their names.
    """
    reads_reasons = current_rights().least(StatedReason, "text").see is Seeing.READ
    beside = ["user", *(["stated_reason"] if reads_reasons else [])]
    lines = []
    for entry in entries.select_related(*beside):
        person = entry.user
        labels = labels_for(entry) if labels_for and entry.data.get("fields") else {}
        reason = stated_reason(entry) if reads_reasons else ""
        lines.append(
            LogLine(
                at=entry.timestamp,
                who=person.get_full_name() if person else gettext("an account that is gone"),
                username=person.username if person else "",
                action=action_label(entry.action),
                label=entry.label,
                detail=detail_of(entry.data, labels, reason=reason),
                sequence=entry.sequence,
            )
        )
    return lines


def stated_reason(entry: Any) -> str:
    """Return why values were revealed or taken out; the caller has asked who may read it."""
    if entry.action not in REASONED:
        return ""
    try:
        return str(entry.stated_reason.text)
    except StatedReason.DoesNotExist:
        return ""


def detail_of(data: dict[str, Any], field_labels: dict[str, str], *, reason: str = "") -> str:
    """Return what an entry's data say, in words: page, fields, counts, reason."""
    parts: list[str] = []
    if page := data.get("page"):
        parts.append(str(PAGES.get(page, page)))
    if fields := data.get("fields"):
        parts.append(_words([field_labels.get(name, name) for name in fields]))
    if "rows" in data:
        count = int(data["rows"])
        parts.append(ngettext("%(count)d record", "%(count)d records", count) % {"count": count})
    if "hits" in data:
        count = int(data["hits"])
        parts.append(ngettext("%(count)d hit", "%(count)d hits", count) % {"count": count})
    if number := data.get("number") or data.get("batch"):
        parts.append(str(number))
    if reason := reason or data.get("reason", ""):
        parts.append(str(reason))
    return " · ".join(parts)


def _words(names: Sequence[str]) -> str:
    return gettext(", ").join(names)
