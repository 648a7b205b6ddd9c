"""Take what the public hands in."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from wagtail.models import Page

from core.access.scope import Scope, in_scope, unscoped
from core.accounts.selectors import system_account
from core.calendar import age_on
from core.history.context import change_set
from core.identity import cross_check, normalise_id_number
from core.phones import normalise_phone, validate_phone
from core.territories.models import Territory

from .models import VolunteerApplication

ADULT_AGE = 18
APPLICATIONS_PER_PHONE_AND_DAY = 3
CHECK_CODE_DIGITS = 12
_NUMBER_ATTEMPTS = 5

# What a second copy of the same form is compared by.
_CONTENT = (
    "full_name",
    "phone",
    "id_number",
    "born_on",
    "team",
    "skills",
    "available_times",
    "village_id",
    "motivation",
)


@dataclass(frozen=True)
class Receipt:
    """What an applicant keeps.

    Attributes:
        application_number: May be read out on the telephone.
        check_code: Twelve digits, known to the applicant alone.
        repeated: Whether the form had already been taken.
    """

    application_number: str
    check_code: str
    repeated: bool = False


class ChangedAfterSending(ValidationError):
    """The same form came again with other content.

    Attributes:
        application_number: The application that was taken the first time.
    """

    def __init__(self, application_number: str) -> None:
        self.application_number = application_number
        super().__init__(
            _(
                "You have already handed in this application; its number is %(number)s. "
                "What you changed afterwards was not saved. To hand in the changed "
                "application as a new one, send the form again."
            )
            % {"number": application_number},
            code="changed_after_sending",
        )


def submit_application(
    *,
    form_key: str,
    consent_version: str,
    full_name: str,
    phone: str,
    born_on: date,
    team: str,
    village: Territory,
    available_times: Sequence[str],
    skills: Sequence[str] = (),
    id_number: str = "",
    motivation: str = "",
    call: Page | None = None,
) -> Receipt:
    """Take an application, once per form, and return the applicant's receipt.

    The same ``form_key`` with the same content gives the same receipt, whether the
    copies come one after the other or at once: the check code is derived from the key,
    of which only a digest is stored.

    Args:
        form_key: The random key of one opened form, at least 16 characters.
        consent_version: Version of the privacy notice the applicant agreed to.
        full_name: As on the ID card.
        phone: In any usual notation; it is kept as digits.
        born_on: Date of birth.
        team: A code of ``ApplicantTeam``.
        village: Where they want to help; a village or a town.
        available_times: At least one code of ``OfferedTime``.
        skills: Codes of ``OfferedSkill``.
        id_number: Eighteen characters, or nothing yet.
        motivation: In their own words, up to 500 characters.
        call: The page of the call the form stood on.

    Raises:
        ChangedAfterSending: The form was taken before, with other content.
        ValidationError: Keyed by field.  Legal sources: applicants are adults, because
            they will be alone with children and answer for it (民法典 art. 17, 18); the
            ID number is optional at this stage (未成年人网络保护条例 art. 32: nothing
            beyond what is needed).
    """
    application = VolunteerApplication(
        idempotency_key=_digest(form_key),
        full_name=full_name.strip(),
        phone=normalise_phone(phone),
        id_number=normalise_id_number(id_number),
        born_on=born_on,
        team=team,
        skills=list(skills),
        available_times=list(available_times),
        village=village,
        motivation=motivation.strip(),
        call=call,
        consent_version=consent_version,
    )
    taken = _taken_before(application, form_key)
    if taken is not None:
        return taken
    _refuse_what_breaks_a_rule(application)
    application.consent_at = application.submitted_at = timezone.now()
    check_code = check_code_of(form_key)
    application.receipt_hash = make_password(check_code)

    for _attempt in range(_NUMBER_ATTEMPTS):
        application.application_number = _random_number(timezone.localdate())
        try:
            with (
                # The portal may write in this one village, and nowhere else.
                in_scope(Scope(prefixes=(village.prefix,))),
                transaction.atomic(),
                change_set(actor=system_account("portal"), source="portal"),
            ):
                application.save(force_insert=True)
        except IntegrityError:
            # Either a copy of this form was faster, or the random number is in use.
            taken = _taken_before(application, form_key)
            if taken is not None:
                return taken
            application.version = 0
        else:
            return Receipt(application.application_number, check_code)
    raise RuntimeError("No free application number was found.")


def receipt_of(form_key: str) -> Receipt | None:
    """Return the receipt of a form that was taken, or None."""
    with unscoped("a portal form looks for its own receipt"):
        number = (
            VolunteerApplication.objects.filter(idempotency_key=_digest(form_key))
            .values_list("application_number", flat=True)
            .first()
        )
    return Receipt(number, check_code_of(form_key), repeated=True) if number else None


def check_code_of(form_key: str) -> str:
    """Return the twelve digits that belong to a form, the same ones each time."""
    mac = salted_hmac("publicity.intake.check_code", form_key, algorithm="sha256")
    return str(int(mac.hexdigest(), 16) % 10**CHECK_CODE_DIGITS).zfill(CHECK_CODE_DIGITS)


def _digest(form_key: str) -> str:
    return hashlib.sha256(form_key.encode()).hexdigest()


def _random_number(day: date) -> str:
    """Return ``SQ202611-04827``: the month, and five digits that tell no order."""
    return f"SQ{day:%Y%m}-{secrets.randbelow(100_000):05d}"


def _taken_before(application: VolunteerApplication, form_key: str) -> Receipt | None:
    with unscoped("a portal form looks for its own receipt"):
        earlier = VolunteerApplication.objects.filter(
            idempotency_key=application.idempotency_key
        ).first()
    if earlier is None:
        return None
    if _content(earlier) != _content(application):
        raise ChangedAfterSending(earlier.application_number)
    return Receipt(earlier.application_number, check_code_of(form_key), repeated=True)


def _content(application: VolunteerApplication) -> list[Any]:
    values = (getattr(application, name) for name in _CONTENT)
    return [sorted(value) if isinstance(value, list) else value for value in values]


def _refuse_what_breaks_a_rule(application: VolunteerApplication) -> None:
    errors: dict[str, Any] = {}
    try:
        validate_phone(application.phone)
    except ValidationError as error:
        errors["phone"] = error
    errors.update(cross_check(application.id_number, born_on=application.born_on))
    if application.born_on > timezone.localdate():
        errors["born_on"] = ValidationError(
            _("This date of birth lies in the future. Check the year."), code="in_the_future"
        )
    elif age_on(application.born_on, timezone.localdate()) < ADULT_AGE:
        errors["born_on"] = ValidationError(
            _(
                "Volunteers must be at least %(age)d years old. If you are younger, ask your "
                "school about the activities of the Young Pioneers or the Youth League."
            )
            % {"age": ADULT_AGE},
            code="under_age",
        )
    if application.village.level == Territory.Level.DISTRICT:
        errors["village"] = ValidationError(_("Choose a town or a village."), code="district")
    if errors:
        raise ValidationError(errors)
    if _recent_applications(application) >= APPLICATIONS_PER_PHONE_AND_DAY:
        raise ValidationError(
            {
                "phone": _(
                    "Too many applications came with this number today. Try again tomorrow, or "
                    "ring the contact named on this page."
                )
            }
        )
    application.full_clean(
        exclude={"receipt_hash", "application_number", "consent_at", "submitted_at"}
        | {"created_at", "created_by", "updated_at", "updated_by", "territory_code"}
    )


def _recent_applications(application: VolunteerApplication) -> int:
    field = VolunteerApplication._meta.get_field("phone_index")
    with unscoped("count today's applications of one telephone number"):
        return VolunteerApplication.objects.filter(
            phone_index=field.digest(application.phone),
            submitted_at__gt=timezone.now() - timedelta(days=1),
        ).count()
