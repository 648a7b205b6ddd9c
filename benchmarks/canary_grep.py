"""Plant a word in every field of class 3 and 4, use the product, and look where words stand.

    python benchmarks/canary_grep.py                              SQLite, in a folder of its own
    DATABASE_URL=postgresql://… python benchmarks/canary_grep.py   with pg_dump
    TEST_ELASTICSEARCH_URL=... python benchmarks/canary_grep.py      with a search node as well

Prints how many words were looked for in how many stores; exits with 1 where one was found.
"""

import logging
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "site")]
FOLDER = Path(tempfile.mkdtemp(prefix="tonghu-canaries-"))
os.environ.setdefault("DATABASE_URL", f"sqlite:///{FOLDER / 'database' / 'db.sqlite3'}")
os.environ["TONGHU_VAR"] = str(FOLDER / "var")
os.environ["TMPDIR"] = str(FOLDER / "temp")
tempfile.tempdir = os.environ["TMPDIR"]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
for part in ("database", "var", "temp", "log"):
    (FOLDER / part).mkdir()
if os.environ.get("TEST_ELASTICSEARCH_URL"):
    os.environ.setdefault("SEARCH_ENGINE", "elasticsearch")
    os.environ.setdefault("ELASTICSEARCH_URL", os.environ["TEST_ELASTICSEARCH_URL"])

import django  # noqa: E402
from django.conf import settings  # noqa: E402

settings.CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "tonghu_cache",
    }
}
settings.STORAGES = {
    **settings.STORAGES,
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
}
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from core.access.scope import unscoped  # noqa: E402
from search.conf import uses_cluster  # noqa: E402
from search.indexing import rebuild_cluster  # noqa: E402
from tests.probe import stores  # noqa: E402
from tests.probe.walk import Report, Walk  # noqa: E402
from tests.probe.world import PLACES, build  # noqa: E402


def collected() -> list[tuple[str, bytes]]:
    """Return every place where the product writes things down."""
    found = [
        ("search index", stores.search_index()),
        ("cache", stores.rows_of("tonghu_cache")),
        ("sessions", stores.rows_of("django_session")),
        ("media and other files", stores.files_below(FOLDER / "var")),
        ("temporary files", stores.files_below(FOLDER / "temp")),
        ("log", stores.files_below(FOLDER / "log")),
    ]
    if connection.vendor == "postgresql":
        return [("pg_dump", stores.dump(dict(os.environ))), *found]
    # The file as it lies on the disk, and its write-ahead log.
    return [("database file", stores.files_below(FOLDER / "database")), *found]


def main() -> int:
    """Plant, use, look."""
    handler = logging.FileHandler(FOLDER / "log" / "all.log")
    handler.setLevel(logging.DEBUG)
    logging.getLogger().handlers[:] = [handler]
    in_test_database = connection.vendor == "postgresql"
    if in_test_database:
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
    else:
        call_command("migrate", verbosity=0)
    call_command("createcachetable")
    try:
        world = build()
        words = stores.secret_words(world)
        walk = Walk(world, report := Report(), ways="short")
        walk.go(world.person("district_officer", "town"), "district_officer", ["village"])
        with unscoped("canaries"):
            kept = collected()
        if uses_cluster():
            from search.backends.elasticsearch9 import ElasticsearchEngine, _client

            rebuild_cluster()
            kept.append(("Elasticsearch", stores.cluster(_client(ElasticsearchEngine().settings))))
        hits = list(stores.look(words, kept))
    finally:
        if in_test_database:
            connection.creation.destroy_test_db("", verbosity=0)
    for name, where in hits[:40]:
        print(f"{name}: {where}")
    for name, content in kept:
        print(f"{name:24}{len(content):14,} bytes")
    print(
        f"\n{len(words)} canaries in {len(PLACES)} villages x {len(kept)} stores, after"
        f" {report.probes:,} requests: {len(hits)} in clear"
    )
    return int(bool(hits) or not words)


if __name__ == "__main__":
    sys.exit(main())
