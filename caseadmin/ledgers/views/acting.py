"""Carry out a declared action: ask first where it asks, then call its handler."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from core.accounts.stepup import fresh_sign_in_required

from ..declaration import LedgerAction
from ..forms.records import REASON_LENGTH
from ..presentation import name_of, record_url
from .base import RecordPage
from .detail import offers


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Stands in the history of the record."),
        error_messages={"required": gettext_lazy("Say why.")},
    )


class LedgerActionView(RecordPage, TemplateView):
    """One of the ledger's declared actions on one record."""

    template_name = "ledgers/act.html"
    page_code = "do"

    @cached_property
    def action(self) -> LedgerAction:
        """The action of the address.

        Raises:
            Http404: The ledger has none of this name.
        """
        for action in self.ledger.actions:
            if action.name == self.kwargs["action"] and action.handler is not None:
                return action
        raise Http404

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        view = super().dispatch
        if self.action.proof:
            view = fresh_sign_in_required(view)  # type: ignore[assignment]
        return view(request, *args, **kwargs)

    def check_permission(self) -> None:
        super().check_permission()
        if not self.ledger.allows(self.request.user, self.action.permission):
            raise PermissionDenied

    @property
    def page_title(self) -> str:  # type: ignore[override]
        return str(self.action.label)

    def get_form(self) -> Any:
        """Return the form that asks what the action needs to know."""
        base = self.action.form or forms.Form
        bases = (ReasonForm, base) if self.action.reason_required else (base,)
        form_class = type("ActionForm", bases, {})
        return form_class(self.request.POST if self.request.method == "POST" else None)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not offers(self.ledger, self.action, self.object, request.user):
            return self._back(_("This can no longer be done: the record has changed."))
        return self.render_to_response(self.get_context_data(form=self.get_form()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not offers(self.ledger, self.action, self.object, request.user):
            return self._back(_("This can no longer be done: the record has changed."))
        form = self.get_form()
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        cleaned = dict(form.cleaned_data)
        reason = cleaned.pop("reason", "")
        assert self.action.handler is not None
        try:
            with transaction.atomic():
                result = self.action.handler(
                    self.object, actor=self.actor, reason=reason, **cleaned
                )
                self.log("tonghu.transition", act=self.action.name)
        except ValidationError as error:
            if not self.action.asks:
                return self._back(" ".join(error.messages))
            form.add_error(None, error.messages)
            return self.render_to_response(self.get_context_data(form=form), status=422)
        except PermissionDenied as error:
            return self._back(str(error) or _("You may not do this."))
        return self._done(result)

    def _done(self, result: Any) -> HttpResponseBase:
        if isinstance(result, HttpResponseBase):
            return result
        target = self.ledger.url("view", self.object.pk)
        message = _("%(action)s: done.") % {"action": self.action.label}
        if isinstance(result, models.Model):
            target = record_url(result, self.request.user) or target
            message = _("%(action)s: done, see %(record)s.") % {
                "action": self.action.label,
                "record": name_of(result),
            }
        elif isinstance(result, str):
            message = result
        messages.success(self.request, message)
        return HttpResponseRedirect(target)

    def _back(self, message: str) -> HttpResponse:
        messages.error(self.request, message)
        return HttpResponseRedirect(self.ledger.url("view", self.object.pk))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            action=self.action, back_url=self.ledger.url("view", self.object.pk), **kwargs
        )
