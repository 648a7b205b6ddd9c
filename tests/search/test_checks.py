"""Wrong settings are named at the start."""

from typing import Any

import pytest

from search.checks import check_settings, check_transport


@pytest.mark.parametrize(
    ("engine", "url", "expected"),
    [
        ("database", "", []),
        ("solr", "", ["search.E001"]),
        ("elasticsearch", "", ["search.E002"]),
        ("elasticsearch", "localhost:9200", ["search.E003"]),
        ("elasticsearch", "http://127.0.0.1:99999", ["search.E003"]),
        ("elasticsearch", "https://a.example:9200, https://b.example:9200", []),
    ],
)
def test_settings_are_checked(settings: Any, engine: str, url: str, expected: list[str]) -> None:
    settings.SEARCH_ENGINE = engine
    settings.ELASTICSEARCH_URL = url

    assert [message.id for message in check_settings()] == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:9200", []),
        ("https://search.example:9200", []),
        ("http://search.example:9200", ["search.W001"]),
    ],
)
def test_plain_transport_to_another_machine_is_named(
    settings: Any, url: str, expected: list[str]
) -> None:
    settings.SEARCH_ENGINE = "elasticsearch"
    settings.ELASTICSEARCH_URL = url

    assert [message.id for message in check_transport()] == expected
