"""Staff search over all case files, volunteers and pairings in reach."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from core.access.scope import Scope, current_scope
from core.audit.services import record
from search.forms import CaseSearchForm
from search.selectors import grouped_results, offered_kinds
from search.service import SearchPage


class CaseSearchView(WagtailAdminTemplateMixin, View):
    """Words travel by POST: a name in an address would stay in logs and histories."""

    page_title = _("Search cases")
    header_icon = "search"
    template_name = "search/case_search.html"
    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.kinds = offered_kinds(request.user)
        if not self.kinds:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        """Return the way to this page."""
        here = {"url": reverse("search:cases"), "label": self.page_title}
        return [*self.breadcrumbs_items, here]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the empty form."""
        context = self.get_context_data(form=CaseSearchForm(), searched=False)
        return self.render_to_response(context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Search, and show what the reader may see."""
        with transaction.atomic():
            return self.render_to_response(self.get_context_data(**self._found(request)))

    def _found(self, request: HttpRequest) -> dict[str, Any]:
        form = CaseSearchForm(request.POST)
        context: dict[str, Any] = {"form": form, "searched": False}
        if form.is_valid() and form.cleaned_data["words"].strip():
            overview, groups = grouped_results(
                form.cleaned_data["words"],
                each=self.kinds,
                scope=current_scope() or Scope(),
                kind=form.cleaned_data["kind"],
                page=form.cleaned_data["page"] or 1,
            )
            self._log(request, overview)
            context.update(
                searched=True,
                words=form.cleaned_data["words"],
                overview=overview,
                groups=groups,
                is_narrowed=len(self.kinds) > 1
                and form.cleaned_data["kind"] in {one.kind for one in self.kinds},
            )
        return context

    def _log(self, request: HttpRequest, overview: SearchPage) -> None:
        """Write down that this person searched; not for what."""
        record(
            "tonghu.search",
            actor=request.user,  # type: ignore[arg-type]
            model=self.kinds[0].model,
            label=str(self.page_title),
            territory_code=(current_scope() or Scope()).place,
            data={"level": overview.level, "hits": overview.total},
        )
