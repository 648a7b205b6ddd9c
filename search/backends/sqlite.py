"""The index on SQLite: an FTS5 table with its plainest tokenizer."""

from collections.abc import Sequence
from itertools import combinations

from django.db import connection
from django.db.models import CharField, F, Func

from search.backends.base import Row
from search.backends.database import DatabaseEngine
from search.query import (
    All,
    AnyOf,
    AtLeast,
    Key,
    Lookup,
    Node,
    Phrase,
    Without,
    all_of,
    any_of,
)


def written_out(node: AtLeast) -> Node:
    """Return "so many of these" as the combinations it stands for."""
    return any_of(all_of(some) for some in combinations(node.parts, node.count))


def fts5(node: Node, key: Key) -> str:
    """Write a condition as an FTS5 query.

    Tokens hold letters and digits only and stand in quotes, so nothing a user typed can
    be read as an operator.
    """
    match node:
        case Phrase(tokens, head):
            phrase = '"' + " ".join(map(key, tokens)) + '"'
            return f"{{head}} : {phrase}" if head else f"{{head body}} : {phrase}"
        case Lookup(token):
            return f'lookup : "{key(token)}"'
        case All(parts):
            return "(" + " AND ".join(fts5(part, key) for part in parts) + ")"
        case AnyOf(parts):
            return "(" + " OR ".join(fts5(part, key) for part in parts) + ")"
        case AtLeast():
            return fts5(written_out(node), key)
        case Without(wanted, unwanted):
            return f"({fts5(wanted, key)} NOT {fts5(unwanted, key)})"
        case _:
            raise TypeError(f"cannot be asked of an engine: {node!r}")


class SQLiteEngine(DatabaseEngine):
    """FTS5 with three columns: head, body and look-ups."""

    # The plus keeps SQLite from walking every entry of a kind and looking each up among the
    # matches; it then starts from the matches.
    kind_column = Func(F("kind"), template="+%(expressions)s", output_field=CharField())
    match_sql = "id IN (SELECT rowid FROM search_words WHERE search_words MATCH %s)"

    def _write_words(self, rows: Sequence[tuple[int, Row]]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT OR REPLACE INTO search_words (rowid, head, body, lookup)"
                " VALUES (%s, %s, %s, %s)",
                [
                    (
                        entry_id,
                        " ".join(row.tokens.head),
                        " ".join(row.tokens.body),
                        " ".join(row.tokens.lookup),
                    )
                    for entry_id, row in rows
                ],
            )

    def _drop_words(self, entry_ids: Sequence[int]) -> None:
        if not entry_ids:
            return
        with connection.cursor() as cursor:
            cursor.executemany(
                "DELETE FROM search_words WHERE rowid = %s", [(entry_id,) for entry_id in entry_ids]
            )

    def compiled(self, node: Node, key: Key) -> str:
        """Write a condition as an FTS5 query."""
        return fts5(node, key)

    def optimise(self) -> None:
        """Merge the index into one piece; deleted tokens leave the file only then."""
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_words (search_words) VALUES ('optimize')")
