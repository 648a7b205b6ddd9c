"""Wagtail's log, made safe for case files, and made so that tampering shows.

The stock log copies ``str(object)`` into every entry, keeps it after deletion and shows
it to whoever holds any right on the model.  Here an entry holds a number, carries its
territory, and is seen only by those who serve it.

Every entry is tied to the one before by a keyed code (see ``chain``).  The database
refuses changes and deletions (see ``append_only``); who gets round that without the key
is found by ``verify_audit``.

Legal source: 未成年人网络保护条例 art. 36 (access to minors' information is recorded);
网络安全法 art. 23 (3) (logs are kept for at least six months).
"""

import uuid
from contextvars import ContextVar
from typing import Any

from django.db import IntegrityError, connections, models, router, transaction
from django.utils.translation import gettext_lazy as _
from wagtail.models.audit_log import BaseLogEntry, BaseLogEntryManager

from core.access.opening import sealed_away_from
from core.access.register import FieldClasses, Kind
from core.access.scope import scope_of
from core.crypto.fields import EncryptedTextField

from .chain import HEAD_SEEN, START, seal

HEAD = 1

_head_seen: ContextVar[str] = ContextVar("tonghu_head_seen", default="")


class ChainIsFixed(RuntimeError):
    """Code tried to change or delete an entry of the log."""


class CaseLogEntryManager(BaseLogEntryManager):
    def log_action(self, instance: Any, action: str, **kwargs: Any) -> "CaseLogEntry":
        # A title handed over by a generic view may hold a name; the number never does.
        kwargs["title"] = str(instance)
        kwargs["object_id"] = str(instance.pk)
        kwargs["territory_code"] = getattr(instance, "territory_code", "")
        token = _head_seen.set(instance.__dict__.pop(HEAD_SEEN, ""))
        try:
            return super().log_action(instance, action, **kwargs)  # type: ignore[no-any-return]
        finally:
            _head_seen.reset(token)

    def bulk_create(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: each entry needs the one before it.

        Raises:
            ChainIsFixed: Always.
        """
        raise ChainIsFixed("Entries of the log are written one by one.")

    def viewable_by_user(self, user: Any) -> Any:
        """Keep entries of models the user has a right on, in territories they serve.

        What seals keep from them is in no list, this one neither.
        """
        entries = self.get_queryset() if user.is_superuser else super().viewable_by_user(user)
        entries = entries.filter(scope_of(user).q())
        return entries.exclude(object_id__in=sealed_away_from(user))

    def for_instance(self, instance: Any) -> Any:
        return self.get_for_model(type(instance)).filter(object_id=str(instance.pk))


class CaseLogEntry(BaseLogEntry):
    """One action on one case-bound row, or on a ledger as a whole (empty object id)."""

    object_id = models.CharField(max_length=36, db_index=True, blank=True)
    territory_code = models.CharField(max_length=12, db_index=True, blank=True)
    sequence = models.PositiveBigIntegerField(unique=True, editable=False)
    key_number = models.PositiveSmallIntegerField(editable=False)
    previous = models.CharField(max_length=64, editable=False)
    code = models.CharField(max_length=64, editable=False)
    label_digest = models.CharField(max_length=64, editable=False)
    data_digest = models.CharField(max_length=64, editable=False)

    field_classes = FieldClasses(
        office=[
            "id",
            "uuid",
            "content_type",
            "label",
            "action",
            "timestamp",
            "user",
            "revision",
            "content_changed",
            "deleted",
            "object_id",
            "territory_code",
            "sequence",
            "key_number",
            "previous",
            "code",
            "label_digest",
            "data_digest",
        ],
        personal=["data"],
    )

    objects = CaseLogEntryManager()

    class Meta(BaseLogEntry.Meta):
        verbose_name = _("case log entry")
        verbose_name_plural = _("case log entries")
        ordering = ["-timestamp", "-id"]
        default_permissions = ("view", "export")
        permissions = [("view_looks", "Can see who looked at a record")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the entry at the end of the chain, in the transaction that is open.

        The head of the chain stays locked until that transaction ends, so two entries
        can never name the same one before them.  Where the entry cannot be written the
        transaction cannot commit either: no action without its entry.

        Where none is open, the entry is all there is to write: one statement, which the
        database refuses if somebody else's entry has taken the place meanwhile.

        Raises:
            ChainIsFixed: The entry is stored already.
        """
        if not self._state.adding:
            raise ChainIsFixed("An entry of the log is never changed.")
        # Code writes entries, people do not: the parent's check of every column would cost
        # two look-ups on each page that shows a record.  Only the action can be mistyped.
        self.clean()
        using = kwargs.get("using") or router.db_for_write(type(self))
        if not connections[using].in_atomic_block and self._taken_at_once(using, args, kwargs):
            return
        with transaction.atomic(using=using, savepoint=False):
            self._append(ChainHead.locked(using), args, kwargs)

    def _append(self, head: "ChainHead", args: Any, kwargs: Any) -> None:
        # The database moves the head to the entry (``append_only``).
        seal(self, sequence=head.sequence + 1, previous=head.code)
        super(BaseLogEntry, self).save(*args, **kwargs)

    def _taken_at_once(self, using: str, args: Any, kwargs: Any) -> bool:
        """Write without a lock, and return whether the place was still free."""
        seen = _head_seen.get()
        if seen:
            sequence, code = seen.split()
            head: ChainHead | None = ChainHead(sequence=int(sequence), code=code)
        else:
            head = ChainHead._base_manager.using(using).filter(pk=HEAD).order_by().first()
        if head is None:
            return False
        try:
            self._append(head, args, kwargs)
        except IntegrityError:
            # The sequence is unique; anything else will be refused again, with the lock held.
            return False
        return True

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise ChainIsFixed("Entries go by `manage.py purge_audit` only, when they are old.")


class CaseLogRow(models.Model):
    """One of the records an entry is about, where it is about many (an export).

    Not covered by a code of its own: the entry holds the number of rows and a digest.
    """

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(
        CaseLogEntry,
        to_field="sequence",
        on_delete=models.PROTECT,
        related_name="rows",
        editable=False,
    )
    object_id = models.CharField(max_length=36, db_index=True, editable=False)

    wagtail_reference_index_ignore = True

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["entry", "object_id"], name="row_once_in_an_entry")
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.object_id}"


