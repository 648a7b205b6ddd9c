"""The desk shows each person their own numbers, in a fixed number of queries."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from caseadmin.desk.selectors import DUTIES, duties_of, numbers_of
from caseadmin.ledgers import Condition
from caseadmin.ledgers.charts import drawn_charts
from caseadmin.ledgers.filters import matching, open_filters
from caseadmin.ledgers.registry import ledgers
from caseadmin.ledgers.sight import Sight
from caseadmin.rights.enums import RequestStatus
from core.access.scope import scoped_to, unscoped
from core.accounts.models import Role
from core.accounts.selectors import system_account
from core.approvals.models import Approval
from core.approvals.services import ask_for_access, break_glass
from core.history.context import change_set
from tests.factories.children import ChildFileFactory, CustodySpellFactory
from tests.factories.core import UserFactory
from tests.factories.intake import VolunteerApplicationFactory
from tests.factories.pairings import PairingFactory
from tests.factories.rights import a_request, load_rules
from tests.factories.volunteers import VolunteerFactory

pytestmark = pytest.mark.django_db


def counts(numbers):
    return {number.url.split("/")[2]: number.count for number in numbers}


def test_numbers_count_what_lies_in_ones_own_territories(district):
    ChildFileFactory(village=district.village)
    ChildFileFactory(village=district.foreign)
    clerk = UserFactory(role="town_clerk", serves=district.town)

    with scoped_to(clerk):
        assert counts(numbers_of(clerk))["child-files"] == 1


def test_what_is_done_does_not_wait(district):
    clerk = UserFactory(role="town_clerk", serves=district.town)

    with scoped_to(clerk):
        assert list(duties_of(clerk)) == []


def test_a_sixteenth_birthday_within_ninety_days_waits(district):
    today = timezone.localdate()
    soon = today + timedelta(days=30)
    ChildFileFactory(village=district.village, born_on=soon.replace(year=soon.year - 16))
    clerk = UserFactory(role="town_clerk", serves=district.town)

    with scoped_to(clerk):
        waiting = {str(n.label): n.count for n in duties_of(clerk, today)}

    assert len(waiting) == 2  # the birthday, and that nobody is on file as carer


def fill_in(**rows):
    """Write values into stored rows, as a later day would find them."""
    with unscoped("test"), change_set(actor=system_account(), source="command"):
        for row, values in rows.values():
            for name, value in values.items():
                setattr(row, name, value)
            row.save()


def a_full_desk(district):
    """One of everything that may wait, and beside it one that does not."""
    today = timezone.localdate()
    soon = today + timedelta(days=30)
    load_rules()
    cared_for = ChildFileFactory(village=district.village)
    CustodySpellFactory(child_file=cared_for)
    ChildFileFactory(village=district.village, born_on=soon.replace(year=soon.year - 16))
    pairing = PairingFactory(child_file=cared_for)
    nearly_a_year_ago = today - timedelta(days=340)
    VolunteerFactory(village=district.village, ready=True, checked_on=nearly_a_year_ago)
    VolunteerApplicationFactory(village=district.village)
    with unscoped("test"):
        late = a_request(cared_for, system_account())
        stopped = a_request(cared_for, system_account(), requester_name="吴阻止")
    fill_in(
        late=(late, {"due_on": today - timedelta(days=1)}),
        stopped=(stopped, {"status": RequestStatus.BLOCKED, "due_on": soon}),
        pairing=(pairing, {"status": "suspended"}),
    )
    police = UserFactory(role="police", serves=district.town)
    with scoped_to(police):
        ask_for_access(row=cared_for, reason="走失警情核查", hours=1, actor=police)
        break_glass(row=cared_for, reason="正在施暴", hours=1, actor=police)
    leaving = UserFactory(role="village_worker", serves=district.village)
    approval = Approval._base_manager.get(person=leaving)
    fill_in(approval=(approval, {"ends_at": timezone.now() + timedelta(days=30)}))


def test_each_number_opens_exactly_the_list_behind_it(client, district):
    UserFactory(role="district_officer", serves=district.district)
    a_full_desk(district)
    seen = set()

    for role in Role.objects.order_by("code"):
        person = UserFactory(role=role.code, serves=district.town)
        client.force_login(person)
        with scoped_to(person):
            numbers = [*duties_of(person), *numbers_of(person)]
        for number in numbers:
            page = client.get(number.url)
            seen.add(str(number.label))
            assert page.context["items_count"] == number.count, (role.code, number)
            # The list of posts is no ledger and has no filters.
            filters = getattr(page.context["view"], "active_filters", {})
            assert ("?" in number.url) == bool(filters), number

    assert {*(str(duty.label) for duty in DUTIES), "待确认的岗位"} <= seen


def test_a_condition_is_offered_to_who_reads_all_it_is_made_of(district):
    auditor = UserFactory(role="auditor", serves=district.town)

    class Files(ledgers.get("child-files")):
        filters = (
            Condition("by_status", "x", lambda rows, day: rows, reads=["status"]),
            Condition("by_phone", "x", lambda rows, day: rows, reads=["status", "kin.phone"]),
        )
        runtime_fields = False

    with scoped_to(auditor):
        assert open_filters(Files, Sight()) == ["by_status"]
        assert matching(Files, {"by_phone": ["yes"]}, Sight()) is None


def test_a_role_without_the_right_to_act_is_asked_for_nothing(district):
    ChildFileFactory(village=district.village)
    auditor = UserFactory(role="auditor", serves=district.district)

    with scoped_to(auditor):
        assert list(duties_of(auditor)) == []


@pytest.mark.parametrize("files", [1, 30])
def test_the_home_page_takes_the_same_queries_for_one_file_and_for_thirty(
    client, district, files, django_assert_max_num_queries
):
    ChildFileFactory.create_batch(files, village=district.village)
    client.force_login(UserFactory(role="town_clerk", serves=district.town))
    client.get(reverse("wagtailadmin_home"))

    with django_assert_max_num_queries(25):
        page = client.get(reverse("wagtailadmin_home"))

    assert (page.status_code, 'class="desk"' in page.content.decode()) == (200, True)


def test_nothing_on_the_home_page_leads_out_of_the_server(client, district):
    client.force_login(UserFactory(role="editor", serves=district.district))

    page = client.get(reverse("wagtailadmin_home")).content.decode()

    assert re.findall(r"https?://[^\s\"]+", page) == []


# Charts


def drawn(user, slug):
    with scoped_to(user):
        return {chart.name: chart for chart in drawn_charts(ledgers.get(slug))}


def test_bars_count_what_lies_in_ones_own_territories_and_lead_to_it(client, district):
    ChildFileFactory.create_batch(2, village=district.village, care_type="nobody")
    ChildFileFactory(village=district.sibling, care_type="fair")
    ChildFileFactory(village=district.foreign, care_type="nobody")
    clerk = UserFactory(role="town_clerk", serves=district.town)

    charts = drawn(clerk, "child-files")
    care = charts["child-files-care_type"]
    places = charts["child-files-village"]

    assert [(bar.count, bar.share, bar.tone) for bar in care.bars] == [
        (2, 100, "critical"),
        (1, 50, "info"),
    ]
    assert [(bar.label, bar.count) for bar in places.bars] == [("柳树沟村", 2), ("上柳树沟村", 1)]
    client.force_login(clerk)
    listed = client.get(care.bars[0].url)
    assert (listed.status_code, listed.context["items_count"]) == (200, 2)
    assert client.get(places.bars[1].url).context["items_count"] == 1


def test_who_serves_a_district_sees_towns(district):
    ChildFileFactory(village=district.village)
    ChildFileFactory.create_batch(2, village=district.foreign)
    officer = UserFactory(role="district_officer", serves=district.district)

    places = drawn(officer, "child-files")["child-files-village"]

    assert [(bar.label, bar.count) for bar in places.bars] == [("柳河镇", 1), ("石桥镇", 2)]


def test_each_chart_has_a_table_of_the_same_numbers(client, district):
    ChildFileFactory.create_batch(3, village=district.village, care_type="nobody")
    client.force_login(UserFactory(role="town_clerk", serves=district.town))

    page = client.get(reverse("wagtailadmin_home")).content.decode()

    assert page.count("<details") == page.count("<figure") > 0
    assert re.search(r'<tr><th scope="row">无人监护</th><td>3</td></tr>', page)
    assert "style=" not in page[page.index("desk-charts") : page.rindex("</figure>")]


def test_an_empty_area_has_no_charts(district):
    clerk = UserFactory(role="town_clerk", serves=district.town)

    assert drawn(clerk, "child-files") == {}


def test_the_search_box_carries_its_words_in_the_body(client, district):
    ChildFileFactory(village=district.village, full_name="王小田")
    client.force_login(UserFactory(role="town_clerk", serves=district.town))
    home = client.get(reverse("wagtailadmin_home")).content.decode()
    action = re.search(r'<form class="desk__search" method="post" action="([^"]+)"', home).group(1)

    assert client.post(action, {"words": "小田"}).context["searched"] is True
