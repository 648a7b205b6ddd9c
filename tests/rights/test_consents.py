"""Consents: who may give them, in which wording, and that they can be taken back."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from caseadmin.pairings.enums import PairingStatus
from caseadmin.pairings.services import resume
from caseadmin.rights.enums import Relation
from caseadmin.rights.models import ConsentRecord
from caseadmin.rights.services import withdraw_consent
from core.access.scope import scoped_to
from core.privacy.models import Purpose
from tests.factories.children import ChildFileFactory
from tests.factories.core import UserFactory
from tests.factories.intake import VolunteerApplicationFactory
from tests.factories.pairings import PairingFactory
from tests.factories.rights import a_consent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


def test_a_consent_keeps_the_version_of_the_text(child, acting):
    consent = a_consent(child, acting)

    assert (consent.number, consent.text_version, consent.stands) == (
        f"K990101-{timezone.localdate():%Y}-00001",
        "2026-01",
        True,
    )


@pytest.mark.parametrize(
    ("born_on", "relation", "refused"),
    [
        (date(2016, 5, 20), Relation.SELF, True),
        (date(2016, 5, 20), Relation.CARER, True),
        (date(2016, 5, 20), Relation.MOTHER, False),
        (date(2016, 5, 20), Relation.GUARDIAN, False),
        (date(2012, 3, 1), Relation.SELF, False),
        (date(2012, 3, 2), Relation.SELF, True),
    ],
)
def test_for_a_child_under_fourteen_a_guardian_consents(
    district, acting, born_on, relation, refused
):
    child = ChildFileFactory(village=district.village, born_on=born_on, id_number="")
    errors = []

    try:
        a_consent(child, acting, relation=relation, given_on=date(2026, 3, 1))
    except ValidationError as error:
        errors = list(error.message_dict)

    assert errors == (["relation"] if refused else [])


def test_a_consent_is_withdrawn_once_and_stands_no_more(child, acting):
    consent = withdraw_consent(consent=a_consent(child, acting), actor=acting)

    assert consent.stands is False
    with pytest.raises(ValidationError, match=r"before|撤回"):
        withdraw_consent(consent=consent, actor=acting)


def test_a_withdrawn_consent_stops_the_pairings_that_rest_on_it(child, acting):
    pairing, other = PairingFactory(child_file=child), PairingFactory()
    consent = a_consent(child, acting)

    withdraw_consent(consent=consent, actor=acting)

    pairing.refresh_from_db()
    other.refresh_from_db()
    assert (pairing.status, other.status) == (PairingStatus.SUSPENDED, PairingStatus.TRIAL)
    assert pairing.guardian_consent_withdrawn_on == timezone.localdate()
    assert consent.number in str(pairing.history.latest().history_change_reason)
    with pytest.raises(ValidationError):
        resume(pairing=pairing, actor=acting, reason="test")


def test_another_consent_leaves_pairings_alone(child, acting):
    pairing = PairingFactory(child_file=child)
    consent = a_consent(child, acting, purpose=Purpose.objects.get(code="volunteering"))

    withdraw_consent(consent=consent, actor=acting)

    pairing.refresh_from_db()
    assert pairing.status == PairingStatus.TRIAL


def test_a_duty_needs_no_consent_but_notice_or_a_reason(child, acting):
    duty = Purpose.objects.get(code="child_files")
    told = {"purpose": duty, "basis": "duty", "method": ""}

    with pytest.raises(ValidationError) as refusal:
        a_consent(child, acting, given_on=None, **told)
    later = a_consent(
        child,
        acting,
        given_on=None,
        told_later_reason="告知会妨碍调查",
        told_later_review_on=date(2026, 12, 1),
        **told,
    )

    assert list(refusal.value.message_dict) == ["told_later_reason"]
    assert later.stands is True
    with pytest.raises(ValidationError):
        withdraw_consent(consent=later, actor=acting)


def test_one_record_for_a_child_and_a_purpose(child, acting):
    a_consent(child, acting)

    with pytest.raises(ValidationError) as refusal:
        a_consent(child, acting)

    assert list(refusal.value.message_dict) == ["purpose"]


def test_nobody_records_a_consent_for_another_town(child, district):
    stranger = UserFactory(role="town_clerk", serves=district.other_town)

    with scoped_to(stranger), pytest.raises(PermissionDenied):
        a_consent(child, stranger)


def test_the_consent_of_an_application_is_kept(district, everything):
    application = VolunteerApplicationFactory(village=district.village)

    consent = ConsentRecord.objects.get(application=application)

    assert (consent.text_version, consent.relation, consent.purpose.code, consent.given_by) == (
        application.consent_version,
        Relation.SELF,
        "volunteering",
        application.full_name,
    )
