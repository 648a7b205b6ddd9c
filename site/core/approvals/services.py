"""Grant, ask, decide, break the glass, review, seal."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access.guards import require_reach
from core.access.opening import APPROVE, BREAK_GLASS, SEAL, may_open, needs_approval
from core.access.scope import unscoped
from core.audit.services import record
from core.calendar import start_of
from core.history.context import change_set
from core.numbering import next_number, next_numbers

from .models import (
    LONGEST_STANDING,
    MOST_HOURS,
    AccessRequest,
    Approval,
    RequestNumberSeries,
    Seal,
    SealedKey,
)

if TYPE_CHECKING:
    from core.accounts.models import Post, User

Status = AccessRequest.Status


def next_approval_number() -> str:
    """Take the next number of an approval, such as ``AP-2026-00001``."""
    return next_number(RequestNumberSeries, f"AP-{timezone.localdate().year}")


# Standing approvals


@transaction.atomic
def approve_post(*, post: "Post", approver: "User") -> Approval | None:
    """Give a post the standing approval its role says, for a year at most.

    Args:
        post: The post, just given.
        approver: Who appointed, or who says again that the work needs it.

    Returns:
        The approval, or ``None`` where people of this role ask record by record.

    Raises:
        ValidationError: The approver is the person.
    """
    kinds = list(post.role.standing_approval)
    if not kinds or not post.role.sees_cases:
        return None
    if approver.pk == post.user_id:
        raise ValidationError(_("Nobody approves their own access. Ask a colleague."))
    now = timezone.now()
    starts_at = max(now, start_of(post.held_from))
    ends_at = starts_at + LONGEST_STANDING
    if post.held_to is not None:
        ends_at = max(min(ends_at, start_of(post.held_to + timedelta(days=1))), starts_at)
    # Whoever appoints reaches no case; the approval is none either.
    with unscoped("standing approval of a post"), change_set(actor=approver):
        approval = Approval(
            number=next_approval_number(),
            kind=Approval.Kind.STANDING,
            person=post.user,
            prefix=post.territory.prefix,
            record_kinds=[] if "*" in kinds else kinds,
            place_code=post.territory.code,
            starts_at=starts_at,
            ends_at=ends_at,
            basis=_("Post: %(role)s") % {"role": post.role.label},
            approver=approver,
            post_id=post.pk,
        )
        approval.save()
    return approval


def end_approvals_of(*, post: "Post", actor: "User") -> None:
    """Let the standing approvals of a post end with it."""
    if post.held_to is None:
        return
    last = start_of(post.held_to + timedelta(days=1))
    with unscoped("standing approval of a post"), change_set(actor=actor):
        for approval in Approval._base_manager.filter(post_id=post.pk, ends_at__gt=last):
            approval.ends_at = max(last, approval.starts_at)
            approval.save()


@transaction.atomic
def renew_approval(*, approval: Approval, actor: "User") -> Approval:
    """Say again that a standing approval is needed, for another year from now.

    Raises:
        PermissionDenied: The actor may not, or it is out of their reach.
        ValidationError: It is their own, or no standing one, or its post has ended.
    """
    from core.accounts.models import Post  # app ready

    _require(actor, APPROVE, approval.place_code)
    locked = Approval.objects.select_for_update().get(pk=approval.pk)
    if locked.kind != Approval.Kind.STANDING:
        raise ValidationError(_("Only standing approvals are renewed."))
    if actor.pk == locked.person_id:
        raise ValidationError(_("Nobody approves their own access. Ask a colleague."))
    post = None
    if locked.post_id is not None:
        post = Post.objects.held().filter(pk=locked.post_id).first()
    if post is None:
        raise ValidationError(_("The post has ended, and the approval with it."))
    locked.ends_at = timezone.now() + LONGEST_STANDING
    if post.held_to is not None:
        locked.ends_at = min(locked.ends_at, start_of(post.held_to + timedelta(days=1)))
    locked.approver = actor
    with change_set(actor=actor, reason=_("Recertified")):
        locked.save()
    return locked


# Requests


@transaction.atomic
def ask_for_access(*, row: Any, reason: str, hours: int, actor: "User") -> AccessRequest:
    """Ask to open one record.

    Raises:
        ValidationError: No reason, a wrong number of hours, or a request is waiting already.
        PermissionDenied: The record is out of reach.
    """
    require_reach(actor, row.territory_code)
    waiting = AccessRequest.objects.filter(
        person=actor,
        record_model=type(row)._meta.label_lower,
        record_id=row.pk,
        status=Status.WAITING,
    )
    if waiting.exists():
        raise ValidationError(_("You have asked already. The request waits for a decision."))
    with change_set(actor=actor, reason=reason):
        request = _new_request(row, reason, hours, actor, Status.WAITING)
        request.save()
    record("tonghu.ask", actor=actor, instance=row, data={"number": request.number})
    return request


@transaction.atomic
def break_glass(*, row: Any, reason: str, hours: int, actor: "User") -> AccessRequest:
    """Open a record at once.  Those who approve see it until one of them has reviewed it.

    Raises:
        ValidationError: No reason, a wrong number of hours.
        PermissionDenied: The actor may not, the record is out of reach, or it is sealed:
            a sealed record has named people, one of whom must be asked.
    """
    _require(actor, BREAK_GLASS, row.territory_code)
    if is_sealed(row):
        raise PermissionDenied(_("There is no such record in the territory you serve."))
    with change_set(actor=actor, reason=reason):
        request = _new_request(row, reason, hours, actor, Status.OPENED)
        request.ends_at = request.asked_at + timedelta(hours=request.hours)
        request.save()
        _approve(request, Approval.Kind.BREAK_GLASS, approver=None)
    record("tonghu.break_glass", actor=actor, instance=row, data={"number": request.number})
    return request


@transaction.atomic
def decide(
    *, request: AccessRequest, grant: bool, decision: str = "", actor: "User"
) -> AccessRequest:
    """Grant a request, from now for as many hours as were asked for, or refuse it.

    Raises:
        PermissionDenied: The actor may not, or the record is out of their reach.
        ValidationError: It is decided already, it is their own, or a refusal says no reason.
    """
    locked = _locked(request, Status.WAITING, actor)
    if not grant and not decision.strip():
        raise ValidationError({"reason": _("Say why the request is refused.")})
    locked.status = Status.GRANTED if grant else Status.REFUSED
    locked.decision = decision
    locked.decided_by, locked.decided_at = actor, timezone.now()
    with change_set(actor=actor, reason=decision):
        if grant:
            locked.ends_at = locked.decided_at + timedelta(hours=locked.hours)
            _approve(locked, Approval.Kind.REQUEST, approver=actor)
        locked.save()
    return locked


@transaction.atomic
def review(*, request: AccessRequest, finding: str, actor: "User") -> AccessRequest:
    """Say what an emergency opening was, on the day it happened.

    Raises:
        PermissionDenied: The actor may not, or the record is out of their reach.
        ValidationError: It is reviewed already, it is their own, or nothing is said.
    """
    locked = _locked(request, Status.OPENED, actor)
    if not finding.strip():
        raise ValidationError({"reason": _("Say what the review found.")})
    locked.status = Status.REVIEWED
    locked.decision = finding
    locked.decided_by, locked.decided_at = actor, timezone.now()
    with change_set(actor=actor, reason=finding):
        locked.save()
    return locked


def _locked(request: AccessRequest, status: str, actor: "User") -> AccessRequest:
    _require(actor, APPROVE, request.place_code)
    locked = AccessRequest.objects.select_for_update().get(pk=request.pk)
    if locked.person_id == actor.pk:
        raise ValidationError(_("Nobody decides on their own access. Ask a colleague."))
    if locked.status != status:
        raise ValidationError(_("This is decided already."))
    return locked


def _new_request(row: Any, reason: str, hours: int, actor: "User", status: str) -> AccessRequest:
    if not reason.strip():
        raise ValidationError({"reason": _("Say what you need the record for.")})
    if not 1 <= hours <= MOST_HOURS:
        raise ValidationError({"hours": _("Give 1 to %(most)d hours.") % {"most": MOST_HOURS}})
    now = timezone.now()
    (number,) = next_numbers(RequestNumberSeries, f"AR-{timezone.localdate().year}", 1)
    return AccessRequest(
        number=number,
        status=status,
        person=actor,
        record_model=type(row)._meta.label_lower,
        record_id=row.pk,
        record_number=str(row),
        place_code=row.territory_code,
        reason=reason.strip(),
        hours=hours,
        asked_at=now,
    )


def _approve(request: AccessRequest, kind: str, *, approver: "User | None") -> Approval:
    assert request.ends_at is not None
    approval = Approval(
        number=next_approval_number(),
        kind=kind,
        person=request.person,
        record_model=request.record_model,
        record_id=request.record_id,
        place_code=request.place_code,
        starts_at=timezone.now(),
        ends_at=request.ends_at,
        basis=request.number,
        approver=approver,
    )
    approval.save()
    return approval


def _require(actor: "User", right: str, code: str) -> None:
    if not actor.has_perm(right):
        raise PermissionDenied(_("You may not do this."))
    require_reach(actor, code)


# Seals


def is_sealed(row: Any) -> bool:
    """Return whether a record is sealed."""
    return SealedKey.objects.filter(record_id=row.pk).exists()


def seal_of(row: Any) -> Seal | None:
    """Return the seal on a record, if there is one."""
    return Seal._base_manager.filter(
        record_model=type(row)._meta.label_lower, record_id=row.pk, lifted_at__isnull=True
    ).first()


@transaction.atomic
def seal_record(*, row: Any, reason: str, named: "Iterable[User]", actor: "User") -> Seal:
    """Seal a record: only the named people and the sealer find and open it.

    Legal source: none names the seal; it carries out 未成年人保护法 art. 103 (no disclosure)
    and 反家庭暴力法 art. 29 for children whose relatives work in the office.

    Args:
        row: The record.
        reason: Why; without names.
        named: Who opens it, for a year, beside the sealer.
        actor: Who seals.

    Raises:
        PermissionDenied: The actor may not, or cannot open the record.
        ValidationError: No reason, or it is sealed already.
    """
    _require(actor, SEAL, row.territory_code)
    if not needs_approval(type(row)) or not may_open(actor, row):
        raise PermissionDenied(_("You may not do this."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the record is sealed.")})
    if is_sealed(row):
        raise ValidationError(_("The record is sealed already."))
    label, now = type(row)._meta.label_lower, timezone.now()
    with change_set(actor=actor, reason=reason):
        seal = Seal(
            record_model=label, record_id=row.pk, place_code=row.territory_code, reason=reason
        )
        seal.save()
        SealedKey.objects.create(record_id=row.pk)
        for person in {person.pk: person for person in [*named, actor]}.values():
            Approval(
                number=next_approval_number(),
                kind=Approval.Kind.NAMED,
                person=person,
                record_model=label,
                record_id=row.pk,
                place_code=row.territory_code,
                starts_at=now,
                ends_at=now + LONGEST_STANDING,
                basis=_("Named when the record was sealed"),
                approver=None if person.pk == actor.pk else actor,
            ).save()
    record("tonghu.seal", actor=actor, instance=row)
    return seal


@transaction.atomic
def lift_seal(*, row: Any, reason: str, actor: "User") -> None:
    """Let everybody with an approval find and open the record again.

    Raises:
        PermissionDenied: The actor may not, or is not one of the named people.
        ValidationError: No reason, or the record is not sealed.
    """
    _require(actor, SEAL, row.territory_code)
    seal = seal_of(row)
    if seal is None:
        raise ValidationError(_("The record is not sealed."))
    if not may_open(actor, row):
        raise PermissionDenied(_("You may not do this."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the seal is lifted.")})
    with change_set(actor=actor, reason=reason):
        seal.lifted_at = timezone.now()
        seal.save()
        SealedKey.objects.get(record_id=row.pk).delete()
    record("tonghu.unseal", actor=actor, instance=row)
