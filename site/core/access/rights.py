"""Role × field: hidden, masked, masked but revealable, read; and whether it may be written.

The matrix is data: ``fixtures/field_rights.json``, loaded onto the roles.  For each role::

    {"0": "write", "3": "hidden", "@name": "read",
     "models": {"children.kin": {"id_number": "hidden", "@phone": "reveal", "3": "read"},
                "volunteers": {"3": "masked"}}}

The first of these that is there decides: for the model, then for its app, then for the
role: the field, its kind (``@name``), its class (``3``).  What nothing decides is hidden.

A person with several posts sees a row with the widest right of the posts whose territory
holds the row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _

from .register import (
    Classed,
    FieldClass,
    Kind,
    class_of,
    declared_classes,
    is_registered,
    live_model,
)


class Seeing(IntEnum):
    """What of a value reaches the eye."""

    HIDDEN = 0
    MASKED = 1
    REVEAL = 2
    READ = 3


@dataclass(frozen=True)
class Right:
    """What a person may do with one field.

    Attributes:
        see: How much of the value is shown.
        write: Whether the value may be changed; also by someone who does not see it.
    """

    see: Seeing
    write: bool = False

    def __or__(self, other: "Right") -> "Right":
        return Right(max(self.see, other.see), self.write or other.write)

    def __and__(self, other: "Right") -> "Right":
        return Right(min(self.see, other.see), self.write and other.write)

    @property
    def code(self) -> str:
        """The right as the matrix writes it."""
        for code, right in RIGHTS.items():
            if right == self:
                return code
        return self.see.name.lower()

    @property
    def label(self) -> str:
        """The right in words."""
        return str(RIGHT_LABELS[self.code])


RIGHTS = {
    "hidden": Right(Seeing.HIDDEN),
    "masked": Right(Seeing.MASKED),
    "masked+write": Right(Seeing.MASKED, write=True),
    "reveal": Right(Seeing.REVEAL),
    "reveal+write": Right(Seeing.REVEAL, write=True),
    "read": Right(Seeing.READ),
    "write": Right(Seeing.READ, write=True),
}

RIGHT_LABELS = {
    "hidden": _("hidden"),
    "masked": _("masked"),
    "masked+write": _("masked, may replace"),
    "reveal": _("masked, may reveal"),
    "reveal+write": _("masked, may reveal and replace"),
    "read": _("reads"),
    "write": _("reads and writes"),
}

NONE = RIGHTS["hidden"]
ALL = RIGHTS["write"]

FieldMatrix = Mapping[str, Any]


@lru_cache(maxsize=64)
def right_called(code: str) -> Right:
    """Return a right by its code.

    Raises:
        ValueError: There is none of this name.
    """
    try:
        return RIGHTS[code]
    except KeyError:
        raise ValueError(f"{code!r} is no right; choose from {', '.join(RIGHTS)}") from None


def right_in(matrix: FieldMatrix, model: type[models.Model], name: str, classed: Classed) -> Right:
    """Return what one role may do with one field."""
    if classed.kind is Kind.DIGEST:
        return NONE
    special = matrix.get("models", {})
    live = live_model(model)
    rows = (special.get(live._meta.label_lower, {}), special.get(live._meta.app_label, {}))
    for row in (*rows, matrix):
        for key in (name, f"@{classed.kind}", str(int(classed.level))):
            if isinstance(row.get(key), str):
                return right_called(row[key])
    return NONE


def check_matrix(matrix: FieldMatrix) -> None:
    """Refuse a matrix that names a right, model or field which does not exist.

    Raises:
        ValueError: Says which.
    """
    rows = {"": {k: v for k, v in matrix.items() if k != "models"}, **matrix.get("models", {})}
    for place, row in rows.items():
        names: set[str] = set()
        if "." in place:
            try:
                names = set(declared_classes(apps.get_model(place)))
            except LookupError as error:
                raise ValueError(f"field rights: there is no model {place!r}") from error
        elif place:
            apps.get_app_config(place)
        keys = {f"@{kind}" for kind in Kind} | {str(int(level)) for level in FieldClass} | names
        for key, code in row.items():
            if key not in keys:
                raise ValueError(f"field rights: {place or 'role'} has no field or class {key!r}")
            right_called(code)


@dataclass(frozen=True)
class HeldPost:
    """What one post of today brings: a role, its places, and its row of the matrix.

    Attributes:
        role: Code of the role.
        prefixes: Leading digits of territory codes, merged villages among them.
        matrix: The role's rights on fields.
    """

    role: str
    prefixes: tuple[str, ...]
    matrix: FieldMatrix

    def covers(self, code: str) -> bool:
        """Return whether the post serves this place."""
        return bool(code) and bool(self.prefixes) and code.startswith(self.prefixes)


class FieldRights:
    """What one person may do with which fields, today.  Made once per request.

    Args:
        posts: The posts that reach case files.
        everything: For commands and jobs that run unscoped.
    """

    def __init__(self, posts: Iterable[HeldPost] = (), *, everything: bool = False) -> None:
        self.posts = tuple(posts)
        self.everything = everything
        self._places = sorted({prefix for post in self.posts for prefix in post.prefixes})
        self._known: dict[Any, Right] = {}
        self._held: dict[str, frozenset[int]] = {}

    def of(self, model: type[models.Model], name: str, code: str) -> Right:
        """Return the right on a field of a row that lies at a territory code."""
        if code not in self._held:
            covering = (i for i, post in enumerate(self.posts) if post.covers(code))
            self._held[code] = frozenset(covering)
        return self._joined(self._held[code], model, name)

    def of_texts(self, model: type[models.Model], level: int, code: str) -> Right:
        """Return the right on texts of a class on a row of a model, whichever fields it has.

        What hangs on a row and is no field of it, such as a file, asks by this.
        """
        if self.everything or not is_registered(model):
            return ALL
        right = NONE
        classed = Classed(FieldClass(level), Kind.TEXT)
        for post in self.posts:
            if post.covers(code):
                right |= right_in(post.matrix, model, "", classed)
        return right

    def least(self, model: type[models.Model], name: str) -> Right:
        """Return the right that holds on every row in reach.

        Filtering, sorting and searching ask for it: where any row's value is masked, the
        order or the number of rows would spell it out.
        """
        right = ALL if self._places or self.everything else NONE
        for place in self._places:
            # Of a site without territories the place is empty: any code lies in it.
            right &= self.of(model, name, place or "0")
        return right

    def most(self, model: type[models.Model], name: str) -> Right:
        """Return the widest right on any row in reach: whether a column is drawn at all."""
        return self._joined(frozenset(range(len(self.posts))), model, name)

    def _joined(self, held: frozenset[int], model: type[models.Model], name: str) -> Right:
        key = (held, live_model(model), name)
        if key not in self._known:
            self._known[key] = self._look_up(held, model, name)
        return self._known[key]

    def _look_up(self, held: frozenset[int], model: type[models.Model], name: str) -> Right:
        if not is_registered(model):
            return ALL
        try:
            classed = class_of(model, name)
        except LookupError:
            return NONE
        if classed is None or classed.kind is Kind.DIGEST:
            return NONE
        right = ALL if self.everything else NONE
        for index in held:
            right |= right_in(self.posts[index].matrix, model, name, classed)
        return right


def current_rights() -> FieldRights:
    """Return the rights of the scope in force; nobody's where none is."""
    from .scope import current_scope, is_unscoped  # circular import: a scope carries rights

    if is_unscoped():
        return FieldRights(everything=True)
    scope = current_scope()
    return scope.field_rights if scope is not None else FieldRights()
