"""The pages of a bulk action: the number first, then what will change, then what became of it."""

import json
import uuid
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin import messages

from core.access.opening import openable
from core.access.rights import Seeing

from ..bulk import services
from ..bulk.models import BulkRun
from ..columns import cell_text, drawn_columns, heading
from ..declaration import BulkAction, Column
from ..listing.services import kept_query
from ..presentation import label_of, words
from ..sight import Sight, column_mask
from .acting import ReasonForm
from .base import LedgerPage, as_uuid
from .listing import MAX_WORDS, WORDS

SHOWN = 10
POLL_SECONDS = 3


class LedgerBulkView(LedgerPage, TemplateView):
    """Ask before an action is done to many records.

    Everything comes by POST: the chosen keys, or "all" with the words of the search.
    """

    permission = "view"
    http_method_names = ["get", "post", "options"]
    template_name = "ledgers/bulk/ask.html"

    @cached_property
    def action(self) -> BulkAction:
        """The action of the address.

        Raises:
            Http404: The ledger has none of this name.
        """
        try:
            return services.bulk_action(self.ledger, self.kwargs["action"])
        except KeyError as error:
            raise Http404 from error

    def check_permission(self) -> None:
        super().check_permission()
        if not self.ledger.allows(self.request.user, self.action.permission):
            raise PermissionDenied

    @property
    def page_title(self) -> str:  # type: ignore[override]
        return str(self.action.label)

    def get_header_title(self) -> str:
        return f"{self.action.label} · {self.ledger.label}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": str(self.page_title)}]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(self.back_url)

    @property
    def back_url(self) -> str:
        """The list as it was."""
        query = kept_query(self.request.GET)
        return self.ledger.url("index") + (f"?{query}" if query else "")

    @cached_property
    def wants_all(self) -> bool:
        """Whether all that match are meant, not those that were ticked."""
        return self.request.POST.get("which") == "all"

    @cached_property
    def chosen(self) -> list[str]:
        """The keys that were ticked; what is no key is left out."""
        if self.wants_all:
            return []
        posted = self.request.POST.getlist("row")[: services.MOST_CHOSEN]
        keys = [key for key in map(as_uuid, posted) if key is not None]
        # Nothing ticked means nothing, never everything.
        return [str(key) for key in keys] or [str(uuid.UUID(int=0))]

    @cached_property
    def words(self) -> str:
        """The words of the search."""
        return " ".join(self.request.POST.get(WORDS, "")[:MAX_WORDS].split())

    @cached_property
    def rows(self) -> Any:
        """The records that are meant."""
        return services.matching(
            self.ledger,
            user=self.request.user,
            query=kept_query(self.request.GET),
            words=self.words,
            rows=self.chosen,
        )

    @cached_property
    def number(self) -> int:
        """How many records are meant."""
        return int(self.rows.order_by().count())

    def get_form(self) -> Any:
        """Return the form: the action's own questions and the reason."""
        bases = (self.action.form, ReasonForm) if self.action.form else (ReasonForm,)
        asked = type("BulkForm", bases, {})
        return asked(self.request.POST if self.is_confirmed else None)

    @property
    def seen_at(self) -> datetime | None:
        """When the person was shown what is meant; nonsense counts as now."""
        try:
            seen = parse_datetime(self.request.POST.get("seen", ""))
        except ValueError:
            return None
        return seen if seen is not None and timezone.is_aware(seen) else None

    @property
    def is_confirmed(self) -> bool:
        """Whether this is the second step."""
        return bool(self.request.POST.get("confirmed"))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.number:
            messages.warning(request, _("No record was chosen. Tick some, or take all."))
            return HttpResponseRedirect(self.back_url)
        form = self.get_form()
        if not self.is_confirmed:
            return self.render_to_response(self.get_context_data(form=form))
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        if request.POST.get("confirmed") != str(self.number):
            messages.warning(
                request, _("The list has changed meanwhile. Look at the number again.")
            )
            return self.render_to_response(self.get_context_data(form=form), status=409)
        return self._start(form)

    def _start(self, form: Any) -> HttpResponse:
        cleaned = dict(form.cleaned_data)
        reason = cleaned.pop("reason")
        posted = {name: self.request.POST.getlist(name) for name in cleaned}
        try:
            run = services.start(
                self.ledger,
                self.action,
                actor=self.actor,
                query=kept_query(self.request.GET),
                words=self.words,
                rows=self.chosen,
                expected=self.number,
                answers=services.Answers(posted, cleaned),
                reason=reason,
                seen_at=self.seen_at,
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
            return self.render_to_response(self.get_context_data(form=form), status=422)
        return HttpResponseRedirect(self.ledger.url("bulk_run", run.pk))

    @cached_property
    def title(self) -> Column:
        """The column that names a record."""
        return next(iter(drawn_columns(self.ledger, Sight())), Column(self.ledger.key))

    def preview(self, form: Any) -> list[dict[str, Any]]:
        """Return what would happen to the first records, as far as it is answered yet."""
        answered = form.is_bound and form.is_valid()
        cleaned = {n: v for n, v in form.cleaned_data.items() if n != "reason"} if answered else {}
        knows = self.action.change is not None and (answered or self.action.form is None)
        shown = []
        sight = Sight()
        title = self.title
        rows = list(self.rows[:SHOWN])
        opened = openable(self.actor, self.ledger.model, rows)
        for row in rows:
            entry: dict[str, Any] = {
                "number": str(row),
                "title": cell_text(self.ledger, title, row, sight),
                "changes": [],
                "refused": "",
            }
            if row.pk not in opened:
                entry["refused"] = services.closed()
            elif knows:
                try:
                    entry["changes"] = [
                        self._change(row, name, old, new, sight)
                        for name, old, new in services.difference(self.action, row, cleaned)
                    ]
                except ValidationError as error:
                    entry["refused"] = " ".join(error.messages)
            shown.append(entry)
        return shown

    def _change(self, row: Any, name: str, old: Any, new: Any, sight: Sight) -> dict[str, str]:
        field = self.ledger.field(name)
        column = Column(name)
        texts = [words(field, value) for value in (old, new)]
        if sight.cell(self.ledger, column, row.territory_code) is not Seeing.READ:
            mask = column_mask(self.ledger, column)
            texts = [mask(text) if text else "" for text in texts]
        return {"label": label_of(field), "old": texts[0], "new": texts[1]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            action=self.action,
            number=self.number,
            preview=self.preview(kwargs["form"]),
            title_heading=heading(self.ledger, self.title),
            chosen=[] if self.wants_all else self.chosen,
            which="all" if self.wants_all else "chosen",
            words=self.words,
            # A form that comes back with an error was shown when it was shown first.
            seen=(self.seen_at or timezone.now()).isoformat(),
            query=kept_query(self.request.GET),
            back_url=self.back_url,
            **kwargs,
        )


class LedgerBulkRunView(LedgerPage, TemplateView):
    """What a run is doing, or has done; for whoever started it."""

    permission = "view"
    template_name = "ledgers/bulk/run.html"
    http_method_names = ["get", "post", "options"]

    @cached_property
    def run(self) -> BulkRun:
        """The run of the address.

        Raises:
            Http404: The person has started none of this key.
        """
        found = BulkRun.objects.filter(
            pk=self.kwargs["run"], ledger=self.ledger.slug, owner=self.actor
        ).select_related("job")
        run = found.first()
        if run is None:
            raise Http404
        return run

    @cached_property
    def action(self) -> BulkAction:
        """What was done.

        Raises:
            Http404: The ledger no longer has the action.
        """
        try:
            return services.bulk_action(self.ledger, self.run.action)
        except KeyError as error:
            raise Http404 from error

    @property
    def page_title(self) -> str:  # type: ignore[override]
        return str(self.action.label)

    def get_header_title(self) -> str:
        return f"{self.action.label} · {self.ledger.label}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": str(self.page_title)}]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        run = self.run
        if run.is_working and run.job is not None and run.job.state in ("failed", "cancelled"):
            run.state = BulkRun.State.FAILED
            run.save(update_fields=["state"])
        response = self.render_to_response(self.get_context_data(form=ReasonForm()))
        if run.is_working:
            # No script is needed to come back and look.
            response["Refresh"] = str(POLL_SECONDS)
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Undo the run."""
        run = self.run
        if not self.ledger.allows(request.user, self.action.permission):
            raise PermissionDenied
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        try:
            services.undo(run, actor=self.actor, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Undone."))
        return HttpResponseRedirect(self.ledger.url("bulk_run", run.pk))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run
        done = run.state == BulkRun.State.DONE
        return super().get_context_data(
            run=run,
            action=self.action,
            refusals=json.loads(run.refusals),
            may_undo=done
            and self.action.can_be_undone
            and run.changed > 0
            and self.ledger.allows(self.request.user, self.action.permission),
            index_url=self.ledger.url("index"),
            **kwargs,
        )
