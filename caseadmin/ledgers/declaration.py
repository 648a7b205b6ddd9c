"""What a ledger declares.  Nothing here is imported from Wagtail, and no model is loaded."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.http import HttpRequest

    from core.accounts.models import User

    from .importing.declaration import ChildColumns, PrintedForm
    from .printing import PaperForm
    from .runtime.spec import FieldSpec, SetSpec

Mask = Callable[[str], str]
Text = Any  # a string, or a lazily translated one

TONES = ("neutral", "info", "positive", "warning", "critical")


@dataclass(frozen=True)
class Column:
    """One column of the list; a plain field name is enough where nothing is special.

    Args:
        name: A field of the model, or of a related model with dots (``village.name``).
        label: Heading; the field's own name by default.
        value: Called with the row where the column is no field.
        reads: The fields ``value`` is made of, dotted: whoever may not see one of them does
            not see the cell.
        sort: Name to order by; the field itself by default, ``""`` for no sorting.
        mask: How the value is hidden where its fields are.  A field needs none: it has its
            own, by its place in the register of fields.
    """

    name: str
    label: Text = None
    value: Callable[[Any], Any] | None = None
    reads: Sequence[str] = ()
    sort: str | None = None
    mask: Mask | None = None


@dataclass(frozen=True)
class Badge(Column):
    """A choice shown as a word with a colour behind it, never by colour alone.

    Args:
        tones: From the stored code to one of ``TONES``.
    """

    tones: Mapping[Any, str] = field(default_factory=dict)

    icons: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True)
class Risk(Badge):
    """A badge that also carries an icon, for degrees of danger."""

    icons: ClassVar[Mapping[str, str]] = {
        "critical": "warning",
        "warning": "warning",
        "info": "help",
        "neutral": "help",
        "positive": "success",
    }


@dataclass(frozen=True)
class Section:
    """A titled group of fields on the form and on the record's page."""

    title: Text
    fields: Sequence[str]
    help: Text = ""


@dataclass(frozen=True)
class Child:
    """Rows that belong to the record, edited with it and shown as a table.

    Args:
        name: The reverse name of the relation (``kin``).
        fields: Fields shown and edited; all editable ones by default.
        label: Heading of the table.
        one: What one row is called, for the button that adds one.
        read_only: Shown, never edited here.
    """

    name: str
    fields: Sequence[str] = ()
    label: Text = None
    one: Text = None
    read_only: bool = False


@dataclass(frozen=True)
class Related:
    """Rows of another ledger that point at this record, listed on its page.

    Args:
        slug: The other ledger.
        by: Its foreign key to this model.
        columns: Some of its columns; its first four by default.
        label: Heading; the other ledger's label by default.
    """

    slug: str
    by: str
    columns: Sequence[str] = ()
    label: Text = None


