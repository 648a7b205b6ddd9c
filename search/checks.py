"""Start-up checks: a wrong setting is named when the product starts, not when someone searches."""

from typing import Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from search.conf import cluster, engine_name, uses_cluster

ENGINES = ("database", "elasticsearch")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@register("search")
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Check that the engine exists and that its addresses can be addresses."""
    if engine_name() not in ENGINES:
        return [
            Error(
                f"SEARCH_ENGINE is {engine_name()!r}.",
                hint=f"Use one of: {', '.join(ENGINES)}.",
                id="search.E001",
            )
        ]
    if not uses_cluster():
        return []
    urls = cluster().urls
    if not urls:
        return [
            Error(
                "SEARCH_ENGINE is elasticsearch and ELASTICSEARCH_URL is empty.",
                hint="Give the address of at least one node, or use the database.",
                id="search.E002",
            )
        ]
    return [
        Error(
            "ELASTICSEARCH_URL holds something that is no address.",
            hint="Write https://host:9200; separate several with commas.",
            id="search.E003",
        )
        for url in urls
        if not _is_address(url)
    ]


@register(Tags.security, deploy=True)
def check_transport(**kwargs: Any) -> list[CheckMessage]:
    """Check that tokens and passwords travel encrypted to a node on another machine."""
    if not uses_cluster():
        return []
    plain = [
        url
        for url in cluster().urls
        if _is_address(url)
        and urlsplit(url).scheme == "http"
        and urlsplit(url).hostname not in LOOPBACK
    ]
    if not plain:
        return []
    return [
        Warning(
            "The search cluster is reached without TLS.",
            hint="Use https:// in ELASTICSEARCH_URL and give ELASTICSEARCH_CA.",
            id="search.W001",
        )
    ]


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # Reading the port raises where it is no number or too large.
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
