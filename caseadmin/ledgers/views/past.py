"""How a record, and the whole list, stood at an earlier moment; two versions side by side."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from ..columns import cell_text, drawn_columns, heading
from ..filters import ConditionFilter, filterset_class
from ..forms.fields import MinuteInput
from ..past import Past, differences, join_rows, past_after, past_at, records_at
from ..presentation import Shown, ShownTable, child_table, sections_of
from ..sight import Sight
from .base import LedgerPage, RecordPage, as_uuid


def moment_of(text: str) -> datetime | None:
    """Read a moment out of an address: a day counts to its end, local time.

    Returns:
        ``None`` where it cannot be read or lies outside the calendar.
    """
    try:
        moment = parse_datetime(text)
        if moment is None or len(text) <= len("2026-01-01"):
            day = parse_date(text)
            moment = datetime.combine(day, time.max) if day else None
        if moment is not None and timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
    except (ValueError, OverflowError):
        return None
    return moment


class MomentForm(forms.Form):
    """Which moment is asked for."""

    at = forms.DateTimeField(
        label=gettext_lazy("As of"),
        required=False,
        widget=MinuteInput,
        help_text=gettext_lazy("Everything that was recorded up to this moment."),
    )


class PastMixin:
    """Pages that show the past need the right to read history beside the right to look."""

    permission = "view_history"

    def check_permission(self) -> None:
        super().check_permission()  # type: ignore[misc]
        if not self.allows("view"):  # type: ignore[attr-defined]
            raise PermissionDenied


class LedgerPastView(PastMixin, RecordPage, TemplateView):
    """One record as it stood, plainly marked as the past.

    The address says ``?change=`` (as an action left it) or ``?at=`` (a moment).
    """

    page_code = "past"
    page_title = gettext_lazy("Earlier version")
    template_name = "ledgers/past.html"

    @cached_property
    def past(self) -> Past:
        """The record as it stood.

        Raises:
            Http404: The address names neither an action of this record nor a moment.
        """
        change = as_uuid(self.request.GET.get("change", ""))
        if change is not None:
            past = past_after(self.ledger, self.object.pk, change)
        else:
            moment = moment_of(self.request.GET.get("at", ""))
            past = past_at(self.ledger, self.object.pk, moment) if moment else None
        if past is None:
            raise Http404
        return past

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        past, user, sight = self.past, self.request.user, Sight()
        shown: dict[str, Any] = {"sections": [], "tables": []}
        if past.exists:
            instance = past.instance
            join_rows(self.ledger.model, [instance], self.related_names())
            tables = [
                child_table(
                    self.ledger,
                    child,
                    instance,
                    user=user,
                    sight=sight,
                    rows=past.rows_of(child),
                )
                for child in self.ledger.children
            ]
            shown = {
                "sections": sections_of(self.ledger, instance, user=user, sight=sight),
                "tables": [table for table in tables if table is not None],
            }
        row = past.row
        restore_url = ""
        if past.exists and self.ledger.can_edit and self.allows("change"):
            restore_url = f"{self.ledger.url('edit', self.object.pk)}?restore={row.change_set}"
        return super().get_context_data(
            past=past,
            row=row,
            form=MomentForm(initial={"at": timezone.localtime(past.at)}),
            restore_url=restore_url,
            timeline_url=self.ledger.url("history", self.object.pk),
            record_url=self.ledger.url("view", self.object.pk),
            **shown,
            **kwargs,
        )

    def related_names(self) -> list[str]:
        """Names of the fields that point at other rows."""
        return [n for n in self.ledger.shown_fields() if self.ledger.field(n).is_relation]


class LedgerCompareView(PastMixin, RecordPage, TemplateView):
    """What differs between two versions, whatever lies between them.

    The address says ``?from=`` and ``?to=``, two actions of the record; without ``to`` the
    record as it stands now.
    """

    page_code = "compare"
    page_title = gettext_lazy("Compare versions")
    template_name = "ledgers/compare.html"

    def version(self, name: str) -> Past:
        """Return one of the two versions.

        Raises:
            Http404: The address names none of this record's actions.
        """
        text = self.request.GET.get(name, "")
        if name == "to" and not text:
            return past_at(self.ledger, self.object.pk, timezone.now())
        change = as_uuid(text)
        past = past_after(self.ledger, self.object.pk, change) if change else None
        if past is None:
            raise Http404
        return past

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        one, other = self.version("from"), self.version("to")
        if one.at > other.at:
            one, other = other, one
        subjects = differences(self.ledger, one, other, Sight())
        return super().get_context_data(
            one=one,
            other=other,
            subjects=subjects,
            count=sum(len(subject.changes) for subject in subjects),
            timeline_url=self.ledger.url("history", self.object.pk),
            **kwargs,
        )


class LedgerAsOfView(PastMixin, LedgerPage, TemplateView):
    """The list as it stood at a moment, with the filters of the list."""

    page_title = gettext_lazy("As of an earlier day")
    template_name = "ledgers/as_of.html"

    @cached_property
    def moment(self) -> datetime:
        """The moment of the address; now where it names none."""
        return moment_of(self.request.GET.get("at", "")) or timezone.now()

    def get_header_title(self) -> str:
        return _("%(ledger)s as of an earlier day") % {"ledger": self.ledger.label}

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": str(self.page_title)}]

    def rows(self) -> Any:
        """Return the history rows of the moment that match the filters of the address."""
        rows = records_at(self.ledger, self.moment)
        if self.ledger.filters:
            filters = filterset_class(self.ledger, Sight())(
                self.request.GET, queryset=rows, request=self.request
            )
            filters.is_valid()
            for name, value in getattr(filters.form, "cleaned_data", {}).items():
                # What leads over another table is not in the history row, and a condition
                # asks about today.
                asked = filters.filters[name]
                if not isinstance(asked, ConditionFilter) and "__" not in asked.field_name:
                    rows = asked.filter(rows, value)
        return rows.order_by("-history_date", "-history_id")

    def table(self, found: list[Any], total: int) -> ShownTable:
        """Return a page of records as the list's columns show them."""
        sight = Sight()
        columns = [
            column
            for column in drawn_columns(self.ledger, sight)
            if column.value is None and "." not in column.name
        ]
        instances = [row.instance for row in found]
        join_rows(self.ledger.model, instances, [c.name for c in columns])
        return ShownTable(
            name="as-of",
            label=str(self.ledger.label),
            headings=[heading(self.ledger, column) for column in columns],
            rows=[
                [
                    Shown(
                        name=column.name,
                        label=heading(self.ledger, column),
                        text=cell_text(self.ledger, column, instance, sight),
                        url=self.past_url(instance) if index == 0 else "",
                    )
                    for index, column in enumerate(columns)
                ]
                for instance in instances
            ],
            total=total,
        )

    @cached_property
    def standing(self) -> set[Any]:
        """Keys of the shown records that still exist; the others have no page of their own."""
        keys = [row.pk for row in self.shown]
        return set(self.ledger.queryset().filter(pk__in=keys).values_list("pk", flat=True))

    shown: list[Any] = []

    def past_url(self, instance: Any) -> str:
        """Return the address of the record at the moment of the list."""
        if instance.pk not in self.standing:
            return ""
        at = timezone.localtime(self.moment).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{self.ledger.url('past', instance.pk)}?at={at}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        paginator = Paginator(self.rows(), self.ledger.per_page)
        page = paginator.get_page(self.request.GET.get("p", 1))
        found = list(page.object_list)
        self.shown = [row.instance for row in found]
        return super().get_context_data(
            table=self.table(found, paginator.count),
            page_obj=page,
            moment=self.moment,
            form=MomentForm(initial={"at": timezone.localtime(self.moment)}),
            index_url=self.ledger.url("index"),
            **kwargs,
        )
