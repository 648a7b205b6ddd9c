"""Files on a ledger's records: who may do what with them, and how they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.template.defaultfilters import filesizeformat

from core.access.register import class_of
from core.access.rights import Right, Seeing
from core.attachments.enums import SECRET, SENSITIVE, AttachmentKind, AttachmentState
from core.attachments.models import Attachment
from core.attachments.names import mask_file_name
from core.attachments.selectors import attachments_of

from .declaration import Ledger
from .holdings import FILES, may_have
from .sight import Sight

STATE_TONES = {
    AttachmentState.CLEAN: "positive",
    AttachmentState.QUARANTINED: "warning",
    AttachmentState.REFUSED: "critical",
}


class FileSight(Sight):
    """How one person sees the files of one kind of record.

    Nobody sees more of a file than of the texts of its class on the record it lies on: who
    opens the papers of volunteers need not know those of children.
    """

    def __init__(self, sight: Sight, holder: type[Model]) -> None:
        super().__init__(sight.rights, revealed=sight.revealed)
        self.holder = holder

    def right(self, field: Any, code: str) -> Right:
        """Return what the person may do with a column of a file that lies at a code."""
        right = super().right(field, code)
        classed = class_of(field.model, field.name)
        if classed is not None and classed.level >= SENSITIVE:
            right &= self.rights.of_texts(self.holder, classed.level, code)
        return right


# Who may do what.  Everything about files asks here and nowhere else; what else decides
# about a record (an approval to open it, rights on fields by class) is asked here as well.


def may_add(ledger: type[Ledger], user: Any, holder: Any) -> bool:
    """Return whether a person may put a file on a record."""
    return ledger.can_edit and ledger.allows(user, "change")


def may_download(ledger: type[Ledger], user: Any, holder: Any, row: Attachment) -> bool:
    """Return whether a person may open a file.

    Its content is unmasked.  So it takes the right to see, or to have revealed, texts of the
    file's class, in the register of attachments and in that of the record it lies on.
    """
    if not (row.is_ready and ledger.allows(user, "view")):
        return False
    own = Attachment._meta.get_field("file_key" if row.field_class >= SECRET else "name")
    return FileSight(Sight(), type(holder)).right(own, row.territory_code).see >= Seeing.REVEAL


def may_remove(ledger: type[Ledger], user: Any, holder: Any, row: Attachment) -> bool:
    """Return whether a person who may attach files may delete this one.

    Their own, or any with the right to delete.
    """
    own = row.created_by_id == user.pk
    return may_add(ledger, user, holder) and (own or ledger.allows(user, "delete"))


def kinds_of(ledger: type[Ledger]) -> list[tuple[str, Any]]:
    """Return the kinds of file a ledger takes, as choices."""
    declared = ledger.attachments
    codes: Sequence[str] = AttachmentKind.values if declared is True else declared or ()
    return [(code, AttachmentKind(code).label) for code in codes]


@dataclass(frozen=True)
class ShownFile:
    """One line of the list of files."""

    kind: str
    name: str
    masked: bool
    file_type: str
    size: str
    state: str
    state_label: str
    tone: str
    added_by: str
    added_at: datetime
    open_url: str
    remove_url: str


@dataclass(frozen=True)
class ShownFiles:
    """The files of a record, as they stand on its page."""

    rows: list[ShownFile]
    add_url: str


def shown_files(ledger: type[Ledger], holder: Any, *, user: Any, sight: Sight) -> ShownFiles | None:
    """Return a record's files in at most one query, or ``None`` where the ledger has none."""
    if not ledger.attachments:
        return None
    rows = []
    field = Attachment._meta.get_field("name")
    sight = FileSight(sight, type(holder))
    for row in attachments_of(holder) if may_have(holder, FILES) else ():
        see = sight.seeing(field, row.territory_code, row.pk)
        masked = mask_file_name(row.name) if see > Seeing.HIDDEN else ""
        downloadable = may_download(ledger, user, holder, row)
        removable = may_remove(ledger, user, holder, row)
        rows.append(
            ShownFile(
                kind=row.get_kind_display(),
                name=row.name if see is Seeing.READ else masked,
                masked=see is not Seeing.READ,
                file_type=row.get_file_type_display(),
                size=filesizeformat(row.size),
                state=row.state,
                state_label=row.get_state_display(),
                tone=STATE_TONES[AttachmentState(row.state)],
                added_by=row.created_by.get_full_name(),
                added_at=row.created_at,
                open_url=ledger.url("file", holder.pk, row.pk) if downloadable else "",
                remove_url=ledger.url("file_delete", holder.pk, row.pk) if removable else "",
            )
        )
    add_url = ledger.url("files", holder.pk) if may_add(ledger, user, holder) else ""
    return ShownFiles(rows, add_url)
