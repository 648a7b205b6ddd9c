"""The form of one record with its child rows, made from the ledger's declaration."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core.access.guards import out_of_reach
from core.access.models import CaseModel
from core.access.rights import Seeing
from core.crypto.fields import EncryptedDateField, EncryptedTextField
from core.fields import ChoiceListField
from core.territories.models import Territory

from ..declaration import Child, ChildRows, Ledger, Section, mark_judged
from ..paths import names_a_territory
from ..presentation import Shown, child_label, child_rows, label_of, shown_value
from ..registry import ledgers
from ..runtime.rules import as_tree
from ..runtime.spec import PREFIX
from ..runtime.store import field_of, is_runtime, runtime_field, value_of
from ..sight import Sight
from .fields import DayField, MinuteField, RecordField, TerritoryField, YesNoField

if TYPE_CHECKING:
    from ..past import Past

REASON_LENGTH = 500
MAX_ROWS = 200


def form_field(db_field: models.Field, **kwargs: Any) -> forms.Field | None:
    """Return the form field of a model field."""
    common: dict[str, Any] = {
        "required": not db_field.blank and not isinstance(db_field, models.BooleanField),
        "label": capfirst(str(db_field.verbose_name)),
        "help_text": db_field.help_text,
    }
    if isinstance(db_field, models.ForeignKey):
        return _relation_field(db_field, common)
    if isinstance(db_field, EncryptedDateField):
        return DayField(**common)
    if isinstance(db_field, models.DateTimeField):
        return MinuteField(**common)
    if isinstance(db_field, models.DateField):
        return DayField(**common)
    if isinstance(db_field, models.BooleanField) and db_field.null:
        return YesNoField(**{**common, "required": False})
    if isinstance(db_field, ChoiceListField):
        return db_field.formfield()
    field = db_field.formfield(**kwargs)
    if field is not None and isinstance(field.widget, forms.Textarea):
        field.widget.attrs.update({"rows": 3, "data-controller": "w-autosize"})
    if field is not None and isinstance(db_field, EncryptedTextField | models.CharField):
        field.widget.attrs.setdefault("autocomplete", "off")
    return field


def _relation_field(db_field: models.ForeignKey, common: dict[str, Any]) -> forms.Field | None:
    related = db_field.related_model
    if names_a_territory(db_field):
        limit: Any = db_field.get_limit_choices_to() or {}
        levels = limit.get("level__in") or [limit.get("level") or Territory.Level.VILLAGE]
        return TerritoryField(levels={str(level) for level in levels}, **common)
    found = ledgers.for_model(related)
    if found is not None:
        if not common["help_text"]:
            del common["help_text"]
        return RecordField(ledger=found, **common)
    if issubclass(related, CaseModel):
        # Without a ledger there is nothing to search by, and a list would show everyone.
        return None
    return db_field.formfield()  # type: ignore[no-any-return]


CLEAR = "clear"


class RowForm(forms.ModelForm):
    """One record or one child row.

    A value the person may replace without seeing it begins empty: left empty it stays as
    it is, and a box beside it takes it away.

    Args:
        concealed: The stored values of such fields as the person sees them, by name.
    """

    # Fields an administrator added; they belong to no column of their own.
    added_names: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, *args: Any, concealed: Mapping[str, Shown] | None = None, **kwargs: Any
    ) -> None:
        instance = kwargs.get("instance")
        if self.added_names and instance is not None:
            held = {name: getattr(instance, name) for name in self.added_names}
            kwargs["initial"] = {**held, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        if self.is_bound and not self.instance._state.adding:
            self.instance.note_stored()
        self._leave_alone_what_lies_elsewhere()
        self.concealed = {n: s for n, s in (concealed or {}).items() if n in self.fields}
        self._stored = {name: getattr(self.instance, name) for name in self.concealed}
        for name, shown in self.concealed.items():
            self._conceal(name, shown)
        for name, field in self.fields.items():
            if isinstance(field, TerritoryField) and getattr(self.instance, f"{name}_id", None):
                field.kept = getattr(self.instance, name)
            if isinstance(field, RecordField) and not self.is_bound:
                # The row itself, so that drawing it asks the database once at most.
                current = self.initial.get(name)
                if current and getattr(self.instance, f"{name}_id", None) == current:
                    self.initial[name] = getattr(self.instance, name)

    def _leave_alone_what_lies_elsewhere(self) -> None:
        """Take out the input for a record outside the person's area: it stays as it is.

        Nobody can pick it again, and an input that cannot name it would send none.
        """
        for name, field in list(self.fields.items()):
            if not isinstance(field, RecordField) or self.instance._state.adding:
                continue
            if out_of_reach(self.instance, self.instance._meta.get_field(name)):
                del self.fields[name]

    def _conceal(self, name: str, shown: Shown) -> None:
        field = self.fields[name]
        may_clear = not field.required and bool(shown.text)
        if self.initial.get(name) == self._stored[name]:
            self.initial[name] = None
        field.required = False
        if shown.text:
            field.help_text = _("Now: %(value)s. Leave empty to keep it.") % {"value": shown.text}
        if may_clear:
            self.fields[f"{CLEAR}-{name}"] = forms.BooleanField(
                label=_("Remove: %(field)s") % {"field": field.label}, required=False
            )

    def clean(self) -> dict[str, Any]:
        """Keep what was left empty; a concealed value goes only where its box is ticked."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.concealed:
            if cleaned.pop(f"{CLEAR}-{name}", False):
                field = field_of(self.instance, name)
                cleaned[name] = None if is_runtime(name) else field.get_default()
            elif cleaned.get(name) in (None, ""):
                cleaned.pop(name, None)
        return cleaned

    @cached_property
    def changed_data(self) -> list[str]:
        """Names of the model's fields that were changed.

        Typing what is stored already changes nothing.
        """
        changed = []
        for name in super().changed_data:
            field = name.removeprefix(f"{CLEAR}-")
            if field == name and field in self.concealed and self._is_stored(name):
                continue
            if field not in changed:
                changed.append(field)
        return changed

    def _is_stored(self, name: str) -> bool:
        try:
            typed = self.fields[name].clean(self[name].data)
        except forms.ValidationError:
            return False
        return bool(typed == self._stored[name])

    def _post_clean(self) -> None:
        if self.added_names:
            self.instance.put_extra(
                {
                    name.removeprefix(PREFIX): self.cleaned_data[name]
                    for name in self.added_names
                    if name in self.cleaned_data
                }
            )
        super()._post_clean()  # type: ignore[misc]

    def _update_errors(self, errors: ValidationError) -> None:
        super()._update_errors(at_known_fields(errors, self))  # type: ignore[misc]


