"""The list behind a number of the desk that belongs to no ledger."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from .watches import Watch, watch_called

PER_PAGE = 50


class WatchView(WagtailAdminTemplateMixin, TemplateView):
    """The rows one watch counts, for those who are told of it."""

    template_name = "desk/watch.html"
    http_method_names = ["get", "head", "options"]
    _show_breadcrumbs: ClassVar[bool] = True

    @cached_property
    def watch(self) -> Watch:
        """The watch of the address.

        Raises:
            Http404: There is none of this name.
        """
        try:
            return watch_called(self.kwargs["name"])
        except KeyError:
            raise Http404 from None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.watch.open_to(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def page_title(self) -> str:  # type: ignore[override]
        return str(self.watch.label)

    @property
    def header_icon(self) -> str:  # type: ignore[override]
        return self.watch.icon

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with self.watch.reach():
            rows = self.watch.rows(self.request.user, timezone.localdate())
            page = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("p"))
            lines = self.watch.cells(page.object_list)
            count = page.paginator.count
        headings = [str(heading) for heading in self.watch.headings]
        return super().get_context_data(
            headings=headings,
            lines=[list(zip(headings, line, strict=True)) for line in lines],
            items_count=count,
            page_obj=page,
            **kwargs,
        )
