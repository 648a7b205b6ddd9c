"""Ask for access to a record that is in reach, but not approved; or break the glass."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from core.access.opening import BREAK_GLASS, SEAL, may_open
from core.accounts.models import User
from core.approvals.models import MOST_HOURS, AccessRequest
from core.approvals.services import (
    ask_for_access,
    break_glass,
    lift_seal,
    seal_of,
    seal_record,
)

from .base import RecordPage


class AskForm(forms.Form):
    """Why, and for how long."""

    reason = forms.CharField(
        label=gettext_lazy("What you need the record for"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Those who approve read it, and it is kept. Name no child."),
        error_messages={"required": gettext_lazy("Say what you need the record for.")},
    )
    hours = forms.IntegerField(
        label=gettext_lazy("For how many hours"),
        min_value=1,
        max_value=MOST_HOURS,
        initial=24,
        help_text=gettext_lazy("72 at most. Access ends by itself."),
    )


class LedgerAskView(RecordPage, TemplateView):
    """Says that the record is closed, shows its number and nothing else of it."""

    permission = "view"
    page_title = gettext_lazy("Ask for access")
    template_name = "ledgers/ask.html"
    asks_approval = False
    is_look = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if may_open(self.actor, self.object):
            return HttpResponseRedirect(self.ledger.url("view", self.object.pk))
        return self.render_to_response(self.get_context_data(form=AskForm()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = AskForm(request.POST)
        in_emergency = "break_glass" in request.POST
        if self.object is None or not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        act = break_glass if in_emergency else ask_for_access
        try:
            asked = act(row=self.object, actor=self.actor, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
            return self.render_to_response(self.get_context_data(form=form), status=422)
        if in_emergency:
            messages.warning(
                request,
                _("The record is open until %(until)s. Your opening is reviewed today: %(number)s.")
                % {"until": local(asked.ends_at), "number": asked.number},
            )
            return HttpResponseRedirect(self.ledger.url("view", self.object.pk))
        messages.success(request, _("You have asked: %(number)s.") % {"number": asked.number})
        return HttpResponseRedirect(self.ledger.url("ask", self.object.pk))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = AccessRequest.objects.filter(
            person=self.actor,
            record_model=self.ledger.model._meta.label_lower,
            record_id=self.object.pk,
        ).order_by("-asked_at")
        asked = list(mine[:5])
        return super().get_context_data(
            requests=asked,
            waits=any(one.status == AccessRequest.Status.WAITING for one in asked),
            can_break_glass=self.actor.has_perm(BREAK_GLASS),
            index_url=self.ledger.url("index"),
            **kwargs,
        )


def local(moment: Any) -> str:
    """Return a moment as people here write it."""
    return formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT")


class SealForm(forms.Form):
    """Why, and who may open it beside the sealer."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say why the record is sealed.")},
    )
    usernames = forms.CharField(
        label=gettext_lazy("Who else opens it"),
        required=False,
        help_text=gettext_lazy("User names with commas between. Nobody else finds the record."),
    )

    def clean_usernames(self) -> list[Any]:
        """Return the people.

        Raises:
            ValidationError: A user name is nobody's.
        """
        text = self.cleaned_data["usernames"].replace("，", ",").replace("、", ",")
        names = [name.strip() for name in text.split(",") if name.strip()]
        found = {user.username: user for user in User.objects.filter(username__in=names)}
        if unknown := [name for name in names if name not in found]:
            raise ValidationError(
                _("There is no account %(names)s. Correct the user names.")
                % {"names": ", ".join(unknown)}
            )
        return list(found.values())


class LedgerSealView(RecordPage, TemplateView):
    """Seal a record, or lift its seal."""

    permission = "view"
    page_code = "seal"
    page_title = gettext_lazy("Seal")
    template_name = "ledgers/seal.html"

    def check_permission(self) -> None:
        super().check_permission()
        if not self.request.user.has_perm(SEAL):
            raise PermissionDenied

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=SealForm()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = SealForm(request.POST)
        if self.object is None or not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        reason = form.cleaned_data["reason"]
        try:
            if "lift" in request.POST:
                lift_seal(row=self.object, reason=reason, actor=self.actor)
                messages.success(request, _("The seal is lifted."))
            else:
                named = form.cleaned_data["usernames"]
                seal_record(row=self.object, reason=reason, named=named, actor=self.actor)
                messages.success(request, _("The record is sealed."))
        except ValidationError as error:
            form.add_error(None, error.messages)
            return self.render_to_response(self.get_context_data(form=form), status=422)
        self.has_logged = True
        return HttpResponseRedirect(self.ledger.url("view", self.object.pk))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            seal=seal_of(self.object),
            back_url=self.ledger.url("view", self.object.pk),
            **kwargs,
        )
