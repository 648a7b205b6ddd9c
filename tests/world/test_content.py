"""The invented portal content: complete in both languages, pointing at what exists."""

import json
from datetime import date
from typing import Any

from django.conf import settings

DEMO = settings.ROOT / "fixtures" / "demo"


def read(name: str) -> Any:
    return json.loads((DEMO / name).read_text(encoding="utf-8"))


def test_articles_are_complete() -> None:
    articles = read("laws.json")["articles"]

    assert len(articles) == 20
    for article in articles:
        assert [name for name, value in article.items() if not value] == []
        assert 2 <= len(article["explanation_zh"]) <= 5


def test_articles_point_at_laws_and_articles_that_exist() -> None:
    laws = read("laws.json")
    slugs = {article["slug"] for article in laws["articles"]}

    for article in laws["articles"]:
        assert article["law"] in laws["laws"]
        assert set(article["related"]) <= slugs - {article["slug"]}


def test_articles_each_stand_once_in_their_law() -> None:
    places = [(article["law"], article["article"]) for article in read("laws.json")["articles"]]

    assert len(set(places)) == len(places)


def test_summaries_fit_their_fields() -> None:
    laws = read("laws.json")
    rows = [*laws["articles"], *laws["laws"].values(), *read("news.json")]
    long = [
        row.get("slug") or row["short_zh"]
        for row in rows
        if len(row["summary_zh"]) > 200 or len(row["summary_en"]) > 400
    ]

    assert long == []


def test_news_are_fifteen_of_2026_newest_first() -> None:
    days = [date.fromisoformat(row["published_on"]) for row in read("news.json")]

    assert len(days) == 15
    assert {day.year for day in days} == {2026}
    assert days == sorted(days, reverse=True)


def test_english_texts_hold_no_chinese() -> None:
    rows = [*read("laws.json")["articles"], *read("news.json")]
    mixed = [
        (row["slug"], name)
        for row in rows
        for name, value in row.items()
        if name.endswith("_en")
        and any("一" <= character <= "鿿" for character in json.dumps(value, ensure_ascii=False))
    ]

    assert mixed == []
