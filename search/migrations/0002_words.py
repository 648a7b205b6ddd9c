"""Make the place for words that the database in use needs."""

from django.db import migrations


def make(apps, schema_editor):
    """Create the FTS5 table, or the tsvector column and its index."""
    if schema_editor.connection.vendor == "sqlite":
        # The tokenizer "ascii" takes every character above 127 for part of a word, which
        # is all our tokens need; "unicode61" does not know the newer Han characters.
        schema_editor.execute(
            "CREATE VIRTUAL TABLE search_words USING fts5(head, body, lookup, tokenize='ascii')"
        )
    elif schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE search_entry ADD COLUMN words tsvector NOT NULL DEFAULT ''"
        )
        schema_editor.execute(
            # Without the pending list every search costs the same, also after many saves.
            "CREATE INDEX search_words_gin ON search_entry USING gin (words)"
            " WITH (fastupdate = off)"
        )


def drop(apps, schema_editor):
    """Undo ``make``; a rebuild fills the index again."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE search_words")
    elif schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE search_entry DROP COLUMN words")


class Migration(migrations.Migration):
    dependencies = [("searches", "0001_initial")]

    operations = [migrations.RunPython(make, drop)]
