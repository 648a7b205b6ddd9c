"""What an administrator has defined, as the engine reads it: one document for each ledger.

A document is JSON; ``read_set`` checks it whole and makes it typed, so that a form, an
imported file and a version from last year pass the same judge.
"""

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core.fields import ChoiceListField

from . import kinds
from .kinds import Kind
from .patterns import BadPattern, parse_pattern
from .rules import BadRule, Node, check_rule, fields_of, parse_rule

PREFIX = "x_"
SEALED_FROM = 3
KEY = re.compile(r"[a-z][a-z0-9_]{1,29}")
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
MAX_FIELDS = 120
MAX_SECTIONS = 30
MAX_OPTIONS = 200
MAX_RULES = 60
LABEL_LENGTH = 40
HELP_LENGTH = 300
LISTED_AT_MOST = 8
ACTIONS = (
    "view",
    "add",
    "change",
    "delete",
    "import",
    "export",
    "view_history",
    "restore",
)
ICONS = {
    "list-ul": gettext_lazy("list"),
    "form": gettext_lazy("sheet of paper"),
    "folder-open-inverse": gettext_lazy("folder"),
    "user": gettext_lazy("person"),
    "group": gettext_lazy("several people"),
    "home": gettext_lazy("house"),
    "calendar-alt": gettext_lazy("calendar"),
    "clipboard-list": gettext_lazy("clipboard"),
    "tag": gettext_lazy("tag"),
    "thumbtack": gettext_lazy("drawing pin"),
    "warning": gettext_lazy("warning sign"),
    "mail": gettext_lazy("letter"),
}


class State(models.TextChoices):
    """How far a field or ledger has come."""

    DRAFT = "draft", gettext_lazy("draft")
    ACTIVE = "active", gettext_lazy("in use")
    RETIRED = "retired", gettext_lazy("retired")


class Sensitivity(models.IntegerChoices):
    """How carefully a value must be kept; from 3 on it is encrypted and masked."""

    PUBLIC = 0, gettext_lazy("0 · public")
    INTERNAL = 1, gettext_lazy("1 · internal")
    PERSONAL = 2, gettext_lazy("2 · personal")
    SENSITIVE = 3, gettext_lazy("3 · sensitive: encrypted and masked")
    SECRET = 4, gettext_lazy("4 · secret: encrypted, masked, never searched")


@dataclass(frozen=True)
class Words:
    """A text in both languages."""

    zh: str = ""
    en: str = ""

    def __str__(self) -> str:
        chinese = (get_language() or "").startswith("zh")
        return (self.zh or self.en) if chinese else (self.en or self.zh)

    def lazily(self) -> Any:
        """Return the text in the language of whoever reads it later."""
        return lazy(self.__str__, str)()

    def as_json(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}


@dataclass(frozen=True)
class Option:
    """One of the choices of a field."""

    code: str
    label: Words
    active: bool = True


@dataclass(frozen=True)
class FormerLabel:
    """What a field was called until a moment (ISO, UTC)."""

    until: str
    label: Words


@dataclass(frozen=True)
class SectionSpec:
    """A titled group of fields."""

    key: str
    title: Words


