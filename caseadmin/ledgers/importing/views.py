"""The import wizard: upload, match columns, look at the preview, store."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import View
from django.views.generic.base import ContextMixin, TemplateResponseMixin

from core.audit.services import record as log

from ..exporting.places import place_of
from ..exporting.writer import FileFormat, Watermark, file_pieces, file_response
from ..sight import Sight
from ..views.base import LedgerPage
from .columns import ColumnField, LedgerResource, resource_for
from .gate import MAX_FILE_BYTES
from .headers import is_reason_heading
from .models import ImportBatch, ImportRow
from .presenting import shown_rows, wrong_rows
from .reasons import FileRefused, file_sentence, rows_sentence
from .services import (
    LedgerChanged,
    cancel_batch,
    confirm_batch,
    expire_batches,
    headings_of,
    map_columns,
    open_batch,
    tell_apart,
)
from .template_file import template_sheets

PAGE = 50
POLL_SECONDS = 3
REASON_LENGTH = 300
# Wrong rows first: they are what the person must do something about.
TABS = [
    ImportRow.Action.WRONG,
    ImportRow.Action.LIKELY,
    ImportRow.Action.CHANGED,
    ImportRow.Action.NEW,
    ImportRow.Action.UNCHANGED,
]


class UploadForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "empty": gettext_lazy("The file is empty. Choose the file that holds your rows."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        size = MAX_FILE_BYTES // (1024 * 1024)
        field = self.fields["file"]
        field.help_text = _("XLSX, or CSV in UTF-8 or GB18030, at most %(size)d MB.") % {
            "size": size
        }
        field.widget.attrs["accept"] = ".xlsx,.csv,.txt"


class MappingForm(forms.Form):
    """Which column of the file is which, and how the rows are taken."""

    mode = forms.ChoiceField(
        label=gettext_lazy("If some rows are wrong"),
        choices=ImportBatch.Mode.choices,
        widget=forms.RadioSelect,
    )
    blanks = forms.ChoiceField(
        label=gettext_lazy("If a cell of an existing record is empty"),
        choices=ImportBatch.Blanks.choices,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=REASON_LENGTH,
        help_text=gettext_lazy("Stands in the history of every record, beside the batch number."),
    )

    def __init__(self, batch: ImportBatch, columns: list[ColumnField], data: Any = None) -> None:
        super().__init__(
            data,
            initial={"mode": batch.mode, "blanks": batch.blanks, "reason": batch.reason},
        )
        self.batch = batch
        choices = [("", _("— leave out —"))]
        choices += [(column.path, column.label) for column in columns]
        offered = {column.path for column in columns}
        for heading in headings_of(batch):
            if is_reason_heading(heading.text):
                continue
            self.fields[self.name_of(heading.position)] = forms.ChoiceField(
                label=heading.text or _("Column %(number)d") % {"number": heading.position + 1},
                choices=choices,
                required=False,
                initial=heading.path if heading.path in offered else "",
            )

    @staticmethod
    def name_of(position: int) -> str:
        """Return the form's name for a column of the file."""
        return f"column-{position}"

    def lines(self) -> Iterator[tuple[Any, Any]]:
        """Yield each heading of the file with its field."""
        for heading in headings_of(self.batch):
            name = self.name_of(heading.position)
            if name in self.fields:
                yield heading, self[name]

    def mapping(self) -> dict[int, str]:
        """Return the columns chosen, by position."""
        return {
            heading.position: self.cleaned_data[bound.name]
            for heading, bound in self.lines()
            if self.cleaned_data.get(bound.name)
        }


