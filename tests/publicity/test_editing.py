"""Editors at work: every page type can be opened, made and is put where it belongs."""

import pytest
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from core.accounts.models import User
from publicity.laws.models import ArticlePage

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client):
    account = User.objects.create_superuser(
        username="editor-in-chief", email="editor@example.invalid", password="x" * 16, name="编辑"
    )
    client.force_login(account)
    return client


@pytest.mark.parametrize(
    "name",
    ["home", "section", "law", "article", "news_index", "news", "calls", "call", "about"],
)
def test_page_of_every_kind_opens_in_the_editor(editor, portal, name):
    response = editor.get(reverse("wagtailadmin_pages:edit", args=[getattr(portal, name).pk]))

    assert response.status_code == 200


def test_pages_stand_only_where_they_belong(portal):
    allowed = {
        name: sorted(model.__name__ for model in getattr(portal, name).creatable_subpage_models())
        for name in ("section", "law", "article", "news_index", "news", "calls", "call", "about")
    }

    assert allowed == {
        "section": ["LawPage"],
        "law": ["ArticlePage"],
        "article": [],
        "news_index": ["NewsPage"],
        "news": [],
        "calls": ["RecruitmentPage"],
        "call": [],
        "about": ["SectionPage"],
    }


def test_second_page_for_the_same_article_is_refused(portal):
    form_class = ArticlePage.get_edit_handler().get_form_class()
    answers = nested_form_data(
        {
            "title": "又一页",
            "slug": "again",
            "article_number": "22",
            "article_sub": "0",
            "explanation": streamfield([]),
            "explanation_en": streamfield([]),
            "related_cases": streamfield([]),
            "related_articles": inline_formset([]),
            "comments": inline_formset([]),
        }
    )

    form = form_class(answers, instance=ArticlePage(), parent_page=portal.law)

    assert list(form.errors) == ["article_number"]


def test_settings_of_the_portal_open_in_the_editor(editor, portal):
    address = reverse("wagtailsettings:edit", args=["pages", "portalsettings"])

    assert editor.get(address, follow=True).status_code == 200