@dataclass(frozen=True)
class Chart:
    """Rows counted by a field, drawn on the desk of whoever may open the ledger.

    Args:
        by: A choice of the model, or a foreign key to a territory.
        title: Heading; the field's label by default.
        only: Conditions on the rows that are counted, as queries write them.
        filters: The same conditions as the list's address writes them, so that a bar
            leads to the rows it counts.
        tones: From the stored code to one of ``TONES``.
    """

    by: str
    title: Text = None
    only: Mapping[str, Any] = field(default_factory=dict)
    filters: Sequence[tuple[str, str]] = ()
    tones: Mapping[Any, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """A question that the list is filtered by and that no single field answers.

    It stands among the ledger's filters as a yes-pill, and in the address as ``name=yes``.

    Args:
        name: What the address calls it; the name of no field.
        label: The pill's words.
        rows: Called with the rows of the ledger and today's date; returns those meant.
        reads: The fields the answer is made of, dotted: only who reads them all on every
            row in reach is offered the filter, for how many rows match would tell a value.
    """

    name: str
    label: Text
    rows: Callable[[Any, date], Any]
    reads: Sequence[str]


@dataclass(frozen=True)
class Likeness:
    """What tells that two records may be of one person.

    Args:
        name: The field with the person's name.
        born: The field with the birth date, which is not encrypted.
        numbers: Blind indexes of numbers that only one person has.
        shared: Blind indexes that relatives have in common: of the record, or of child
            rows with dots (``kin.phone_index``).
        place: A foreign key to the territory the person lives in.
    """

    name: str
    born: str = ""
    numbers: Sequence[str] = ()
    shared: Sequence[str] = ()
    place: str = ""


@dataclass(frozen=True)
class SearchFields:
    """What the record is found by.  Dots follow relations (``kin.full_name``)."""

    names: Sequence[str] = ()
    places: Sequence[str] = ()
    text: Sequence[str] = ()
    codes: Sequence[str] = ()

    def paths(self) -> list[str]:
        """Return all the paths."""
        return [*self.names, *self.places, *self.text, *self.codes]


@dataclass(frozen=True)
class IO:
    """What a sheet of this ledger may carry.

    Args:
        fields: Fields that are imported and exported, in the order of the columns.
        aliases: Other headings under which a column comes, from heading to its path.
        max_rows: More rows than this are refused.
        words: Words of the paper for choices, by column: from word to stored value.
        rows: Columns that hold child rows of the record, such as the father's.
        forms: Printed forms that are read as they are, one record on each sheet.
        identities: Unique fields a row is known by where its key is left empty.
        examples: Invented values for the template, by column.
        check: Called as ``check(instance, stored, user)`` for each new or changed row
            before anything is written; a ``ValidationError`` is shown at the row.
    """

    fields: Sequence[str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    max_rows: int = 20000
    words: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rows: "Sequence[ChildColumns]" = ()
    forms: "Sequence[PrintedForm]" = ()
    identities: Sequence[str] = ()
    examples: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Any, Any, Any], None] | None = None


def always(instance: Any) -> bool:
    """Offer an action for every row."""
    return True


@dataclass(frozen=True)
class LedgerAction:
    """A button on the record's page.

    Give either ``url`` (a link) or ``handler`` (something that is done, by POST).

    Args:
        name: Short name, part of the address.
        label: The word on the button.
        permission: ``"app.codename"``, or one of the ledger's own (``"change"``).
        handler: Called as ``handler(instance, actor=…, reason=…, **cleaned)``.  It may
            return a message, or a row whose page is opened next.  A ``ValidationError``
            or ``PermissionDenied`` it raises is shown to the person.
        url: Called with the row, returns an address.
        available: Whether the button makes sense for a row in its present state.
        form: A form class asked before the handler runs.
        reason_required: Ask for a reason first.
        confirm: A sentence to be confirmed first.
        proof: Ask anew who somebody is where the last proof is old (``core.accounts.stepup``).
        icon: Name of a Wagtail icon.
        tone: ``"primary"``, ``"secondary"`` or ``"danger"``.
    """

    name: str
    label: Text
    permission: str = "change"
    handler: Callable[..., Any] | None = None
    url: Callable[[Any], str] | None = None
    available: Callable[[Any], bool] = always
    form: Any = None
    reason_required: bool = False
    confirm: Text = ""
    proof: bool = False
    icon: str = ""
    tone: str = "secondary"

    @property
    def asks(self) -> bool:
        """Whether a page stands between the button and the deed."""
        return bool(self.form or self.reason_required or self.confirm)


@dataclass(frozen=True)
class BulkAction:
    """Something done to many records at once: the chosen ones, or all that match the list.

    Give either ``change`` (the engine writes set by set, and can take it back) or
    ``handler`` (a service does it, record by record, within the same change set).

    Args:
        name: Short name, part of the address.
        label: The words on the button.
        change: Called as ``change(instance, **cleaned)``; returns the new value of each
            field it changes.  A ``ValidationError`` leaves this record as it is and is
            told with its number.
        handler: Called as ``handler(instance, actor=…, reason=…, **cleaned)``; refuses in
            the same way.
        permission: ``"app.codename"``, or one of the ledger's own (``"change"``).
        form: A form class asked beside the reason.
        help: What else it brings about, said before anything is done.
        icon: Name of a Wagtail icon.
        tone: ``"primary"``, ``"secondary"`` or ``"danger"``.
    """

    name: str
    label: Text
    change: Callable[..., Mapping[str, Any]] | None = None
    handler: Callable[..., Any] | None = None
    permission: str = "change"
    form: Any = None
    help: Text = ""
    icon: str = ""
    tone: str = "secondary"

    @property
    def can_be_undone(self) -> bool:
        """Whether the engine can put back what was there: only what it wrote itself."""
        return self.change is not None


