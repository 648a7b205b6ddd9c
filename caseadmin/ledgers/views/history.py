"""The history of a record, one entry per action."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from ..timeline import timeline
from .base import RecordPage
from .revealing import RevealMixin


class LedgerHistoryView(RevealMixin, RecordPage, TemplateView):
    """Who changed what, when, why and through which door."""

    permission = "view_history"
    page_code = "history"
    page_title = _("History")
    template_name = "ledgers/history.html"

    def check_permission(self) -> None:
        super().check_permission()
        if not self.allows("view"):
            raise PermissionDenied

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        told = timeline(
            self.ledger,
            self.object.pk,
            page=self.request.GET.get("p", 1),
            sight=self.sight,
            known=self.object,
        )
        return super().get_context_data(
            timeline=told,
            page_obj=told.page,
            elided_page_range=list(told.page.paginator.get_elided_page_range(told.page.number)),
            **self.reveal_context(),
            record_url=self.ledger.url("view", self.object.pk),
            **kwargs,
        )
