"""May this person open this record?  One function for every page and file that shows one.

Reach (``scope``) says which rows are there for somebody at all.  *Opening* one, so that
more than its line in a list is seen, also needs an approval: a standing one, which comes
with the post and ends within a year, or one for this record, asked for with a reason.

Legal source: 未成年人网络保护条例 art. 36: staff access to the personal information of
minors is approved by the person in charge or an authorised manager, and recorded.
"""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from .guards import scope_for
from .scope import current_scope, is_unscoped

if TYPE_CHECKING:
    from core.accounts.models import User


APPROVE = "approvals.approve_access"
BREAK_GLASS = "approvals.break_glass"
SEAL = "approvals.seal_record"


class NeedsApproval(Exception):
    """The record is in reach, and nobody has approved that this person opens it."""


def is_asked_for() -> bool:
    """Return whether this site opens records by approval at all."""
    return "approvals" in apps.app_configs


def needs_approval(model: Any) -> bool:
    """Return whether rows of a model are opened by approval only.

    Every case model is, unless it says otherwise: a record about adults only, or the
    paperwork of approvals itself.  A site without ``core.approvals`` asks for none.
    """
    return is_asked_for() and getattr(model, "opened_by_approval", False)


def may_open(user: "User", row: Any) -> bool:
    """Return whether a person may open a record now.  At most two queries, mostly one.

    Approvals count by the clock of each question: one that ended a minute ago opens
    nothing, whether or not any job ran.
    """
    if is_unscoped():
        return True
    if not scope_for(user).covers(row.territory_code):
        return False
    return not needs_approval(type(row)) or openable(user, type(row), [row]) == {row.pk}


def openable(user: "User", model: Any, rows: "list[Any]") -> set[Any]:
    """Return the keys of those of these rows (with ``pk`` and ``territory_code``) that open.

    The rows are taken to be in reach.
    """
    if is_unscoped() or not needs_approval(model):
        return {row.pk for row in rows}
    from core.approvals.models import Approval, Seal  # app ready
    from core.territories.selectors import merged_prefixes  # circular import: access is below

    label = model._meta.label_lower
    keys = [row.pk for row in rows]
    sealed = Seal._base_manager.filter(record_model=label, record_id__in=keys, lifted_at=None)
    sealed_keys = set(sealed.values_list("record_id", flat=True))
    prefixes: set[str] = set()
    single: set[Any] = set()
    now = timezone.now()
    held = Approval._base_manager.filter(person=user, starts_at__lte=now, ends_at__gt=now)
    for approval in held:
        if approval.record_id is not None:
            if approval.record_model == label:
                single.add(approval.record_id)
        elif not approval.record_kinds or label in approval.record_kinds:
            prefixes.add(approval.prefix)

    def reached(code: str) -> bool:
        return bool(prefixes) and code.startswith(tuple(prefixes))

    open_keys = {
        row.pk
        for row in rows
        if row.pk in single or (row.pk not in sealed_keys and reached(row.territory_code))
    }
    if len(open_keys | sealed_keys) < len(rows) and prefixes:
        # Villages that were merged into one of these places since.
        prefixes |= merged_prefixes(prefixes)
        open_keys |= {
            row.pk for row in rows if row.pk not in sealed_keys and reached(row.territory_code)
        }
    return open_keys


def require_open(user: "User", row: Any) -> None:
    """Let a person pass who may open the record.

    Raises:
        NeedsApproval: They have no approval; the caller shows where to ask for one.
    """
    if not may_open(user, row):
        raise NeedsApproval


def without_sealed(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Leave sealed records out, but for who is named for each.  No query of its own.

    A sealed record is in no list, chooser, search hit, export or number of anyone else.
    """
    model = rows.model
    if is_unscoped() or not needs_approval(model):
        return rows
    scope = current_scope()
    from core.approvals.models import Approval, Seal  # app ready

    label = model._meta.label_lower
    sealed = Seal._base_manager.filter(
        record_model=label, record_id=OuterRef("pk"), lifted_at__isnull=True
    )
    hidden = Exists(sealed)
    if scope is None or scope.user_id is None:
        return rows.filter(~hidden)
    now = timezone.now()
    named = Approval._base_manager.filter(
        person_id=scope.user_id,
        record_model=label,
        record_id=OuterRef("pk"),
        starts_at__lte=now,
        ends_at__gt=now,
    )
    return rows.filter(~hidden | Q(Exists(named)))