def at_known_fields(error: ValidationError, form: Any) -> ValidationError:
    """Move what is said of fields the form does not have to the form as a whole.

    A model may key an error by a field that this person may not fill in, so that it is not
    on their form; Django would answer with an exception.
    """
    if not hasattr(error, "error_dict"):
        return error
    found: dict[str, list[Any]] = {}
    for name, messages in error.error_dict.items():
        known = name if name in form.fields else NON_FIELD_ERRORS
        found.setdefault(known, []).extend(messages)
    return ValidationError(found)


def row_form_class(model: Any, names: list[str]) -> type[RowForm]:
    """Return the form class for some fields of a model."""
    if any(is_runtime(name) for name in names):
        # Added fields may change between two requests.
        return _made_form_class(model, tuple(names))
    return _kept_form_class(model, tuple(names), get_language())


@lru_cache(maxsize=256)
def _kept_form_class(model: Any, names: tuple[str, ...], language: str | None) -> type[RowForm]:
    # Labels are put into words as the class is made, so each language has its own.
    return _made_form_class(model, names)


def _made_form_class(model: Any, names: tuple[str, ...]) -> type[RowForm]:
    added = tuple(name for name in names if is_runtime(name))
    members: dict[str, Any] = {name: added_form_field(model, name) for name in added}
    base = type("AddedRowForm", (RowForm,), {**members, "added_names": added}) if added else RowForm
    return forms.modelform_factory(  # type: ignore[return-value]
        model, form=base, fields=names, formfield_callback=form_field
    )


