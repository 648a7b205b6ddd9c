"""The screens on which administrators define fields and ledgers.

Who may open them (``ledgers.configure_ledger``) sees no record: the right is given to
administrators of the system, whose role reaches no case file.
"""

import json
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from ..forms.records import form_field
from ..registry import ledgers
from . import services
from .changes import Raw, differences
from .configuring_forms import FieldForm, GroupForm, LedgerForm, RuleForm, UploadForm
from .kinds import Kind
from .models import ConfigVersion
from .rules import as_tree
from .spec import SetSpec, State

CONFIGURING = "definitions"


class ConfiguringPage(WagtailAdminTemplateMixin, TemplateView):
    """Base of all: the right first, then Wagtail's header and breadcrumbs."""

    page_title: Any = gettext_lazy("Fields and ledgers")
    header_icon = "table"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not services.may_configure(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        home = list(super().get_breadcrumbs_items())
        return [*home, {"url": url_of("index"), "label": _("Fields and ledgers")}]


def url_of(name: str, *args: Any) -> str:
    """Return the address of one of these screens."""
    return reverse(f"{CONFIGURING}:{name}", args=args)


def label_of_set(slug: str, definitions: SetSpec) -> str:
    """Return what the ledger of some definitions is called."""
    if definitions.ledger is not None:
        return str(definitions.ledger.label)
    try:
        return str(ledgers.get(slug).label)
    except KeyError:
        return slug


class IndexPage(ConfiguringPage):
    """All ledgers that take fields, and those without code."""

    template_name = "ledgers/configuring/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        current = {v.ledger: v for v in ConfigVersion.objects.filter(is_current=True)}
        extended, defined = [], []
        for declared in ledgers:
            if declared.runtime_fields:
                version = current.pop(declared.slug, None)
                extended.append(row_of(declared.slug, version))
        for slug, version in sorted(current.items()):
            row = row_of(slug, version)
            if row["definitions"].ledger is not None:
                defined.append(row)
        return super().get_context_data(
            extended=extended, defined=defined, new_url=url_of("new"), **kwargs
        )


def row_of(slug: str, version: ConfigVersion | None) -> dict[str, Any]:
    """Return one line of the index."""
    definitions = services.spec_of(slug, version)
    ledger = definitions.ledger
    return {
        "label": label_of_set(slug, definitions),
        "url": url_of("set", slug),
        "definitions": definitions,
        "count": len(definitions.active),
        "state": State(ledger.state).label if ledger is not None else "",
        "version": version,
    }


class SetPage(ConfiguringPage):
    """The definitions of one ledger.  Base of everything about them."""

    template_name = "ledgers/configuring/set.html"
    own_title: Any = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if services.may_configure(request.user) and not self.exists:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @property
    def slug(self) -> str:
        """The ledger."""
        return str(self.kwargs["slug"])

    @cached_property
    def version(self) -> ConfigVersion | None:
        """The version in force."""
        return services.current_version(self.slug)

    @property
    def exists(self) -> bool:
        """Whether the ledger may have definitions at all."""
        return self.version is not None or any(
            declared.slug == self.slug and declared.runtime_fields for declared in ledgers
        )

    @cached_property
    def definitions(self) -> SetSpec:
        """The version in force, typed."""
        return services.spec_of(self.slug, self.version)

    @cached_property
    def content(self) -> Raw:
        """The version in force, to be changed."""
        return services.content_of(self.version)

    @property
    def set_url(self) -> str:
        """The page of the definitions."""
        return url_of("set", self.slug)

    @property
    def page_title(self) -> str:  # type: ignore[override]
        return label_of_set(self.slug, self.definitions)

    def get_page_subtitle(self) -> str:
        return str(self.own_title)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        items = [
            *super().get_breadcrumbs_items(),
            {"url": self.set_url if self.own_title else "", "label": self.page_title},
        ]
        if self.own_title:
            items.append({"url": "", "label": str(self.own_title)})
        return items

    @property
    def base(self) -> int:
        """The version the page was built from; nonsense counts as none."""
        try:
            return int(self.request.POST.get("base", ""))
        except ValueError:
            return -1

    def save(self, content: Raw, comment: str = "") -> None:
        """Write the next version.

        Raises:
            ValidationError: It is refused.
        """
        services.save_version(
            slug=self.slug,
            content=content,
            actor=self.request.user,  # type: ignore[arg-type]
            base=self.base,
            comment=comment,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            base=self.version.number if self.version else 0,
            set_url=self.set_url,
            definitions=self.definitions,
            **kwargs,
        )


class FieldsPage(SetPage):
    """Groups with their fields, rules, and what can be done with them."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        groups = []
        for section in self.definitions.sections:
            fields = [
                {
                    "spec": spec,
                    "kind": Kind(spec.kind).label,
                    "state": State(spec.state).label,
                    "marks": marks_of(spec),
                    "edit_url": url_of("field", self.slug, spec.key),
                }
                for spec in self.definitions.fields
                if spec.section == section.key
            ]
            groups.append(
                {
                    "section": section,
                    "fields": fields,
                    "edit_url": url_of("group", self.slug, section.key),
                }
            )
        rules = [
            {"spec": rule, "edit_url": url_of("rule", self.slug, rule.key)}
            for rule in self.definitions.rules
        ]
        ledger = self.definitions.ledger
        return super().get_context_data(
            groups=groups,
            rules=rules,
            ledger_state=State(ledger.state).label if ledger else "",
            urls={
                name: url_of(name, self.slug)
                for name in (
                    "add_field",
                    "add_group",
                    "add_rule",
                    "versions",
                    "export",
                    "import",
                    "preview",
                    "do",
                    "ledger",
                )
            },
            records_url=self.records_url,
            **kwargs,
        )

    @property
    def records_url(self) -> str:
        """The list of the ledger, for whoever may read it."""
        try:
            declared = ledgers.get(self.slug)
        except KeyError:
            return ""
        return declared.url("index") if declared.allows(self.request.user, "view") else ""


def marks_of(spec: Any) -> list[str]:
    """Return in a few words where a field takes part."""
    marks = {
        _("required"): spec.required_from,
        _("list"): spec.listed,
        _("filter"): spec.filterable,
        _("search"): spec.searchable,
        _("sheets"): spec.exportable,
        _("conditional"): spec.visible_when,
    }
    return [name for name, holds in marks.items() if holds]


class DoView(SetPage):
    """One step with one entry: up, down, retire, into use, delete."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        step, key = request.POST.get("step", ""), request.POST.get("key", "")
        content = self.content
        fields, sections, rules = content["fields"], content["sections"], content["rules"]
        steps: dict[str, Any] = {
            "field-up": lambda: {"fields": services.field_moved(fields, key, -1)},
            "field-down": lambda: {"fields": services.field_moved(fields, key, 1)},
            "group-up": lambda: {"sections": services.moved(sections, key, -1)},
            "group-down": lambda: {"sections": services.moved(sections, key, 1)},
            "field-use": lambda: {"fields": services.with_state(fields, key, State.ACTIVE)},
            "field-retire": lambda: {"fields": services.with_state(fields, key, State.RETIRED)},
            "field-delete": lambda: {"fields": services.without(fields, key)},
            "group-delete": lambda: {"sections": services.without(sections, key)},
            "rule-delete": lambda: {"rules": services.without(rules, key)},
        }
        if step not in steps:
            raise Http404
        try:
            self.save({**content, **steps[step]()})
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Saved as a new version."))
        return HttpResponseRedirect(f"{self.set_url}#{anchor_of(step, key)}")


def anchor_of(step: str, key: str) -> str:
    """Return where the page is to be after a step: at what was moved."""
    letters = "".join(sign for sign in key if sign.isalnum() or sign == "_")
    return f"{step.partition('-')[0]}-{letters}"


class EntryPage(SetPage):
    """Add or change one entry of the document."""

    template_name = "ledgers/configuring/entry.html"
    form_class: ClassVar[Any] = None
    kind: ClassVar[str] = ""
    titles: ClassVar[tuple[Any, Any]] = ("", "")

    @property
    def own_title(self) -> Any:  # type: ignore[override]
        return self.titles[1] if "key" in self.kwargs else self.titles[0]

    @cached_property
    def entry(self) -> Raw | None:
        """The entry of the address; ``None`` for a new one.

        Raises:
            Http404: There is none of this key.
        """
        if "key" not in self.kwargs:
            return None
        for one in self.content[self.kind]:
            if one.get("key") == self.kwargs["key"]:
                return dict(one)
        raise Http404

    def form(self, data: Any = None) -> Any:
        """Return the form."""
        return self.form_class(
            data,
            entry=self.entry,
            taken=[one.get("key") for one in self.content[self.kind]],
            initial=self.form_class.initial_of(self.entry) if self.entry else None,
            **self.form_arguments(),
        )

    def form_arguments(self) -> dict[str, Any]:
        """Return what else the form needs."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=self.form()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if form.is_valid():
            try:
                self.save(self.changed(form))
            except ValidationError as error:
                for message in error.messages:
                    form.add_error(None, message)
            else:
                messages.success(request, _("Saved as a new version."))
                return HttpResponseRedirect(self.set_url)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def changed(self, form: Any) -> Raw:
        """Return the document with the entry in it."""
        entry = form.made()
        items = services.replaced(self.content[self.kind], entry["key"], entry)
        return {**self.content, self.kind: items}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(entry_key=self.kwargs.get("key", ""), **kwargs)


class FieldPage(EntryPage):
    """Add or change a field."""

    form_class = FieldForm
    kind = "fields"
    titles = (gettext_lazy("New field"), gettext_lazy("Edit field"))

    def form_arguments(self) -> dict[str, Any]:
        if not self.content["sections"]:
            self.content["sections"] = [
                {"key": "more", "title": {"zh": "补充信息", "en": "Further information"}}
            ]
        return {"sections": self.content["sections"]}


class GroupPage(EntryPage):
    """Add or rename a group."""

    form_class = GroupForm
    kind = "sections"
    titles = (gettext_lazy("New group"), gettext_lazy("Edit group"))


class RulePage(EntryPage):
    """Add or change a rule."""

    form_class = RuleForm
    kind = "rules"
    titles = (gettext_lazy("New rule"), gettext_lazy("Edit rule"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = [(spec.key, str(spec.label)) for spec in self.definitions.active]
        return super().get_context_data(known=known, **kwargs)


class LedgerPage(EntryPage):
    """The ledger itself: its name, numbers and rights."""

    template_name = "ledgers/configuring/ledger.html"
    form_class = LedgerForm
    own_title = gettext_lazy("Ledger and rights")  # type: ignore[assignment]

    @cached_property
    def entry(self) -> Raw | None:
        if not self.content.get("ledger"):
            raise Http404
        return dict(self.content["ledger"])

    def form(self, data: Any = None) -> Any:
        return LedgerForm(data, entry=self.entry, initial=LedgerForm.initial_of(self.entry or {}))

    def changed(self, form: Any) -> Raw:
        return {**self.content, "ledger": form.made()}


class NewLedgerPage(ConfiguringPage):
    """Define a whole ledger."""

    template_name = "ledgers/configuring/ledger.html"
    page_title = gettext_lazy("New ledger")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": str(self.page_title)}]

    def form(self, data: Any = None) -> LedgerForm:
        """Return the form; addresses of all ledgers, also those long retired, are taken."""
        taken = {declared.slug for declared in ledgers}
        taken |= {"new", "file"}  # screens of this very page
        taken |= set(ConfigVersion.objects.values_list("ledger", flat=True).distinct())
        return LedgerForm(data, taken=taken)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=self.form()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if form.is_valid():
            content = {**services.content_of(None), "ledger": form.made()}
            content["sections"] = [{"key": "main", "title": {"zh": "基本信息", "en": "Main"}}]
            slug = form.cleaned_data["slug"]
            try:
                services.save_version(
                    slug=slug,
                    content=content,
                    actor=request.user,  # type: ignore[arg-type]
                    base=0,
                )
            except ValidationError as error:
                for message in error.messages:
                    form.add_error(None, message)
            else:
                messages.success(request, _("The ledger was made. Now add its fields."))
                return HttpResponseRedirect(url_of("set", slug))
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(base=0, set_url=url_of("index"), **kwargs)


class VersionsPage(SetPage):
    """Every version with what it changed, in words; back to any of them."""

    template_name = "ledgers/configuring/versions.html"
    own_title = gettext_lazy("Versions")
    most = 50

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = list(ConfigVersion.objects.filter(ledger=self.slug)[: self.most + 1])
        specs = [services.spec_of(self.slug, version) for version in found]
        rows = [
            {
                "version": version,
                "changes": differences(
                    specs[i + 1] if i + 1 < len(specs) else SetSpec(self.slug), specs[i]
                ),
            }
            for i, version in enumerate(found[: self.most])
        ]
        return super().get_context_data(rows=rows, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            number = int(request.POST.get("number", ""))
        except ValueError:
            raise Http404 from None
        try:
            services.roll_back(
                slug=self.slug,
                number=number,
                base=self.base,
                actor=request.user,  # type: ignore[arg-type]
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(
                request,
                _("Version %(number)d is in force again. Fields that came later are retired.")
                % {"number": number},
            )
        return HttpResponseRedirect(url_of("versions", self.slug))


class ExportView(SetPage):
    """The definitions as a file."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.version is None:
            raise Http404
        response = HttpResponse(
            services.as_document(self.version), content_type="application/json; charset=utf-8"
        )
        name = f"{self.slug}-{self.version.number}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class ImportPage(ConfiguringPage):
    """Take in a file: look at what it would change, then say so.

    The ledger is that of the address; without one that of the file, which is how a whole
    ledger is carried to another site.
    """

    template_name = "ledgers/configuring/import.html"
    page_title = gettext_lazy("Take in a file of definitions")

    @property
    def slug(self) -> str:
        """The ledger of the address, or nothing."""
        return str(self.kwargs.get("slug", ""))

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": str(self.page_title)}]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=UploadForm()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "confirmed" in request.POST:
            return self.confirmed(request)
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        try:
            found = self.judged(form.cleaned_data["document"].read(services.MAX_BYTES + 1))
        except ValidationError as error:
            for message in error.messages:
                form.add_error("document", message)
            return self.render_to_response(self.get_context_data(form=form), status=422)
        return self.render_to_response(
            self.get_context_data(
                form=form,
                preview=found,
                content=json.dumps(found.content, ensure_ascii=False),
                label=label_of_set(found.slug, services.spec_of(found.slug, None)),
            )
        )

    def judged(self, data: bytes) -> services.Preview:
        """Return what a file would change.

        Raises:
            ValidationError: It is no such file, has faults, or belongs to another ledger.
        """
        named, content = services.read_document(data)
        slug = self.slug or named
        declared = {d.slug: d for d in ledgers}.get(slug)
        if declared is not None and not declared.runtime_fields:
            raise ValidationError(_("This ledger takes no further fields."))
        if declared is not None:
            content = {**content, "ledger": None}
        elif not content.get("ledger"):
            raise ValidationError(_("The file defines fields of a ledger that is not here."))
        return services.preview(slug, content)

    def confirmed(self, request: HttpRequest) -> HttpResponse:
        """Save what was looked at, judged once more."""
        slug = request.POST.get("slug", "")
        try:
            content = json.loads(request.POST.get("content", ""))
            base = int(request.POST.get("base", ""))
        except ValueError:
            raise Http404 from None
        if not isinstance(content, dict) or (self.slug and slug != self.slug):
            raise Http404
        try:
            services.save_version(
                slug=slug,
                content=content,
                actor=request.user,  # type: ignore[arg-type]
                base=base,
                comment=_("From a file"),
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(url_of("index"))
        messages.success(request, _("Saved as a new version."))
        return HttpResponseRedirect(url_of("set", slug))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = url_of("set", self.slug) if self.slug else url_of("index")
        return super().get_context_data(set_url=back, **kwargs)


def shown_when(spec: Any) -> str:
    """Return the condition of a field for the script."""
    return json.dumps(as_tree(spec.condition))


class PreviewPage(SetPage):
    """The form as people will see it, drafts included; nothing on it can be sent."""

    template_name = "ledgers/configuring/preview.html"
    own_title = gettext_lazy("Preview")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        members: dict[str, Any] = {}
        groups: list[tuple[str, list[str]]] = []
        model = ConfigVersion
        for section in self.definitions.sections:
            names = []
            for spec in self.definitions.fields:
                if spec.section == section.key and spec.state != State.RETIRED:
                    made = form_field(spec.model_field(model))
                    assert made is not None
                    if spec.visible_when:
                        made.widget.attrs["data-ledger-shown-when"] = shown_when(spec)
                    members[spec.name] = made
                    names.append(spec.name)
            if names:
                groups.append((str(section.title), names))
        form = type("PreviewForm", (forms.Form,), members)()
        return super().get_context_data(
            form=form,
            groups=[(title, [form[name] for name in names]) for title, names in groups],
            **kwargs,
        )


def configuring_urls() -> list[URLPattern]:
    """Return the addresses of these screens."""
    one = "<slug:slug>/"
    return [
        path("", IndexPage.as_view(), name="index"),
        path("new/", NewLedgerPage.as_view(), name="new"),
        path("file/", ImportPage.as_view(), name="import_any"),
        path(f"{one}", FieldsPage.as_view(), name="set"),
        path(f"{one}do/", DoView.as_view(), name="do"),
        path(f"{one}ledger/", LedgerPage.as_view(), name="ledger"),
        path(f"{one}fields/new/", FieldPage.as_view(), name="add_field"),
        path(f"{one}fields/<slug:key>/", FieldPage.as_view(), name="field"),
        path(f"{one}groups/new/", GroupPage.as_view(), name="add_group"),
        path(f"{one}groups/<slug:key>/", GroupPage.as_view(), name="group"),
        path(f"{one}rules/new/", RulePage.as_view(), name="add_rule"),
        path(f"{one}rules/<slug:key>/", RulePage.as_view(), name="rule"),
        path(f"{one}versions/", VersionsPage.as_view(), name="versions"),
        path(f"{one}export/", ExportView.as_view(), name="export"),
        path(f"{one}import/", ImportPage.as_view(), name="import"),
        path(f"{one}preview/", PreviewPage.as_view(), name="preview"),
    ]
