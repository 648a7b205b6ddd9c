"""Loading the invented district into a database."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import models
from django.utils import translation
from wagtail.models import Collection, GroupPagePermission, Page, Site

from caseadmin.children.models import ChildFile, CustodySpell, FamilySituation, Kin
from caseadmin.children.selectors import eligibility
from caseadmin.desk.demo.accounts import PASSWORD
from caseadmin.pairings.models import Pairing
from caseadmin.volunteers.models import BackgroundCheck, Volunteer
from core.access.scope import scope_of, unscoped
from core.accounts.models import Role, User
from core.territories.models import Territory
from core.territories.selectors import name_on
from publicity.intake.models import VolunteerApplication
from publicity.laws.models import ArticlePage, LawPage
from publicity.news.models import NewsPage

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CASE_MODELS = (
    ChildFile,
    FamilySituation,
    Kin,
    CustodySpell,
    Volunteer,
    BackgroundCheck,
    Pairing,
    VolunteerApplication,
)


@pytest.fixture(scope="module")
def demo(django_db_setup: Any, django_db_blocker: Any) -> Iterator[str]:
    """The loaded district and what the loader printed; rolled back after the module."""
    from django.db import transaction

    out = StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_reference", stdout=StringIO())
        call_command("load_demo", stdout=out)
        yield out.getvalue()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _reach_everything(demo: str) -> Iterator[None]:
    with unscoped("tests of the demonstration"):
        yield


def state() -> dict[str, list[tuple[Any, ...]]]:
    """Everything a second load could change: keys, versions and history."""
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for model in CASE_MODELS:
        rows[model.__name__] = list(
            model._base_manager.order_by("pk").values_list("pk", "version", "updated_at")
        )
        history: type[models.Model] = model.history.model
        rows[f"{model.__name__} history"] = [(history._base_manager.count(),)]
    rows["pages"] = list(Page.objects.order_by("pk").values_list("pk", "title", "url_path"))
    rows["accounts"] = list(User.objects.order_by("pk").values_list("pk", "password"))
    rows["posts"] = list(User.objects.order_by("pk").values_list("pk", "posts"))
    rows["map"] = list(Territory.objects.order_by("pk").values_list("pk", "name"))
    return rows


def test_load_demo_counts() -> None:
    counts = {
        "child files": ChildFile._base_manager.count(),
        "volunteers": Volunteer._base_manager.count(),
        "pairings": Pairing._base_manager.count(),
        "applications": VolunteerApplication._base_manager.count(),
        "articles": ArticlePage.objects.live().count(),
        "laws": LawPage.objects.live().count(),
        "news": NewsPage.objects.live().count(),
    }

    assert counts == {
        "child files": 600,
        "volunteers": 80,
        "pairings": 60,
        "applications": 12,
        "articles": 20,
        "laws": 8,
        "news": 15,
    }


def test_load_demo_again_changes_nothing() -> None:
    before = state()

    call_command("load_reference", stdout=StringIO())
    call_command("load_demo", stdout=StringIO())

    assert state() == before


def test_load_demo_on_another_day_changes_nothing() -> None:
    before = state()

    call_command("load_demo", "--on", "2026-01-15", stdout=StringIO())

    assert state() == before


def test_load_demo_every_row_passes_its_own_rules() -> None:
    skipped = {"file_number", "volunteer_number", "pairing_number"}

    for model in CASE_MODELS:
        for row in model._base_manager.all():
            row.full_clean(exclude=skipped, validate_unique=False, validate_constraints=False)


def test_load_demo_every_row_has_history_with_an_actor() -> None:
    for model in CASE_MODELS:
        history = model.history.model._base_manager
        created = history.filter(history_type="+").count()

        assert created == model._base_manager.count()
        assert history.filter(history_user=None).count() == 0
        assert history.exclude(source__in=["demo", "portal"]).count() == 0


def test_load_demo_clerks_have_left_changes_with_a_reason() -> None:
    changed = ChildFile.history.model._base_manager.filter(history_type="~")

    assert changed.count() >= 25
    assert [row.pk for row in changed if not row.history_change_reason] == []
    assert set(changed.values_list("history_user__posts__role", flat=True)) == {"town_clerk"}


def test_load_demo_children_on_the_register_qualify() -> None:
    files = ChildFile._base_manager.filter(status="registered").prefetch_related("situations")
    refused = [file.file_number for file in files if not eligibility(file).eligible]

    assert refused == []


def test_load_demo_running_pairings_may_meet() -> None:
    running = Pairing._base_manager.filter(status__in=["trial", "active"])
    stopped = [p.pairing_number for p in running.select_related("volunteer") if not p.may_meet()]

    assert running.count() >= 50
    assert stopped == []


def test_load_demo_accounts_print_and_open(demo: str) -> None:
    clerk = User.objects.get(username="clerk-liuhe")

    assert "pages: 50 new" in demo
    assert f"Password of every account: {PASSWORD}" in demo
    assert clerk.check_password(PASSWORD)
    assert scope_of(clerk).prefixes == ("990101001",)
    assert scope_of(User.objects.get(username="worker-liushugou")).prefixes == ("990101001001",)
    assert scope_of(User.objects.get(username="system-admin")).prefixes == ()


def test_load_demo_every_role_has_an_account() -> None:
    held = set(User.objects.filter(posts__isnull=False).values_list("posts__role", flat=True))

    assert held == set(Role.objects.values_list("code", flat=True))


def test_load_demo_system_account_opens_nothing() -> None:
    actor = User.objects.get(username="demo")

    assert actor.is_system
    assert not actor.has_usable_password()


def test_load_demo_refused_where_settings_do_not_allow_it(settings: Any) -> None:
    settings.DEMO_DATA_ALLOWED = False

    with pytest.raises(CommandError, match="published password"):
        call_command("load_demo", stdout=StringIO())


def test_load_reference_keeps_former_names_and_merges() -> None:
    renamed = Territory.objects.get(name="雁归村")
    merged = Territory.objects.get(name="赵家冲村")

    assert name_on(renamed, renamed.valid_from) == "大雁滩村"
    assert merged.merged_into is not None
    assert merged.merged_into.name == "白果坪村"


def test_load_reference_leaves_no_english_name_of_wagtail() -> None:
    editor = Role.objects.get(code="editor").group

    assert Page.objects.get(depth=1).title == "全部页面"
    assert Collection.get_first_root_node().name == "全部文件"
    assert GroupPagePermission.objects.filter(group=editor, page__depth=1).count() == 3


@pytest.mark.parametrize("address", ["/", "/laws/", "/news/", "/volunteer/", "/about/"])
@pytest.mark.parametrize("language", ["", "/en"])
def test_portal_sections_open(client: Any, address: str, language: str) -> None:
    response = client.get(f"{language}{address}")

    assert response.status_code == 200


def test_portal_every_page_opens_in_both_languages(client: Any) -> None:
    root = Site.objects.get(is_default_site=True).root_page
    with translation.override("zh-hans"):
        addresses = [page.get_url() for page in root.get_descendants(inclusive=True).live()]
    answers = {
        f"{language}{address}": client.get(f"{language}{address}").status_code
        for address in addresses
        for language in ("", "/en")
    }

    assert {address: code for address, code in answers.items() if code != 200} == {}
    assert len(addresses) == 50
