"""Likely duplicates of a record, merging two, and taking a merge back."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from core.audit.services import record
from core.history.undo import NewerChanges, undo

from ..conflicts import same
from ..likeness import likely_duplicates
from ..merging import merge, mergeable_fields
from ..presentation import name_of, shown_value
from ..sight import Sight
from ..timeline import change_sets_of, tracks_of
from .acting import ReasonForm
from .base import RecordPage, as_uuid

TAKE = "take"


class LedgerDuplicatesView(RecordPage, TemplateView):
    """Records that may be of the same person, with the evidence for each."""

    page_code = "duplicates"
    page_title = gettext_lazy("Likely duplicates")
    template_name = "ledgers/duplicates.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_merge = self.allows("change") and self.allows("delete")
        found = [
            {
                "likely": likely,
                "url": self.ledger.url("view", likely.record.pk),
                "merge_url": self.ledger.url("merge", self.object.pk, likely.record.pk)
                if may_merge
                else "",
            }
            for likely in likely_duplicates(self.ledger, self.object)
        ]
        return super().get_context_data(
            found=found, back_url=self.ledger.url("view", self.object.pk), **kwargs
        )


class LedgerMergeView(RecordPage, TemplateView):
    """Two records side by side; for each field that differs, which value stays."""

    permission = "change"
    page_code = "merge"
    page_title = gettext_lazy("Merge")
    template_name = "ledgers/merge.html"

    def check_permission(self) -> None:
        super().check_permission()
        if not (self.allows("view") and self.allows("delete")):
            raise PermissionDenied

    @cached_property
    def other(self) -> Any:
        """The record that goes: in scope like the one that stays.

        Raises:
            Http404: It is not, or it is the same record.
        """
        if self.kwargs["other"] == self.kwargs["pk"]:
            raise Http404
        return self.record_called(self.kwargs["other"])

    def record_called(self, pk: Any) -> Any:
        """Return another record of the ledger through the same door as the page's own."""
        own, self.kwargs["pk"] = self.kwargs["pk"], pk
        try:
            return self.get_object()
        finally:
            self.kwargs["pk"] = own

    def differences(self) -> list[dict[str, Any]]:
        """Return the fields that differ, both values as this person sees them."""
        sight, user = Sight(), self.request.user
        found: list[dict[str, Any]] = []
        for field in mergeable_fields(self.ledger):
            mine, theirs = (getattr(r, field.attname) for r in (self.object, self.other))
            if same(mine, theirs):
                continue
            shown = [
                shown_value(row, field.name, sight=sight, user=user)
                for row in (self.object, self.other)
            ]
            may_choose = all(sight.may_write(field, r.territory_code) for r in self.both)
            blank = mine in (None, "", [])
            found.append(
                {
                    "name": field.name,
                    "shown": shown,
                    "may_choose": may_choose,
                    "takes": may_choose and blank,
                }
            )
        return [difference for difference in found if all(difference["shown"])]

    @property
    def both(self) -> tuple[Any, Any]:
        """The record that stays, and the one that goes."""
        return self.object, self.other

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Two records are shown, so two are looked at.
        record("tonghu.view", actor=self.actor, instance=self.other, data={"page": "merge"})
        return self.render_to_response(self.get_context_data(form=ReasonForm()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ReasonForm(request.POST)
        offered = {d["name"] for d in self.differences() if d["may_choose"]}
        chosen = [name for name in offered if request.POST.get(f"{TAKE}-{name}") == "theirs"]
        if not form.is_valid():
            return self.render_to_response(
                self.get_context_data(form=form, chosen=chosen), status=422
            )
        gone = name_of(self.other)
        try:
            with transaction.atomic():
                record("tonghu.merge", actor=self.actor, instance=self.other)
                merge(
                    self.ledger,
                    keep=self.object,
                    drop=self.other,
                    take=chosen,
                    actor=self.actor,
                    reason=form.cleaned_data["reason"],
                )
                self.log("tonghu.merge")
        except ValidationError as error:
            for message in error.messages:
                form.add_error(None, message)
            # What merging had begun to write into them is not theirs.
            del self.object, self.other
            return self.render_to_response(
                self.get_context_data(form=form, chosen=chosen), status=422
            )
        messages.success(
            request,
            _("%(gone)s was merged into %(number)s. Its history page can undo this.")
            % {"gone": gone, "number": self.number},
        )
        return HttpResponseRedirect(self.ledger.url("history", self.object.pk))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        differences = self.differences()
        chosen = kwargs.pop("chosen", None)
        if chosen is not None:
            for difference in differences:
                difference["takes"] = difference["name"] in chosen
        return super().get_context_data(
            other=self.other,
            other_number=name_of(self.other),
            other_url=self.ledger.url("view", self.other.pk),
            swap_url=self.ledger.url("merge", self.other.pk, self.object.pk),
            differences=differences,
            back_url=self.ledger.url("duplicates", self.object.pk),
            **kwargs,
        )


class LedgerUndoView(RecordPage, TemplateView):
    """Take back one action on a record, with everything else it wrote.

    The address says ``?change=``.  Rows written again since stop it: nothing is lost.
    """

    permission = "restore"
    page_code = "undo"
    page_title = gettext_lazy("Undo")
    template_name = "ledgers/undo.html"

    def check_permission(self) -> None:
        super().check_permission()
        if not (self.allows("change") and self.allows("view_history")):
            raise PermissionDenied

    @cached_property
    def change(self) -> Any:
        """The action's number.

        Raises:
            Http404: It is no action on this record.
        """
        found = as_uuid(self.request.GET.get("change", ""))
        tracks = tracks_of(self.ledger, self.object.pk)
        # It may have written child rows only.
        if found is None or found not in change_sets_of(tracks)[0]:
            raise Http404
        # An action that made the record is taken back by deleting it.
        if tracks[0].rows().filter(change_set=found, history_type="+").exists():
            raise Http404
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=ReasonForm()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ReasonForm(request.POST)
        change = self.change
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        try:
            with transaction.atomic():
                steps = undo(
                    change,
                    actor=self.actor,
                    reason=form.cleaned_data["reason"],
                    first=self.ledger.model,
                )
                self.log("tonghu.undo", rows=len(steps))
        except ValidationError as error:
            newer = error.steps if isinstance(error, NewerChanges) else []
            for message in error.messages:
                form.add_error(None, message)
            return self.render_to_response(
                self.get_context_data(form=form, newer=newer), status=409
            )
        messages.success(request, _("Undone; what it had changed stands in the history."))
        return HttpResponseRedirect(self.ledger.url("history", self.object.pk))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            change=self.change,
            back_url=self.ledger.url("history", self.object.pk),
            **kwargs,
        )
