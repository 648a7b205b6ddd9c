"""What is due for disposal, and the officer's decision on it."""

from typing import Any, ClassVar, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from caseadmin.ledgers.presentation import record_url
from core.accounts.stepup import fresh_sign_in_required

from .retention import CONFIRM, Due, apply_retention, due_list

PER_PAGE = 50


@method_decorator(fresh_sign_in_required, name="post")
class DisposalView(WagtailAdminTemplateMixin, TemplateView):
    """Records whose period has ended in the officer's territory; the ticked ones are erased."""

    template_name = "rights/disposal.html"
    page_title = gettext_lazy("Due for disposal")
    header_icon = "bin"
    _show_breadcrumbs: ClassVar[bool] = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not cast(Any, request.user).has_perm(CONFIRM):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        home = list(super().get_breadcrumbs_items())
        return [*home, {"url": "", "label": str(self.page_title)}]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = request.POST.getlist("due")
        if not chosen:
            messages.error(request, _("Tick the records that may go."))
            return redirect("rights_disposal")
        outcomes = apply_retention(actor=cast(Any, request.user), only=set(chosen)).values()
        gone = sum(outcome.gone for outcome in outcomes)
        messages.success(
            request,
            ngettext("%(count)d record was erased.", "%(count)d records were erased.", gone)
            % {"count": gone},
        )
        if gone < len(chosen):
            messages.warning(
                request,
                _("The others stay: something keeps them now, or they were gone already."),
            )
        return redirect("rights_disposal")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pages = Paginator(due_list(cast(Any, self.request.user)), PER_PAGE)
        page = pages.get_page(self.request.GET.get("p"))
        lines = [self._line(due) for due in page]
        return super().get_context_data(
            page=page,
            lines=lines,
            may_go=any(not line["reasons"] for line in lines),
            **kwargs,
        )

    def _line(self, due: Due) -> dict[str, Any]:
        row = due.row
        return {
            "key": due.key,
            # Numbers only: nobody has to be named to be forgotten.
            "number": str(row),
            "url": record_url(row, self.request.user),
            "kind": capfirst(str(row._meta.verbose_name)),
            "rule": due.rule.label,
            "source": due.rule.source,
            "since": due.since,
            "reasons": due.reasons,
        }
