"""Look for planted words in everything that is written down somewhere."""

import json
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection

from core.crypto.fields import EncryptedTextField

from .world import World


def secret_words(world: World) -> dict[str, str]:
    """Return the words planted in fields of class 3 and 4, and where."""
    found = {}
    for place in world.places.values():
        for word, label in place.words.items():
            app, model, column = label.split(".")
            if isinstance(apps.get_model(app, model)._meta.get_field(column), EncryptedTextField):
                found[word] = f"{label} of {place.name}"
    return found


def forms_of(word: str) -> list[bytes]:
    """Return the ways a word may be written in a file."""
    return [
        word.encode(),
        json.dumps(word)[1:-1].encode(),
        word.encode("utf-16-le"),
        word.encode("gb18030"),
    ]


def found_in(content: bytes, words: Iterable[str]) -> list[str]:
    """Return the words a piece of content holds in any form."""
    return [word for word in words if any(form in content for form in forms_of(word))]


def sqlite_bytes() -> bytes:
    """Return the raw pages of the SQLite database, free ones included."""
    raw: sqlite3.Connection = connection.connection
    return raw.serialize()


def rows_of(table: str) -> bytes:
    """Return every row of a table as text."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        return "\n".join(repr(row) for row in cursor.fetchall()).encode()


def dump(environment: dict[str, str]) -> bytes:
    """Return what ``pg_dump`` writes, every row included."""
    given = connection.settings_dict
    return subprocess.run(
        [
            "pg_dump",
            "--enable-row-security",
            f"--host={given['HOST']}",
            f"--port={given['PORT']}",
            f"--username={given['USER']}",
            connection.settings_dict["NAME"],
        ],
        env={**environment, "PGPASSWORD": given["PASSWORD"], "PGOPTIONS": "-c tonghu.high=~"},
        check=True,
        capture_output=True,
    ).stdout


def files_below(folder: Path) -> bytes:
    """Return the content of every file below a folder."""
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def search_index() -> bytes:
    """Return what the search index of the database holds."""
    tables = [t for t in connection.introspection.table_names() if t.startswith("search")]
    if connection.vendor == "sqlite":
        tables = sorted({*tables, "search_words"})
    return b"\n".join(rows_of(table) for table in tables)


def cluster(node: Any) -> bytes:
    """Return every document of our indexes on an Elasticsearch node."""
    found = node.search(index=f"{settings.ELASTICSEARCH_PREFIX}*", size=10_000)
    return json.dumps(found["hits"]["hits"], ensure_ascii=False).encode()


def look(words: dict[str, str], stores: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, str]]:
    """Yield the store and the place of every word that stands somewhere in clear."""
    for name, content in stores:
        for word in found_in(content, words):
            yield name, words[word]
