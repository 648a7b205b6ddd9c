"""Which columns the list has, and the views kept of it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from core.access.scope import Scope, current_scope
from core.accounts.models import Role

from ..columns import heading
from ..listing import services
from ..sight import Sight
from .base import LedgerPage


class ArrangeForm(forms.Form):
    """Columns, and a name where the arrangement is to be kept as a view."""

    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("At most eight. None: as the ledger has them."),
    )
    name = forms.CharField(
        label=gettext_lazy("Keep as a view named"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("With the filters and the order the list has now."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_default = forms.BooleanField(
        label=gettext_lazy("Open the list with this view"), required=False
    )
    is_shared = forms.BooleanField(
        label=gettext_lazy("Share with colleagues of my area"), required=False
    )
    shared_role = forms.ChoiceField(label=gettext_lazy("Only with the role"), required=False)


class LedgerArrangeView(LedgerPage, TemplateView):
    """Choose columns; save, share and delete views."""

    permission = "view"
    page_title = gettext_lazy("Views and columns")
    template_name = "ledgers/views/arrange.html"

    def get_header_title(self) -> str:
        return f"{self.page_title} · {self.ledger.label}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": str(self.page_title)}]

    def get_form(self, data: Any = None) -> ArrangeForm:
        """Return the form, with the columns the list has now ticked."""
        sight = Sight()
        offered = services.offered_columns(self.ledger, sight)
        first = next(iter(offered), "")
        now = services.arrangement(self.ledger, self.request)["columns"]
        shown = [column.name for column in services.chosen_columns(self.ledger, now, sight)]
        form = ArrangeForm(data, initial={"columns": shown})
        form.fields["columns"].choices = [  # type: ignore[attr-defined]
            (name, heading(self.ledger, column))
            for name, column in offered.items()
            if name != first
        ]
        form.fields["shared_role"].choices = [  # type: ignore[attr-defined]
            ("", _("All roles")),
            *((role.code, role.label) for role in Role.objects.filter(sees_cases=True)),
        ]
        return form

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=self.get_form()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form(request.POST)
        if form.is_valid():
            try:
                return self._keep(form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error.messages)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _keep(self, cleaned: dict[str, Any]) -> HttpResponse:
        query = services.kept_query(self.request.GET)
        target = self.ledger.url("index") + (f"?{query}" if query else "")
        if cleaned["name"]:
            view = services.save_view(
                self.ledger,
                owner=self.actor,
                name=cleaned["name"],
                query=query,
                columns=cleaned["columns"],
                is_default=cleaned["is_default"],
                is_shared=cleaned["is_shared"],
                shared_role=cleaned["shared_role"],
                scope=current_scope() or Scope(),
            )
            target = f"{self.ledger.url('index')}?{query}{'&' if query else ''}view={view.pk}"
            messages.success(
                self.request, _("The view “%(name)s” was saved.") % {"name": view.name}
            )
        else:
            services.keep_columns(self.ledger, cleaned["columns"], owner=self.actor)
            messages.success(self.request, _("The columns were saved."))
        services.forget(self.ledger, self.request)
        return HttpResponseRedirect(target)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        services.forget(self.ledger, self.request)
        query = services.kept_query(self.request.GET)
        return super().get_context_data(
            views=services.arrangement(self.ledger, self.request)["views"],
            query=query,
            back_url=self.ledger.url("index") + (f"?{query}" if query else ""),
            **kwargs,
        )


class LedgerForgetView(LedgerPage, TemplateView):
    """Delete one's own view."""

    permission = "view"
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not services.delete_view(self.ledger, kwargs["view"], owner=self.actor):
            raise Http404
        services.forget(self.ledger, request)
        messages.success(request, _("The view was deleted."))
        return HttpResponseRedirect(self.ledger.url("arrange"))
