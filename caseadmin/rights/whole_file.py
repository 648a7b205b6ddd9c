"""Everything held on one person, as one workbook, for the person or a guardian."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from caseadmin.ledgers.exporting.writer import FileFormat, Watermark, file_pieces
from caseadmin.ledgers.exporting.xlsx import OutSheet
from caseadmin.ledgers.importing.models import new_batch_number
from caseadmin.ledgers.presentation import label_of, plain, words
from core.access.guards import require_reach
from core.access.register import Classed, FieldClass, Kind, class_of
from core.access.scope import unscoped
from core.attachments.models import Attachment
from core.audit.models import CaseLogEntry
from core.audit.services import record as log
from core.privacy.selectors import purposes_in_force

from .enums import RequestKind, RequestStatus
from .models import ContactBlock, SubjectRequest
from .reach import Reach, history_of, reach_of
from .services import blocks_met

if TYPE_CHECKING:
    from core.accounts.models import User

HANDED_OUT_FOR = timedelta(days=30)
"""How long after its release an answer may be handed out; then a new request is made."""

STAMPS = {"id", "territory_code", "version", "created_by", "updated_by"}
Line = list[str]


def hand_out(*, subject_request: SubjectRequest, actor: "User") -> Iterable[bytes]:
    """Return the workbook that a released request may be answered with.

    Two people stand behind it: who prepared the answer and who released it.  Whether the
    requester must learn nothing is asked again here, because a block may be younger than the
    answer.  The log entry is written before the first byte leaves.

    Left out is what is about others: who must learn nothing, whole identity and telephone
    numbers of relatives, and models that say ``withheld_from_subject``.

    Legal source: 个人信息保护法 art. 45 (look-up and copy); 未成年人网络保护条例 art. 33.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: The request was not released, is of another kind, too old, or the
            requester must learn nothing.
    """
    require_reach(actor, subject_request.territory_code)
    if not may_hand_out(subject_request):
        raise ValidationError(_("Only a released answer to a request for a copy is handed out."))
    if blocks_met(subject_request):
        raise ValidationError(_("The requester must learn nothing of this child."))
    subject = subject_request.subject
    watermark = Watermark(new_batch_number(), actor.get_full_name(), timezone.now())
    with unscoped("a person's copy of their own file"):
        found = reach_of(subject)
        sheets = list(_sheets(found, subject))
    log(
        "tonghu.export",
        actor=actor,
        instance=subject,
        data={
            "number": watermark.number,
            "request": subject_request.number,
            "rows": sum(len(keys) for keys in found.rows.values()),
            "format": str(FileFormat.XLSX),
        },
    )
    return file_pieces(
        _cover(subject_request),
        file_format=FileFormat.XLSX,
        title=_("Cover"),
        watermark=watermark,
        widths=[24, 80],
        more_sheets=sheets,
    )


def may_hand_out(subject_request: SubjectRequest) -> bool:
    """Whether the copy may leave today, blocks aside."""
    return (
        subject_request.kind in (RequestKind.COPY, RequestKind.KNOW)
        and subject_request.status == RequestStatus.ANSWERED
        and subject_request.released_by_id is not None
        and subject_request.subject is not None
        and subject_request.closed_on is not None
        and timezone.localdate() <= subject_request.closed_on + HANDED_OUT_FOR
    )


def _cover(subject_request: SubjectRequest) -> list[Line]:
    lines = [
        [_("Information held on you or your child"), subject_request.number],
        [_("Record"), str(subject_request.subject)],
        [_("Answer"), subject_request.answer],
    ]
    for purpose in purposes_in_force():
        lines.append([purpose.label, f"{purpose.text} {purpose.source}"])
    return lines


def _sheets(found: Reach, subject: Any) -> Iterable[OutSheet]:
    names: set[str] = set()
    models_told = [
        model
        for model in found.rows
        if model is not ContactBlock and not getattr(model, "withheld_from_subject", False)
    ]
    for model in models_told:
        columns = [column for column in model._meta.concrete_fields if _is_told(model, column)]
        lines = [[label_of(column) for column in columns]]
        lines += [
            [_text(row, column, own=isinstance(row, type(subject))) for column in columns]
            for row in found.instances(model)
        ]
        title = capfirst(str(model._meta.verbose_name_plural))
        yield OutSheet(_free(title, names), lines, [20] * len(columns))
    yield OutSheet(
        _free(_("Changes"), names), list(_changes(found, models_told, subject)), [20] * 6
    )
    yield OutSheet(_free(_("Who looked"), names), list(_looks(found)), [24] * 3)
    files = list(_files(found))
    if len(files) > 1:
        yield OutSheet(_free(_("Attachments"), names), files, [24] * 3)


def _free(title: str, names: set[str]) -> str:
    """Return a title no other sheet has, 31 characters at most, as a workbook asks."""
    short = "".join(" " if char in "[]:*?/\\" else char for char in title)[:28]
    name, number = short, 2
    while name in names:
        name, number = f"{short} {number}", number + 1
    names.add(name)
    return name


def _class(model: type[models.Model], name: str) -> Classed | None:
    try:
        return class_of(model, name)
    except LookupError:
        return None


def _is_told(model: type[models.Model], column: Any) -> bool:
    classed = _class(model, column.name)
    return column.name not in STAMPS and (classed is None or classed.kind is not Kind.DIGEST)


def _text(row: Any, column: Any, *, own: bool) -> str:
    text = words(column, getattr(row, column.name))
    classed = _class(type(row), column.name)
    others = classed is not None and (
        classed.level is FieldClass.SECRET or classed.kind in (Kind.PHONE, Kind.ID_NUMBER)
    )
    return classed.mask(text) if classed is not None and others and not own else text


def _changes(found: Reach, told: list[type[models.Model]], subject: Any) -> Iterable[Line]:
    yield [_("When"), _("Who"), _("Where"), _("What"), _("Before"), _("After")]
    for model in told:
        history: Any = history_of(model)
        if history is None:
            continue
        rows = history._base_manager.filter(id__in=found.rows[model])
        before: dict[Any, Any] = {}
        columns = [column for column in model._meta.concrete_fields if _is_told(model, column)]
        for row in rows.order_by("history_date", "history_id"):
            earlier = before.get(row.id)
            before[row.id] = row
            for column in columns:
                old = getattr(earlier, column.attname) if earlier is not None else None
                new = getattr(row, column.attname)
                if old == new or (earlier is None and new in (None, "", [])):
                    continue
                own = model is type(subject)
                yield [
                    plain(row.history_date),
                    row.actor_name,
                    capfirst(str(model._meta.verbose_name)),
                    label_of(column),
                    _change_text(model, column, old, own=own),
                    _change_text(model, column, new, own=own),
                ]


def _change_text(model: type[models.Model], column: Any, value: Any, *, own: bool) -> str:
    text = "" if value is None else words(None if column.is_relation else column, value)
    classed = _class(model, column.name)
    others = classed is not None and (
        classed.level is FieldClass.SECRET or classed.kind in (Kind.PHONE, Kind.ID_NUMBER)
    )
    return classed.mask(text) if classed is not None and others and not own else text


def _looks(found: Reach) -> Iterable[Line]:
    yield [_("When"), _("Who"), _("What")]
    condition = models.Q(pk__in=[])
    for model, keys in found.rows.items():
        kind = ContentType.objects.get_for_model(model, for_concrete_model=False)
        condition |= models.Q(content_type=kind, object_id__in=[str(key) for key in keys])
    entries = CaseLogEntry.objects.filter(condition).select_related("user").order_by("timestamp")
    for entry in entries:
        who = entry.user.get_full_name() if entry.user else ""
        yield [plain(entry.timestamp), who, entry.formatter.get_verb(entry)]


def _files(found: Reach) -> Iterable[Line]:
    yield [_("When"), _("File"), _("Size in bytes")]
    for model, keys in found.rows.items():
        kind = ContentType.objects.get_for_model(model, for_concrete_model=True)
        rows = Attachment._base_manager.filter(content_type=kind, object_id__in=keys)
        for row in rows.order_by("created_at", "id"):
            yield [plain(row.created_at), row.name, str(row.size)]