@dataclass(frozen=True)
class FieldSpec:
    """One field; see the form for what each attribute means to an administrator."""

    key: str
    kind: str
    label: Words
    section: str
    help: Words = Words()
    sensitivity: int = 2
    state: str = State.DRAFT
    required_from: datetime.date | None = None
    visible_when: str = ""
    minimum: Any = None
    maximum: Any = None
    max_length: int | None = None
    places: int = kinds.PLACES
    pattern: str = ""
    options: tuple[Option, ...] = ()
    searchable: bool = False
    listed: bool = False
    filterable: bool = False
    exportable: bool = True
    former: tuple[FormerLabel, ...] = ()

    @property
    def name(self) -> str:
        """What the engine calls the field: ``x_`` and its key."""
        return PREFIX + self.key

    @property
    def sealed(self) -> bool:
        """Whether values are encrypted."""
        return self.sensitivity >= SEALED_FROM

    @property
    def length(self) -> int:
        """The longest text allowed, in characters."""
        limit = kinds.LONG_LENGTH if self.kind == Kind.LONG else kinds.TEXT_LENGTH
        return min(self.max_length or limit, limit)

    @property
    def sort(self) -> str:
        """What rules may compare the value with."""
        return kinds.SORTS.get(Kind(self.kind), "text")

    @property
    def condition(self) -> Node | None:
        """When the field is shown, as a tree; ``None`` for always."""
        return parse_rule(self.visible_when) if self.visible_when else None

    def is_required(self, on: datetime.date) -> bool:
        """Return whether a value is due on a day."""
        return self.required_from is not None and self.required_from <= on

    def offered(self) -> list[str]:
        """Return the labels of the options that can be chosen."""
        return [str(option.label) for option in self.options if option.active]

    def label_at(self, moment: datetime.datetime) -> str:
        """Return what the field was called at a moment."""
        stamp = moment.astimezone(datetime.UTC).isoformat()
        for former in self.former:
            if stamp < former.until:
                return str(former.label)
        return str(self.label)

    def model_field(self, model: Any) -> Any:
        """Return a Django field that stands for this one and belongs to no table.

        The engine asks fields for labels, choices and form fields; answering with its
        own kind spares every part of it a second way.
        """
        made = self._bare_field()
        made.set_attributes_from_name(self.name)
        made.model = model
        made.spec = self
        # One judge for forms, sheets and services.
        made.clean = lambda value, instance=None: kinds.clean_value(
            self, value, kept=getattr(instance, self.name, None) if instance else None
        )
        return made

    def _bare_field(self) -> Any:
        common: dict[str, Any] = {
            "verbose_name": self.label.lazily(),
            "help_text": self.help.lazily(),
            "blank": True,
        }
        pairs = [(o.code, o.label.lazily()) for o in self.options]
        match self.kind:
            case Kind.LONG:
                return models.TextField(**common, max_length=self.length)
            case Kind.INTEGER:
                return models.BigIntegerField(**common, null=True)
            case Kind.DECIMAL:
                return models.DecimalField(
                    **common, null=True, max_digits=kinds.DIGITS, decimal_places=self.places
                )
            case Kind.DATE:
                return models.DateField(**common, null=True)
            case Kind.YES_NO:
                return models.BooleanField(**common, null=True)
            case Kind.CHOICE:
                return models.CharField(**common, max_length=30, choices=pairs)
            case Kind.CHOICES:
                return ChoiceListField(**common, choices=pairs)
            case Kind.PHONE | Kind.ID_NUMBER:
                return models.CharField(**common, max_length=40)
        return models.CharField(**common, max_length=self.length)


@dataclass(frozen=True)
class RuleSpec:
    """A rule across fields, with what is said where it is broken."""

    key: str
    rule: str
    message: Words
    active: bool = True

    @property
    def node(self) -> Node:
        """The rule as a tree."""
        return parse_rule(self.rule)

    def keys(self) -> set[str]:
        """Return the fields the rule looks at."""
        return fields_of(self.node)


