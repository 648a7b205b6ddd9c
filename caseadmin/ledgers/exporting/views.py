"""The export page: what leaves, in which shape, and why."""

from typing import Any, ClassVar

from django import forms
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import View
from django.views.generic.base import ContextMixin, TemplateResponseMixin

from core.accounts.stepup import fresh_sign_in_required

from ..filters import open_filters
from ..importing.columns import LedgerResource, resource_for
from ..sight import Sight
from ..views.base import LedgerPage
from ..views.listing import WORDS
from .services import export_file, is_sensitive, offered, opened_keys
from .writer import FileFormat, file_response

REASON_LENGTH = 300


class ExportForm(forms.Form):
    """Which columns, which format, why."""

    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one column.")},
    )
    file_format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[
            (FileFormat.XLSX.value, gettext_lazy("XLSX workbook")),
            (FileFormat.CSV.value, gettext_lazy("CSV, UTF-8")),
            (FileFormat.CSV_GB18030.value, gettext_lazy("CSV, GB18030 (older Chinese programs)")),
        ],
        initial=FileFormat.XLSX.value,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=REASON_LENGTH,
        help_text=gettext_lazy("Required where a sensitive column is taken. Stands in the log."),
    )

    def __init__(self, resource: LedgerResource, sight: Sight, data: Any = None) -> None:
        super().__init__(data)
        self.resource = resource
        columns = offered(resource, sight)
        self.sensitive = [column.path for column in columns if is_sensitive(column, sight)]
        self.plain = [column.path for column in columns if column.path not in self.sensitive]
        field: Any = self.fields["columns"]
        field.choices = [(column.path, column.label) for column in columns]
        field.initial = self.plain

    def boxes(self, paths: list[str]) -> list[Any]:
        """Return the boxes of some columns."""
        return [box for box in self["columns"] if box.data["value"] in paths]

    @property
    def plain_boxes(self) -> list[Any]:
        return self.boxes(self.plain)

    @property
    def sensitive_boxes(self) -> list[Any]:
        return self.boxes(self.sensitive)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        taken = set(cleaned.get("columns", ())) & set(self.sensitive)
        if taken and not cleaned.get("reason", "").strip():
            names = "、".join(self.resource.columns[p].label for p in self.sensitive if p in taken)
            self.add_error(
                "reason",
                _("Say why these columns are needed: %(columns)s.") % {"columns": names},
            )
        return cleaned


@method_decorator(fresh_sign_in_required, name="dispatch")
class ExportView(LedgerPage, TemplateResponseMixin, ContextMixin, View):
    """Hand out the rows the list shows, under its filters, on all its pages."""

    ledger: ClassVar[Any] = None
    permission: ClassVar[str] = "export"
    template_name = "ledgers/exporting/export.html"

    def get_header_icon(self) -> str:
        return "download"

    @property
    def page_title(self) -> str:
        return _("Export %(ledger)s") % {"ledger": self.ledger.label}

    def get_header_title(self) -> str:
        return str(self.page_title)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": _("Export")}]

    @cached_property
    def rows(self) -> Any:
        """The rows of the list, scoped, filtered and searched."""
        return self.ledger.filtered_queryset(self.request)

    @cached_property
    def words(self) -> str:
        """What was searched for; it travels in the body, never in the address."""
        return self.request.POST.get(WORDS, "")[:100]

    def form(self, data: Any = None) -> ExportForm:
        """Return the form; what a person neither reads nor reveals is not offered."""
        return ExportForm(resource_for(self.ledger), Sight(), data)

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.render_to_response(self.get_context_data(form=self.form()))

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "download" not in request.POST:
            # The list sends its words here by POST; that only opens the page.
            return self.get(request)
        form = self.form(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        chosen = set(form.cleaned_data["columns"])
        file_format = FileFormat(form.cleaned_data["file_format"])
        pieces = export_file(
            ledger=self.ledger,
            queryset=self.rows,
            paths=[column.path for column in form.resource if column.path in chosen],
            file_format=file_format,
            actor=request.user,
            reason=form.cleaned_data["reason"],
            filters=self.filters_for_log(),
            searched=bool(self.words),
        )
        return file_response(pieces, file_format=file_format, name=self.ledger.slug)

    def filters_for_log(self) -> dict[str, list[str]]:
        """Return the filters of the address that the list knows; they are codes, not names."""
        known = set(open_filters(self.ledger, Sight()))
        return {
            name: values
            for name, values in self.request.GET.lists()
            if name.split("__")[0].removesuffix("_from").removesuffix("_to") in known
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        count = self.rows.count()
        return super().get_context_data(
            count=count,
            count_text=ngettext("%(count)d record", "%(count)d records", count) % {"count": count},
            left_out=opened_keys(self.ledger, self.rows, self.actor)[1],
            is_filtered=bool(self.filters_for_log() or self.words),
            words=self.words,
            words_name=WORDS,
            query_string=f"?{self.request.GET.urlencode()}" if self.request.GET else "",
            index_url=self.ledger.url("index"),
            **kwargs,
        )


def get_export_urls(ledger: Any) -> list[URLPattern]:
    """Return the address of a ledger's export."""
    return [path("export/", ExportView.as_view(ledger=ledger), name="export")]