class ChildRows(list[Any]):
    """The child rows to be written, with those to be taken away in ``removed``.

    It is a list of unsaved or changed instances.  Rows that did not change are not in
    it, so that a save leaves no empty history.
    """

    def __init__(self, rows: Iterable[Any] = (), removed: Iterable[Any] = ()) -> None:
        super().__init__(rows)
        self.removed: list[Any] = list(removed)


# Columns that saving fills; nobody types them and forms do not check them.
STAMPED = (
    "territory_code",
    "version",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
)


def unclean_fields(instance: models.Model) -> set[str]:
    """Return the fields whose values saving computes, to be left out of ``full_clean``."""
    return {f.name for f in instance._meta.concrete_fields if not f.editable}


def mark_judged(instance: models.Model) -> None:
    """Note that a form has just run every check on an instance, so that saving need not."""
    instance._judged_as = judged_values(instance)  # type: ignore[attr-defined]


def was_judged(instance: models.Model) -> bool:
    """Return whether a form has checked exactly these values; whoever asks uses it up."""
    judged = instance.__dict__.pop("_judged_as", None)
    return judged is not None and judged == judged_values(instance)


def judged_values(instance: models.Model) -> dict[str, Any]:
    """Return the values of the columns as they stand in memory."""
    return {f.attname: instance.__dict__.get(f.attname) for f in instance._meta.concrete_fields}


