"""What one person sees of a ledger's rows on one page: the register, applied.

Every surface asks here: form, page of the record, list, filters, history, chooser, search
hit, export, import.  None of them knows a role.
"""

from collections.abc import Iterable
from typing import Any

from django.db import models

from core.access.masking import mask_all
from core.access.register import Mask, class_of, is_registered, live_model
from core.access.rights import FieldRights, Right, Seeing, current_rights
from core.fields import ChoiceListField

from .declaration import Column, Ledger
from .paths import Path, resolve

EVERYTHING = "*"
NOT_SHOWN = "—"


class Sight:
    """How one person sees fields.

    Args:
        rights: Whose; those of the scope in force by default.
        revealed: What the person asked to see whole on this page, by ``target``.
    """

    def __init__(self, rights: FieldRights | None = None, *, revealed: Iterable[str] = ()) -> None:
        self.rights = rights if rights is not None else current_rights()
        self.revealed = frozenset(revealed)
        self._sources: dict[tuple[Any, str], list[tuple[Any, str]]] = {}

    # One field of one row

    def right(self, field: Any, code: str) -> Right:
        """Return what the person may do with a field of a row that lies at a code."""
        return self.rights.of(field.model, field.name, code)

    def seeing(self, field: Any, code: str, pk: Any = None) -> Seeing:
        """Return how much of a field is shown, reveals of this page included."""
        return self._lifted(self.right(field, code).see, field, pk)

    def _lifted(self, see: Seeing, field: Any, pk: Any) -> Seeing:
        if see is not Seeing.REVEAL or not self.revealed:
            return see
        names = {EVERYTHING, target(field), target(field, pk)}
        return Seeing.READ if names & self.revealed else see

    def shown(self, field: Any, code: str, text: str, pk: Any = None) -> str:
        """Return a value's text as this person sees it; empty where the field is hidden."""
        see = self.seeing(field, code, pk)
        if see is Seeing.READ:
            return text
        if see is Seeing.HIDDEN or not text:
            return ""
        return mask_of(field)(text)

    def hides(self, field: Any, code: str) -> bool:
        """Whether nothing of a field is shown, not even that it exists."""
        return self.seeing(field, code) is Seeing.HIDDEN

    def may_write(self, field: Any, code: str | None) -> bool:
        """Whether the person may put a value into a field.

        Without seeing the old value only text can be replaced: a box or a choice has no
        state that says "leave it as it is".

        Args:
            field: The field.
            code: Where the row lies; ``None`` for a row that has no place yet.
        """
        right = self._right_or_most(field, code)
        replaceable = code is None or is_text(field)
        return right.write and (right.see is Seeing.READ or replaceable)

    def _right_or_most(self, field: Any, code: str | None) -> Right:
        if code is None:
            return self.rights.most(field.model, field.name)
        return self.right(field, code)

    def reads_everywhere(self, field: Any) -> bool:
        """Whether a field is read on every row in reach."""
        return self.rights.least(field.model, field.name).see is Seeing.READ

    def takes_out(self, field: Any) -> bool:
        """Whether a field's values may leave in a file: read, or revealed for a reason."""
        return self.rights.most(field.model, field.name).see >= Seeing.REVEAL

    def takes_out_of(self, field: Any, code: str) -> bool:
        """Whether the value of a row at a code may leave in a file."""
        return self.right(field, code).see >= Seeing.REVEAL

    # Whole columns

    def draws(self, ledger: type[Ledger], column: Column) -> bool:
        """Whether a column is drawn at all: some row in reach shows it."""
        return all(
            self.rights.most(model, name).see > Seeing.HIDDEN
            for model, name in self.sources(ledger, column)
        )

    def compares(self, ledger: type[Ledger], column: Column) -> bool:
        """Whether rows may be ordered, filtered or found by a column.

        Only where it is read on every row in reach: an order, or the number of rows that
        match, would spell a masked value out.
        """
        return all(
            self.rights.least(model, name).see is Seeing.READ
            for model, name in self.sources(ledger, column)
        )

    def cell(self, ledger: type[Ledger], column: Column, code: str) -> Seeing:
        """Return how much of a cell is shown: as much as of the least of what it reads."""
        return min(
            (self.rights.of(model, name, code).see for model, name in self.sources(ledger, column)),
            default=Seeing.READ,
        )

    def sources(self, ledger: type[Ledger], column: Column) -> list[tuple[Any, str]]:
        """Return the classed fields, as model and name, that a column shows or is made of.

        The name of a village is public; that the record lies there is a field of the record.
        So foreign keys on the way count, too.
        """
        key = (ledger, column.name)
        if key not in self._sources:
            names = column.reads if column.value is not None else (column.name,)
            paths: list[Path] = [resolve(ledger.model, name) for name in names]
            steps = [
                (step.model, step.name)
                for path in paths
                for step in path.relations
                if step.concrete and is_registered(step.model)
            ]
            self._sources[key] = steps + [
                (path.model, path.name.split(".")[-1])
                for path in paths
                if is_registered(path.model)
            ]
        return self._sources[key]


def is_text(field: Any) -> bool:
    """Whether a field holds text or a day: something an empty input can stand for."""
    if field.choices or isinstance(field, ChoiceListField):
        return False
    return isinstance(field, models.TextField | models.CharField | models.DateField)


def target(field: Any, pk: Any = None) -> str:
    """Return how a reveal names a field, in all rows or in one."""
    name = f"{live_model(field.model)._meta.label_lower}.{field.name}"
    return name if pk is None else f"{name}:{pk}"


def mask_of(field: Any) -> Mask:
    """Return the function that hides a field's text."""
    classed = class_of(field.model, field.name)
    return classed.mask if classed is not None else mask_all


def column_mask(ledger: type[Ledger], column: Column) -> Mask:
    """Return the function that hides a cell."""
    if column.mask is not None:
        return column.mask
    if column.value is not None:
        return mask_all
    path = resolve(ledger.model, column.name)
    classed = class_of(path.model, path.name.split(".")[-1])
    return classed.mask if classed is not None else mask_all
