"""The index that lives in the database: one row for each searchable thing.

The tokens stand beside it, in the FTS5 table ``search_words`` on SQLite and in the column
``words`` on PostgreSQL; migration 0002 makes whichever the database needs.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.access.register import FieldClasses


class SearchEntry(models.Model):
    """What limits and orders a hit.  No word of the document stands here.

    Attributes:
        object_id: The primary key as text; 32 hex digits where it is a UUID.
        recency: Seconds; newer things come first among equals.
        fingerprint: Digest of the stored tokens: an unchanged document is not written again.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64)
    confidential = models.BooleanField()
    territory_code = models.CharField(max_length=12, blank=True)
    language = models.CharField(max_length=8, blank=True)
    recency = models.BigIntegerField(default=0)
    fingerprint = models.CharField(max_length=24)
    indexed_at = models.DateTimeField(_("indexed at"))

    field_classes = FieldClasses(
        office=[
            "id",
            "kind",
            "object_id",
            "confidential",
            "territory_code",
            "language",
            "recency",
            "fingerprint",
            "indexed_at",
        ]
    )
    open_rows_sql = "NOT confidential"

    wagtail_reference_index_ignore = True

    class Meta:
        db_table = "search_entry"
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="one_entry_per_object", fields=["kind", "object_id"])
        ]
        indexes = [
            models.Index(name="entry_by_time", fields=["confidential", "indexed_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class IndexState(models.Model):
    """Which form of tokens an engine's index was built with.

    A different form or key in the code means that words would not be found: the check
    command then asks for a rebuild.
    """

    engine = models.CharField(max_length=20, primary_key=True)
    version = models.CharField(max_length=40)
    rebuilt_at = models.DateTimeField(_("rebuilt at"))

    wagtail_reference_index_ignore = True

    class Meta:
        db_table = "search_index_state"
        verbose_name = _("state of a search index")
        verbose_name_plural = _("states of search indexes")
        default_permissions = ()

    def __str__(self) -> str:
        return self.engine
