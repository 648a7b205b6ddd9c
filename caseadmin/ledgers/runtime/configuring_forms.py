"""The forms on which administrators define fields, groups, rules and whole ledgers."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.models import Role

from ..forms.fields import DayField
from .changes import action_label
from .kinds import Kind
from .spec import ACTIONS, HELP_LENGTH, ICONS, KEY, LABEL_LENGTH, SLUG, Sensitivity, State

Raw = dict[str, Any]


def _text(label: Any, *, required: bool = True, limit: int = LABEL_LENGTH, **kwargs: Any) -> Any:
    return forms.CharField(label=label, required=required, max_length=limit, **kwargs)


class CodedForm(forms.Form):
    """Its help texts are constants of this file and mark what is typed as it stands."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in self.fields.values():
            one.help_text = mark_safe(one.help_text)  # noqa: S308


class EntryForm(CodedForm):
    """Base: one entry of a document, found by its key."""

    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=30,
        help_text=gettext_lazy(
            "Small Latin letters, digits and _, such as <code>shoe_size</code>. Rules, files and "
            "sheets name the entry by it; it never changes."
        ),
    )

    def __init__(
        self, *args: Any, entry: Raw | None = None, taken: Any = (), **kwargs: Any
    ) -> None:
        self.entry = entry
        self.taken = set(taken)
        super().__init__(*args, **kwargs)
        if entry is not None:
            del self.fields["key"]

    def clean_key(self) -> str:
        key = str(self.cleaned_data["key"]).strip()
        if not KEY.fullmatch(key):
            raise forms.ValidationError(
                _("2 to 30 small Latin letters, digits and _, beginning with a letter.")
            )
        if key in self.taken:
            raise forms.ValidationError(_("This key is taken."))
        return key

    @property
    def entry_key(self) -> str:
        """The key of the entry, given or typed."""
        return str(self.entry["key"] if self.entry is not None else self.cleaned_data["key"])


class GroupForm(EntryForm):
    """A group of fields."""

    title_zh = _text(gettext_lazy("Name in Chinese"))
    title_en = _text(gettext_lazy("Name in English"), required=False)

    @staticmethod
    def initial_of(entry: Raw) -> Raw:
        """Return what the form begins with."""
        return {"title_zh": entry["title"].get("zh"), "title_en": entry["title"].get("en")}

    def made(self) -> Raw:
        """Return the entry."""
        data = self.cleaned_data
        return {
            "key": self.entry_key,
            "title": {"zh": data["title_zh"], "en": data["title_en"]},
        }


class RuleForm(EntryForm):
    """A rule across fields."""

    rule = forms.CharField(
        label=gettext_lazy("Rule"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Fields by their keys: <code>left_on &gt;= came_on</code>, <code>if boards = yes then "
            "school is filled</code>, <code>weight &lt;= height - 50</code>. Where a value is "
            "missing, a comparison complains of nothing."
        ),
    )
    message_zh = _text(
        gettext_lazy("What is said where it is broken, in Chinese"), limit=HELP_LENGTH
    )
    message_en = _text(
        gettext_lazy("What is said where it is broken, in English"),
        limit=HELP_LENGTH,
        required=False,
    )
    active = forms.BooleanField(label=gettext_lazy("In force"), required=False, initial=True)

    @staticmethod
    def initial_of(entry: Raw) -> Raw:
        """Return what the form begins with."""
        return {
            "rule": entry["rule"],
            "message_zh": entry["message"].get("zh"),
            "message_en": entry["message"].get("en"),
            "active": entry.get("active", True),
        }

    def made(self) -> Raw:
        """Return the entry."""
        data = self.cleaned_data
        return {
            "key": self.entry_key,
            "rule": data["rule"],
            "message": {"zh": data["message_zh"], "en": data["message_en"]},
            "active": data["active"],
        }


