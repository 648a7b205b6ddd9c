"""Pages of administrators: who did what, what stands out, which posts are still needed."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from caseadmin.ledgers.exporting.writer import FileFormat, Watermark, file_pieces, file_response
from caseadmin.ledgers.importing.models import new_batch_number
from caseadmin.ledgers.registry import ledgers
from caseadmin.ledgers.views.base import as_uuid
from caseadmin.ledgers.views.looking import LogFilterForm, labels_of
from core.access.scope import unscoped
from core.accounts.models import Post
from core.accounts.services import confirm_post, end_unconfirmed_post
from core.accounts.stepup import fresh_sign_in_required
from core.audit.models import CaseLogEntry
from core.audit.selectors import last_check, lines_of
from core.audit.services import record

from .selectors import shown_findings

if TYPE_CHECKING:
    from core.accounts.models import User

VIEW = "audit.view_caselogentry"
EXPORT = "audit.export_caselogentry"
REVIEW = "accounts.change_post"
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


class FieldNames:
    """What the fields that entries of the log name are called, in the ledger of each."""

    def __init__(self) -> None:
        self.known: dict[int | None, dict[str, str]] = {}

    def __call__(self, entry: Any) -> dict[str, str]:
        key = entry.content_type_id
        if key not in self.known:
            kind = ContentType.objects.get_for_id(key).model_class() if key else None
            ledger = ledgers.for_model(kind) if kind is not None else None
            self.known[key] = labels_of(ledger) if ledger is not None else {}
        return self.known[key]


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
            lines=lines_of(page.object_list, FieldNames()),
            total=paginator.count,
            check=last_check(),
            page_obj=page,
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
        lines = lines_of(self.entries[:MOST_EXPORTED], FieldNames())
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


@method_decorator(fresh_sign_in_required, name="post")
class PostReviewView(WagtailAdminTemplateMixin, TemplateView):
    """Posts to be confirmed this year: the security administrator says which are still needed.

    Source: GB/T 22239-2019, 8.1.4.2 c) (accounts that are not needed are removed in time).
    """

    page_title = gettext_lazy("Posts to confirm")
    template_name = "oversight/posts.html"
    header_icon = "key"
    _show_breadcrumbs: ClassVar[bool] = True
    deeds: ClassVar[dict[str, Any]] = {"confirm": confirm_post, "end": end_unconfirmed_post}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(REVIEW):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Confirm or end what is ticked; what may not be is said, and the rest is done."""
        deed = self.deeds.get(request.POST.get("deed", ""))
        keys = [key for key in map(as_uuid, request.POST.getlist("post")) if key is not None]
        posts = list(Post.objects.to_confirm().filter(pk__in=keys))
        if deed is None or not posts:
            messages.error(request, _("Tick the posts, then say what becomes of them."))
            return redirect("oversight:posts")
        done = 0
        for post in posts:
            try:
                deed(post=post, actor=cast("User", request.user))
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
            else:
                done += 1
        if done:
            messages.success(request, said_of(done, ended=deed is end_unconfirmed_post))
        return redirect("oversight:posts")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        posts = Post.objects.to_confirm().select_related("user", "role", "territory__parent")
        page = Paginator(posts, PER_PAGE).get_page(self.request.GET.get("p"))
        today = timezone.localdate()
        lines = [
            {
                "post": post,
                "own": post.user_id == self.request.user.pk,
                "late": post.confirm_by < today,
            }
            for post in page
        ]
        return super().get_context_data(
            lines=lines,
            items_count=page.paginator.count,
            page_obj=page,
            **kwargs,
        )


def said_of(count: int, *, ended: bool) -> str:
    """Return what became of the posts, in words."""
    if ended:
        text = ngettext("%(count)d post ends today.", "%(count)d posts end today.", count)
    else:
        text = ngettext(
            "%(count)d post was confirmed for a year.",
            "%(count)d posts were confirmed for a year.",
            count,
        )
    return text % {"count": count}


class OutlierView(OversightPage):
    """Days of the last month that stand out."""

    page_title = gettext_lazy("What stands out")
    template_name = "oversight/outliers.html"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        today = timezone.localdate()
        found = shown_findings(today - timedelta(days=DAYS), today)
        return self.render_to_response(self.get_context_data(findings=found, days=DAYS))
