"""Who looked at a record: the log of one row, for those who answer for it."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.generic import TemplateView

from core.audit.selectors import (
    actions_in,
    entries_about,
    lines_of,
    narrowed,
    people_in,
    tallies_of,
)

from ..declaration import Ledger
from ..forms.fields import DayInput
from .base import RecordPage
from .revealing import told_fields

PER_PAGE = 30
RIGHT = "audit.view_looks"


class LogFilterForm(forms.Form):
    """Person, action, from day to day.  Nonsense in the address is left out."""

    who = forms.ChoiceField(label=pgettext_lazy("who acted", "Person"), required=False)
    action = forms.ChoiceField(label=_("Action"), required=False)
    first = forms.DateField(label=_("From day"), required=False, widget=DayInput)
    last = forms.DateField(label=_("To day"), required=False, widget=DayInput)

    def __init__(self, entries: Any, data: Any = None) -> None:
        super().__init__(data)
        self.tallies = tallies_of(entries, first=self.day("first"), last=self.day("last"))
        anyone: list[tuple[str, Any]] = [("", _("Everybody"))]
        anything: list[tuple[str, Any]] = [("", _("Every action"))]
        fields: Any = self.fields
        fields["who"].choices = [*anyone, *people_in(self.tallies)]
        fields["action"].choices = [*anything, *actions_in(self.tallies)]
        self.is_valid()
        self.asked: dict[str, Any] = getattr(self, "cleaned_data", {})

    def day(self, name: str) -> date | None:
        """Return a day of the address before the other fields know their choices."""
        try:
            day: date | None = self.fields[name].clean(self.data.get(name))
        except forms.ValidationError:
            return None
        return day

    @property
    def total(self) -> int:
        """How many entries the form asks for."""
        who, action = self.asked.get("who"), self.asked.get("action")
        return sum(
            one.count
            for one in self.tallies
            if (not who or one.user_id == who) and (not action or one.action == action)
        )

    def narrow(self, entries: Any) -> Any:
        """Return the entries the form asks for."""
        asked = self.asked
        return narrowed(
            entries,
            user_id=UUID(asked["who"]) if asked.get("who") else None,
            action=asked.get("action", ""),
            first=asked.get("first"),
            last=asked.get("last"),
        )

    def pages(self, entries: Any, *, per_page: int) -> Paginator[Any]:
        """Return the pages of what the form asks for; they are counted already."""
        return CountedPaginator(self.narrow(entries), per_page, total=self.total)


class CountedPaginator(Paginator[Any]):
    """Pages of entries of which the number is known."""

    def __init__(self, entries: Any, per_page: int, *, total: int) -> None:
        super().__init__(entries, per_page)
        self.total = total

    @cached_property
    def count(self) -> int:
        return self.total


class LedgerLooksView(RecordPage, TemplateView):
    """Every entry of the log about one record, newest first.

    Legal source: 个人信息保护法 art. 44 and 45 (the person concerned may know who handled
    their information); 未成年人网络保护条例 art. 36 (access is recorded).
    """

    permission = "view"
    page_code = "looks"
    # It shows nothing of the record but its number; whoever answers for it need not open it.
    asks_approval = False
    page_title = _("Who looked at it")
    template_name = "ledgers/looks.html"
    http_method_names = ["get", "head", "options"]

    def check_permission(self) -> None:
        super().check_permission()
        if not self.request.user.has_perm(RIGHT):
            raise PermissionDenied

    @cached_property
    def entries(self) -> Any:
        """All entries about the record."""
        return entries_about(self.ledger.model, self.object.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = LogFilterForm(self.entries, self.request.GET)
        paginator = form.pages(self.entries, per_page=PER_PAGE)
        page = paginator.get_page(self.request.GET.get("p"))
        labels = labels_of(self.ledger)
        return super().get_context_data(
            form=form,
            lines=lines_of(page.object_list, lambda entry: labels),
            page_obj=page,
            total=paginator.count,
            record_url=self.ledger.url("view", self.object.pk),
            here_url=self.ledger.url("looks", self.object.pk),
            **kwargs,
        )


def labels_of(ledger: type[Ledger]) -> dict[str, str]:
    """Return what the fields of a ledger are called, by their paths."""
    return {path: str(field.verbose_name) for path, field in told_fields(ledger)}
