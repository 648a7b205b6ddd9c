"""A pairing lies where the child lives; its volunteer may live in another town.

On PostgreSQL the volunteer's row is not there at all, on SQLite it is; pages say the same.
"""

import pytest
from django.urls import reverse
from django.utils import timezone

from caseadmin.pairings.enums import EndReason, PairingStatus
from caseadmin.pairings.models import Pairing
from caseadmin.pairings.services import end_pairing
from caseadmin.volunteers.enums import VolunteerStatus
from core.access.scope import scoped_to, unscoped
from tests.factories.children import ChildFileFactory
from tests.factories.core import UserFactory
from tests.factories.pairings import PairingFactory
from tests.factories.volunteers import VolunteerFactory
from tests.probe.walk import form_of

pytestmark = pytest.mark.django_db
SAID = "（辖区以外）"


@pytest.fixture
def pairing(district):
    return PairingFactory(
        child_file=ChildFileFactory(village=district.village),
        volunteer=VolunteerFactory(village=district.foreign, ready=True, full_name="欧阳远"),
    )


@pytest.mark.parametrize(
    ("role", "serves"), [("village_worker", "village"), ("town_clerk", "town")]
)
def test_pages_name_nobody_outside_the_area(client, district, pairing, role, serves):
    client.force_login(UserFactory(role=role, serves=getattr(district, serves)))
    names = ["view"] if role == "village_worker" else ["view", "edit", "history"]
    addresses = [reverse("pairings:index")]
    addresses += [reverse(f"pairings:{name}", args=[pairing.pk]) for name in names]
    with unscoped("test"):
        number = pairing.volunteer.volunteer_number
    for address in addresses:
        answer = client.get(address)
        page = answer.content.decode()
        assert (answer.status_code, pairing.pairing_number in page) == (200, True), address
        assert (SAID in page, "欧阳远" in page, number in page) == (True, False, False), address


def test_who_lives_elsewhere_stays_when_the_pairing_is_edited(client, district, pairing):
    client.force_login(UserFactory(role="town_clerk", serves=district.town))
    address = reverse("pairings:edit", args=[pairing.pk])
    sent = form_of(client.get(address).content.decode())
    assert "volunteer" not in sent
    answer = client.post(address, {**sent, "call_every_days": "14", "volunteer": ""})
    assert answer.status_code == 302
    with unscoped("test"):
        stored = Pairing.objects.get(pk=pairing.pk)
        assert (stored.call_every_days, stored.volunteer_id) == (14, pairing.volunteer_id)


def test_a_pairing_that_ends_frees_the_volunteer_elsewhere(district, pairing):
    clerk = UserFactory(role="town_clerk", serves=district.town)
    with scoped_to(clerk):
        end_pairing(
            pairing=Pairing.objects.get(pk=pairing.pk),
            end_reason=EndReason.VOLUNTEER_LEFT,
            ended_on=timezone.localdate(),
            handover="已告别",
            actor=clerk,
            reason="搬走了",
        )
    with unscoped("test"):
        stored = Pairing.objects.get(pk=pairing.pk)
        assert stored.status == PairingStatus.ENDED
        assert stored.volunteer.status == VolunteerStatus.READY
