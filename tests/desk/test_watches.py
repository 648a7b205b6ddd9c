"""Those without a ledger have a desk too: accounts, posts, tries, files, pages."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from caseadmin.desk.reference import prepare_wagtail
from caseadmin.desk.selectors import duties_of
from caseadmin.desk.watches import WATCHES, watch_charts
from caseadmin.ledgers import ledgers
from core.access.scope import scoped_to
from core.accounts.models import Post, SignInAttempt
from core.audit.services import record
from tests.factories.children import ChildFileFactory
from tests.factories.core import PostFactory, UserFactory, role_called
from tests.factories.portal import ArticlePageFactory

pytestmark = pytest.mark.django_db

ROLES = ("system_admin", "security_admin", "audit_admin", "editor", "auditor", "town_clerk")


def waiting(district):
    """One row of everything, and the people who are told of it."""
    people = {code: UserFactory(role=code, serves=district.district) for code in ROLES}
    today = timezone.localdate()
    Post.objects.filter(user=people["town_clerk"]).update(held_to=today + timedelta(days=9))
    PostFactory(user=people["auditor"], held_from=today)
    SignInAttempt.objects.create(user=people["editor"], outcome=SignInAttempt.Outcome.WRONG)
    files = ledgers.get("child-files")
    record("tonghu.export", actor=people["town_clerk"], model=files.model, label="儿童信息档案")
    role_called("editor")
    prepare_wagtail()
    page = ArticlePageFactory()
    page.save_revision()
    Page.objects.filter(pk=page.pk).update(has_unpublished_changes=True)
    Page.objects.filter(pk=page.pk).update(go_live_at=timezone.now() + timedelta(days=3))
    return people


def told(person):
    with scoped_to(person):
        return {str(n.label): n for n in duties_of(person) if "/waiting/" in n.url}


def test_each_administrator_and_editor_is_told_of_their_own(client, district):
    people = waiting(district)

    labels = {code: {n.url.split("/")[-2] for n in told(p).values()} for code, p in people.items()}

    assert labels == {
        "system_admin": {"no-second-factor", "ending-posts"},
        "security_admin": {
            "no-second-factor",
            "ending-posts",
            "new-posts",
            "refused-sign-ins",
        },
        "audit_admin": {"exports"},
        "editor": {"drafts", "scheduled"},
        "auditor": set(),
        "town_clerk": set(),
    }


def test_each_number_opens_exactly_its_rows(client, district):
    people = waiting(district)
    for person in people.values():
        client.force_login(person)
        for number in told(person).values():
            page = client.get(number.url)
            assert (page.context["items_count"], len(page.context["lines"])) == (
                number.count,
                number.count,
            ), number


def test_whoever_is_not_told_of_a_list_does_not_open_it(client, district):
    people = waiting(district)
    client.force_login(people["town_clerk"])

    codes = {client.get(watch.url).status_code for watch in WATCHES}
    client.force_login(people["audit_admin"])
    unknown = client.get(reverse("desk_watch", args=["nothing"]))

    assert (codes, unknown.status_code) == ({302}, 404)


def test_their_desks_have_charts_with_tables(client, district):
    people = waiting(district)
    names = {}
    for code in ("system_admin", "security_admin", "audit_admin", "editor"):
        client.force_login(people[code])
        page = client.get(reverse("wagtailadmin_home")).content.decode()
        assert page.count("<details") == page.count("<figure") > 0, code
        names[code] = [chart.name for chart in watch_charts(people[code])]

    assert names == {
        "system_admin": ["posts-by-role"],
        "security_admin": ["posts-by-role"],
        "audit_admin": ["log-by-day"],
        "editor": ["pages-by-state"],
    }


@pytest.mark.parametrize("accounts", [1, 30])
def test_the_home_page_of_administrators_takes_no_more_queries_for_many(
    client, district, accounts, django_assert_max_num_queries
):
    person = UserFactory(role="security_admin", serves=district.district)
    for _each in range(accounts):
        UserFactory(role="town_clerk", serves=district.town)
    client.force_login(person)
    client.get(reverse("wagtailadmin_home"))

    with django_assert_max_num_queries(45):
        client.get(reverse("wagtailadmin_home"))


def test_an_opening_nobody_reviewed_is_told_once(client, district):
    from core.approvals.services import break_glass

    child = ChildFileFactory(village=district.village)
    police = UserFactory(role="police", serves=district.town)
    with scoped_to(police):
        break_glass(row=child, reason="正在施暴", hours=1, actor=police)
    found = {}
    for code in ("auditor", "district_officer"):
        person = UserFactory(role=code, serves=district.district)
        with scoped_to(person):
            found[code] = [n.url for n in duties_of(person) if "status=opened" in n.url]

    assert {code: len(urls) for code, urls in found.items()} == {
        "auditor": 1,
        "district_officer": 1,
    }
