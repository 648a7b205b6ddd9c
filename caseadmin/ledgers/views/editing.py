"""Create and edit: one form for record and child rows, nothing lost, nothing overwritten."""

import copy
from typing import Any

from django.contrib.admin.utils import quote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.models import EditingSession
from wagtail.admin.ui.editing_sessions import EditingSessionsModule
from wagtail.admin.widgets.button import Button

from core.access.scope import current_scope
from core.audit.services import record
from core.writing import point_to_return_to

from ..conflicts import Conflict, find_conflict
from ..forms.records import RecordForm
from ..likeness import Likely, likely_duplicates
from ..past import Past, past_after
from .base import LedgerPage, RecordPage, as_uuid

ADD_ROW = "add-row"
# Ticked by who has looked at the likely duplicates: it is somebody else.
ANOTHER = "another_person"
# Rows of the list that "save and next" counts through.
LISTED_ROWS = 5_000


class FormMixin:
    """Draw the form, and draw it again with everything that was typed."""

    ledger: Any
    request: HttpRequest

    def show(self, record_form: RecordForm, *, status: int = 200, **extra: Any) -> HttpResponse:
        """Return the page with the form."""
        errors = record_form.errors() if record_form.form.is_bound and status == 422 else []
        context = self.get_context_data(  # type: ignore[attr-defined]
            record_form=record_form,
            form=record_form.form,
            media=record_form.media,
            errors=errors,
            has_unsaved_changes=extra.pop("has_unsaved_changes", False)
            or record_form.form.is_bound
            or bool(extra.get("conflict")),
            reason_required_labels=[
                record_form._label(name)
                for name in self.ledger.reason_required
                if not record_form.is_new
            ],
            **extra,
        )
        if errors:
            # S28: the title says so, before anything else is read.
            context["header_title"] = _("Error: %(title)s") % {"title": context["header_title"]}
        return self.render_to_response(context, status=status)  # type: ignore[attr-defined, no-any-return]

    def wants_row(self, record_form: RecordForm) -> bool:
        """Add a blank child row where the button was pressed without a script."""
        name = self.request.POST.get(ADD_ROW)
        for table in record_form.tables:
            if table.child.name == name:
                table.add_blank()
                return True
        return False


class LedgerCreateView(FormMixin, LedgerPage, TemplateView):
    """A new record."""

    template_name = "ledgers/form.html"
    permission = "add"

    def get_header_title(self) -> str:
        return _("New: %(model_name)s") % {"model_name": capfirst(str(self.ledger.one()))}

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.get_header_title()}]

    def form_for(self, data: Any = None) -> RecordForm:
        """Return the form; ids of related records may come with the address."""
        return RecordForm(
            ledger=self.ledger,
            instance=self.ledger.model(),
            user=self.request.user,
            data=data,
            initial=self.given() if data is None else None,
        )

    def given(self) -> dict[str, Any]:
        """Return related records named in the address, where they are in scope."""
        found = {}
        for name in self.ledger.shown_fields():
            field = self.ledger.field(name)
            if not isinstance(field, models.ForeignKey) or name not in self.request.GET:
                continue
            try:
                row = field.related_model._default_manager.filter(pk=self.request.GET[name]).first()
            except (ValidationError, ValueError):
                continue
            if row is not None:
                found[name] = row.pk
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.form_for())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        record_form = self.form_for(request.POST)
        if self.wants_row(record_form):
            return self.show(record_form)
        if not record_form.is_valid():
            return self.show(record_form, status=422)
        children = record_form.children()
        if not request.POST.get(ANOTHER):
            likely = likely_duplicates(self.ledger, record_form.form.instance, children)
            if likely:
                return self.show(record_form, status=409, likely=self.shown_likely(likely))
        try:
            with point_to_return_to():
                saved = self.ledger.save(
                    record_form.form.instance,
                    children=children,
                    actor=self.actor,
                    reason=record_form.reason,
                    source="form",
                )
                refuse_beyond(record_form, saved)
                record("wagtail.create", actor=self.actor, instance=saved)
        except ValidationError as error:
            record_form.instance._state.adding = True
            record_form.add_errors(error)
            return self.show(record_form, status=422)
        messages.success(
            request,
            _("%(kind)s %(number)s was created.")
            % {"kind": capfirst(str(self.ledger.one())), "number": str(saved)},
        )
        return HttpResponseRedirect(self.ledger.url("view", saved.pk))

    def shown_likely(self, likely: list[Likely]) -> list[dict[str, Any]]:
        """Return likely duplicates with the address of each."""
        return [{"likely": one, "url": self.ledger.url("view", one.record.pk)} for one in likely]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            action_url=self.ledger.url("add"),
            back_url=self.ledger.url("index"),
            submit_label=_("Create"),
            submit_active_label=_("Creating…"),
            is_new=True,
            **kwargs,
        )


