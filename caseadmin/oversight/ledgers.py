"""The inbox of access requests, and the list of approvals to be renewed every year."""

from typing import TYPE_CHECKING, Any

from django.db.models import Case, F, OuterRef, Subquery, Value, When
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from caseadmin.ledgers import Badge, Column, Ledger, LedgerAction, Section, ledger
from caseadmin.ledgers.registry import ledger_group
from core.access.opening import APPROVE
from core.approvals import services
from core.approvals.models import AccessRequest, Approval
from core.territories.models import Territory

if TYPE_CHECKING:
    from core.accounts.models import User

ledger_group("oversight", _("Oversight"), icon="key", order=800)

Status = AccessRequest.Status

STATUS_TONES = {
    Status.WAITING: "warning",
    Status.GRANTED: "positive",
    Status.REFUSED: "neutral",
    Status.OPENED: "critical",
    Status.REVIEWED: "neutral",
}


def grant(request: AccessRequest, *, actor: "User", reason: str) -> AccessRequest:
    """Let the person open the record."""
    return services.decide(request=request, grant=True, decision=reason, actor=actor)


def refuse(request: AccessRequest, *, actor: "User", reason: str) -> AccessRequest:
    """Say no, and why."""
    return services.decide(request=request, grant=False, decision=reason, actor=actor)


def review(request: AccessRequest, *, actor: "User", reason: str) -> AccessRequest:
    """Say what an emergency opening was."""
    return services.review(request=request, finding=reason, actor=actor)


def renew(approval: Approval, *, actor: "User", reason: str) -> Approval:
    """Confirm a standing approval for another year."""
    return services.renew_approval(approval=approval, actor=actor)


def waits(request: AccessRequest) -> bool:
    return bool(request.status == Status.WAITING)


def is_opened(request: AccessRequest) -> bool:
    return bool(request.status == Status.OPENED)


@ledger
class AccessRequestLedger(Ledger):
    """Who asks to open which record, and who has opened one in an emergency."""

    model = AccessRequest
    slug = "access-requests"
    label = _("Access requests")
    group = "oversight"
    icon = "key"
    order = 10
    key = "number"
    columns = [
        "number",
        Badge("status", tones=STATUS_TONES),
        Column(
            "review_state",
            label=_("Review"),
            value=lambda row: row.review_state,
            sort="",
            reads=("status", "asked_at"),
        ),
        "person",
        "record_number",
        "reason",
        "hours",
        "asked_at",
    ]
    filters = ["status", "asked_at"]
    ordering = "-asked_at"
    sections = [
        Section(
            _("Request"),
            ["number", "status", "person", "record_number", "reason", "hours", "asked_at"],
        ),
        Section(_("Decision"), ["decided_by", "decided_at", "decision", "ends_at"]),
    ]
    actions = [
        LedgerAction(
            "grant",
            _("Grant access"),
            permission=APPROVE,
            handler=grant,
            available=waits,
            confirm=_("The person opens the record from now for as long as they asked for."),
            tone="primary",
        ),
        LedgerAction(
            "refuse",
            _("Refuse access"),
            permission=APPROVE,
            handler=refuse,
            available=waits,
            reason_required=True,
            tone="danger",
        ),
        LedgerAction(
            "review",
            _("Review the emergency opening"),
            permission=APPROVE,
            handler=review,
            available=is_opened,
            reason_required=True,
            tone="primary",
        ),
    ]
    can_add = can_edit = can_delete = False


def place_of(approval: Approval) -> str:
    """Return the name of the place an approval is for; the code of one that is gone."""
    return getattr(approval, "place_name", "") or approval.place_code


@ledger
class ApprovalLedger(Ledger):
    """Who may open what until when.  Standing ones are renewed once a year or end."""

    model = Approval
    slug = "approvals"
    label = _("Approvals")
    group = "oversight"
    icon = "lock-open"
    order = 20
    key = "number"
    columns = [
        "number",
        "person",
        "kind",
        Column(
            "place",
            label=_("territory"),
            value=place_of,
            sort="place_code",
            reads=("place_code",),
        ),
        "basis",
        "approver",
        "starts_at",
        "ends_at",
    ]
    filters = ["kind", "ends_at"]
    ordering = "ends_at"
    sections = [
        Section(
            _("Approval"),
            [
                "number",
                "person",
                "kind",
                "place_code",
                "basis",
                "approver",
                "starts_at",
                "ends_at",
            ],
        )
    ]
    actions = [
        LedgerAction(
            "renew",
            _("Renew for a year"),
            permission=APPROVE,
            handler=renew,
            available=lambda row: row.kind == Approval.Kind.STANDING,
            confirm=_("You confirm that this person's work still needs these records."),
            tone="primary",
        )
    ]
    can_add = can_edit = can_delete = False

    @classmethod
    def queryset(cls) -> Any:
        named = Territory.objects.filter(code=OuterRef("place_code")).annotate(
            path=Case(
                When(
                    level=Territory.Level.VILLAGE,
                    then=Concat("parent__name", Value(" / "), "name"),
                ),
                default=F("name"),
            )
        )
        return super().queryset().annotate(place_name=Subquery(named.values("path")[:1]))
