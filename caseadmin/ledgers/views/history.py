"""The history of a record, one entry per action."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from ..forms.fields import DayField
from ..timeline import Only, timeline
from .base import RecordPage
from .revealing import RevealMixin


class OnlyForm(forms.Form):
    """Which part of a record's history is asked for."""

    person = forms.CharField(
        label=pgettext_lazy("who acted", "Person"), required=False, widget=forms.Select
    )
    since = DayField(label=_("From day"), required=False)
    until = DayField(label=_("To day"), required=False)

    def offer(self, people: dict[str, str]) -> None:
        """Offer the people who have written the record."""
        choices = [("", gettext("Everyone")), *sorted(people.items(), key=lambda item: item[1])]
        self.fields["person"].widget.choices = choices  # type: ignore[attr-defined]

    @property
    def only(self) -> Only:
        """What was asked for; a value that cannot be read is left out."""
        self.is_valid()
        return Only(**{name: self.cleaned_data.get(name) or None for name in self.fields})


class LedgerHistoryView(RevealMixin, RecordPage, TemplateView):
    """Who changed what, when, why and through which door."""

    permission = "view_history"
    page_code = "history"
    tells_of_parts = True
    page_title = _("History")
    template_name = "ledgers/history.html"

    def check_permission(self) -> None:
        super().check_permission()
        if not self.allows("view"):
            raise PermissionDenied

    def urls(self) -> dict[str, str]:
        """Return where a version is looked at, compared and restored."""
        may_edit = self.ledger.can_edit and self.allows("change")
        return {
            "past": self.ledger.url("past", self.object.pk),
            "compare": self.ledger.url("compare", self.object.pk),
            "edit": self.ledger.url("edit", self.object.pk) if may_edit else "",
            "undo": self.ledger.url("undo", self.object.pk)
            if may_edit and self.allows("restore")
            else "",
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        only_form = OnlyForm(self.request.GET)
        told = timeline(
            self.ledger,
            self.object.pk,
            page=self.request.GET.get("p", 1),
            only=only_form.only,
            sight=self.sight,
            known=self.object,
        )
        only_form.offer(told.people)
        return super().get_context_data(
            timeline=told,
            only_form=only_form,
            narrowed=bool(only_form.only.among(told.people)),
            history_urls=self.urls(),
            page_obj=told.page,
            **self.reveal_context(),
            record_url=self.ledger.url("view", self.object.pk),
            **kwargs,
        )