class LedgerEditView(FormMixin, RecordPage, TemplateView):
    """A stored record.

    The page carries the version it was built from.  If the record has a newer one when
    it comes back, nothing is written: both sets of values are shown, and the person
    says whether theirs shall stand.
    """

    template_name = "ledgers/form.html"
    permission = "change"
    page_code = "edit"
    tells_of_parts = True
    page_title = gettext_lazy("Edit")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        *items, last = super().get_breadcrumbs_items()
        # Wagtail shows no second line here, so the number stands in the first.
        return [*items, {**last, "label": f"{self.page_title} · {self.number}", "sublabel": ""}]

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        buttons = [
            Button(
                _("View"),
                url=self.ledger.url("view", self.object.pk),
                icon_name="view",
                priority=10,
            )
        ]
        if self.allows("view_history"):
            buttons.append(
                Button(
                    _("History"),
                    url=self.ledger.url("history", self.object.pk),
                    icon_name="history",
                    priority=20,
                )
            )
        return buttons

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        past = self.restored
        record_form = self.form_for(past=past)
        if past is not None:
            record_form.form.fields["reason"].initial = _("Back to the version of %(at)s") % {
                "at": date_format(localtime(past.at), "DATETIME_FORMAT")
            }
        return self.show(
            record_form,
            version=self.object.version,
            past=past,
            has_unsaved_changes=past is not None,
        )

    def form_for(self, data: Any = None, past: Past | None = None) -> RecordForm:
        """Return the form of the record, or of its past."""
        return RecordForm(
            ledger=self.ledger, instance=self.object, user=self.request.user, data=data, past=past
        )

    @cached_property
    def restored(self) -> Past | None:
        """The version the address or the form asks to go back to.

        Raises:
            Http404: The record was never like that, or the person may not read history.
        """
        text = self.request.POST.get("restore") or self.request.GET.get("restore", "")
        if not text:
            return None
        change = as_uuid(text)
        past = past_after(self.ledger, self.object.pk, change) if change else None
        if past is None or not past.exists or not self.allows("view_history"):
            raise Http404
        return past

    def presence(self) -> EditingSessionsModule:
        """Say that the person is here, and return what tells who else is.

        Wagtail's own: the page asks every ten seconds, and forgets who has gone.
        """
        # Wagtail's own clean-up reads the rows first, to tell whoever listens: nobody does.
        gone = EditingSession.objects.stale()
        gone._raw_delete(using=gone.db)
        opts = self.ledger.model._meta
        session = EditingSession.objects.create(
            user=self.actor,
            content_type=ContentType.objects.get_for_model(self.ledger.model),
            object_id=str(self.object.pk),
            last_seen_at=now(),
        )
        ping = reverse(
            "wagtailadmin_editing_sessions:ping",
            args=(opts.app_label, opts.model_name, quote(str(self.object.pk)), session.pk),
        )
        release = reverse("wagtailadmin_editing_sessions:release", args=(session.pk,))
        return EditingSessionsModule(session, ping, release, [])

    @property
    def posted_version(self) -> int:
        """The version the page was built from; nonsense counts as an old one."""
        try:
            return int(self.request.POST.get("version", ""))
        except ValueError:
            return -1

    @property
    def overwrites(self) -> bool:
        """Whether the person has seen the record's present version and insists."""
        return bool(self.request.POST.get("overwrite")) and self.request.POST.get(
            "seen_version"
        ) == str(self.stored.version)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # The page's own transaction holds the lock until the answer.
        self._lock()
        return self._post()

    def _lock(self) -> None:
        """Hold the row until the answer, so that versions cannot change in between."""
        self.locking = True
        # ``object`` is looked up once, and that is now.
        self.__dict__["object"] = self.get_object()

    def _post(self) -> HttpResponse:
        # As it is stored: checking the form writes into ``self.object``.
        self.stored = copy.copy(self.object)
        # Before saving, which may move the record to another place in the list.
        self.next_url = self._next_url() if "next" in self.request.POST else ""
        record_form = self.form_for(self.request.POST)
        if self.wants_row(record_form):
            return self.show(record_form, version=self.posted_version)
        stale = self.posted_version != self.stored.version or record_form.is_stale()
        stale = stale and not self.overwrites
        if not record_form.is_valid(with_reason=not stale):
            return self.show(record_form, status=422, version=self.posted_version)
        if stale:
            conflict = find_conflict(
                ledger=self.ledger,
                stored=self.stored,
                mine=record_form,
                version=self.posted_version,
                user=self.request.user,
            )
            if conflict is not None:
                return self._show_conflict(conflict)
        # What differs from the stored record on a stale page is what others have changed.
        if stale or not record_form.has_changed():
            messages.info(self.request, _("Nothing was changed, so nothing was saved."))
            return HttpResponseRedirect(self._target())
        return self._save(record_form)

    def _show_conflict(self, conflict: Conflict) -> HttpResponse:
        self.object = self.stored
        return self.show(conflict.form, status=409, version=self.posted_version, conflict=conflict)

    def _save(self, record_form: RecordForm) -> HttpResponse:
        try:
            with point_to_return_to():
                saved = self.ledger.save(
                    record_form.form.instance,
                    children=record_form.children(),
                    actor=self.actor,
                    reason=record_form.reason,
                    source="restore" if self.restored is not None else "form",
                )
                refuse_beyond(record_form, saved)
                self.log("wagtail.edit", fields=record_form.changed)
        except ValidationError as error:
            record_form.add_errors(error)
            return self.show(record_form, status=422, version=self.posted_version)
        messages.success(
            self.request,
            _("%(kind)s %(number)s was saved.")
            % {"kind": capfirst(str(self.ledger.one())), "number": str(saved)},
        )
        return HttpResponseRedirect(self._target())

    def _target(self) -> str:
        if "next" in self.request.POST:
            return self.next_url
        name = "edit" if self.request.POST.get("stay") else "view"
        return self.ledger.url(name, self.object.pk) + self.list_query

    def _next_url(self) -> str:
        """Return where the next row of that list is edited; the list itself after its last."""
        rows = self.ledger.filtered_queryset(self.request)
        keys = list(rows.values_list("pk", flat=True)[:LISTED_ROWS])
        place = keys.index(self.object.pk) if self.object.pk in keys else len(keys)
        if place + 1 < len(keys):
            return self.ledger.url("edit", keys[place + 1]) + self.list_query
        return self.ledger.url("index") + self.list_query

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            list_query=self.list_query,
            editing_sessions=self.presence(),
            action_url=self.ledger.url("edit", self.object.pk) + self.list_query,
            back_url=self.ledger.url("view", self.object.pk),
            submit_label=_("Save"),
            submit_active_label=_("Saving…"),
            is_new=False,
            **kwargs,
        )


def refuse_beyond(record_form: RecordForm, saved: Any) -> None:
    """Take a save back that went beyond the person's area, or their rights there.

    Raises:
        ValidationError: It did.
    """
    if not covers(saved):
        raise ValidationError(_("The record would lie outside your area."))
    beyond = record_form.beyond(saved.territory_code)
    if beyond:
        raise ValidationError(
            _("Your post there does not fill in these fields: %(fields)s.")
            % {"fields": "、".join(beyond)}
        )


def covers(instance: Any) -> bool:
    """Return whether a record just written lies in the person's area."""
    scope = current_scope()
    return bool(scope and scope.covers(instance.territory_code))
