"""The domain's screens as people use them: decide, vet, pair, refuse, and find no door."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from caseadmin.children.enums import FileStatus
from caseadmin.children.models import ChildFile
from caseadmin.pairings.models import Pairing
from caseadmin.volunteers.models import Volunteer
from core.access.scope import unscoped
from publicity.intake.models import VolunteerApplication
from tests.factories.children import ChildFileFactory, CustodySpellFactory, KinFactory
from tests.factories.core import UserFactory
from tests.factories.intake import VolunteerApplicationFactory
from tests.factories.pairings import PairingFactory
from tests.factories.volunteers import VolunteerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator(client, district):
    user = UserFactory(role="volunteer_coordinator", serves=district.town)
    client.force_login(user)
    return user


@pytest.fixture
def clerk(client, district):
    user = UserFactory(role="town_clerk", serves=district.town)
    client.force_login(user)
    return user


def act(client, namespace, row, action, **data):
    return client.post(reverse(f"{namespace}:do", args=[row.pk, action]), data)


def test_an_application_is_approved_vetted_and_paired(client, coordinator, district):
    child_file = ChildFileFactory(village=district.village)
    application = VolunteerApplicationFactory(village=district.village)
    today = timezone.localdate().isoformat()

    approved = act(client, "volunteer_applications", application, "approve")
    with unscoped("test"):
        volunteer = Volunteer.objects.get()
    vetted = act(
        client,
        "volunteers",
        volunteer,
        "vet",
        identity_checked_on=today,
        queried_on=today,
        queried_unit="示例派出所",
        conclusion="clear",
        interviewed_on=today,
        trained_on=today,
    )
    paired = client.post(
        reverse("pairings:add"),
        {
            "child_file": child_file.file_number,
            "volunteer": volunteer.volunteer_number,
            "kind": "caring_mother",
            "started_on": today,
            "guardian_consent_on": today,
            "guardian_consent_by": "赵福来",
            "guardian_consent_method": "signed_paper",
            "child_consent_on": today,
            "child_consent_method": "talk",
            "call_every_days": "30",
            "meet_every_days": "90",
        },
    )

    assert approved.url == reverse("volunteers:view", args=[volunteer.pk])
    assert vetted.url == reverse("volunteers:view", args=[volunteer.pk])
    with unscoped("test"):
        pairing = Pairing.objects.get()
        assert (pairing.status, Volunteer.objects.get().status) == ("trial", "serving")
        assert pairing.history.get().history_user == coordinator
    assert paired.url == reverse("pairings:view", args=[pairing.pk])


def test_a_refused_pairing_names_the_fields_and_keeps_what_was_typed(client, coordinator, district):
    child_file = ChildFileFactory(village=district.village)
    volunteer = VolunteerFactory(village=district.village)

    answer = client.post(
        reverse("pairings:add"),
        {
            "child_file": child_file.file_number,
            "volunteer": volunteer.volunteer_number,
            "kind": "caring_mother",
            "started_on": timezone.localdate().isoformat(),
            "goals": "每周一次阅读",
            "call_every_days": "30",
            "meet_every_days": "90",
        },
    )

    assert answer.status_code == 422
    form = answer.context["form"]
    assert sorted(form.errors) == ["child_consent_on", "guardian_consent_on", "volunteer"]
    assert form["goals"].value() == "每周一次阅读"
    with unscoped("test"):
        assert not Pairing.objects.exists()


@pytest.mark.parametrize("which", ["child_file", "volunteer"])
def test_a_record_of_another_town_cannot_be_picked(client, coordinator, district, which):
    own = {
        "child_file": ChildFileFactory(village=district.village).file_number,
        "volunteer": VolunteerFactory(village=district.village, ready=True).volunteer_number,
    }
    foreign = {
        "child_file": ChildFileFactory(village=district.foreign).file_number,
        "volunteer": VolunteerFactory(village=district.foreign, ready=True).volunteer_number,
    }

    answer = client.post(
        reverse("pairings:add"),
        {**own, which: foreign[which], "kind": "person", "started_on": "2026-01-01"},
    )

    assert (answer.status_code, which in answer.context["form"].errors) == (422, True)


@pytest.mark.parametrize("name", ["view", "edit", "delete", "history"])
def test_another_towns_file_answers_404_everywhere(client, clerk, district, name):
    foreign = ChildFileFactory(village=district.foreign)

    assert client.get(reverse(f"child_files:{name}", args=[foreign.pk])).status_code == 404


@pytest.mark.parametrize("action", ["review", "close", "eligibility"])
def test_no_step_is_taken_with_another_towns_file(client, clerk, district, action):
    foreign = ChildFileFactory(village=district.foreign)

    answer = act(client, "child_files", foreign, action, exit_reason="moved_away")

    assert answer.status_code == 404
    foreign.refresh_from_db()
    assert foreign.status == FileStatus.REGISTERED


def test_a_clerk_closes_and_reopens_a_file(client, clerk, district):
    child_file = ChildFileFactory(village=district.village)

    without_reason = act(client, "child_files", child_file, "close")
    act(client, "child_files", child_file, "close", exit_reason="moved_away")
    child_file.refresh_from_db()
    closed = child_file.status
    act(client, "child_files", child_file, "reopen", reason="返回本区")
    child_file.refresh_from_db()

    assert (without_reason.status_code, closed, child_file.status) == (
        422,
        "closed",
        "under_review",
    )


def test_the_screen_tells_whether_a_child_qualifies_on_a_day(client, clerk, district):
    child_file = ChildFileFactory(village=district.village, born_on=date(2016, 5, 20))

    answer = client.post(
        reverse("child_files:do", args=[child_file.pk, "eligibility"]),
        {"on": "2032-05-20"},
        follow=True,
    )

    said = [str(message) for message in answer.context["messages"]]
    assert [("2032-05-20" in text, "16" in text) for text in said] == [(True, True)]


def test_an_edit_through_the_form_goes_through_the_service(client, clerk, district):
    child_file = ChildFileFactory(village=district.village)
    page = client.get(reverse("child_files:edit", args=[child_file.pk]))
    form = page.context["form"]
    data = {
        name: value for name in form.fields if (value := form[name].value()) not in (None, "", [])
    }

    client.post(
        reverse("child_files:edit", args=[child_file.pk]),
        {
            **data,
            "version": page.context["version"],
            "both_parents_away": "false",
            "situation_since": timezone.localdate().isoformat(),
            "kin-count": "0",
            "custody_spells-count": "0",
        },
    )

    with unscoped("test"):
        rows = [(s.both_parents_away, s.ends_on is None) for s in child_file.situations.all()]
    assert rows == [(True, False), (False, True)]


def test_a_person_without_the_right_pairs_nobody(client, district):
    worker = UserFactory(role="village_worker", serves=district.village)
    client.force_login(worker)
    child_file = ChildFileFactory(village=district.village)
    page = client.get(reverse("child_files:view", args=[child_file.pk]))

    answer = client.get(reverse("pairings:add"), {"child_file": child_file.pk})

    assert answer.status_code in (302, 403)
    assert reverse("pairings:add") not in page.content.decode()


@pytest.mark.parametrize("item_count", [1, 3])
@pytest.mark.parametrize(
    ("namespace", "make"),
    [
        pytest.param("child_files", ChildFileFactory, id="files"),
        pytest.param("volunteers", VolunteerFactory, id="volunteers"),
        pytest.param("volunteer_applications", VolunteerApplicationFactory, id="applications"),
        pytest.param("pairings", PairingFactory, id="pairings"),
    ],
)
def test_a_list_takes_no_more_than_fourteen_queries(
    client, district, namespace, make, item_count, django_assert_max_num_queries
):
    client.force_login(UserFactory(role="district_officer", serves=district.district))
    for _ in range(item_count):
        place = {"child_file__village" if make is PairingFactory else "village": district.village}
        make(**place)
    address = reverse(f"{namespace}:index")
    client.get(address)

    with django_assert_max_num_queries(14):
        answer = client.get(address)

    assert len(answer.context["object_list"]) == item_count


def test_lists_show_masked_numbers_only(client, clerk, district):
    child_file = ChildFileFactory(village=district.village)
    KinFactory(child_file=child_file)
    CustodySpellFactory(child_file=child_file, carer_phone="19900001234")

    text = client.get(reverse("child_files:index")).content.decode()

    assert [child_file.full_name in text, child_file.id_number in text, "19900001234" in text] == [
        True,
        False,
        False,
    ]


def test_an_application_is_declined_with_a_reason(client, coordinator, district):
    application = VolunteerApplicationFactory(village=district.village)

    asked = act(client, "volunteer_applications", application, "reject")
    act(client, "volunteer_applications", application, "reject", reason="信息不实")

    assert asked.status_code == 422
    with unscoped("test"):
        assert VolunteerApplication.objects.get().status == "rejected"
        assert (ChildFile.objects.count(), Volunteer.objects.count()) == (0, 0)
