"""What the public hands in.

VolunteerApplication: full_name, phone, id_number, born_on, motivation (encrypted);
    phone_index, id_number_index (blind indexes); application_number, receipt_hash,
    idempotency_key, team, skills, available_times, village, call, consent_at,
    consent_version, submitted_at, status.
"""

from django.contrib.auth.hashers import check_password
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.access.models import CaseModel
from core.access.register import FieldClasses, Kind
from core.crypto.fields import (
    BlindIndexField,
    EncryptedCharField,
    EncryptedDateField,
    EncryptedTextField,
)
from core.fields import ChoiceListField
from core.history.records import LedgerHistory
from core.identity import normalise_id_number
from core.phones import normalise_phone

from .enums import ApplicantTeam, ApplicationStatus, OfferedSkill, OfferedTime


class VolunteerApplication(CaseModel):
    """Somebody's wish to volunteer, as handed in on the portal.

    Legal source: 志愿服务条例 art. 7 (registration), 12 (recruiting); 个人信息保护法
    art. 14 and 17 (consent after notice: the version of the notice is kept).
    """

    # About adults; the law asks for approval where the data are a minor's.
    opened_by_approval = False

    application_number = models.CharField(
        _("application number"), max_length=14, unique=True, editable=False
    )
    receipt_hash = models.CharField(_("check code"), max_length=128, editable=False)
    idempotency_key = models.CharField(
        _("form key"),
        max_length=64,
        unique=True,
        editable=False,
        help_text=_("Digest of the form's key: one form makes one application."),
    )
    full_name = EncryptedCharField(pgettext_lazy("person", "name"), max_length=50)
    phone = EncryptedCharField(_("mobile number"), max_length=20)
    phone_index = BlindIndexField(source="phone", normalise=normalise_phone, db_index=True)
    id_number = EncryptedCharField(_("ID number"), max_length=18, blank=True, default="")
    id_number_index = BlindIndexField(
        source="id_number", normalise=normalise_id_number, db_index=True
    )
    born_on = EncryptedDateField(_("date of birth"))
    team = models.CharField(_("team"), max_length=20, choices=ApplicantTeam.choices)
    skills = ChoiceListField(_("what you can offer"), choices=OfferedSkill)
    available_times = ChoiceListField(_("when you have time"), choices=OfferedTime, blank=False)
    village = models.ForeignKey(
        "territories.Territory",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("where you want to help"),
    )
    motivation = EncryptedTextField(
        _("why you want to help"), max_length=500, blank=True, default=""
    )
    call = models.ForeignKey(
        "wagtailcore.Page",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("call"),
    )
    consent_at = models.DateTimeField(_("consented at"), editable=False)
    consent_version = models.CharField(
        _("version of the privacy notice"), max_length=20, editable=False
    )
    submitted_at = models.DateTimeField(_("handed in at"), editable=False, db_index=True)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=ApplicationStatus.choices,
        default=ApplicationStatus.SUBMITTED,
        editable=False,
    )

    field_classes = FieldClasses(
        office=[
            "application_number",
            "status",
            "submitted_at",
            "call",
            "consent_at",
            "consent_version",
        ],
        personal=["team", "skills", "available_times", "village"],
        sensitive={
            "full_name": Kind.NAME,
            "phone": Kind.PHONE,
            "born_on": Kind.TEXT,
            "motivation": Kind.TEXT,
        },
        secret={
            "id_number": Kind.ID_NUMBER,
            "receipt_hash": Kind.DIGEST,
            "idempotency_key": Kind.DIGEST,
        },
    )

    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        verbose_name = _("volunteer application")
        verbose_name_plural = _("volunteer applications")
        ordering = ["-submitted_at"]

    def __str__(self) -> str:
        return self.application_number

    def territory_code_source(self) -> str:
        """An application belongs to the village or town it names."""
        return self.village.code

    def opens_with(self, check_code: str) -> bool:
        """Return whether this is the secret the applicant was given."""
        return check_password(check_code, self.receipt_hash)

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to decide."""
        return self.status == ApplicationStatus.SUBMITTED