@dataclass(frozen=True)
class LedgerSpec:
    """A whole ledger without code."""

    label: Words
    one: Words
    icon: str = "list-ul"
    group: Words = Words()
    prefix: str = "T"
    state: str = State.DRAFT
    grants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class SetSpec:
    """Everything defined for one ledger, in one version."""

    slug: str
    sections: tuple[SectionSpec, ...] = ()
    fields: tuple[FieldSpec, ...] = ()
    rules: tuple[RuleSpec, ...] = ()
    ledger: LedgerSpec | None = None
    number: int = 0

    @cached_property
    def by_key(self) -> dict[str, FieldSpec]:
        """All fields by key, retired ones too."""
        return {spec.key: spec for spec in self.fields}

    @cached_property
    def active(self) -> tuple[FieldSpec, ...]:
        """The fields that are filled in, in the order of the form."""
        place = {section.key: index for index, section in enumerate(self.sections)}
        return tuple(
            sorted(
                (spec for spec in self.fields if spec.state == State.ACTIVE),
                key=lambda spec: place.get(spec.section, len(place)),
            )
        )

    @cached_property
    def kept(self) -> tuple[FieldSpec, ...]:
        """The fields that rows may hold values of: active and retired ones."""
        return tuple(spec for spec in self.fields if spec.state != State.DRAFT)

    def find(self, name: str) -> FieldSpec | None:
        """Return a field by its engine name (``x_height``)."""
        return self.by_key.get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None


# Reading a document


