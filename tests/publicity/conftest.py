"""A portal with a page of every kind, and a form as a patient person fills it in."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import signing

from publicity.intake import forms
from tests.factories.portal import (
    ArticlePageFactory,
    LawPageFactory,
    LawSectionPageFactory,
    NewsIndexPageFactory,
    NewsPageFactory,
    RecruitmentIndexPageFactory,
    RecruitmentPageFactory,
    SectionPageFactory,
    portal_home,
)


@pytest.fixture
def portal(db: Any) -> SimpleNamespace:
    """One page of each kind."""
    home = portal_home()
    section = LawSectionPageFactory(parent=home)
    law = LawPageFactory(parent=section, slug="law")
    news_index = NewsIndexPageFactory(parent=home)
    calls = RecruitmentIndexPageFactory(parent=home)
    return SimpleNamespace(
        home=home,
        section=section,
        law=law,
        article=ArticlePageFactory(parent=law, slug="article-22", article_number=22),
        news_index=news_index,
        news=NewsPageFactory(parent=news_index, slug="notice"),
        calls=calls,
        call=RecruitmentPageFactory(parent=calls, slug="reading"),
        about=SectionPageFactory(parent=home, slug="about"),
    )


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """``token(age=…)`` returns a form's token that was made so many seconds ago."""

    def make(*, age: float = 60, key: str = "a-form-key-of-the-tests") -> str:
        real = signing.time.time
        with monkeypatch.context() as patched:
            patched.setattr(signing.time, "time", lambda: real() - age)
            return signing.TimestampSigner(salt=forms._SALT).sign(key)

    return make


@pytest.fixture
def answers(district: Any, token: Callable[..., str]) -> Callable[..., dict[str, Any]]:
    """``answers(phone="…")`` returns a filled-in form with some answers changed."""

    def fill(**changed: Any) -> dict[str, Any]:
        filled = {
            "full_name": "周小满",
            "phone": "199 0000 0001",
            "born_on": "1990-05-06",
            "id_number": "",
            "team": "other",
            "village": district.village.code,
            "available_times": ["weekend"],
            "skills": ["reading", "sports"],
            "motivation": "想陪孩子读书。",
            "consent": "on",
            "company": "",
            "token": token(),
        }
        return {**filled, **changed}

    return fill
