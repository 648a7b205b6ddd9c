"""Opening a record needs an approval: standing, asked for, or reviewed the same day."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from caseadmin.children.enums import FileStatus
from caseadmin.children.models import ChildFile
from caseadmin.desk.selectors import numbers_of
from caseadmin.ledgers import ledgers
from core.access.opening import may_open, needs_approval
from core.access.scope import scoped_to, unscoped
from core.accounts.selectors import system_account
from core.accounts.services import appoint, end_post
from core.approvals.models import AccessRequest, Approval
from core.approvals.services import (
    ask_for_access,
    break_glass,
    decide,
    lift_seal,
    renew_approval,
    review,
    seal_record,
)
from core.history.context import change_set
from core.territories.services import merge_territory
from search.service import search
from tests.factories.children import ChildFileFactory, invented_id_number
from tests.factories.core import UserFactory, approve, role_called
from tests.factories.pairings import PairingFactory
from tests.factories.rights import a_block, a_consent, a_hold, a_request, load_rules
from tests.ledgers.conftest import clerk_of, lend
from tests.ledgers.sampleapp.models import Keeper
from tests.ledgers.test_contract import addresses

pytestmark = pytest.mark.django_db

FILES = ledgers.get("child-files")
REQUESTS = ledgers.get("access-requests")


@pytest.fixture
def row(district):
    return ChildFileFactory(village=district.village, full_name="王小田")


@pytest.fixture
def officer(district):
    return UserFactory(role="district_officer", serves=district.district)


@pytest.fixture
def police(district):
    return UserFactory(role="police", serves=district.town)


def numbers_of_scope(user):
    with scoped_to(user):
        return list(numbers_of(user))


def opens(user, row):
    with scoped_to(user):
        return may_open(user, row)


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("village_worker", True),
        ("town_clerk", True),
        ("civil_affairs", True),
        ("district_officer", True),
        ("auditor", True),
        ("school", False),
        ("police", False),
        ("education", False),
        ("volunteer_coordinator", False),
    ],
)
def test_roles_say_who_has_a_standing_approval(district, row, role, expected):
    assert opens(UserFactory(role=role, serves=district.village), row) is expected


def test_a_coordinator_opens_pairings_and_asks_for_the_child(district):
    pairing = PairingFactory(child_file=ChildFileFactory(village=district.village))
    coordinator = UserFactory(role="volunteer_coordinator", serves=district.town)

    with unscoped("test"):
        child_file = pairing.child_file
    assert (opens(coordinator, pairing), opens(coordinator, child_file)) == (True, False)


def test_an_appointment_brings_an_approval_of_a_year_that_ends_with_the_post(district, row):
    person, actor = UserFactory(), system_account()
    today = timezone.localdate()
    post = appoint(
        user=person,
        role=role_called("village_worker"),
        territory=district.village,
        held_from=today,
        actor=actor,
    )
    with unscoped("test"):
        approval = Approval.objects.get(person=person)
    year = approval.ends_at - approval.starts_at
    before = opens(person, row)

    end_post(post=post, on=today - timedelta(days=0), actor=actor)

    with unscoped("test"):
        approval.refresh_from_db()
    assert (before, year, approval.approver) == (True, timedelta(days=365), actor)
    assert timezone.localdate(approval.ends_at) == today + timedelta(days=1)


def test_an_approval_that_has_run_out_opens_nothing_and_another_renews_it(district, row, officer):
    worker = UserFactory(role="village_worker", serves=district.village)
    past = timezone.now() - timedelta(seconds=1)
    Approval._base_manager.filter(person=worker).update(ends_at=past, starts_at=past)
    run_out = opens(worker, row)
    approval = Approval._base_manager.get(person=worker)

    with scoped_to(officer):
        renewed = renew_approval(approval=approval, actor=officer)
        own = Approval.objects.get(person=officer)
        with pytest.raises(ValidationError):
            renew_approval(approval=own, actor=officer)

    assert (run_out, opens(worker, row), renewed.approver) == (False, True, officer)


def test_a_merged_village_opens_with_its_successor(district, row):
    worker = UserFactory(role="village_worker", serves=district.sibling)
    merge_territory(
        territory=district.village,
        into=district.sibling,
        on=timezone.localdate(),
        actor=system_account(),
    )

    assert opens(worker, row) is True


# Requests


def test_a_request_is_granted_by_another_and_ends_by_itself(client, district, row, police, officer):
    client.force_login(police)
    closed = client.get(FILES.url("view", row.pk))
    page = client.get(closed.url)
    asked = client.post(closed.url, {"reason": "走失警情核查", "hours": "2"})
    twice = client.post(closed.url, {"reason": "走失警情核查", "hours": "2"})
    request = AccessRequest._base_manager.get()
    client.force_login(officer)
    inbox = client.get(REQUESTS.url("index")).content.decode()
    client.post(REQUESTS.url("do", request.pk, "grant"))
    client.force_login(police)
    opened = client.get(FILES.url("view", row.pk))
    Approval._base_manager.filter(record_id=row.pk).update(
        starts_at=timezone.now() - timedelta(hours=3),
        ends_at=timezone.now() - timedelta(seconds=1),
    )
    after = client.get(FILES.url("view", row.pk))

    assert closed.url == FILES.url("ask", row.pk)
    assert ("王" in page.content.decode(), row.file_number in page.content.decode()) == (
        False,
        True,
    )
    assert [asked.status_code, twice.status_code, opened.status_code, after.status_code] == [
        302,
        422,
        200,
        302,
    ]
    assert request.number in inbox
    request.refresh_from_db()
    assert (request.status, request.decided_by) == ("granted", officer)


@pytest.mark.parametrize("data", [{"reason": "", "hours": "2"}, {"reason": "x", "hours": "73"}])
def test_a_request_needs_a_reason_and_72_hours_at_most(client, row, police, data):
    client.force_login(police)

    answer = client.post(FILES.url("ask", row.pk), data)

    assert (answer.status_code, AccessRequest._base_manager.count()) == (422, 0)


def test_nobody_decides_on_their_own_request_or_without_the_right(district, row, police, officer):
    with scoped_to(officer):
        own = ask_for_access(row=row, reason="x", hours=1, actor=officer)
        with pytest.raises(ValidationError):
            decide(request=own, grant=True, actor=officer)
    with scoped_to(police):
        asked = ask_for_access(row=row, reason="x", hours=1, actor=police)
        with pytest.raises(PermissionDenied):
            decide(request=own, grant=True, actor=police)
    clerk = UserFactory(role="town_clerk", serves=district.other_town)
    with scoped_to(clerk), pytest.raises(PermissionDenied):
        decide(request=asked, grant=True, actor=clerk)
    with scoped_to(officer):
        with pytest.raises(ValidationError):
            decide(request=asked, grant=False, actor=officer)
        decide(request=asked, grant=False, decision="与职责无关", actor=officer)
        with pytest.raises(ValidationError):
            decide(request=asked, grant=True, actor=officer)

    assert opens(police, row) is False


def test_a_record_out_of_reach_cannot_be_asked_for(client, district, row):
    client.force_login(UserFactory(role="police", serves=district.other_town))

    answers = [
        client.get(FILES.url("ask", row.pk)),
        client.post(FILES.url("ask", row.pk), {"reason": "x", "hours": "1", "break_glass": "1"}),
        client.get(FILES.url("view", row.pk)),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


# Break-glass


def test_break_glass_opens_at_once_alarms_and_is_reviewed_by_another(
    client, row, police, officer, district
):
    client.force_login(police)
    broke = client.post(
        FILES.url("ask", row.pk), {"reason": "正在施暴", "hours": "1", "break_glass": "1"}
    )
    opened = client.get(FILES.url("view", row.pk))
    request = AccessRequest._base_manager.get()
    client.force_login(officer)
    home = client.get("/admin/").content.decode()
    today = client.get(REQUESTS.url("index")).content.decode()
    AccessRequest._base_manager.update(asked_at=timezone.now() - timedelta(days=1))
    late = client.get(REQUESTS.url("index")).content.decode()
    with scoped_to(police), pytest.raises(PermissionDenied):
        review(request=request, finding="x", actor=police)
    client.post(REQUESTS.url("do", request.pk, "review"), {"reason": "确有警情"})

    assert (broke.url, opened.status_code) == (FILES.url("view", row.pk), 200)
    assert "紧急开启" in home
    assert ("今日须复核" in today, "复核逾期" in late) == (True, True)
    request.refresh_from_db()
    assert (request.status, request.decided_by, request.decision) == (
        "reviewed",
        officer,
        "确有警情",
    )


def test_break_glass_needs_its_right(client, row, district):
    school = UserFactory(role="school", serves=district.town)
    with scoped_to(school), pytest.raises(PermissionDenied):
        break_glass(row=row, reason="x", hours=1, actor=school)


# Seals


def test_a_sealed_record_is_there_for_named_people_only(client, district, row, police, officer):
    named = UserFactory(role="town_clerk", serves=district.town)
    clerk = UserFactory(role="town_clerk", serves=district.town)
    other = ChildFileFactory(village=district.village)
    with scoped_to(officer):
        seal_record(row=row, reason="亲属在机关工作", named=[named], actor=officer)

    seen = {}
    for person in (named, officer, clerk):
        client.force_login(person)
        page = client.get(FILES.url("index")).content.decode()
        seen[person] = (
            row.file_number in page,
            other.file_number in page,
            client.get(FILES.url("view", row.pk)).status_code,
        )
    with scoped_to(police), pytest.raises(PermissionDenied):
        break_glass(row=row, reason="x", hours=1, actor=police)
    with scoped_to(officer):
        lift_seal(row=row, reason="情况已消除", actor=officer)

    assert seen == {
        named: (True, True, 200),
        officer: (True, True, 200),
        clerk: (False, True, 404),
    }
    assert opens(clerk, row) is True


def test_nothing_of_a_sealed_child_shows_anywhere(client, district, row, officer):
    """Its pairing, kin, desk count, search, earlier and deleted versions go with it."""
    pairing = PairingFactory(child_file=row)
    other = ChildFileFactory(village=district.village, full_name="李小禾")
    clerk = UserFactory(role="town_clerk", serves=district.town)
    with scoped_to(officer):
        seal_record(row=row, reason="亲属在机关工作", named=[], actor=officer)

    seen = {}
    for person in (officer, clerk):
        client.force_login(person)
        desk = {number.label: number.count for number in numbers_of_scope(person)}
        pages = [
            client.get(ledgers.get(slug).url(name)).content.decode()
            for slug, name in (
                ("child-files", "index"),
                ("child-files", "as_of"),
                ("pairings", "index"),
                ("pairings", "as_of"),
            )
        ]
        seen[person] = (
            desk[FILES.label],
            desk[ledgers.get("pairings").label],
            [row.file_number in page for page in pages[:2]],
            [pairing.pairing_number in page for page in pages[2:]],
            ["王**" in page for page in pages],
            client.get(ledgers.get("pairings").url("view", pairing.pk)).status_code,
        )
    with scoped_to(clerk) as scope:
        found = search("王小田", kinds=["child-files", "pairings"], scope=scope)
        still = search("李小禾", kinds=["child-files"], scope=scope)
        kin = ChildFile.history.filter(id=row.pk).count()
    with scoped_to(officer):
        lift_seal(row=row, reason="情况已消除", actor=officer)
    with scoped_to(clerk) as scope:
        lifted = search("王小田", kinds=["child-files", "pairings"], scope=scope)

    assert seen[clerk] == (1, 0, [False] * 2, [False] * 2, [False] * 4, 404)
    assert seen[officer][:4] == (2, 1, [True] * 2, [True] * 2)
    assert seen[officer][5] == 200
    assert (found.total, still.total, kin, lifted.total) == (0, 1, 0, 2)
    assert [hit.object_id for hit in still.hits] == [other.pk]


def found_by(client, person, words):
    """Return what typing finds: global search, list, chooser, search as a service."""
    client.force_login(person)
    everywhere = client.post(reverse("search:cases"), {"words": words})
    listed = client.post(FILES.url("index_results"), {"q": words})
    chosen = client.post(FILES.url("choose"), {"q": words})
    with scoped_to(person) as scope:
        whole = search(words, kinds=["child-files", "pairings"], scope=scope)
    return {
        "everywhere": [group.total for group in everywhere.context["groups"]],
        "list": [row.file_number for row in listed.context["object_list"]],
        "chooser": [record["number"] for record in chosen.json()["records"]],
        "service": dict(whole.facets),
    }


NUMBER = invented_id_number(date(2015, 5, 20), 2)


@pytest.mark.parametrize("words", ["王小田", "小田", "wxt", "王晓田", NUMBER])
def test_the_named_find_a_sealed_file_by_typing_and_nobody_else_does(
    client, district, officer, words
):
    row = ChildFileFactory(
        village=district.village,
        full_name="王小田",
        born_on=date(2015, 5, 20),
        sex="female",
        id_number=NUMBER,
    )
    named = UserFactory(role="town_clerk", serves=district.town)
    clerk = UserFactory(role="town_clerk", serves=district.town)
    before = found_by(client, clerk, words)
    with scoped_to(officer):
        seal_record(row=row, reason="亲属在机关工作", named=[named], actor=officer)

    found = {person: found_by(client, person, words) for person in (named, officer, clerk)}

    assert (before["list"], before["service"]) == ([row.file_number], {"child-files": 1})
    assert found[named] == found[officer] == before
    assert found[clerk] == {"everywhere": [], "list": [], "chooser": [], "service": {}}


def test_a_sealed_file_stands_before_the_others_and_is_counted_on_every_page(
    client, district, row, officer
):
    rows = [ChildFileFactory(village=district.village, full_name="王小田") for _ in range(4)]
    with scoped_to(officer) as scope:
        seal_record(row=row, reason="亲属在机关工作", named=[], actor=officer)
        pages = [
            search("王小田", kinds=["child-files"], scope=scope, page=page, per_page=2)
            for page in (1, 2, 3, 4)
        ]
        excluded = search("-王小田", kinds=["child-files"], scope=scope)

    assert [page.total for page in pages] == [5] * 4
    hits = [hit.object_id for page in pages for hit in page.hits]
    assert (hits[0], set(hits[1:]), len(hits)) == (row.pk, {one.pk for one in rows}, 5)
    assert excluded.total == 0


def test_what_a_named_person_may_not_read_finds_nothing_of_a_sealed_file(district, row, officer):
    coordinator = UserFactory(role="volunteer_coordinator", serves=district.town)
    approve(coordinator, district.town)
    with scoped_to(officer):
        seal_record(row=row, reason="亲属在机关工作", named=[coordinator], actor=officer)

    with scoped_to(coordinator) as scope:
        by_name = search("王小田", kinds=["child-files"], scope=scope)
        by_number = search(row.file_number, kinds=["child-files"], scope=scope)

    assert (by_name.total, by_number.total) == (0, 1)


def test_a_seal_holds_where_the_file_moves(district, row, officer):
    clerk = UserFactory(role="town_clerk", serves=district.other_town)
    with scoped_to(officer):
        seal_record(row=row, reason="x", named=[], actor=officer)
    with unscoped("test"), change_set(actor=officer):
        row.refresh_from_db()
        row.village = district.foreign
        row.save()

    with scoped_to(clerk):
        assert not ChildFile.objects.filter(pk=row.pk).exists()


def test_a_deleted_record_opens_by_approval_too(client, district, police):
    row = ChildFileFactory(village=district.village, full_name="王小田", status=FileStatus.DRAFT)
    clerk = UserFactory(role="town_clerk", serves=district.town)
    with scoped_to(clerk):
        FILES.delete(row, actor=clerk, reason="重复建档")
    police.user_permissions.set(Permission.objects.all())
    answers = {}
    for person in (clerk, police):
        client.force_login(person)
        answers[person] = client.get(FILES.url("restore", row.pk))

    assert "王" not in answers[police].content.decode()
    assert [answers[clerk].status_code, answers[police].status_code] == [200, 302]


def test_the_seal_page_names_people_and_refuses_unknown_ones(client, row, officer, district):
    named = UserFactory(role="town_clerk", serves=district.town)
    client.force_login(officer)

    wrong = client.post(FILES.url("seal", row.pk), {"reason": "x", "usernames": "nobody"})
    right = client.post(
        FILES.url("seal", row.pk), {"reason": "x", "usernames": f"{named.username}"}
    )

    assert (wrong.status_code, right.status_code, opens(named, row)) == (422, 302, True)


# Every route of every ledger


def a_keeper(district):
    clerk = clerk_of(district.town)
    with scoped_to(clerk):
        keeper = Keeper(number="K-1", full_name=CANARY, town=district.town)
        keeper.save()
    return keeper


def about_rights(maker, **more):
    def made(district):
        child = ChildFileFactory(village=district.village)
        keeper = UserFactory(role="district_officer", serves=district.district)
        load_rules()
        with scoped_to(keeper):
            return maker(child, keeper, **more)

    return made


CANARY = "金丝雀"
MAKERS = {
    "consents": about_rights(a_consent, given_by=CANARY),
    "subject-requests": about_rights(a_request, requester_name=CANARY),
    "contact-blocks": about_rights(a_block, explanation=CANARY),
    "legal-holds": about_rights(
        lambda child, actor, **more: a_hold(actor, child_file=child, **more), reference=CANARY
    ),
    "child-files": lambda district: ChildFileFactory(village=district.village, full_name=CANARY),
    "pairings": lambda district: PairingFactory(
        child_file=ChildFileFactory(village=district.village), goals=CANARY
    ),
    "tool-loans": lambda district: lend(
        clerk_of(district.town), district.village, full_name=CANARY
    ),
    "keepers": a_keeper,
}


@pytest.mark.parametrize(
    "declared",
    [one for one in ledgers if needs_approval(one.model)],
    ids=lambda declared: declared.slug,
)
def test_every_record_route_asks_for_an_approval(declared, client, district):
    """In reach, with every right, and without an approval: no route answers with the record."""
    row = MAKERS[declared.slug](district)
    user = UserFactory(role="school", serves=district.town)
    user.user_permissions.set(Permission.objects.all())
    client.force_login(user)
    routes = [
        (name, address) for name, address in addresses(declared, row.pk) if str(row.pk) in address
    ]

    answers = {}
    for name, address in routes:
        for method in ("get", "post"):
            answer = getattr(client, method)(address, {"reason": ""})
            answers[name, method] = answer.status_code
            assert CANARY not in answer.content.decode(), (name, method)
            if answer.status_code == 302 and "import" not in address:
                assert answer.url == declared.url("ask", row.pk), (name, method)

    closed = {"view", "edit", "history", "delete", "seal", *(["do"] if declared.actions else [])}
    closed &= {name for name, _address in routes}
    assert {answers[name, method] for name in closed for method in ("get", "post")} == {302}
    assert type(row)._base_manager.filter(pk=row.pk, version=row.version).exists()


def test_only_approved_records_leave_and_the_rest_is_counted(client, district, row, police):
    other = ChildFileFactory(village=district.village)
    police.user_permissions.add(Permission.objects.get(codename="export_childfile"))
    with scoped_to(police):
        break_glass(row=row, reason="x", hours=1, actor=police)
    client.force_login(police)

    page = client.get(FILES.url("export"))
    answer = client.post(
        FILES.url("export"), {"download": "1", "columns": ["file_number"], "file_format": "csv"}
    )

    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert page.context["left_out"] == 1
    assert (row.file_number in body, other.file_number in body) == (True, False)
