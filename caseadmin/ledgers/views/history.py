"""The history of a record, one entry per action."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from ..timeline import timeline
from .base import RecordPage


class LedgerHistoryView(RecordPage, TemplateView):
    """Who changed what, when, why and through which door."""

    permission = "view_history"
    page_code = "history"
    page_title = _("History")
    template_name = "ledgers/history.html"
    unmasked = False

    def check_permission(self) -> None:
        super().check_permission()
        if not self.allows("view"):
            raise PermissionDenied

    @property
    def can_reveal(self) -> bool:
        """Whether there is anything masked that the person may see."""
        return self.ledger.masks_anything() and self.allows("view_sensitive")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Reveal the masked values, once, on this page only."""
        # A row out of scope is not there, whatever else the person may not do.
        if not (self.object and self.can_reveal):
            raise PermissionDenied
        self.unmasked = True
        response = self.render_to_response(self.get_context_data(**kwargs))
        self.log("tonghu.reveal", fields=sorted(self.ledger.sensitive))
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        told = timeline(
            self.ledger,
            self.object.pk,
            page=self.request.GET.get("p", 1),
            unmasked=self.unmasked,
            known=self.object,
        )
        return super().get_context_data(
            timeline=told,
            page_obj=told.page,
            elided_page_range=list(told.page.paginator.get_elided_page_range(told.page.number)),
            can_reveal=self.can_reveal and not self.unmasked,
            unmasked=self.unmasked,
            record_url=self.ledger.url("view", self.object.pk),
            **kwargs,
        )
