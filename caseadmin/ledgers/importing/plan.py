"""What storing a file would do, row by row.  Nothing here writes.

Cells are read once per distinct text, references and unique values are looked up for
the whole file at once, and every fault of a row is found in one pass.
"""

import copy
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils import translation

from core.access.scope import Scope, scope_of, unscoped

from ..likeness import LikelyRow, likely_rows
from ..sight import Sight
from .columns import ColumnField, LedgerResource, blind_index_of, resource_for
from .declaration import ChildColumns
from .models import ImportBatch, ImportRow
from .reasons import CellRefused
from .widgets import DASHES, is_blank

CHUNK = 500
Problem = dict[str, Any]
Action = ImportRow.Action


@dataclass
class RawRow:
    """Cells of one row of the file.

    ``another`` says that somebody has compared it with the records it resembles: it is
    another person.
    """

    position: int
    sheet: int
    number: int
    cells: list[str]
    another: bool = False


@dataclass
class Record:
    """What one row of the file comes to."""

    raw: RawRow
    texts: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    stored: Any = None
    instance: Any = None
    children: dict[str, list[Any]] = field(default_factory=dict)
    changes: dict[str, list[Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    likely: list[LikelyRow] = field(default_factory=list)

    @property
    def action(self) -> str:
        if self.judged == Action.LIKELY and self.raw.another:
            return Action.NEW
        return self.judged

    @property
    def judged(self) -> str:
        """What the row comes to by itself, whatever somebody has said of it."""
        if self.problems:
            return Action.WRONG
        if self.stored is None:
            return Action.LIKELY if self.likely else Action.NEW
        return Action.CHANGED if self.changes else Action.UNCHANGED

    def refuse(self, path: str, code: str, **params: Any) -> None:
        """Note a fault; a cell that is faulty already keeps its first."""
        if path and any(problem["path"] == path for problem in self.problems):
            return
        self.problems.append({"path": path, "code": code, "params": params})


@dataclass
class Plan:
    """All rows of a file, judged."""

    ledger: Any
    resource: LedgerResource
    records: list[Record]

    def counts(self) -> dict[str, int]:
        """Return how many rows come to what."""
        found = dict.fromkeys(Action.values, 0)
        for record in self.records:
            found[record.action] += 1
        return found

    def writes(self) -> list[Record]:
        """Return the records that would be written."""
        return [r for r in self.records if r.action in (Action.NEW, Action.CHANGED)]

    def fingerprint(self) -> str:
        """Stands for the outcome and for the versions of the rows it was judged by."""
        digest = hashlib.sha256()
        for record in self.records:
            target = f"{record.stored.pk}:{record.stored.version}" if record.stored else ""
            changed = ",".join(sorted(record.changes))
            codes = ",".join(sorted(f"{p['path']}={p['code']}" for p in record.problems))
            line = f"{record.raw.position}|{record.judged}|{target}|{changed}|{codes}\n"
            digest.update(line.encode())
        return digest.hexdigest()


def make_plan(
    ledger: Any,
    rows: Iterable[RawRow],
    mapping: Mapping[int, str],
    *,
    user: Any,
    blanks: str = ImportBatch.Blanks.KEEP,
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """Judge the rows of a file.

    Args:
        ledger: The ledger they belong to.
        rows: Its rows.
        mapping: From position of a cell to path of a column.
        user: Who imports. Their scope and rights hold, not those of the request.
        blanks: What an empty cell does to a stored value.
        progress: Called with rows judged and rows in all.
    """
    planner = _Planner(ledger, mapping, user, blanks)
    return planner.run(list(rows), progress)


class _Planner:
    def __init__(self, ledger: Any, mapping: Mapping[int, str], user: Any, blanks: str) -> None:
        self.ledger = ledger
        self.model = ledger.model
        self.user = user
        self.blanks = blanks
        self.scope: Scope = scope_of(user)
        self.resource = resource_for(ledger)
        # The person's own rights, not those of the job that may be running this.
        self.sight = Sight(self.scope.field_rights)
        self.mapping = {
            position: path
            for position, path in mapping.items()
            if path in self.resource.columns and self.resource.columns[path].is_fillable(self.sight)
        }
        self.columns = {path: self.resource.columns[path] for path in self.mapping.values()}
        self.may_add = ledger.can_add and ledger.allows(user, "add")
        self.may_change = ledger.can_edit and ledger.allows(user, "change")
        self.read_cells: dict[str, dict[str, tuple[Any, Problem | None]]] = defaultdict(dict)
        self.checked: dict[tuple[Any, ...], list[Problem]] = {}

    def run(self, rows: list[RawRow], progress: Callable[[int, int], None] | None) -> Plan:
        records = [
            Record(
                raw,
                {p: raw.cells[i] if i < len(raw.cells) else "" for i, p in self.mapping.items()},
            )
            for raw in rows
        ]
        distinct = {path: {record.texts[path] for record in records} for path in self.columns}
        self.resource.prepare(distinct, self.scope)
        width = max(self.mapping, default=0)
        for record in records:
            self.read_row(record, width)
        self.find_targets(records)
        self.find_children(records)
        for done, record in enumerate(records, start=1):
            self.judge(record)
            if progress is not None and done % 1000 == 0:
                progress(done, len(records))
        self.find_repeated(records)
        check_unique(self.ledger, records)
        self.find_likely(records)
        return Plan(self.ledger, self.resource, records)

    # Cells

    def read_row(self, record: Record, width: int) -> None:
        for path, text in record.texts.items():
            value, problem = self.read(self.columns[path], text)
            record.values[path] = value
            if problem is not None:
                record.problems.append(problem)

    def read(self, column: ColumnField, text: str) -> tuple[Any, Problem | None]:
        memo = self.read_cells[column.path]
        if text not in memo:
            memo[text] = self.read_fresh(column, text)
        return memo[text]

    def read_fresh(self, column: ColumnField, text: str) -> tuple[Any, Problem | None]:
        if is_blank(text):
            return None, None
        try:
            value = column.widget.clean(text)
        except CellRefused as refused:
            return None, {"path": column.path, "code": refused.code, "params": refused.params}
        if value in (None, ""):
            return None, None
        found = collect(lambda: column.check(value), lambda name: column.path)
        return value, found[0] if found else None

    # Rows of the ledger

    def find_targets(self, records: Sequence[Record]) -> None:
        """Find the stored record each row names, by key or by another unique value."""
        key = self.ledger.key
        related = [
            name
            for column in self.columns.values()
            if column.group is None and isinstance(column.model_field, models.ForeignKey)
            for name in _to_load(column.model_field)
        ]
        queryset = (
            self.model._default_manager.select_related(*related)
            if related
            else (self.model._default_manager.all())
        )
        if key in self.columns:
            wanted = {str(r.values[key]) for r in records if r.values.get(key)}
            found = {
                str(getattr(row, key)): row for row in _in_chunks(queryset, f"{key}__in", wanted)
            }
            for record in records:
                record.stored = found.get(str(record.values.get(key) or ""))
            self.refuse_unknown_keys(records, key)
        for name in self.ledger.io.identities:
            if name not in self.columns:
                continue
            lookup, digest = self.lookup_of(name)
            open_rows = [
                r
                for r in records
                if r.stored is None and r.values.get(name) and not r.values.get(key)
            ]
            by_value = {
                getattr(row, lookup): row
                for row in _in_chunks(
                    queryset, f"{lookup}__in", {digest(r.values[name]) for r in open_rows}
                )
            }
            for record in open_rows:
                record.stored = by_value.get(digest(record.values[name]))

    def find_likely(self, records: Sequence[Record]) -> None:
        """Find the records on file that new rows may be the same person as.

        Nothing is merged: such a row waits until somebody has compared.
        """
        if self.ledger.likeness is None:
            return
        new = [record for record in records if record.judged == Action.NEW]
        found = likely_rows(self.ledger, [(record.instance, record.children) for record in new])
        for record, likely in zip(new, found, strict=True):
            record.likely = likely

    def lookup_of(self, name: str) -> tuple[str, Callable[[Any], Any]]:
        index = blind_index_of(self.model._meta.get_field(name))
        if index is not None:
            return index.name, index.digest
        return name, lambda value: value

    def refuse_unknown_keys(self, records: Sequence[Record], key: str) -> None:
        missing = [r for r in records if r.stored is None and r.values.get(key)]
        if not missing:
            return
        if not self.model._meta.get_field(key).editable:
            # The product gives these numbers; a number it never gave is a typing error.
            for record in missing:
                record.refuse(key, "key_unknown", value=record.texts[key])
            return
        wanted = {str(r.values[key]) for r in missing}
        with unscoped("whether a key of an import is in use somewhere"):
            elsewhere = {
                str(getattr(row, key))
                for row in _in_chunks(
                    self.model._base_manager.only("pk", key), f"{key}__in", wanted
                )
            }
        for record in missing:
            if str(record.values[key]) in elsewhere:
                record.refuse(key, "not_available")

    def find_children(self, records: Sequence[Record]) -> None:
        """Load the child rows of all targets: one query for each relation and chunk."""
        self.child_rows: dict[tuple[str, Any], list[Any]] = defaultdict(list)
        parents = {record.stored.pk: record.stored for record in records if record.stored}
        relations = {column.group.relation for column in self.columns.values() if column.group}
        for name in relations:
            relation = self.model._meta.get_field(name)
            owner = relation.field
            for row in _in_chunks(
                relation.related_model._base_manager.all(), f"{owner.attname}__in", set(parents)
            ):
                parent = parents[getattr(row, owner.attname)]
                setattr(row, owner.name, parent)
                self.child_rows[name, parent.pk].append(row)

    # Judging

    def judge(self, record: Record) -> None:
        """Set the values, see what changes, and apply the rules of the model."""
        is_new = record.stored is None
        record.instance = self.model() if is_new else copy.copy(record.stored)
        if is_new and self.ledger.runtime_fields:
            # A new record is judged whole: what an administrator demands must be there.
            record.instance.put_extra({})
        refused = {problem["path"] for problem in record.problems}
        for path, column in self.columns.items():
            if column.group is None and path not in refused:
                self.set_value(record, record.instance, record.stored, column)
        self.accept_stored_texts(record)
        self.judge_children(record, refused)
        if is_new:
            self.require(record)
        if is_new and not self.may_add:
            record.refuse("", "may_not_add")
        if not is_new and record.changes and not self.may_change:
            record.refuse("", "may_not_change")
        if record.action == Action.UNCHANGED:
            return
        if not any(problem["path"] in self.columns for problem in record.problems):
            self.apply_rules(record)

    def set_value(self, record: Record, instance: Any, stored: Any, column: ColumnField) -> None:
        path = column.path
        value = record.values[path]
        if not column.model_field.editable:
            return
        if value is None:
            if stored is None or self.blanks == ImportBatch.Blanks.KEEP:
                return
            value = column.model_field.get_default()
            if value is None and not column.model_field.null:
                value = column.widget.empty
            if not column.model_field.blank:
                if path != self.ledger.key:
                    record.refuse(path, "required")
                return
        before = column.before(stored) if stored is not None else None
        if stored is not None and same(column, before, value, record.texts[path]):
            return
        column.put(instance, value)
        if stored is not None:
            record.changes[path] = [column.widget.stored(before), column.widget.stored(value)]

    def accept_stored_texts(self, record: Record) -> None:
        """Let a refused cell pass that says exactly what is stored.

        A place that has since been merged still stands in the record, and an export
        of it must be read back without a fault.
        """
        if record.stored is None:
            return
        record.problems = [
            problem
            for problem in record.problems
            if problem["path"] not in self.columns
            or self.columns[problem["path"]].group is not None
            or self.columns[problem["path"]].widget.render(
                getattr(record.stored, self.columns[problem["path"]].model_field.name)
            )
            != record.texts[problem["path"]].strip()
        ]

    def judge_children(self, record: Record, refused: set[str]) -> None:
        for group, columns in self.resource.groups.items():
            mapped = [column for column in columns if column.path in self.columns]
            given = [c for c in mapped if record.values.get(c.path) is not None]
            dashed = bool(
                group.dash
                and mapped
                and mapped[0].model_field.name == group.fields[0]
                and record.texts[mapped[0].path].strip() in DASHES
            )
            if not mapped or (not given and not dashed and self.blanks == ImportBatch.Blanks.KEEP):
                continue
            before = self.child_before(record, group)
            if before is None and not given and not dashed:
                continue
            self.judge_child(record, group, mapped, before, dashed, refused)

    def child_before(self, record: Record, group: ChildColumns) -> Any:
        if record.stored is None:
            return None
        for row in self.child_rows[group.relation, record.stored.pk]:
            if all(getattr(row, name) == value for name, value in group.match.items()):
                return row
        return None

    def judge_child(
        self,
        record: Record,
        group: ChildColumns,
        columns: Sequence[ColumnField],
        before: Any,
        dashed: bool,
        refused: set[str],
    ) -> None:
        relation = self.model._meta.get_field(group.relation)
        row = relation.related_model(**group.match) if before is None else copy.copy(before)
        setattr(row, relation.field.name, record.instance)
        changes_before = len(record.changes)
        for column in columns:
            if column.path not in refused:
                self.set_value(record, row, before, column)
        if dashed:
            for name, value in group.dash.items():
                if getattr(row, name) != value:
                    setattr(row, name, value)
                    record.changes.setdefault(columns[0].path, [None, "—"])
        if before is None:
            for column in columns:
                if record.values.get(column.path) is not None or (dashed and column is columns[0]):
                    new = column.widget.stored(record.values.get(column.path))
                    record.changes.setdefault(column.path, [None, new])
        elif len(record.changes) == changes_before:
            return
        prefix = f"{group.relation}.{group.name}."

        def path_of(name: str) -> str:
            return prefix + name if prefix + name in self.columns else columns[0].path

        faults: list[Problem] = []
        if group.complete is not None:
            faults += collect(lambda: group.complete(row, record.instance), path_of)  # type: ignore[misc]
        for column in columns:
            # What the cells hold was checked as it was read; what is missing was not.
            if getattr(row, column.model_field.name) in (None, "") and (
                not column.model_field.blank and column.path not in refused
            ):
                record.refuse(column.path, "required")
        faults += collect(row.clean, path_of)
        for fault in faults:
            if all(fault["path"] != problem["path"] for problem in record.problems):
                record.problems.append(fault)
        record.children.setdefault(group.relation, []).append(row)

    def require(self, record: Record) -> None:
        for column in self.resource:
            if column.is_required and record.values.get(column.path) is None:
                record.refuse(column.path, "required")

    def apply_rules(self, record: Record) -> None:
        """Run the model's own ``clean``, its check constraints and the ledger's check."""

        def path_of(name: str) -> str:
            return name if name in self.resource.columns else ""

        instance = record.instance
        record.problems += collect(instance.clean, path_of)
        if not record.problems:
            # The model says most of these rules itself, in better words.
            record.problems += self.constraint_problems(instance, path_of)
        check = self.ledger.io.check
        if check is not None and not record.problems:
            record.problems += collect(lambda: check(instance, record.stored, self.user), path_of)
        if not record.problems and not self.scope.covers(instance.territory_code_source()):
            record.refuse("", "out_of_scope")
        if not record.problems:
            self.refuse_unwritable(record)

    def refuse_unwritable(self, record: Record) -> None:
        """Refuse values of columns the person does not fill in where the record lies."""
        stored = record.stored
        code = record.instance.territory_code_source() if stored is None else stored.territory_code
        for path, column in self.columns.items():
            field = column.model_field
            given = path in record.changes if stored is not None else record.values.get(path)
            if given and field.editable and not self.sight.right(field, code).write:
                record.refuse(path, "may_not_write")

    def constraint_problems(self, instance: Any, path_of: Callable[[str], str]) -> list[Problem]:
        """Judge check constraints once for each combination of the values they look at."""
        found: list[Problem] = []
        for constraint in self.model._meta.constraints:
            if not isinstance(constraint, models.CheckConstraint):
                continue
            condition: Any = constraint.condition
            names = sorted(condition.referenced_base_fields)
            if not set(names) & set(self.columns):
                continue
            memo = (constraint.name, *(getattr(instance, name) for name in names))
            if memo not in self.checked:
                judge = partial(constraint.validate, self.model, instance)
                self.checked[memo] = collect(judge, path_of)
            found += self.checked[memo]
        return found

    # The file as a whole

    def find_repeated(self, records: Sequence[Record]) -> None:
        """Refuse rows that name the same record; of equal rows the first may stay."""
        by_target: dict[Any, list[Record]] = defaultdict(list)
        key = self.ledger.key
        for record in records:
            if record.stored is not None:
                by_target[record.stored.pk].append(record)
            elif record.values.get(key):
                by_target[str(record.values[key])].append(record)
        for same_target in by_target.values():
            first = same_target[0]
            for later in same_target[1:]:
                later.refuse("", "repeated", row=first.raw.number)
                if later.texts != first.texts:
                    first.refuse("", "repeated", row=later.raw.number)


def same(column: ColumnField, before: Any, value: Any, text: str) -> bool:
    """Return whether a cell says what is stored already, blanks at its ends aside."""
    if before == value:
        return True
    if column.widget.stored(before) == column.widget.stored(value):
        return True
    return column.widget.render(before).strip() == text.strip() != ""


def check_unique(ledger: Any, records: Sequence[Record]) -> None:
    """Refuse values that must be unique and are not: in the file, or in the ledger.

    One query for each rule and chunk.  A record outside the person's scope is never
    named, and never confirmed to exist in other words than any refused value.
    """
    writes = [r for r in records if r.action in (Action.NEW, Action.CHANGED)]
    for names in unique_sets(ledger.model):
        paths = [_source_of(ledger.model, name) for name in names]
        holders: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
        for record in writes:
            value = tuple(_unique_value(record.instance, name) for name in names)
            if not any(part in (None, "") for part in value):
                holders[value].append(record)
        for group in holders.values():
            for other in group[1:]:
                other.refuse(paths[0], "repeated_value", row=group[0].raw.number)
                group[0].refuse(paths[0], "repeated_value", row=other.raw.number)
        first = {value[0] for value in holders}
        queryset = ledger.model._base_manager.all()
        with unscoped("whether a value of an import is in use somewhere"):
            stored = list(_in_chunks(queryset, f"{names[0]}__in", first))
        for row in stored:
            value = tuple(_unique_value(row, name) for name in names)
            for record in holders.get(value, ()):
                if record.instance.pk == row.pk:
                    continue
                if ledger.model._default_manager.filter(pk=row.pk).exists():
                    record.refuse(paths[0], "belongs_to_other", key=str(getattr(row, ledger.key)))
                else:
                    record.refuse(paths[0], "not_available")


def unique_sets(model: Any) -> Iterator[tuple[str, ...]]:
    """Yield the sets of columns whose values together must be unique."""
    for column in model._meta.concrete_fields:
        if column.unique and not column.primary_key and column.editable:
            yield (column.name,)
    for constraint in model._meta.constraints:
        is_plain = isinstance(constraint, models.UniqueConstraint) and constraint.condition is None
        if is_plain and constraint.fields:
            yield tuple(constraint.fields)


def _unique_value(instance: Any, name: str) -> Any:
    column = instance._meta.get_field(name)
    source = getattr(column, "source", None)
    if source is not None:
        return column.digest(getattr(instance, source))
    return getattr(instance, column.attname)


def _source_of(model: Any, name: str) -> str:
    return str(getattr(model._meta.get_field(name), "source", name))


def _to_load(foreign_key: Any) -> list[str]:
    """Return what to join so that a reference is shown without a query for each row."""
    related = {f.name for f in foreign_key.related_model._meta.concrete_fields if f.is_relation}
    return [f"{foreign_key.name}__parent" if "parent" in related else foreign_key.name]


def _in_chunks(queryset: Any, lookup: str, values: Iterable[Any]) -> Iterator[Any]:
    ordered = sorted(values, key=str)
    for start in range(0, len(ordered), CHUNK):
        yield from queryset.filter(**{lookup: ordered[start : start + CHUNK]})


def collect(run: Callable[[], Any], path_of: Callable[[str], str]) -> list[Problem]:
    """Run a rule of the model and return what it refuses, in every language.

    Such a rule speaks in sentences.  It is asked again in each language of the product,
    so that the reader sees the sentence in their own.
    """
    try:
        run()
    except ValidationError:
        pass
    else:
        return []
    problems: list[Problem] = []
    for number, (language, _name) in enumerate(settings.LANGUAGES):
        with translation.override(language):
            try:
                run()
            except ValidationError as error:
                said = _sentences(error)
            else:
                continue
        for position, (name, code, sentence) in enumerate(said):
            if number == 0 or position >= len(problems):
                path = path_of("" if name == NON_FIELD_ERRORS else name)
                problems.append({"path": path, "code": code or "rule", "texts": {}})
            problems[position]["texts"][language] = sentence
    return problems


def _sentences(error: ValidationError) -> list[tuple[str, str | None, str]]:
    by_field = (
        error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    )
    return [
        (name, one.code, str(message))
        for name, errors in by_field.items()
        for one in errors
        for message in one.messages
    ]
