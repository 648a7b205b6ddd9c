"""The record's page: sections, child rows, related records, latest changes, actions."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin.widgets.button import Button, HeaderButton

from ..columns import as_column, cell_text, column_paths, heading
from ..declaration import Ledger, LedgerAction, Related
from ..paths import joins
from ..presentation import Shown, ShownTable, child_table, sections_of
from ..registry import ledgers
from ..timeline import timeline
from .base import RecordPage
from .looking import RIGHT

LATEST = 3
RELATED_ROWS = 10


class LedgerRecordView(RecordPage, TemplateView):
    """Everything about one record on one page.

    Sensitive values are masked.  Who may see them presses a button, and the log says so.
    """

    permission = "view"
    page_title = ""
    template_name = "ledgers/view.html"
    unmasked = False

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Reveal the masked values, once, on this page only."""
        # A row out of scope is not there, whatever else the person may not do.
        if not (self.object and self.can_reveal):
            raise PermissionDenied
        self.unmasked = True
        response = self.render_to_response(self.get_context_data(**kwargs))
        self.log("tonghu.reveal", fields=sorted(self.ledger.sensitive))
        return response

    @cached_property
    def can_reveal(self) -> bool:
        """Whether there is anything masked that the person may see."""
        return self.ledger.masks_anything() and self.allows("view_sensitive")

    @cached_property
    def header_buttons(self) -> list[Any]:
        if not (self.ledger.can_edit and self.allows("change")):
            return []
        return [
            HeaderButton(
                _("Edit"),
                url=self.ledger.url("edit", self.object.pk),
                icon_name="edit",
                priority=10,
            )
        ]

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        buttons = []
        if self.allows("view_history"):
            buttons.append(
                Button(
                    _("History"),
                    url=self.ledger.url("history", self.object.pk),
                    icon_name="history",
                    priority=10,
                )
            )
        if self.request.user.has_perm(RIGHT):
            buttons.append(
                Button(
                    _("Who looked at it"),
                    url=self.ledger.url("looks", self.object.pk),
                    icon_name="view",
                    priority=20,
                )
            )
        if self.ledger.can_delete and self.allows("delete"):
            buttons.append(
                Button(
                    _("Delete"),
                    url=self.ledger.url("delete", self.object.pk),
                    icon_name="bin",
                    priority=90,
                )
            )
        return buttons

    def actions(self) -> list[dict[str, Any]]:
        """Return the buttons of the declared actions that apply now."""
        return [
            {
                "action": action,
                "url": action.url(self.object)
                if action.url
                else self.ledger.url("do", self.object.pk, action.name),
                "by_post": not action.url and not action.asks,
            }
            for action in self.ledger.actions
            if offers(self.ledger, action, self.object, self.request.user)
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        history = None
        if self.allows("view_history"):
            history = timeline(
                self.ledger,
                self.object.pk,
                per_page=LATEST,
                unmasked=self.unmasked,
                known=self.object,
            )
        return super().get_context_data(
            heading=self.ledger.title(self.object),
            sections=sections_of(self.ledger, self.object, user=user, unmasked=self.unmasked),
            tables=[
                child_table(self.ledger, child, self.object, user=user, unmasked=self.unmasked)
                for child in self.ledger.children
            ],
            related=related_tables(self.ledger, self.object, user),
            latest=history.entries if history else [],
            whole_history_url=self.ledger.url("history", self.object.pk) if history else "",
            actions=self.actions(),
            can_reveal=self.can_reveal and not self.unmasked,
            unmasked=self.unmasked,
            **kwargs,
        )


def offers(ledger: type[Ledger], action: LedgerAction, instance: Any, user: Any) -> bool:
    """Return whether an action is open to a person for this record now."""
    return ledger.allows(user, action.permission) and action.available(instance)


def related_tables(ledger: type[Ledger], instance: Any, user: Any) -> list[ShownTable]:
    """Return the records of other ledgers that point at this one, as their columns show them."""
    tables = []
    for related in ledger.related:
        other = ledgers.get(related.slug)
        if other.allows(user, "view"):
            tables.append(_related_table(other, related, instance))
    return tables


def _related_table(other: type[Ledger], related: Related, instance: Any) -> ShownTable:
    columns = [as_column(item) for item in other.list_columns()]
    if related.columns:
        columns = [c for c in columns if c.name in related.columns]
    columns = columns[:5]
    select, prefetch = joins(other.model, column_paths(other))
    rows = other.queryset().filter(**{related.by: instance}).order_by(other.ordering, "pk")
    if select:
        rows = rows.select_related(*select)
    found = list(rows.prefetch_related(*prefetch)[: RELATED_ROWS + 1])
    return ShownTable(
        name=related.slug,
        label=str(related.label or other.label),
        headings=[heading(other, column) for column in columns],
        rows=[
            [
                Shown(
                    name=column.name,
                    label=heading(other, column),
                    text=cell_text(other, column, row),
                    url=other.url("view", row.pk) if index == 0 else "",
                )
                for index, column in enumerate(columns)
            ]
            for row in found[:RELATED_ROWS]
        ],
        total=len(found),
        more_url=other.url("index") if len(found) > RELATED_ROWS else "",
    )
