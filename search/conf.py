"""The search settings, read when they are needed."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class ClusterSettings:
    """How the Elasticsearch cluster is reached."""

    urls: tuple[str, ...]
    user: str
    password: str
    api_key: str
    ca_file: str
    prefix: str
    timeout_seconds: float


def engine_name() -> str:
    """Return ``database`` or ``elasticsearch``: who answers while all is well."""
    return str(getattr(settings, "SEARCH_ENGINE", "database"))


def uses_cluster() -> bool:
    """Return whether an Elasticsearch cluster is to answer."""
    return engine_name() == "elasticsearch"


def cluster() -> ClusterSettings:
    """Return how the cluster is reached; several addresses are separated by commas."""
    urls = (url.strip() for url in settings.ELASTICSEARCH_URL.split(","))
    return ClusterSettings(
        urls=tuple(url for url in urls if url),
        user=settings.ELASTICSEARCH_USER,
        password=settings.ELASTICSEARCH_PASSWORD,
        api_key=settings.ELASTICSEARCH_API_KEY,
        ca_file=settings.ELASTICSEARCH_CA,
        prefix=settings.ELASTICSEARCH_PREFIX,
        timeout_seconds=float(settings.ELASTICSEARCH_TIMEOUT),
    )
