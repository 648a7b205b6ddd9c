"""What was deleted, and how it comes back: with its child rows and its own key."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from core.access.opening import may_open
from core.access.scope import current_scope
from core.audit.services import record

from ..past import deleted_records, deleted_rows, join_rows
from ..presentation import child_table, name_of, sections_of
from ..sight import Sight
from .acting import ReasonForm
from .base import LedgerPage


class LedgerDeletedView(LedgerPage, TemplateView):
    """Deleted records by number, newest first: who deleted them, when and why."""

    permission = "restore"
    page_title = gettext_lazy("Deleted records")
    template_name = "ledgers/deleted.html"

    def check_permission(self) -> None:
        super().check_permission()
        if not self.allows("view"):
            raise PermissionDenied

    def get_header_title(self) -> str:
        return _("Deleted: %(ledger)s") % {"ledger": self.ledger.label}

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": str(self.page_title)}]

    @staticmethod
    def told_reason(row: Any, sight: Sight) -> str:
        """Return why a record was deleted, as far as the person may read it."""
        field = row._meta.get_field("history_change_reason")
        return sight.shown(field, row.territory_code, row.history_change_reason or "")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        paginator = Paginator(deleted_records(self.ledger), self.ledger.per_page)
        page = paginator.get_page(self.request.GET.get("p", 1))
        sight = Sight()
        return super().get_context_data(
            rows=[
                {
                    "number": name_of(row.instance),
                    "at": row.history_date,
                    "actor": row.actor_name,
                    "reason": self.told_reason(row, sight),
                    "url": self.ledger.url("restore", row.instance.pk),
                }
                for row in page.object_list
            ],
            page_obj=page,
            index_url=self.ledger.url("index"),
            **kwargs,
        )


class LedgerRestoreView(LedgerPage, TemplateView):
    """One deleted record as it last stood; a reason brings it back."""

    permission = "restore"
    page_title = gettext_lazy("Restore")
    template_name = "ledgers/restore.html"

    def check_permission(self) -> None:
        super().check_permission()
        if not self.allows("view"):
            raise PermissionDenied

    @cached_property
    def row(self) -> Any:
        """The record's last history row.

        Raises:
            Http404: No such record was deleted in the reader's area.
            PermissionDenied: Nobody approved that they open it.
        """
        key = self.ledger.model._meta.pk.attname
        row = deleted_records(self.ledger).filter(**{key: self.kwargs["pk"]}).first()
        scope = current_scope()
        if row is None or scope is None or not scope.covers(row.territory_code):
            raise Http404
        if not may_open(self.actor, row.instance):
            raise PermissionDenied
        return row

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = self.render_to_response(self.get_context_data(form=ReasonForm()))
        record(
            "tonghu.view", actor=self.actor, instance=self.row.instance, data={"page": "deleted"}
        )
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ReasonForm(request.POST)
        number = name_of(self.row.instance)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        try:
            with transaction.atomic():
                saved = self.ledger.restore(
                    self.row, actor=self.actor, reason=form.cleaned_data["reason"]
                )
                record("tonghu.restore", actor=self.actor, instance=saved)
        except ValidationError as error:
            for message in error.messages:
                form.add_error(None, message)
            return self.render_to_response(self.get_context_data(form=form), status=422)
        messages.success(
            request,
            _("%(kind)s %(number)s is back.")
            % {"kind": capfirst(str(self.ledger.one())), "number": number},
        )
        return HttpResponseRedirect(self.ledger.url("view", saved.pk))

    def get_header_title(self) -> str:
        return " · ".join([str(self.page_title), name_of(self.row.instance)])

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": self.ledger.url("deleted"), "label": _("Deleted records")},
            {"url": "", "label": name_of(self.row.instance)},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        instance, user, sight = self.row.instance, self.request.user, Sight()
        names = [n for n in self.ledger.shown_fields() if self.ledger.field(n).is_relation]
        join_rows(self.ledger.model, [instance], names)
        gone = dict(deleted_rows(self.row))
        tables = []
        for child in self.ledger.children:
            model = self.ledger.child_relation(child).related_model
            rows = [row.instance for row in gone.get(model, [])]
            tables.append(
                child_table(self.ledger, child, instance, user=user, sight=sight, rows=rows)
            )
        return super().get_context_data(
            row=self.row,
            told_reason=LedgerDeletedView.told_reason(self.row, sight),
            number=name_of(instance),
            sections=sections_of(self.ledger, instance, user=user, sight=sight),
            tables=[table for table in tables if table is not None],
            back_url=self.ledger.url("deleted"),
            **kwargs,
        )