def added_form_field(model: Any, name: str) -> forms.Field:
    """Return the form field of a field that an administrator added.

    Whether it is due is judged with the record as a whole: an old record whose group
    nobody touches stays saveable.
    """
    db_field = runtime_field(model, name)
    field = form_field(db_field)
    assert field is not None
    spec = db_field.spec
    if spec.condition is not None:
        field.widget.attrs["data-ledger-shown-when"] = json.dumps(as_tree(spec.condition))
    return field


class ChildTable:
    """The editable rows of one child relation.

    Unlike Django's formset it does not rest on the number of rows the page was built
    with: a row is told by its id, so two people may add and remove rows at once.
    """

    def __init__(
        self,
        *,
        ledger: type[Ledger],
        child: Child,
        parent: Any,
        data: Mapping[str, Any] | None,
        sight: Sight,
        past: list[Any] | None = None,
    ) -> None:
        self.ledger = ledger
        self.child = child
        self.parent = parent
        self.data = data
        self.past = past
        self.prefix = child.name
        self.label = child_label(ledger, child)
        self.relation = ledger.child_relation(child)
        self.model = self.relation.related_model
        self.one = str(child.one or self.model._meta.verbose_name)
        self.names = ledger.child_fields(child)
        self.sight = sight
        self.stale: list[Any] = []

    @cached_property
    def existing(self) -> list[Any]:
        """The rows the record has now."""
        if self.parent._state.adding:
            return []
        return child_rows(self.ledger, self.child, self.parent)

    def may_write(self, name: str, code: str | None) -> bool:
        """Whether the person may fill in a field of a row that lies at a code."""
        field = self.model._meta.get_field(name)
        return bool(field.editable) and self.sight.may_write(field, code)

    @cached_property
    def may_add(self) -> bool:
        """Whether the person may fill in all that a new row needs."""
        needed = [
            f.name
            for f in self.model._meta.concrete_fields
            if f.editable and not f.blank and not f.has_default() and f.name in self.names
        ]
        return all(self.may_write(name, self.place) for name in needed)

    @property
    def shows_anything(self) -> bool:
        """Whether any column is there for this person."""
        fields = [self.model._meta.get_field(name) for name in self.names]
        if self.place is None:
            return self.may_add
        return not all(self.sight.hides(field, self.place) for field in fields)

    @property
    def place(self) -> str | None:
        """Where the record lies, ``None`` while it is new."""
        return self.parent.territory_code or None

    @cached_property
    def rows(self) -> list["ChildRow"]:
        """The rows on the page, in order."""
        if self.data is None and self.past is not None:
            return self._rows_of(self.past)
        if self.data is None:
            return [
                ChildRow(self, index, instance, None)
                for index, instance in enumerate(self.existing)
            ]
        by_id = {str(row.pk): row for row in self.existing} if self.posted_count else {}
        rows = []
        for index in range(self.posted_count):
            instance = by_id.get(self.data.get(f"{self.prefix}-{index}-id", ""))
            if instance is not None or self.may_add:
                rows.append(ChildRow(self, index, instance, self.data))
        return rows

    def _rows_of(self, past: list[Any]) -> list["ChildRow"]:
        """Return the present rows with the values of then; those added since are to go.

        A row that was removed since comes back as a new one.
        """
        then = {row.pk: row for row in past}
        rows: list[ChildRow] = []
        for instance in self.existing:
            old = then.pop(instance.pk, None)
            row = ChildRow(self, len(rows), instance, None, initial=old)
            row.removed = old is None and self.may_add
            rows.append(row)
        if self.may_add:
            for old in then.values():
                rows.append(ChildRow(self, len(rows), None, None, initial=old))
        return rows

    @property
    def posted_count(self) -> int:
        """How many rows the browser says it sent."""
        try:
            count = int((self.data or {}).get(f"{self.prefix}-count", 0))
        except ValueError:
            return 0
        return min(max(count, 0), MAX_ROWS)

    @property
    def count(self) -> int:
        """How many rows are on the page."""
        return len(self.rows)

    def add_blank(self) -> None:
        """Put one more empty row on the page."""
        self.rows.append(ChildRow(self, len(self.rows), None, None))

    @cached_property
    def blank(self) -> "ChildRow":
        """The row a script copies."""
        return ChildRow(self, "__index__", None, None)

    def is_valid(self) -> bool:
        """Check every row that is kept."""
        wrong = [row for row in self.rows if not row.is_valid()]
        return not wrong

    def has_changed(self) -> bool:
        """Whether any row was added, changed or removed."""
        return any(row.counts for row in self.rows)

    def is_stale(self) -> bool:
        """Whether someone else has written one of these rows since the page was built."""
        return any(row.is_stale for row in self.rows)

    def to_write(self) -> ChildRows:
        """Return the rows to save and to remove, leaving out what did not change."""
        kept = [r.form.instance for r in self.rows if r.counts and not r.removed]
        removed = [r.instance for r in self.rows if r.removed and r.instance is not None]
        return ChildRows(kept, removed)


