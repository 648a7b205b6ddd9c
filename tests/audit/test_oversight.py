"""The audit administrator's pages, and planted misuse that must stand out."""

import io
from datetime import timedelta
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from caseadmin.oversight.selectors import KINDS, shown_findings
from core.access.scope import unscoped
from core.audit.models import CaseLogEntry
from core.audit.services import record
from tests.factories.children import ChildFileFactory
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def audit_admin(client, district):
    user = UserFactory(role="audit_admin", serves=district.district)
    client.force_login(user)
    return user


def looked(user, rows, *, days_ago, hour=10, action="tonghu.view"):
    """Write looks at rows on a weekday some days ago, at an hour of local time."""
    moment = timezone.localtime() - timedelta(days=days_ago)
    moment = moment.replace(hour=hour, minute=0, second=0, microsecond=0)
    for row in rows:
        CaseLogEntry.objects.log_action(row, action, user=user, timestamp=moment)


def weekdays_ago(count):
    """Return how many days ago the last few weekdays were, nearest first."""
    today = timezone.localdate()
    return [n for n in range(1, 40) if (today - timedelta(days=n)).weekday() < 5][:count]


def test_the_log_is_shown_filtered_and_exported_by_the_one_writer(client, district, audit_admin):
    row = ChildFileFactory(village=district.village, full_name="王小田")
    clerk = UserFactory(role="town_clerk", serves=district.town, name="周文书")
    record("tonghu.view", actor=clerk, instance=row)
    record("tonghu.search", actor=clerk, model=type(row), label="儿童档案", data={"hits": 3})

    whole = client.get(reverse("oversight:log"))
    one = client.get(reverse("oversight:log"), {"action": "tonghu.search"})
    answer = client.post(reverse("oversight:log") + "?action=tonghu.view")

    assert [(line.who, line.action) for line in one.context["lines"]] == [("周文书", "搜索")]
    assert row.file_number in whole.content.decode()
    assert "王小田" not in whole.content.decode()
    sheet = ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    body = "".join(sheet.read(name).decode() for name in sheet.namelist() if name.endswith("xml"))
    assert (row.file_number in body, "搜索" in body) == (True, False)
    last = CaseLogEntry.objects.order_by("-sequence").first()
    assert (last.action, last.user_id, last.data["rows"]) == ("tonghu.export", audit_admin.pk, 1)


def test_the_log_says_when_it_was_last_checked(client, audit_admin):
    def said():
        return client.get(reverse("oversight:log")).content.decode()

    before = said()
    call_command("verify_audit")

    assert ("尚未有人核查" in before, "篡改核查" in before) == (True, False)
    assert "未发现异常" in said()


def test_the_log_calls_fields_by_their_names_on_the_form(client, district, audit_admin):
    row = ChildFileFactory(village=district.village)
    record("wagtail.edit", actor=audit_admin, instance=row, data={"fields": ["notes", "kin.phone"]})

    page = client.get(reverse("oversight:log"))

    assert [line.detail for line in page.context["lines"]] == ["备注、联系电话"]


@pytest.mark.parametrize("role", ["town_clerk", "auditor", "system_admin", "district_officer"])
@pytest.mark.parametrize("name", ["log", "outliers"])
def test_nobody_else_reads_the_whole_log(client, district, role, name):
    client.force_login(UserFactory(role=role, serves=district.district))

    assert client.get(reverse(f"oversight:{name}")).status_code == 302


@pytest.mark.parametrize("count", [1, 40])
def test_the_log_costs_the_same_for_any_number_of_entries(
    client, district, audit_admin, count, django_assert_max_num_queries
):
    row = ChildFileFactory(village=district.village)
    for _ in range(count):
        record("tonghu.view", actor=audit_admin, instance=row)
    client.get(reverse("oversight:log"))

    with django_assert_max_num_queries(16):
        client.get(reverse("oversight:log"))


def test_planted_misuse_stands_out_and_ordinary_work_does_not(district, client, audit_admin):
    rows = [ChildFileFactory(village=district.village, full_name=f"赵小{n}") for n in "一二三四"]
    rows += [ChildFileFactory(village=district.village, full_name=f"李小{n}") for n in range(28)]
    days = weekdays_ago(6)
    names = {
        "quiet": "孙文书",
        "curious": "周文书",
        "late": "吴文书",
        "asking": "郑民警",
        "kin": "赵文书",
    }
    who = {key: UserFactory(username=key, name=name) for key, name in names.items()}
    for user in who.values():
        for day in days[1:]:
            looked(user, rows[4:9], days_ago=day)
    looked(who["quiet"], rows[4:10], days_ago=days[0])
    looked(who["curious"], rows[4:30], days_ago=days[0])
    looked(who["late"], rows[4:9], days_ago=days[0], hour=22)
    looked(who["asking"], rows[4:7], days_ago=days[0], action="tonghu.break_glass")
    looked(who["kin"], rows[:4], days_ago=days[0])

    with unscoped("test"):
        day = timezone.localdate() - timedelta(days=days[0])
        found = shown_findings(day, day)
    page = client.get(reverse("oversight:outliers")).content.decode()

    assert {(one.username, one.kind) for one in found} == {
        ("curious", KINDS["many"]),
        ("late", KINDS["hours"]),
        ("asking", KINDS["requests"]),
        ("kin", KINDS["surname"]),
    }
    assert ("curious" in page, "quiet" in page) == (True, False)


def test_the_command_prints_the_findings(capsys, district):
    call_command("audit_outliers", days=3)

    assert capsys.readouterr().out == "0 findings\n"
