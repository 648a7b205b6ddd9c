"""The pages of the audit administrator: who did what, and what stands out."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from caseadmin.ledgers.exporting.writer import FileFormat, Watermark, file_pieces, file_response
from caseadmin.ledgers.importing.models import new_batch_number
from caseadmin.ledgers.views.looking import LogFilterForm
from core.access.scope import unscoped
from core.audit.models import CaseLogEntry
from core.audit.selectors import lines_of
from core.audit.services import record

from .selectors import shown_findings

if TYPE_CHECKING:
    from core.accounts.models import User

VIEW = "audit.view_caselogentry"
EXPORT = "audit.export_caselogentry"
PER_PAGE = 50
MOST_EXPORTED = 50_000
DAYS = 30


class OversightPage(WagtailAdminTemplateMixin, TemplateView):
    """A page over the whole log.

    Whoever administers the audit serves no territory and sees no case.  The log names
    records by number only, so it is read whole, by this right alone.
    """

    permission: ClassVar[str] = VIEW
    header_icon = "list-ul"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        with unscoped("audit administration"):
            response = super().dispatch(request, *args, **kwargs)
            if hasattr(response, "render"):
                response.render()
        return response

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]


class AuditLogView(OversightPage):
    """Who did what, newest first, by person, action and day."""

    page_title = gettext_lazy("Log of actions")
    template_name = "oversight/log.html"

    @cached_property
    def filter_form(self) -> LogFilterForm:
        """The filter, as the address asks for it."""
        return LogFilterForm(CaseLogEntry.objects.all(), self.request.GET)

    @cached_property
    def entries(self) -> Any:
        """The entries the filter keeps."""
        return self.filter_form.narrow(CaseLogEntry.objects.order_by("-sequence"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entries = CaseLogEntry.objects.order_by("-sequence")
        paginator = self.filter_form.pages(entries, per_page=PER_PAGE)
        page = paginator.get_page(self.request.GET.get("p"))
        return super().get_context_data(
            form=self.filter_form,
            lines=lines_of(page.object_list),
            total=paginator.count,
            page_obj=page,
            elided_page_range=list(paginator.get_elided_page_range(page.number)),
            here_url=reverse("oversight:log"),
            query_string=self.request.GET.urlencode(),
            can_export=self.request.user.has_perm(EXPORT),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Hand out the filtered entries, through the one writer, and log that."""
        if not request.user.has_perm(EXPORT):
            raise PermissionDenied
        actor = cast("User", request.user)
        lines = lines_of(self.entries[:MOST_EXPORTED])
        mark = Watermark(new_batch_number(), actor.get_full_name(), timezone.now())
        label = str(CaseLogEntry._meta.verbose_name_plural)
        record(
            "tonghu.export",
            actor=actor,
            model=CaseLogEntry,
            label=label,
            data={"number": mark.number, "rows": len(lines), "format": str(FileFormat.XLSX)},
        )
        header = [_("No."), _("When"), _("Who"), _("What"), _("About"), _("Details")]
        rows = [
            [
                str(line.sequence),
                formats.date_format(timezone.localtime(line.at), "DATETIME_FORMAT"),
                f"{line.who} ({line.username})",
                line.action,
                line.label,
                line.detail,
            ]
            for line in lines
        ]
        pieces = list(
            file_pieces(
                [header, *rows],
                file_format=FileFormat.XLSX,
                title=str(self.page_title),
                watermark=mark,
                widths=[10, 24, 24, 24, 24, 60],
            )
        )
        return file_response(pieces, file_format=FileFormat.XLSX, name="audit-log")


class OutlierView(OversightPage):
    """Days of the last month that stand out."""

    page_title = gettext_lazy("What stands out")
    template_name = "oversight/outliers.html"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        today = timezone.localdate()
        found = shown_findings(today - timedelta(days=DAYS), today)
        return self.render_to_response(self.get_context_data(findings=found, days=DAYS))