class _Reader:
    """Collects every fault of a document before it is refused."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def fault(self, where: str, what: str) -> None:
        self.faults.append(f"{where}: {what}" if where else what)

    def words(self, raw: Any, where: str, *, due: bool = False, limit: int = LABEL_LENGTH) -> Words:
        raw = raw if isinstance(raw, Mapping) else {}
        zh, en = (" ".join(str(raw.get(language) or "").split()) for language in ("zh", "en"))
        if due and not zh:
            self.fault(where, _("the Chinese name is missing."))
        if len(zh) > limit or len(en) > limit:
            self.fault(where, _("at most %(limit)d characters.") % {"limit": limit})
        return Words(zh[:limit], en[:limit])

    def items(self, raw: Any, name: str, limit: int) -> list[Mapping[str, Any]]:
        found = raw.get(name, []) if isinstance(raw, Mapping) else []
        if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
            self.fault(name, _("a list is expected."))
            return []
        if len(found) > limit:
            self.fault(name, _("at most %(limit)d entries.") % {"limit": limit})
        return found[:limit]


def read_set(slug: str, raw: Any, *, number: int = 0) -> SetSpec:
    """Check a document and return it typed.

    Raises:
        ValidationError: Every fault, in the reader's language.
    """
    reader = _Reader()
    if not isinstance(raw, Mapping):
        raise ValidationError(_("This is no definition of fields."))
    sections = tuple(_section(one, reader) for one in reader.items(raw, "sections", MAX_SECTIONS))
    specs = tuple(_field(one, reader) for one in reader.items(raw, "fields", MAX_FIELDS))
    rules = tuple(_rule(one, reader) for one in reader.items(raw, "rules", MAX_RULES))
    _twice([s.key for s in sections], reader)
    _twice([s.key for s in specs], reader)
    _twice([r.key for r in rules], reader)
    known = {section.key for section in sections}
    sorts = {spec.key: spec.sort for spec in specs}
    for spec in specs:
        if spec.section not in known:
            reader.fault(spec.key, _("its group does not exist."))
        if spec.visible_when:
            _try_rule(spec.visible_when, sorts, spec.key, reader)
            if spec.key in _safely_fields_of(spec.visible_when):
                reader.fault(spec.key, _("a field cannot decide whether it is itself shown."))
    for rule in rules:
        _try_rule(rule.rule, sorts, rule.key, reader)
    if sum(spec.listed and spec.state == State.ACTIVE for spec in specs) > LISTED_AT_MOST:
        reader.fault("", _("At most %(limit)d columns fit the list.") % {"limit": LISTED_AT_MOST})
    ledger = raw.get("ledger")
    made = _ledger(ledger, reader) if ledger else None
    if reader.faults:
        raise ValidationError(reader.faults)
    return SetSpec(slug, sections, specs, rules, made, number)


def _twice(keys: Sequence[str], reader: _Reader) -> None:
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        reader.fault(key, _("this key is used twice."))


def _safely_fields_of(text: str) -> set[str]:
    try:
        return fields_of(parse_rule(text))
    except BadRule:
        return set()


def _try_rule(text: str, sorts: Mapping[str, str], where: str, reader: _Reader) -> None:
    try:
        check_rule(text, sorts)
    except BadRule as error:
        reader.fault(where, str(error))


def _key(raw: Mapping[str, Any], reader: _Reader) -> str:
    key = str(raw.get("key") or "")
    if not KEY.fullmatch(key):
        reader.fault(
            key,
            _("a key has 2 to 30 small Latin letters, digits and _, and begins with a letter."),
        )
    return key[:30]


def _section(raw: Mapping[str, Any], reader: _Reader) -> SectionSpec:
    key = _key(raw, reader)
    return SectionSpec(key, reader.words(raw.get("title"), key, due=True))


def _rule(raw: Mapping[str, Any], reader: _Reader) -> RuleSpec:
    key = _key(raw, reader)
    return RuleSpec(
        key,
        str(raw.get("rule") or ""),
        reader.words(raw.get("message"), key, due=True, limit=HELP_LENGTH),
        bool(raw.get("active", True)),
    )


def _field(raw: Mapping[str, Any], reader: _Reader) -> FieldSpec:
    key = _key(raw, reader)
    kind = str(raw.get("kind") or "")
    if kind not in Kind.values:
        reader.fault(key, _("this kind of field does not exist."))
        kind = Kind.TEXT
    state = str(raw.get("state") or State.DRAFT)
    if state not in State.values:
        reader.fault(key, _("a field is a draft, in use or retired."))
        state = State.DRAFT
    sensitivity = raw.get("sensitivity", 2)
    if sensitivity not in Sensitivity.values or isinstance(sensitivity, bool):
        reader.fault(key, _("the class is a number from 0 to 4."))
        sensitivity = 2
    spec = FieldSpec(
        key=key,
        kind=kind,
        label=reader.words(raw.get("label"), key, due=True),
        section=str(raw.get("section") or ""),
        help=reader.words(raw.get("help"), key, limit=HELP_LENGTH),
        sensitivity=sensitivity,
        state=state,
        required_from=_day(raw.get("required_from"), key, reader),
        visible_when=str(raw.get("visible_when") or "").strip(),
        minimum=_limit(kind, raw.get("minimum"), key, reader),
        maximum=_limit(kind, raw.get("maximum"), key, reader),
        max_length=_count(raw.get("max_length"), 1, kinds.LONG_LENGTH, key, reader),
        places=_count(raw.get("places"), 0, 4, key, reader)
        or (0 if raw.get("places") == 0 else kinds.PLACES),
        pattern=str(raw.get("pattern") or ""),
        options=_options(raw, key, reader),
        searchable=bool(raw.get("searchable")),
        listed=bool(raw.get("listed")),
        filterable=bool(raw.get("filterable")),
        exportable=bool(raw.get("exportable", True)),
        former=tuple(
            FormerLabel(str(one.get("until") or ""), reader.words(one.get("label"), key))
            for one in reader.items(raw, "former", MAX_OPTIONS)
        ),
    )
    for fault in faults_of(spec):
        reader.fault(key, fault)
    return spec


def faults_of(spec: FieldSpec) -> Iterable[str]:
    """Yield what does not fit together in one field."""
    if spec.kind in kinds.WITH_OPTIONS and not any(o.active for o in spec.options):
        yield _("give at least one choice.")
    if spec.kind not in kinds.WITH_OPTIONS and spec.options:
        yield _("only a field of choices has choices.")
    codes = [option.code for option in spec.options]
    if len(codes) != len(set(codes)):
        yield _("a code of a choice is used twice.")
    if spec.pattern:
        try:
            parse_pattern(spec.pattern)
        except BadPattern as error:
            yield _("the form cannot be read at sign %(place)s.") % {"place": error}
        if spec.kind not in kinds.WITH_TEXT:
            yield _("only a text has a form.")
    both = spec.minimum is not None and spec.maximum is not None
    if both and spec.minimum > spec.maximum:
        yield _("the smallest value is greater than the greatest.")
    if spec.kind in kinds.ALWAYS_SEALED and spec.sensitivity < SEALED_FROM:
        yield _("names, telephone and identity numbers of people are of class 3 or 4.")
    if spec.sealed and (spec.listed or spec.filterable):
        yield _("a sensitive value stands in no list and no filter: take both marks away.")
    if spec.searchable and (
        spec.sensitivity >= Sensitivity.SECRET or spec.kind in kinds.NOT_SEARCHABLE
    ):
        yield _("a secret value or a number of a person is not searched: take the mark away.")
    if spec.filterable and spec.kind not in kinds.FILTERABLE:
        yield _("a text is found by search and is no filter: take the mark away.")


def _options(raw: Mapping[str, Any], key: str, reader: _Reader) -> tuple[Option, ...]:
    found = []
    for one in reader.items(raw, "options", MAX_OPTIONS):
        code = str(one.get("code") or "")
        if not CODE.fullmatch(code):
            reader.fault(
                key, _("“%(code)s” is no code: small Latin letters and digits.") % {"code": code}
            )
        label = reader.words(one.get("label"), key, due=True)
        found.append(Option(code, label, bool(one.get("active", True))))
    return tuple(found)


def _day(raw: Any, key: str, reader: _Reader) -> datetime.date | None:
    if not raw:
        return None
    try:
        return datetime.date.fromisoformat(str(raw))
    except ValueError:
        reader.fault(key, _("“%(text)s” is no day.") % {"text": str(raw)[:20]})
        return None


def _limit(kind: str, raw: Any, key: str, reader: _Reader) -> Any:
    if raw is None or raw == "":
        return None
    if kind == Kind.DATE:
        return _day(raw, key, reader)
    if kind not in kinds.WITH_RANGE or isinstance(raw, bool):
        reader.fault(key, _("only numbers and dates have a range."))
        return None
    try:
        number = Decimal(str(raw))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > kinds.BIGGEST:
        reader.fault(key, _("“%(text)s” is no number.") % {"text": str(raw)[:20]})
        return None
    return number


def _count(raw: Any, least: int, most: int, key: str, reader: _Reader) -> int | None:
    if raw is None or raw == "":
        return None
    if not isinstance(raw, int) or isinstance(raw, bool) or not least <= raw <= most:
        reader.fault(
            key,
            _("a whole number from %(least)d to %(most)d is expected.")
            % {"least": least, "most": most},
        )
        return None
    return raw


def _ledger(raw: Any, reader: _Reader) -> LedgerSpec:
    raw = raw if isinstance(raw, Mapping) else {}
    icon = str(raw.get("icon") or "list-ul")
    if icon not in ICONS:
        reader.fault(_("ledger"), _("there is no such icon."))
    prefix = str(raw.get("prefix") or "")
    if not re.fullmatch(r"[A-Z][A-Z0-9]{0,5}", prefix):
        reader.fault(_("ledger"), _("numbers begin with 1 to 6 capital letters and digits."))
    state = str(raw.get("state") or State.DRAFT)
    if state not in State.values:
        reader.fault(_("ledger"), _("a ledger is a draft, in use or retired."))
        state = State.DRAFT
    grants = raw.get("grants") if isinstance(raw.get("grants"), Mapping) else {}
    kept: dict[str, tuple[str, ...]] = {}
    for role, actions in (grants or {}).items():
        if not isinstance(actions, list) or set(map(str, actions)) - set(ACTIONS):
            reader.fault(_("ledger"), _("there is no such right."))
            continue
        if actions:
            kept[str(role)[:30]] = tuple(a for a in ACTIONS if a in actions)
    return LedgerSpec(
        label=reader.words(raw.get("label"), _("ledger"), due=True),
        one=reader.words(raw.get("one"), _("ledger"), due=True),
        icon=icon,
        group=reader.words(raw.get("group"), _("ledger")),
        prefix=prefix,
        state=state,
        grants=kept,
    )