class ImportPage(LedgerPage, TemplateResponseMixin, ContextMixin, View):
    """A step of the wizard."""

    ledger: ClassVar[Any] = None
    permission: ClassVar[str] = "import"
    step: ClassVar[str] = ""

    def get_header_icon(self) -> str:
        return "upload"

    @property
    def page_title(self) -> str:
        return _("Import %(ledger)s") % {"ledger": self.ledger.label}

    def get_header_title(self) -> str:
        return str(self.page_title)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": _("Import")}]

    @cached_property
    def resource(self) -> LedgerResource:
        """The columns of the ledger."""
        return resource_for(self.ledger)

    @cached_property
    def batch(self) -> ImportBatch:
        """The batch of the address.

        Raises:
            Http404: There is none of this person in this ledger.
        """
        found = (
            ImportBatch.objects.owned_by(self.request.user)
            .filter(ledger=self.ledger.slug, number=self.kwargs["number"])
            .first()
        )
        if found is None:
            raise Http404
        return found

    @cached_property
    def sight(self) -> Sight:
        """How the person sees the ledger's fields."""
        return Sight()

    @property
    def fillable(self) -> list[ColumnField]:
        """The columns the person's sheets may carry."""
        return [column for column in self.resource if column.is_fillable(self.sight)]

    def go(self, name: str) -> HttpResponseRedirect:
        """Send the person to a step of this batch."""
        return HttpResponseRedirect(self.ledger.url(name, self.batch.number))

    def go_where_it_stands(self) -> HttpResponseRedirect:
        """Send the person to the step the batch is at."""
        steps = {
            ImportBatch.State.MAPPING: "import_map",
            ImportBatch.State.PREVIEW: "import_preview",
            ImportBatch.State.PLANNING: "import_progress",
            ImportBatch.State.COMMITTING: "import_progress",
        }
        return self.go(steps.get(ImportBatch.State(self.batch.state), "import_result"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        steps = [
            ("upload", _("Choose a file")),
            ("map", _("Match columns")),
            ("preview", _("Preview")),
            ("result", _("Result")),
        ]
        context: dict[str, Any] = super().get_context_data(
            steps=steps,
            step=self.step,
            step_number=[name for name, _label in steps].index(self.step) + 1,
            step_label=dict(steps)[self.step],
            **kwargs,
        )
        if "number" in self.kwargs:
            context["batch"] = self.batch
            for name in (
                "map",
                "preview",
                "likely",
                "confirm",
                "cancel",
                "wrong",
                "result",
                "progress",
            ):
                context[f"{name}_url"] = self.ledger.url(f"import_{name}", self.batch.number)
        context["import_url"] = self.ledger.url("import")
        context["index_url"] = self.ledger.url("index")
        return context


class UploadView(ImportPage):
    """Step 1: choose a file."""

    step = "upload"
    template_name = "ledgers/importing/upload.html"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.render_to_response(self.get_context_data())

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        expire_batches()
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            uploaded = form.cleaned_data["file"]
            try:
                # One byte more than is allowed tells that the file is too large.
                content = uploaded.read(MAX_FILE_BYTES + 1)
                batch = open_batch(ledger=self.ledger, content=content, actor=request.user)
            except FileRefused as refused:
                form.add_error("file", refused.sentence)
            else:
                name = "import_map"
                return HttpResponseRedirect(self.ledger.url(name, batch.number))
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", UploadForm())
        recent = ImportBatch.objects.owned_by(self.request.user).filter(ledger=self.ledger.slug)
        return super().get_context_data(
            columns=self.fillable,
            printed_forms=[form.titles[0] for form in self.ledger.io.forms],
            max_rows=self.ledger.io.max_rows,
            recent=[
                (batch, self.ledger.url("import_result", batch.number)) for batch in recent[:5]
            ],
            template_url=self.ledger.url("import_template"),
            **kwargs,
        )


class MapView(ImportPage):
    """Step 2: say which column is which."""

    step = "map"
    template_name = "ledgers/importing/map.html"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.batch.state not in {ImportBatch.State.MAPPING, ImportBatch.State.PREVIEW}:
            return self.go_where_it_stands()
        return self.render_to_response(self.get_context_data())

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = MappingForm(self.batch, self.fillable, request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        try:
            self.__dict__["batch"] = map_columns(
                batch=self.batch,
                mapping=form.mapping(),
                mode=form.cleaned_data["mode"],
                blanks=form.cleaned_data["blanks"],
                reason=form.cleaned_data["reason"],
                actor=request.user,
            )
        except FileRefused as refused:
            form.add_error(None, refused.sentence)
            return self.render_to_response(self.get_context_data(form=form), status=422)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            self.batch.refresh_from_db()
        return self.go_where_it_stands()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.setdefault("form", MappingForm(self.batch, self.fillable))
        lines = []
        for heading, bound in form.lines():
            column = self.resource.columns.get(heading.path)
            samples = list(heading.samples)
            if column is not None:
                samples = [column.mask(sample, self.sight) for sample in samples]
            refused = column is not None and not column.is_fillable(self.sight)
            lines.append((heading, bound, samples, refused))
        mapped = {heading.path for heading, *_rest in lines}
        missing = [c.label for c in self.resource if c.is_required and c.path not in mapped]
        return super().get_context_data(
            lines=lines,
            unmatched=sum(not heading.path for heading, *_rest in lines),
            missing=missing,
            is_form=bool(self.batch.form),
            **kwargs,
        )


class ProgressView(ImportPage):
    """What a large import is doing in the background."""

    step = "preview"
    template_name = "ledgers/importing/progress.html"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        batch = self.batch
        if not batch.is_working:
            return self.go_where_it_stands()
        if batch.job is not None and batch.job.state in {"failed", "cancelled"}:
            batch.state = ImportBatch.State.FAILED
            batch.error_code = batch.job.error_code
            batch.save(update_fields=["state", "error_code"])
            return self.go("import_result")
        response = self.render_to_response(self.get_context_data(job=batch.job))
        # No script is needed to come back and look.
        response["Refresh"] = str(POLL_SECONDS)
        return response


class PreviewView(ImportPage):
    """Step 3: what storing would do; nothing is written yet."""

    step = "preview"
    template_name = "ledgers/importing/preview.html"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.batch.state != ImportBatch.State.PREVIEW:
            return self.go_where_it_stands()
        return self.render_to_response(self.get_context_data())

    @cached_property
    def action(self) -> str:
        """Which rows are shown: those asked for, else the wrong ones, else the first there are."""
        asked = self.request.GET.get("show", "")
        if asked in ImportRow.Action.values:
            return asked
        counted = (action for action in TABS if getattr(self.batch, action))
        return next(counted, ImportRow.Action.WRONG)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        after = self.request.GET.get("after", "")
        rows = ImportRow._base_manager.filter(batch=self.batch, action=self.action)
        # By key, not by offset: the last page costs as little as the first.
        if after.isdecimal() and len(after) < 10:
            rows = rows.filter(position__gt=int(after))
        page = list(rows.order_by("position")[: PAGE + 1])
        shown = shown_rows(page[:PAGE], self.batch, self.resource, self.sight)
        batch = self.batch
        return super().get_context_data(
            tiles=[
                (action, ImportRow.Action(action).label, getattr(batch, action))
                for action in TABS
                if action != ImportRow.Action.LIKELY or batch.likely
            ],
            action=self.action,
            action_label=ImportRow.Action(self.action).label,
            rows=shown,
            next_after=page[PAGE - 1].position if len(page) > PAGE else None,
            is_later_page=bool(after),
            can_confirm=bool(batch.to_write) and not batch.is_stuck,
            is_stuck=batch.is_stuck,
            to_write=batch.to_write,
            to_write_text=rows_sentence(batch.to_write),
            several_sheets=len({row.sheet for row in page}) > 1 or bool(batch.form),
            **kwargs,
        )


class LikelyView(ImportPage):
    """Take rows as other people than those on file whom they resemble."""

    step = "preview"
    http_method_names = ["post"]

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = [text for text in request.POST.getlist("row")[:PAGE] if text.isdecimal()]
        try:
            count = tell_apart(batch=self.batch, positions=[int(t) for t in asked if len(t) < 10])
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            self.batch.refresh_from_db()
            return self.go_where_it_stands()
        if count:
            taken = ngettext(
                "%(count)d row counts as new now.", "%(count)d rows count as new now.", count
            )
            messages.success(request, taken % {"count": count})
        else:
            messages.warning(request, _("No row was ticked."))
        return self.go("import_preview")


class ConfirmView(ImportPage):
    """Store what the preview showed."""

    step = "preview"
    http_method_names = ["post"]

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.__dict__["batch"] = confirm_batch(batch=self.batch, actor=request.user)
        except LedgerChanged:
            messages.warning(
                request,
                _(
                    "The ledger changed since the preview was made, so nothing was stored. "
                    "Look at the new preview and confirm again."
                ),
            )
            return self.go("import_preview")
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            self.batch.refresh_from_db()
        return self.go_where_it_stands()


class CancelView(ImportPage):
    """Throw the upload away."""

    step = "preview"
    http_method_names = ["post"]

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            cancel_batch(batch=self.batch)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            self.batch.refresh_from_db()
            return self.go_where_it_stands()
        messages.success(request, _("The upload was deleted. Nothing was stored."))
        return HttpResponseRedirect(self.ledger.url("import"))


class ResultView(ImportPage):
    """Step 4: what was stored."""

    step = "result"
    template_name = "ledgers/importing/result.html"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.batch.is_working or self.batch.is_open:
            return self.go_where_it_stands()
        return self.render_to_response(self.get_context_data())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        batch = self.batch
        sentence = ""
        if batch.error_code:
            try:
                sentence = file_sentence(batch.error_code, {})
            except KeyError:
                sentence = _("Something went wrong while working on the file. Upload it again.")
        return super().get_context_data(
            is_done=batch.state == ImportBatch.State.DONE,
            error=sentence,
            has_rows_left_out=batch.rows.filter(action__in=ImportRow.LEFT_OUT).exists(),
            **kwargs,
        )


class WrongRowsView(ImportPage):
    """Hand the rows left out back: the cells as they came, and the reason beside them."""

    step = "result"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        batch = self.batch
        count = batch.rows.filter(action__in=ImportRow.LEFT_OUT).count()
        if not count:
            raise Http404
        log(
            "tonghu.export",
            actor=request.user,
            model=self.ledger.model,
            label=str(self.ledger.label),
            territory_code=place_of(request.user),
            data={"batch": batch.number, "wrong_rows": count},
        )
        headings, rows = wrong_rows(batch, self.resource)
        pieces = file_pieces(
            [headings, *rows],
            file_format=FileFormat.XLSX,
            title=str(capfirst(self.ledger.label)),
            watermark=Watermark(batch.number, request.user.get_full_name(), timezone.now()),
            widths=[16] * (len(headings) - 1) + [60],
            styled=frozenset([len(headings) - 1]),
        )
        return file_response(
            list(pieces), file_format=FileFormat.XLSX, name=f"{self.ledger.slug}-{batch.number}"
        )


class TemplateFileView(ImportPage):
    """A workbook to fill in."""

    step = "upload"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        first, *others = template_sheets(self.ledger, self.fillable)
        pieces = file_pieces(
            first.rows,
            file_format=FileFormat.XLSX,
            title=first.name,
            watermark=Watermark(self.ledger.slug, request.user.get_full_name(), timezone.now()),
            widths=first.widths,
            more_sheets=others,
        )
        return file_response(
            list(pieces), file_format=FileFormat.XLSX, name=f"{self.ledger.slug}-template"
        )


def get_import_urls(ledger: Any) -> list[URLPattern]:
    """Return the addresses of a ledger's import wizard."""
    batch = "import/<str:number>/"
    return [
        path("import/", UploadView.as_view(ledger=ledger), name="import"),
        path("import/template/", TemplateFileView.as_view(ledger=ledger), name="import_template"),
        path(f"{batch}columns/", MapView.as_view(ledger=ledger), name="import_map"),
        path(f"{batch}progress/", ProgressView.as_view(ledger=ledger), name="import_progress"),
        path(f"{batch}preview/", PreviewView.as_view(ledger=ledger), name="import_preview"),
        path(f"{batch}likely/", LikelyView.as_view(ledger=ledger), name="import_likely"),
        path(f"{batch}confirm/", ConfirmView.as_view(ledger=ledger), name="import_confirm"),
        path(f"{batch}cancel/", CancelView.as_view(ledger=ledger), name="import_cancel"),
        path(f"{batch}result/", ResultView.as_view(ledger=ledger), name="import_result"),
        path(f"{batch}wrong/", WrongRowsView.as_view(ledger=ledger), name="import_wrong"),
    ]