class StatedReason(models.Model):
    """Why somebody asked to see a masked value: free text about a case, so encrypted.

    Kept beside the entry, not in it: an entry's data are plain and never change.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.OneToOneField(
        CaseLogEntry,
        on_delete=models.CASCADE,
        related_name="stated_reason",
        db_constraint=False,
        editable=False,
    )
    text = EncryptedTextField(_("reason"))

    field_classes = FieldClasses(office=["id", "entry"], sensitive={"text": Kind.TEXT})

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("stated reason")
        verbose_name_plural = _("stated reasons")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.entry_id)


class ChainHead(models.Model):
    """Where the chain ends, and up to where it was purged.  One row, locked to write."""

    sequence = models.PositiveBigIntegerField(default=0)
    code = models.CharField(max_length=64, default=START)
    purged_through = models.PositiveBigIntegerField(default=0)

    wagtail_reference_index_ignore = True

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="chain_has_one_head", condition=models.Q(pk=HEAD))
        ]

    def __str__(self) -> str:
        return str(self.sequence)

    @classmethod
    def locked(cls, using: str | None = None) -> "ChainHead":
        """Return the head, locked until the transaction ends; make it in an empty database."""
        rows = cls._base_manager.using(using).select_for_update()
        head = rows.filter(pk=HEAD).first()
        if head is None:
            cls._base_manager.using(using).bulk_create([cls(pk=HEAD)], ignore_conflicts=True)
            head = rows.get(pk=HEAD)
        return head
