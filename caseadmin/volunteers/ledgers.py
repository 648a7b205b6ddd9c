"""The ledgers of volunteers and of their applications."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from caseadmin.ledgers import (
    IO,
    Badge,
    BulkAction,
    Chart,
    Child,
    Condition,
    Ledger,
    LedgerAction,
    Likeness,
    SearchFields,
    Section,
    ledger,
    ledger_group,
)
from publicity.intake.enums import ApplicationStatus
from publicity.intake.models import VolunteerApplication

from . import services
from .enums import Team, VolunteerStatus
from .forms import LeaveForm, RecordCheckForm, TeamForm, VettingForm
from .models import PAIRABLE, Volunteer
from .selectors import check_ends_soon

if TYPE_CHECKING:
    from core.accounts.models import User

ledger_group("volunteers", _("Volunteers"), icon="group", order=110)

STATUS_TONES = {
    VolunteerStatus.READY: "positive",
    VolunteerStatus.SERVING: "positive",
    VolunteerStatus.SUSPENDED: "critical",
    VolunteerStatus.LEFT: "neutral",
}

IN_VETTING = (
    VolunteerStatus.APPLIED,
    VolunteerStatus.IDENTITY_CHECKED,
    VolunteerStatus.RECORD_CHECKED,
    VolunteerStatus.INTERVIEWED,
    VolunteerStatus.TRAINED,
)

APPLICATION_TONES = {
    ApplicationStatus.SUBMITTED: "info",
    ApplicationStatus.APPROVED: "positive",
    ApplicationStatus.REJECTED: "neutral",
    ApplicationStatus.WITHDRAWN: "neutral",
}


def _is(*states: str) -> Any:
    def available(instance: Any) -> bool:
        return instance.status in states

    return available


def _step(service: Any, name: str) -> Any:
    def handler(instance: Any, *, actor: "User", reason: str = "", **cleaned: Any) -> Any:
        return service(**{name: instance}, actor=actor, reason=reason, **cleaned)

    return handler


def _record_check(instance: Volunteer, *, actor: "User", reason: str = "", **cleaned: Any) -> None:
    services.record_check(volunteer=instance, actor=actor, **cleaned)


@transaction.atomic
def _vet(
    instance: Volunteer,
    *,
    actor: "User",
    reason: str = "",
    queried_on: date | None = None,
    queried_unit: str = "",
    conclusion: str = "",
    **steps: Any,
) -> None:
    if queried_on is not None:
        services.record_check(
            volunteer=instance,
            queried_on=queried_on,
            queried_unit=queried_unit,
            conclusion=conclusion,
            actor=actor,
        )
    services.record_vetting(volunteer=instance, actor=actor, reason=reason, **steps)


def set_team(instance: Volunteer, *, team: str) -> Mapping[str, Any]:
    """Return what another team changes.

    Raises:
        ValidationError: The volunteer has left, or is told by a kind of elder.
    """
    if instance.status == VolunteerStatus.LEFT:
        raise ValidationError({"team": gettext("This volunteer has left.")})
    if instance.elder_kind and team != Team.FIVE_ELDERS:
        raise ValidationError(
            {"team": gettext("Which of the five elders is given: clear it first.")}
        )
    return {"team": team}


@ledger
class VolunteerLedger(Ledger):
    """Volunteers with their record checks."""

    model = Volunteer
    slug = "volunteers"
    group = "volunteers"
    icon = "group"
    order = 20
    runtime_fields = True
    key = "volunteer_number"
    attachments = ("photo", "identity", "consent", "record_check", "other")
    columns = [
        "full_name",
        "volunteer_number",
        "team",
        "village",
        "party_member",
        Badge("status", tones=STATUS_TONES),
    ]
    filters = [
        "village",
        "status",
        "team",
        "party_member",
        "skills",
        "available_times",
        Condition(
            "check_ends_soon",
            _("Record check ends within 30 days"),
            check_ends_soon,
            reads=[
                "status",
                "checks.queried_on",
                "checks.conclusion",
                "checks.valid_until",
                "checks.annulled_on",
            ],
        ),
    ]
    search = SearchFields(
        names=["full_name"],
        places=["village.path_name", "employer"],
        text=["notes"],
        codes=["volunteer_number", "phone", "national_number"],
    )
    likeness = Likeness(
        name="full_name",
        born="born_on",
        numbers=["id_number_index"],
        shared=["phone_index"],
        place="village",
    )
    sections = [
        Section(_("Volunteer"), ["volunteer_number", "status", "left_on"]),
        Section(
            _("Person"),
            [
                "full_name",
                "sex",
                "born_on",
                "phone",
                "id_number",
                "village",
                "address",
                "employer",
            ],
        ),
        Section(
            _("Service"),
            [
                "team",
                "elder_kind",
                "party_member",
                "national_number",
                "skills",
                "available_times",
                "max_children",
            ],
        ),
        Section(
            _("Vetting"),
            ["identity_checked_on", "interviewed_on", "trained_on"],
            help=_("With a valid record check in between, the volunteer can then be paired."),
        ),
        Section(_("Notes"), ["notes"]),
    ]
    children = [
        Child(
            "checks",
            fields=[
                "queried_on",
                "queried_unit",
                "conclusion",
                "valid_until",
                "document_number",
                "annulled_on",
                "annulled_reason",
            ],
            label=_("Record checks"),
            read_only=True,
        )
    ]
    reason_required = ["full_name", "phone", "id_number"]
    io = IO(
        fields=[
            "volunteer_number",
            "village",
            "full_name",
            "sex",
            "born_on",
            "phone",
            "id_number",
            "address",
            "employer",
            "team",
            "elder_kind",
            "party_member",
            "national_number",
            "skills",
            "available_times",
            "max_children",
            "notes",
        ],
        aliases={
            "志愿者编号": "volunteer_number",
            "志愿者姓名": "full_name",
            "出生年月日": "born_on",
            "联系电话": "phone",
            "手机号": "phone",
            "手机号码": "phone",
            "公民身份号码": "id_number",
            "身份证号": "id_number",
            "身份证号码": "id_number",
            "服务村": "village",
            "所在村": "village",
            "服务区域": "village",
            "工作单位": "employer",
            "队伍": "team",
            "志愿者类别": "team",
            "五老类别": "elder_kind",
            "政治面貌": "party_member",
            "特长": "skills",
            "服务时间": "available_times",
            "全国志愿服务系统编号": "national_number",
            "备注": "notes",
        },
        words={
            "party_member": {
                "中共党员": True,
                "中共预备党员": True,
                "党员": True,
                "群众": False,
                "共青团员": False,
            },
            "team": {"党员志愿者": "party_members", "社工": "social_workers"},
        },
        identities=["id_number", "phone"],
    )
    charts = [Chart("status", tones=STATUS_TONES)]
    actions = [
        LedgerAction(
            name="vet",
            label=_("Record vetting"),
            handler=_vet,
            form=VettingForm,
            available=_is(*IN_VETTING),
            icon="check",
            tone="primary",
        ),
        LedgerAction(
            name="check",
            label=_("Record a criminal record check"),
            permission="volunteers.add_backgroundcheck",
            handler=_record_check,
            form=RecordCheckForm,
            available=_is(*(set(VolunteerStatus) - {VolunteerStatus.LEFT})),
            icon="doc-full",
        ),
        LedgerAction(
            name="pair",
            label=_("Pair with a child"),
            permission="pairings.add_pairing",
            url=lambda instance: f"{reverse('pairings:add')}?volunteer={instance.pk}",
            available=_is(*PAIRABLE),
            icon="group",
            tone="primary",
        ),
        LedgerAction(
            name="suspend",
            label=_("Suspend"),
            handler=_step(services.suspend_volunteer, "volunteer"),
            available=_is(*PAIRABLE),
            reason_required=True,
            icon="lock",
            tone="danger",
        ),
        LedgerAction(
            name="resume",
            label=_("End suspension"),
            handler=_step(services.resume_volunteer, "volunteer"),
            available=_is(VolunteerStatus.SUSPENDED),
            reason_required=True,
            icon="lock-open",
        ),
        LedgerAction(
            name="leave",
            label=_("Record leaving"),
            handler=_step(services.leave, "volunteer"),
            form=LeaveForm,
            available=_is(*(set(VolunteerStatus) - {VolunteerStatus.LEFT})),
            reason_required=True,
            icon="logout",
            tone="danger",
        ),
        LedgerAction(
            name="come-back",
            label=_("Record return"),
            handler=_step(services.come_back, "volunteer"),
            available=_is(VolunteerStatus.LEFT),
            reason_required=True,
            icon="rotate",
        ),
    ]

    bulk = [
        BulkAction(
            name="team",
            label=_("Put into another team"),
            change=set_team,
            form=TeamForm,
            help=_("Whoever has left stays in the team they were in."),
            icon="group",
        ),
        BulkAction(
            name="suspend",
            label=_("Suspend"),
            handler=_step(services.suspend_volunteer, "volunteer"),
            help=_("Their pairings are suspended on the same day."),
            icon="warning",
            tone="danger",
        ),
    ]

    @classmethod
    def save(
        cls,
        instance: Any,
        *,
        children: Mapping[str, list[Any]] | None = None,
        actor: "User",
        reason: str = "",
        source: str = "form",
    ) -> Any:
        write = services.register_volunteer if instance._state.adding else services.update_volunteer
        return write(
            volunteer=instance, children=children, actor=actor, reason=reason, source=source
        )

    @classmethod
    def delete(cls, instance: Any, *, actor: "User", reason: str, source: str = "form") -> None:
        services.delete_volunteer(volunteer=instance, actor=actor, reason=reason, source=source)


@ledger
class VolunteerApplicationLedger(Ledger):
    """Applications handed in on the portal, to be reviewed."""

    model = VolunteerApplication
    slug = "volunteer-applications"
    group = "volunteers"
    icon = "mail"
    order = 10
    key = "application_number"
    columns = [
        "full_name",
        "application_number",
        "team",
        "village",
        "submitted_at",
        Badge("status", tones=APPLICATION_TONES),
    ]
    filters = ["status", "village", "team", "skills", "available_times", "submitted_at"]
    ordering = "-submitted_at"
    search = SearchFields(
        names=["full_name"], places=["village.path_name"], codes=["application_number", "phone"]
    )
    sections = [
        Section(_("Application and status"), ["application_number", "status", "submitted_at"]),
        Section(_("Person"), ["full_name", "phone", "id_number", "born_on", "village"]),
        Section(_("Offer"), ["team", "skills", "available_times", "motivation"]),
        Section(_("Consent"), ["consent_at", "consent_version"]),
    ]
    can_add = False
    can_edit = False
    can_delete = False
    actions = [
        LedgerAction(
            name="approve",
            label=_("Approve"),
            handler=_step(services.approve_application, "application"),
            available=_is(ApplicationStatus.SUBMITTED),
            confirm=_("The applicant becomes a volunteer, still to be vetted."),
            icon="check",
            tone="primary",
        ),
        LedgerAction(
            name="reject",
            label=_("Decline"),
            handler=_step(services.reject_application, "application"),
            available=_is(ApplicationStatus.SUBMITTED),
            reason_required=True,
            icon="cross",
            tone="danger",
        ),
        LedgerAction(
            name="withdraw",
            label=_("Applicant withdrew"),
            handler=_step(services.withdraw_application, "application"),
            available=_is(ApplicationStatus.SUBMITTED),
            reason_required=True,
            icon="rotate",
        ),
    ]