class FieldForm(EntryForm):
    """One field."""

    label_zh = _text(gettext_lazy("Name in Chinese"))
    label_en = _text(gettext_lazy("Name in English"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Kind.choices)
    section = forms.ChoiceField(label=gettext_lazy("Group"))
    sensitivity = forms.TypedChoiceField(
        label=gettext_lazy("Class"),
        choices=Sensitivity.choices,
        coerce=int,
        initial=2,
        help_text=gettext_lazy(
            "What a role may see of each class is laid down with the roles. Names, telephone "
            "and identity numbers of people are of class 3 or 4."
        ),
    )
    help_zh = _text(gettext_lazy("Help in Chinese"), required=False, limit=HELP_LENGTH)
    help_en = _text(gettext_lazy("Help in English"), required=False, limit=HELP_LENGTH)
    options = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One a line: code = Chinese = English, such as <code>school = 寄宿学校 = boarding "
            "school</code>. A line taken away is retired: records keep it, new ones cannot "
            "choose it."
        ),
    )
    required_from = DayField(
        label=gettext_lazy("Required from"),
        required=False,
        help_text=gettext_lazy(
            "From this day on new records need a value, and old ones when their group is "
            "changed. Old records stay saveable; the list finds them by “To be completed”."
        ),
    )
    visible_when = forms.CharField(
        label=gettext_lazy("Shown when"),
        required=False,
        max_length=400,
        help_text=gettext_lazy(
            'A rule such as <code>boards = yes</code> or <code>residence = "school"</code>. '
            "Empty: always."
        ),
    )
    minimum = forms.CharField(
        label=gettext_lazy("Smallest value"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("A number, or a day such as 2015-04-06."),
    )
    maximum = forms.CharField(label=gettext_lazy("Greatest value"), required=False, max_length=20)
    max_length = forms.IntegerField(
        label=gettext_lazy("Longest text, in characters"),
        required=False,
        min_value=1,
        max_value=5000,
    )
    places = forms.IntegerField(
        label=gettext_lazy("Digits after the point"), required=False, min_value=0, max_value=4
    )
    pattern = forms.CharField(
        label=gettext_lazy("Form of the text"),
        required=False,
        max_length=60,
        help_text=gettext_lazy(
            "<code>9</code> a digit, <code>A</code> a capital letter, <code>a</code> a letter, "
            "<code>字</code> a Chinese character, <code>?</code> any sign, <code>{2}</code> "
            "twice, <code>{1,4}</code> one to four times, <code>\\</code> before a sign takes "
            "it as it is: <code>LW-9{4}</code>."
        ),
    )
    listed = forms.BooleanField(label=gettext_lazy("Column of the list"), required=False)
    filterable = forms.BooleanField(label=gettext_lazy("Filter of the list"), required=False)
    searchable = forms.BooleanField(label=gettext_lazy("Found by search"), required=False)
    exportable = forms.BooleanField(
        label=gettext_lazy("Column of sheets, for import and export"), required=False, initial=True
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=State.choices,
        initial=State.ACTIVE,
        help_text=gettext_lazy(
            "A draft is seen in the preview only. Retired: out of form, list and filters; what "
            "records hold stays in them and in their history."
        ),
    )

    def __init__(self, *args: Any, sections: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["section"]
        chosen.choices = [(s["key"], s["title"].get("zh") or s["key"]) for s in sections]
        if self.entry is not None and self.entry.get("state") != State.DRAFT:
            self.fields["state"].choices = [  # type: ignore[attr-defined]
                pair for pair in State.choices if pair[0] != State.DRAFT
            ]

    @staticmethod
    def initial_of(entry: Raw) -> Raw:
        """Return what the form begins with."""
        lines = [
            " = ".join(
                part for part in (o["code"], o["label"].get("zh"), o["label"].get("en")) if part
            )
            for o in entry.get("options", [])
            if o.get("active", True)
        ]
        return {
            **entry,
            "label_zh": entry["label"].get("zh"),
            "label_en": entry["label"].get("en"),
            "help_zh": (entry.get("help") or {}).get("zh"),
            "help_en": (entry.get("help") or {}).get("en"),
            "options": "\n".join(lines),
        }

    def clean_options(self) -> list[Raw]:
        found: list[Raw] = []
        for line in str(self.cleaned_data["options"]).splitlines():
            parts = [part.strip() for part in line.replace("＝", "=").split("=", 2)]
            if not any(parts):
                continue
            if len(parts) < 2 or not all(parts[:2]):
                raise forms.ValidationError(
                    _("“%(line)s”: write code = Chinese.") % {"line": line.strip()[:40]}
                )
            english = parts[2] if len(parts) == 3 else ""
            found.append({"code": parts[0], "label": {"zh": parts[1], "en": english}})
        codes = {option["code"] for option in found}
        return found + [
            {**option, "active": False}
            for option in (self.entry or {}).get("options", [])
            if option["code"] not in codes
        ]

    def clean_places(self) -> Any:
        return 2 if self.cleaned_data["places"] is None else self.cleaned_data["places"]

    def made(self) -> Raw:
        """Return the entry; what does not go with the kind is left to the judge to refuse."""
        data = self.cleaned_data
        return {
            "key": self.entry_key,
            "kind": data["kind"],
            "label": {"zh": data["label_zh"], "en": data["label_en"]},
            "section": data["section"],
            "help": {"zh": data["help_zh"], "en": data["help_en"]},
            "sensitivity": data["sensitivity"],
            "state": data["state"],
            "required_from": data["required_from"].isoformat() if data["required_from"] else None,
            "visible_when": data["visible_when"].strip(),
            "minimum": data["minimum"].strip() or None,
            "maximum": data["maximum"].strip() or None,
            "max_length": data["max_length"],
            "places": data["places"],
            "pattern": data["pattern"],
            "options": data["options"],
            "searchable": data["searchable"],
            "listed": data["listed"],
            "filterable": data["filterable"],
            "exportable": data["exportable"],
        }


class LedgerForm(CodedForm):
    """A whole ledger without code, and who may do what in it."""

    slug = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=50,
        help_text=gettext_lazy(
            "Small Latin letters, digits and -, such as <code>care-homes</code>. It never changes."
        ),
    )
    label_zh = _text(gettext_lazy("Name of the ledger in Chinese"))
    label_en = _text(gettext_lazy("Name of the ledger in English"), required=False)
    one_zh = _text(gettext_lazy("What one record is called, in Chinese"))
    one_en = _text(gettext_lazy("What one record is called, in English"), required=False)
    group_zh = _text(gettext_lazy("Group in the menu, in Chinese"), required=False)
    group_en = _text(gettext_lazy("Group in the menu, in English"), required=False)
    icon = forms.ChoiceField(label=gettext_lazy("Icon"), choices=list(ICONS.items()))
    beginning = forms.CharField(
        label=gettext_lazy("Beginning of numbers"),
        max_length=6,
        help_text=gettext_lazy(
            "1 to 6 capital letters and digits: <code>GY</code> gives <code>GY-2026-00001</code>."
        ),
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=State.choices,
        help_text=gettext_lazy(
            "In use: the ledger stands in the menu of whoever may read it. Retired: nobody "
            "opens it; its records and their history stay."
        ),
    )

    def __init__(
        self, *args: Any, entry: Raw | None = None, taken: Any = (), **kwargs: Any
    ) -> None:
        self.entry = entry
        self.taken = set(taken)
        super().__init__(*args, **kwargs)
        if entry is not None:
            del self.fields["slug"]
        held: Mapping[str, Any] = (entry or {}).get("grants", {})
        self.roles = list(Role.objects.filter(sees_cases=True).order_by("code"))
        for role in self.roles:
            self.fields[f"role_{role.code}"] = forms.MultipleChoiceField(
                label=str(role),
                required=False,
                choices=[(action, action_label(action)) for action in ACTIONS],
                widget=forms.CheckboxSelectMultiple,
                initial=list(held.get(role.code, ())),
            )

    @staticmethod
    def initial_of(entry: Raw) -> Raw:
        """Return what the form begins with."""
        found = {
            "icon": entry.get("icon"),
            "beginning": entry.get("prefix"),
            "state": entry["state"],
        }
        for name in ("label", "one", "group"):
            words = entry.get(name) or {}
            found |= {f"{name}_zh": words.get("zh"), f"{name}_en": words.get("en")}
        return found

    @property
    def plain_fields(self) -> list[Any]:
        """The fields above the table of rights."""
        return [bound for bound in self if not bound.name.startswith("role_")]

    @property
    def role_fields(self) -> list[Any]:
        """One field for each role that reaches case files."""
        return [self[f"role_{role.code}"] for role in self.roles]

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"]).strip()
        if not SLUG.fullmatch(slug):
            raise forms.ValidationError(
                _("The address has small Latin letters, digits and - only.")
            )
        if slug in self.taken:
            raise forms.ValidationError(_("This address is taken."))
        return slug

    def clean_beginning(self) -> str:
        return str(self.cleaned_data["beginning"]).strip().upper()

    def made(self) -> Raw:
        """Return the ledger's part of the document."""
        data = self.cleaned_data
        words = {
            n: {"zh": data[f"{n}_zh"], "en": data[f"{n}_en"]} for n in ("label", "one", "group")
        }
        return {
            **words,
            "icon": data["icon"],
            "prefix": data["beginning"],
            "state": data["state"],
            "grants": {
                role.code: data[f"role_{role.code}"]
                for role in self.roles
                if data[f"role_{role.code}"]
            },
        }


class UploadForm(CodedForm):
    """A file of definitions."""

    document = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "A <code>.json</code> file that was exported on a page like this one."
        ),
    )