class Ledger:
    """One ledger.  Declare the class attributes and decorate the class with ``@ledger``."""

    model: ClassVar[Any] = None
    slug: ClassVar[str] = ""
    label: ClassVar[Text] = None
    group: ClassVar[str] = ""
    icon: ClassVar[str] = "list-ul"
    order: ClassVar[int] = 100
    key: ClassVar[str] = ""
    columns: ClassVar[Sequence[str | Column]] = ()
    filters: ClassVar[Sequence[str | Condition]] = ()
    ordering: ClassVar[str] = "-updated_at"
    per_page: ClassVar[int] = 20
    search: ClassVar[SearchFields | None] = None
    likeness: ClassVar[Likeness | None] = None
    sections: ClassVar[Sequence[Section]] = ()
    children: ClassVar[Sequence[Child]] = ()
    related: ClassVar[Sequence[Related]] = ()
    reason_required: ClassVar[Sequence[str]] = ()
    io: ClassVar[IO | None] = None
    # Whether records have files: all kinds, or codes of ``core.attachments.enums``.
    attachments: ClassVar[bool | Sequence[str]] = False
    actions: ClassVar[Sequence[LedgerAction]] = ()
    bulk: ClassVar[Sequence[BulkAction]] = ()
    charts: ClassVar[Sequence[Chart]] = ()
    papers: "ClassVar[Sequence[PaperForm]]" = ()
    can_add: ClassVar[bool] = True
    can_edit: ClassVar[bool] = True
    can_delete: ClassVar[bool] = True
    # Whether administrators may add fields.  The model must be one of ``ExtraFields``.
    runtime_fields: ClassVar[bool] = False

    # Questions

    @classmethod
    def namespace(cls) -> str:
        """Return the namespace of the ledger's addresses."""
        return cls.slug.replace("-", "_")

    @classmethod
    def url(cls, name: str, *args: Any) -> str:
        """Return the address of one of the ledger's pages."""
        return reverse(f"{cls.namespace()}:{name}", args=args)

    @classmethod
    def permission(cls, action: str) -> str:
        """Return the name of a permission; one with a dot is taken as it is."""
        if "." in action:
            return action
        opts = cls.model._meta
        return f"{opts.app_label}.{action}_{opts.model_name}"

    @classmethod
    def allows(cls, user: Any, action: str) -> bool:
        """Return whether a person may do this in the ledger at all."""
        return bool(user.is_active and user.has_perm(cls.permission(action)))

    @classmethod
    def granted(cls, role_code: str) -> Sequence[str]:
        """Return what a role may do here beside the rights of its group, as actions."""
        return ()

    @classmethod
    def field(cls, name: str) -> Any:
        """Return a field of the model, or one an administrator added."""
        if cls.runtime_fields:
            from .runtime.store import field_of  # app ready

            return field_of(cls.model, name)
        return cls.model._meta.get_field(name)

    @classmethod
    def definitions(cls) -> "SetSpec":
        """Return what administrators have defined for this ledger."""
        from .runtime.store import definitions_of  # app ready

        return definitions_of(cls.slug)

    @classmethod
    def added_fields(cls) -> "tuple[FieldSpec, ...]":
        """Return the fields administrators added that are in use."""
        return cls.definitions().active if cls.runtime_fields else ()

    @classmethod
    def list_columns(cls) -> list[str | Column]:
        """Return the columns of the list, declared and added."""
        return [*cls.columns, *(spec.name for spec in cls.added_fields() if spec.listed)]

    @classmethod
    def filter_names(cls) -> list[str]:
        """Return what the list filters by: fields, declared and added, and conditions."""
        return [
            *cls.declared_filters(),
            *(spec.name for spec in cls.added_fields() if spec.filterable),
        ]

    @classmethod
    def declared_filters(cls) -> list[str]:
        """Return the names of the declared filters."""
        return [item.name if isinstance(item, Condition) else item for item in cls.filters]

    @classmethod
    def condition(cls, name: str) -> Condition | None:
        """Return the declared condition of this name, if it is one."""
        for item in cls.filters:
            if isinstance(item, Condition) and item.name == name:
                return item
        return None

    @classmethod
    def place(cls) -> str:
        """Return the foreign key whose territory's code each row itself carries, or ``""``."""
        from core.access.walls import territory_fields  # app ready

        sources = territory_fields(cls.model)
        if len(sources) != 1 or sources[0].related_model._meta.label != "territories.Territory":
            return ""
        return str(sources[0].name)

    @classmethod
    def one(cls) -> Text:
        """Return what one record is called."""
        return cls.model._meta.verbose_name

    @classmethod
    def declared_sections(cls) -> list[Section]:
        """Return the declared sections, or one with every field a person fills in."""
        if cls.sections:
            return list(cls.sections)
        names = [
            f.name
            for f in cls.model._meta.fields
            if f.editable and not f.primary_key and f.name not in STAMPED
        ]
        return [Section(capfirst(cls.model._meta.verbose_name), names)]

    @classmethod
    def shown_sections(cls) -> list[Section]:
        """Return the sections of form and page: declared ones, then groups of added fields."""
        grouped: dict[str, list[str]] = {}
        for spec in cls.added_fields():
            grouped.setdefault(spec.section, []).append(spec.name)
        titles = {s.key: s.title for s in cls.definitions().sections} if grouped else {}
        return [
            *cls.declared_sections(),
            *(Section(titles[key], names) for key, names in grouped.items()),
        ]

    @classmethod
    def shown_fields(cls) -> list[str]:
        """Return the names of all fields in the sections."""
        return [name for section in cls.shown_sections() for name in section.fields]

    @classmethod
    def child(cls, name: str) -> Child:
        """Return the declared child of this name.

        Raises:
            KeyError: There is none.
        """
        for child in cls.children:
            if child.name == name:
                return child
        raise KeyError(name)

    @classmethod
    def child_relation(cls, child: Child) -> Any:
        """Return the reverse relation (``.related_model`` and ``.field``) of a child."""
        return cls.model._meta.get_field(child.name)

    @classmethod
    def child_fields(cls, child: Child) -> list[str]:
        """Return the fields of a child's rows that are shown and edited."""
        if child.fields:
            return list(child.fields)
        relation = cls.child_relation(child)
        return [
            f.name
            for f in relation.related_model._meta.fields
            if f.editable and not f.primary_key and f.name != relation.field.name
        ]

    @classmethod
    def queryset(cls) -> Any:
        """Return the rows in scope.  The model's scoped manager fails closed."""
        return cls.model._default_manager.all()

    @classmethod
    def filtered_queryset(cls, request: "HttpRequest") -> Any:
        """Return exactly the rows the list shows for this request, on all its pages.

        Filters and order come from the address, words from the request's body.
        """
        from .views.listing import replayed_queryset  # app ready

        return replayed_queryset(cls, request)

    @classmethod
    def title(cls, instance: Any) -> str:
        """Return what a record is headed with on its own page.

        Its number by default.  Not used in logs, messages or addresses.
        """
        return str(instance)

    # Writing

    @classmethod
    def save(
        cls,
        instance: Any,
        *,
        children: Mapping[str, list[Any]] | None = None,
        actor: "User",
        reason: str = "",
        source: str = "form",
    ) -> Any:
        """Write a record and its child rows: the one way in, for forms and imports alike.

        Args:
            instance: The record, new or changed.
            children: For each child relation the rows to write.  A ``ChildRows`` may
                also name rows to remove.  Rows not mentioned stay as they are.
            actor: Who does it.
            reason: Why, for the history.
            source: Through which door, one of ``core.history.context.SOURCES``.

        Returns:
            The saved record.

        Raises:
            ValidationError: A value is refused, or would repeat a unique one.
        """
        from core.history.context import change_set  # app ready
        from core.writing import joined  # app ready

        try:
            with joined(), change_set(actor=actor, reason=reason, source=source):
                before = None if instance._state.adding else instance.territory_code
                if not was_judged(instance):
                    instance.full_clean(exclude=unclean_fields(instance))
                instance.save()
                written = cls._save_children(instance, children or {})
                if before not in (None, instance.territory_code):
                    cls._move_children(instance, written)
        except IntegrityError as error:
            raise ValidationError({NON_FIELD_ERRORS: [cls.clash_message()]}) from error
        return instance

    @classmethod
    def _save_children(cls, instance: Any, children: Mapping[str, list[Any]]) -> set[Any]:
        written = set()
        for name, rows in children.items():
            parent_field = cls.child_relation(cls.child(name)).field.name
            for row in getattr(rows, "removed", ()):
                row.delete()
                written.add(row.pk)
            for row in rows:
                setattr(row, parent_field, instance)
                if not was_judged(row):
                    row.full_clean(exclude=unclean_fields(row) | {parent_field})
                row.save()
                written.add(row.pk)
        return written

    @classmethod
    def _move_children(cls, instance: Any, written: set[Any]) -> None:
        """Save the other child rows again: their territory follows the record's."""
        for child in cls.children:
            relation = cls.child_relation(child)
            rows = relation.related_model._base_manager.filter(**{relation.field.name: instance})
            for row in rows.exclude(pk__in=written):
                setattr(row, relation.field.name, instance)
                row.save()

    @classmethod
    def delete(cls, instance: Any, *, actor: "User", reason: str, source: str = "form") -> None:
        """Delete a record with what belongs to it; the history keeps it.

        Raises:
            ValidationError: No reason was given.
            ProtectedError, RestrictedError: Something else holds on to the record.
        """
        from core.history.context import change_set  # app ready

        if not reason.strip():
            raise ValidationError({"reason": _("Say why the record is deleted.")})
        with transaction.atomic(), change_set(actor=actor, reason=reason, source=source):
            instance.delete()

    @classmethod
    def restore(cls, row: Any, *, actor: "User", reason: str) -> Any:
        """Bring a deleted record back, with the rows that went with it and its own key.

        Args:
            row: The record's last history row, of type ``-``.
            actor: Who does it.
            reason: Why.

        Returns:
            The record.

        Raises:
            ValidationError: No reason was given, or a unique value was taken meanwhile.
        """
        from core.history.context import change_set  # app ready

        from .past import deleted_rows  # circular import: the past reads declarations

        if not reason.strip():
            raise ValidationError({"reason": _("Say why the record comes back.")})
        instance = row.instance
        try:
            with (
                transaction.atomic(),
                change_set(actor=actor, reason=reason, source="restore"),
            ):
                instance.validate_unique()
                instance.validate_constraints()
                instance.save(force_insert=True)
                for _model, rows in deleted_rows(row):
                    for gone in rows:
                        gone.instance.save(force_insert=True)
        except IntegrityError as error:
            raise ValidationError({NON_FIELD_ERRORS: [cls.clash_message()]}) from error
        return instance

    @classmethod
    def clash_message(cls) -> str:
        """Say that a unique value is taken, without telling where."""
        return _(
            "A record with the same number may already exist, perhaps outside your area. "
            "Check the number, or ask the district."
        )