class ChildRow:
    """One row of a child table on the page."""

    def __init__(
        self,
        table: ChildTable,
        index: int | str,
        instance: Any,
        data: Mapping[str, Any] | None,
        initial: Any = None,
    ) -> None:
        self.table = table
        self.index = index
        self.instance = instance
        self.prefix = f"{table.prefix}-{index}"
        # Who may not fill in a whole row may not take one away either.
        self.removed = bool(table.may_add and data and data.get(f"{self.prefix}-remove"))
        self.place = table.place if instance is None else instance.territory_code
        names = [n for n in table.names if table.may_write(n, self.place)]
        row = instance or table.model()
        if instance is None:
            setattr(row, table.relation.field.name, table.parent)
        concealed = concealed_values(instance, names, table.sight)
        self.form: Any = row_form_class(table.model, names)(
            data,
            prefix=self.prefix,
            instance=row,
            initial=values_to_begin_with(initial, names, table.sight),
            use_required_attribute=False,
            concealed=concealed,
        )
        posted = data.get(f"{self.prefix}-version") if data else None
        self.version = posted or str(getattr(instance, "version", ""))

    @property
    def number(self) -> Any:
        """The row's place, counted from one."""
        return self.index + 1 if isinstance(self.index, int) else "__number__"

    @property
    def withheld(self) -> list[Shown]:
        """Values the person may see and not change, masked where they are."""
        if self.instance is None:
            return []
        names = [n for n in self.table.names if n not in self.form.fields]
        found = [shown_value(self.instance, n, sight=self.table.sight) for n in names]
        return [shown for shown in found if shown is not None]

    @property
    def is_stale(self) -> bool:
        """Whether the row was written after the page was built."""
        return self.instance is not None and str(getattr(self.instance, "version", "")) != str(
            self.version
        )

    @property
    def counts(self) -> bool:
        """Whether the row has anything to write."""
        if self.removed:
            return self.instance is not None
        return bool(self.form.has_changed())

    def is_valid(self) -> bool:
        """Check the row, unless it is empty, untouched or removed."""
        if self.removed or not self.counts:
            return True
        self.form.full_clean()
        return not self.form.errors


