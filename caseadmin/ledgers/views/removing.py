"""Delete a record: say what goes with it or holds it back, and ask why."""

import copy
from collections import Counter
from typing import Any

from django.contrib.admin.utils import NestedObjects
from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.db.models import ProtectedError, RestrictedError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from core.access.models import CaseModel
from core.access.scope import current_scope, unscoped
from core.attachments.models import Attachment
from core.attachments.selectors import attachments_of

from ..presentation import name_of, record_url
from .acting import ReasonForm
from .base import RecordPage

NAMED = 10


class LedgerDeleteView(RecordPage, TemplateView):
    """Asks for a reason; lists by number what else goes, and what prevents it."""

    permission = "delete"
    page_code = "delete"
    page_title = gettext_lazy("Delete")
    template_name = "ledgers/delete.html"

    @cached_property
    def collected(self) -> NestedObjects:
        """What Django would delete, and what protects it."""
        collector = NestedObjects(using=router.db_for_write(self.ledger.model), origin=self.object)
        # What lies in other areas holds on to the record too; it is counted, not named.
        with unscoped("what holds on to a record"):
            collector.collect([self.object])
        return collector

    def goes_too(self) -> list[dict[str, Any]]:
        """Return how many rows of each kind go with the record."""
        counts = Counter(
            type(row)
            for rows in self.collected.data.values()
            for row in rows
            if row.pk != self.object.pk
        )
        for rows in self.collected.fast_deletes:
            counts[rows.model] += rows.count()
        if self.ledger.attachments:
            counts[Attachment] += attachments_of(self.object).count()
        return [
            {"label": capfirst(str(model._meta.verbose_name)), "count": count}
            for model, count in counts.items()
            if count
        ]

    def prevents(self) -> dict[str, Any]:
        """Return what holds on to the record: by number in scope, else only counted."""
        scope = current_scope()
        named, elsewhere = [], 0
        for row in self.collected.protected:
            if isinstance(row, CaseModel) and not (scope and scope.covers(row.territory_code)):
                elsewhere += 1
                continue
            named.append(
                {
                    "label": capfirst(str(row._meta.verbose_name)),
                    "number": name_of(row),
                    "url": record_url(row, self.request.user),
                }
            )
        return {"named": named[:NAMED], "more": max(len(named) - NAMED, 0), "elsewhere": elsewhere}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=ReasonForm()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ReasonForm(request.POST)
        if not form.is_valid() or self.collected.protected:
            return self.render_to_response(self.get_context_data(form=form), status=422)
        number = self.number
        try:
            with transaction.atomic():
                gone = copy.copy(self.object)
                self.ledger.delete(
                    self.object, actor=self.actor, reason=form.cleaned_data["reason"]
                )
                # Logged last: whoever holds the end of the log waits for nothing else.
                self.object = gone
                self.log("wagtail.delete")
        except ValidationError as error:
            # The ledger's own rules: some records are closed and never deleted.
            for message in error.messages:
                form.add_error(None, message)
            self.object = gone
            return self.render_to_response(self.get_context_data(form=form), status=422)
        except (ProtectedError, RestrictedError):
            form.add_error(None, _("Something holds on to this record, so it stays."))
            return self.render_to_response(self.get_context_data(form=form), status=422)
        messages.success(
            request,
            _("%(kind)s %(number)s was deleted. Its history is kept.")
            % {"kind": capfirst(str(self.ledger.one())), "number": number},
        )
        return HttpResponseRedirect(self.ledger.url("index"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            goes_too=self.goes_too(),
            prevents=self.prevents(),
            is_protected=bool(self.collected.protected),
            back_url=self.ledger.url("view", self.object.pk),
            **kwargs,
        )
