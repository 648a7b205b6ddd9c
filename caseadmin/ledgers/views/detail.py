"""The record's page: sections, child rows, related records, latest changes, actions."""

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin.widgets.button import Button, HeaderButton

from core.access.opening import SEAL, needs_approval

from ..attaching import shown_files
from ..columns import cell_text, column_paths, drawn_columns, headed_by, heading
from ..declaration import Ledger, LedgerAction, Related
from ..paths import joins
from ..presentation import Shown, ShownTable, child_table, sections_of
from ..registry import ledgers
from ..sight import Sight
from ..timeline import latest_entries
from .base import RecordPage
from .looking import RIGHT
from .revealing import RevealMixin

LATEST = 3
RELATED_ROWS = 10


class LedgerRecordView(RevealMixin, RecordPage, TemplateView):
    """Everything about one record on one page.

    Fields are hidden, masked or read as the person's posts say.  Who may reveal a masked
    value presses its button and says why.
    """

    permission = "view"
    tells_of_parts = True
    page_title = ""
    template_name = "ledgers/view.html"

    @cached_property
    def header_buttons(self) -> list[Any]:
        if not (self.ledger.can_edit and self.allows("change")):
            return []
        return [
            HeaderButton(
                _("Edit"),
                url=self.ledger.url("edit", self.object.pk) + self.list_query,
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
        if self.ledger.likeness is not None:
            buttons.append(
                Button(
                    _("Likely duplicates"),
                    url=self.ledger.url("duplicates", self.object.pk),
                    icon_name="group",
                    priority=30,
                )
            )
        buttons += [
            Button(
                str(form.label),
                url=self.ledger.url("print", self.object.pk, form.name),
                icon_name="doc-full",
                priority=40 + place,
            )
            for place, form in enumerate(self.ledger.papers)
        ]
        if needs_approval(self.ledger.model) and self.request.user.has_perm(SEAL):
            buttons.append(
                Button(
                    _("Seal"),
                    url=self.ledger.url("seal", self.object.pk),
                    icon_name="lock",
                    priority=60,
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
        may_see_history = self.allows("view_history")
        tables = [
            child_table(self.ledger, child, self.object, user=user, sight=self.sight)
            for child in self.ledger.children
        ]
        name, badges = headed_by(self.ledger, self.object, self.sight)
        return super().get_context_data(
            heading=self.ledger.title(self.object),
            name=name,
            badges=badges,
            sections=sections_of(self.ledger, self.object, user=user, sight=self.sight),
            tables=[table for table in tables if table is not None],
            files=shown_files(self.ledger, self.object, user=user, sight=self.sight),
            related=related_tables(self.ledger, self.object, user),
            latest=latest_entries(
                self.ledger, self.object.pk, LATEST, sight=self.sight, known=self.object
            )
            if may_see_history
            else [],
            whole_history_url=self.ledger.url("history", self.object.pk) if may_see_history else "",
            actions=self.actions(),
            **self.reveal_context(),
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
    sight = Sight()
    columns = drawn_columns(other, sight)
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
                    text=cell_text(other, column, row, sight) or (str(row) if index == 0 else ""),
                    url=other.url("view", row.pk) if index == 0 else "",
                )
                for index, column in enumerate(columns)
            ]
            for row in found[:RELATED_ROWS]
        ],
        total=len(found),
        more_url=other.url("index") if len(found) > RELATED_ROWS else "",
    )
