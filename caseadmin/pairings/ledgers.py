"""The ledger of pairings."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from caseadmin.ledgers import (
    IO,
    Badge,
    Chart,
    Ledger,
    LedgerAction,
    SearchFields,
    Section,
    ledger,
)

from . import services
from .enums import PairingStatus
from .forms import ConfirmForm, ConsentsForm, EndForm, WithdrawalForm
from .models import HOLDING, RUNNING, Pairing

if TYPE_CHECKING:
    from core.accounts.models import User

STATUS_TONES = {
    PairingStatus.TRIAL: "info",
    PairingStatus.ACTIVE: "positive",
    PairingStatus.SUSPENDED: "critical",
    PairingStatus.ENDED: "neutral",
}

START = (
    "goals",
    "call_every_days",
    "meet_every_days",
    "guardian_consent_on",
    "guardian_consent_by",
    "guardian_consent_method",
    "child_consent_on",
    "child_consent_method",
)
"""What ``start_pairing`` takes from the form beside child, volunteer, kind and start."""


def _is(*states: PairingStatus) -> Any:
    def available(instance: Pairing) -> bool:
        return instance.status in states

    return available


def _step(service: Any) -> Any:
    def handler(instance: Pairing, *, actor: "User", reason: str = "", **cleaned: Any) -> None:
        service(pairing=instance, actor=actor, reason=reason, **cleaned)

    return handler


@ledger
class PairingLedger(Ledger):
    """Pairings.  A new record starts a pairing, under all its conditions."""

    model = Pairing
    slug = "pairings"
    group = "volunteers"
    icon = "link"
    order = 30
    key = "pairing_number"
    columns = [
        "pairing_number",
        "child_file.full_name",
        "volunteer.full_name",
        "kind",
        "child_file.village",
        "started_on",
        Badge("status", tones=STATUS_TONES),
    ]
    filters = ["status", "kind", "child_file.village", "started_on", "end_reason"]
    search = SearchFields(
        names=["child_file.full_name", "volunteer.full_name"],
        places=["child_file.village.path_name"],
        text=["goals", "handover"],
        codes=["pairing_number", "child_file.file_number", "volunteer.volunteer_number"],
    )
    sections = [
        Section(
            _("Pairing"),
            ["pairing_number", "status", "child_file", "volunteer", "kind", "started_on"],
        ),
        Section(
            _("Consent of the guardian"),
            [
                "guardian_consent_on",
                "guardian_consent_by",
                "guardian_consent_method",
                "guardian_consent_withdrawn_on",
            ],
        ),
        Section(
            _("The child's own wish"),
            ["child_consent_on", "child_consent_method", "child_consent_withdrawn_on"],
        ),
        Section(_("Goals and rhythm"), ["goals", "call_every_days", "meet_every_days"]),
        Section(_("End"), ["confirmed_on", "ended_on", "end_reason", "handover"]),
    ]
    reason_required = ["guardian_consent_on", "child_consent_on"]
    io = IO(
        fields=[
            "pairing_number",
            "child_file",
            "volunteer",
            "kind",
            "started_on",
            "guardian_consent_on",
            "guardian_consent_by",
            "guardian_consent_method",
            "child_consent_on",
            "child_consent_method",
            "goals",
            "call_every_days",
            "meet_every_days",
        ],
        aliases={
            "结对编号": "pairing_number",
            "儿童档案号": "child_file",
            "档案号": "child_file",
            "志愿者编号": "volunteer",
            "结对类型": "kind",
            "结对日期": "started_on",
            "监护人同意日期": "guardian_consent_on",
            "同意人": "guardian_consent_by",
            "儿童意愿日期": "child_consent_on",
            "帮扶目标": "goals",
        },
        words={
            "kind": {"爱心妈妈志愿者": "caring_mother", "社会工作者": "social_worker"},
            "guardian_consent_method": {"书面": "signed_paper", "当面": "in_person"},
            "child_consent_method": {"谈话": "talk"},
        },
    )
    charts = [Chart("status", tones=STATUS_TONES)]
    actions = [
        LedgerAction(
            name="confirm",
            label=_("Confirm after the trial"),
            handler=_step(services.confirm),
            form=ConfirmForm,
            available=_is(PairingStatus.TRIAL),
            icon="check",
            tone="primary",
        ),
        LedgerAction(
            name="suspend",
            label=_("Suspend"),
            handler=_step(services.suspend),
            available=_is(*RUNNING),
            reason_required=True,
            icon="lock",
            tone="danger",
        ),
        LedgerAction(
            name="guardian-withdraws",
            label=_("Guardian withdraws consent"),
            handler=_step(services.withdraw_guardian_consent),
            form=WithdrawalForm,
            available=lambda p: (
                p.status in (*HOLDING, PairingStatus.CONSENTED)
                and p.guardian_consent_on is not None
                and p.guardian_consent_withdrawn_on is None
            ),
            reason_required=True,
            icon="cross",
            tone="danger",
        ),
        LedgerAction(
            name="child-withdraws",
            label=_("Child no longer wishes it"),
            handler=_step(services.withdraw_child_wish),
            form=WithdrawalForm,
            available=lambda p: (
                p.status in (*HOLDING, PairingStatus.CONSENTED)
                and p.child_consent_on is not None
                and p.child_consent_withdrawn_on is None
            ),
            reason_required=True,
            icon="cross",
            tone="danger",
        ),
        LedgerAction(
            name="consents",
            label=_("Record both agreements"),
            handler=_step(services.record_consents),
            form=ConsentsForm,
            available=_is(PairingStatus.AGREED, PairingStatus.SUSPENDED),
            icon="edit",
        ),
        LedgerAction(
            name="resume",
            label=_("Take up again"),
            handler=_step(services.resume),
            available=_is(PairingStatus.SUSPENDED),
            reason_required=True,
            icon="lock-open",
        ),
        LedgerAction(
            name="end",
            label=_("End pairing"),
            handler=_step(services.end_pairing),
            form=EndForm,
            available=lambda p: p.status != PairingStatus.ENDED,
            icon="cross",
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
        if not instance._state.adding:
            return services.update_pairing(
                pairing=instance, actor=actor, reason=reason, source=source
            )
        return services.start_pairing(
            child_file=instance.child_file,
            volunteer=instance.volunteer,
            kind=instance.kind,
            started_on=instance.started_on or timezone.localdate(),
            actor=actor,
            reason=reason,
            source=source,
            **{name: getattr(instance, name) for name in START},
        )

    @classmethod
    def delete(cls, instance: Any, *, actor: "User", reason: str, source: str = "form") -> None:
        services.delete_pairing(pairing=instance, actor=actor, reason=reason, source=source)
