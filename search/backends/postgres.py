"""The index on PostgreSQL: a tsvector written literally, past every parser, under GIN."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import CharField, F, Func

from search.analysis import GAP, Tokens
from search.backends.base import Row
from search.backends.database import DatabaseEngine
from search.backends.sqlite import written_out
from search.query import All, AnyOf, AtLeast, Key, Lookup, Node, Phrase, Without


def tsvector(tokens: Tokens) -> str:
    """Write stored tokens as a tsvector literal.

    The head has weight A; a gap and the border between head and body only use up a
    position; look-ups have no position.
    """
    places: dict[str, list[str]] = {}
    for index, token in enumerate(tokens.head, start=1):
        if token != GAP:
            places.setdefault(token, []).append(f"{index}A")
    for index, token in enumerate(tokens.body, start=len(tokens.head) + 2):
        if token != GAP:
            places.setdefault(token, []).append(str(index))
    words = [f"'{token}':{','.join(positions)}" for token, positions in places.items()]
    words.extend(f"'{token}'" for token in tokens.lookup)
    return " ".join(words)


def tsquery(node: Node, key: Key) -> str:
    """Write a condition as a tsquery literal; tokens hold letters and digits only."""
    match node:
        case Phrase(tokens, head):
            weight = ":A" if head else ""
            return "(" + " <-> ".join(f"'{key(token)}'{weight}" for token in tokens) + ")"
        case Lookup(token):
            return f"'{key(token)}'"
        case All(parts):
            return "(" + " & ".join(tsquery(part, key) for part in parts) + ")"
        case AnyOf(parts):
            return "(" + " | ".join(tsquery(part, key) for part in parts) + ")"
        case AtLeast():
            return tsquery(written_out(node), key)
        case Without(wanted, unwanted):
            return f"({tsquery(wanted, key)} & !{tsquery(unwanted, key)})"
        case _:
            raise TypeError(f"cannot be asked of an engine: {node!r}")


class PostgresEngine(DatabaseEngine):
    """A tsvector column of the entry table."""

    # Joined to nothing, so that the unique index over kinds does not look cheaper than GIN.
    kind_column = Func(F("kind"), template="(%(expressions)s || '')", output_field=CharField())
    match_sql = "words @@ %s::tsquery"

    def _write_words(self, rows: Sequence[tuple[int, Row]]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE search_entry SET words = %s::tsvector WHERE id = %s",
                [(tsvector(row.tokens), entry_id) for entry_id, row in rows],
            )

    def _drop_words(self, entry_ids: Sequence[int]) -> None:
        """Do nothing: the words go with the entry, or are overwritten in it."""

    def compiled(self, node: Node, key: Key) -> str:
        """Write a condition as a tsquery."""
        return tsquery(node, key)

    def optimise(self) -> None:
        """Give the planner fresh figures, where we own the table.

        For a role that owns nothing PostgreSQL skips it; autovacuum does the same soon after.
        """
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE search_entry")