class RecordForm:
    """Everything a person fills in on the page of one record.

    Args:
        ledger: The ledger.
        instance: The record, new or stored.
        user: Who fills it in.
        data: What the browser sent, or ``None``.
        initial: Values to begin with.
        tables: Child tables that were filled in already.
        sight: How the person sees fields; by the scope in force unless given.
        past: The record as it stood, to begin with the values of then.
    """

    def __init__(
        self,
        *,
        ledger: type[Ledger],
        instance: Any,
        user: Any,
        data: Any = None,
        initial: Mapping[str, Any] | None = None,
        tables: list[ChildTable] | None = None,
        sight: Sight | None = None,
        past: "Past | None" = None,
    ) -> None:
        self.ledger = ledger
        self.instance = instance
        self.is_new = instance._state.adding
        self.sight = sight or Sight()
        self.data = data
        place = instance.territory_code or None
        # What the person may not write is no part of the form: nothing that is sent counts.
        self.names = [
            name
            for name in ledger.shown_fields()
            if ledger.field(name).editable and self.sight.may_write(ledger.field(name), place)
        ]
        if past is not None:
            initial = values_to_begin_with(past.instance, self.names, self.sight)
        self.form: Any = row_form_class(ledger.model, self.names)(
            data,
            instance=instance,
            initial=initial,
            use_required_attribute=False,
            concealed=concealed_values(None if self.is_new else instance, self.names, self.sight),
        )
        self.form.fields["reason"] = forms.CharField(
            label=gettext_lazy("Reason for the change")
            if not self.is_new
            else gettext_lazy("Remark"),
            required=False,
            max_length=REASON_LENGTH,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
            help_text=gettext_lazy("Stands in the history beside what you changed."),
        )
        self.tables = (
            tables
            if tables is not None
            else [
                ChildTable(
                    ledger=ledger,
                    child=child,
                    parent=instance,
                    data=data,
                    sight=self.sight,
                    past=past.rows_of(child) if past is not None else None,
                )
                for child in ledger.children
                if not child.read_only
            ]
        )
        self.tables = [table for table in self.tables if table.shows_anything]

    # What is on the page

    def sections(self) -> list[tuple[Section, list[Any]]]:
        """Return the sections with their fields; those not to be changed as values to read."""
        found = []
        for section in self.ledger.shown_sections():
            parts: list[Any] = []
            for name in section.fields:
                if name in self.form.fields:
                    parts.append(self.form[name])
                    if f"{CLEAR}-{name}" in self.form.fields:
                        parts.append(self.form[f"{CLEAR}-{name}"])
                elif not self.is_new:
                    shown = shown_value(self.instance, name, sight=self.sight)
                    parts += [shown] if shown is not None else []
            if parts:
                found.append((section, parts))
        return found

    @property
    def media(self) -> Any:
        """Scripts and styles of the widgets."""
        return self.form.media

    # What was sent

    @property
    def changed(self) -> list[str]:
        """Names of the record's own fields that were changed."""
        return [name for name in self.form.changed_data if name != "reason"]

    def has_changed(self) -> bool:
        """Whether anything at all was changed."""
        return bool(self.changed) or any(table.has_changed() for table in self.tables)

    def is_valid(self, *, with_reason: bool = True) -> bool:
        """Check the record, its child rows, and that a reason is given where one is due.

        Args:
            with_reason: Leave the reason out while it is open what the person changed,
                because the record is newer than their page.
        """
        valid = self.form.is_valid()
        lacking = self.lacking() if self.is_new else []
        if lacking:
            self.form.add_error(
                None,
                _("A new record needs these fields, which your posts do not fill in: %(fields)s.")
                % {"fields": "、".join(lacking)},
            )
            valid = False
        if valid and not self.is_new:
            # A new record may lack what is not on the page, so saving checks it whole.
            mark_judged(self.form.instance)
        # Every table is asked, so that all errors are told at once.
        wrong = [table for table in self.tables if not table.is_valid()]
        valid = valid and not wrong
        if with_reason and self.reason_due and not self.reason:
            labels = "、".join(self._label(name) for name in self.reason_due)
            self.form.add_error(
                "reason", _("Say why you changed: %(fields)s.") % {"fields": labels}
            )
            return False
        return bool(valid)

    def _label(self, name: str) -> str:
        if name in self.form.fields:
            return str(self.form[name].label)
        return label_of(self.ledger.field(name))

    def lacking(self) -> list[str]:
        """Return the labels of fields a new record needs and the person may not fill in."""
        needed = [self.ledger.field(name) for name in self.ledger.shown_fields()]
        return [
            label_of(field)
            for field in needed
            if field.editable
            and not field.blank
            and not field.has_default()
            and field.name not in self.form.fields
        ]

    def beyond(self, code: str) -> list[str]:
        """Return the labels of filled-in fields that are not the person's to fill in there.

        A new record has no place while its form is made, so the form offers what any of
        the person's posts may write; where it comes to lie, its own posts count.
        """
        found = []
        for name in self.changed:
            if not self.sight.right(self.ledger.field(name), code).write:
                found.append(self._label(name))
        return found

    @property
    def reason_due(self) -> list[str]:
        """Changed fields that may not be changed without a reason."""
        if self.is_new:
            return []
        touched = set(self.changed) | {t.child.name for t in self.tables if t.has_changed()}
        return [name for name in self.ledger.reason_required if name in touched]

    @property
    def reason(self) -> str:
        """The reason that was given."""
        return str(getattr(self.form, "cleaned_data", {}).get("reason") or "").strip()

    def children(self) -> dict[str, list[Any]]:
        """Return the child rows to write."""
        return {table.child.name: table.to_write() for table in self.tables if table.has_changed()}

    def is_stale(self) -> bool:
        """Whether a child row was written by someone else since the page was built."""
        return any(table.is_stale() for table in self.tables)

    def errors(self) -> list[tuple[str, str, str]]:
        """Return every error as (id of the element, label, message), in page order."""
        found = [("", "", str(message)) for message in self.form.non_field_errors()]
        order = [*self.ledger.shown_fields(), "reason"]
        for name in order:
            if name in self.form.errors:
                bound = self.form[name]
                found += [(anchor(bound), str(bound.label), str(m)) for m in self.form.errors[name]]
        for table in self.tables:
            for row in table.rows:
                if row.removed or not row.form.is_bound or not row.counts:
                    continue
                place = f"{table.label} {row.number}"
                for name, messages in row.form.errors.items():
                    if name == NON_FIELD_ERRORS:
                        found += [(f"{row.prefix}-row", place, str(m)) for m in messages]
                        continue
                    bound = row.form[name]
                    found += [(anchor(bound), f"{place} · {bound.label}", str(m)) for m in messages]
        return found

    def add_errors(self, error: Any) -> None:
        """Take in what the write path refused."""
        self.form.add_error(None, at_known_fields(error, self.form))


def values_to_begin_with(row: Any, names: Iterable[str], sight: Sight) -> dict[str, Any] | None:
    """Return what a form begins with to say what a row says; ``None`` where there is no row.

    What the person may not read does not begin with anything: the page would show it.
    """
    if row is None:
        return None
    found = {}
    for name in names:
        field = field_of(row, name)
        if sight.seeing(field, row.territory_code) is Seeing.READ:
            found[name] = value_of(row, name)
    return found


def concealed_values(instance: Any, names: list[str], sight: Sight) -> dict[str, Shown]:
    """Return the stored values of fields that may be replaced and not seen."""
    found = {}
    for name in names if instance is not None else ():
        field = field_of(instance, name)
        if sight.right(field, instance.territory_code).see is not Seeing.READ:
            shown = shown_value(instance, name, sight=sight)
            if shown is not None:
                found[name] = shown
    return found


def anchor(bound: Any) -> str:
    """Return the id of the element an error link leads to."""
    widget = bound.field.widget
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
        return f"{bound.auto_id}_0"
    return str(bound.auto_id)
