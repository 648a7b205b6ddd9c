"""Who may do what: role × ledger × deed and role × field, as the data in force say.

Nothing is stored here.  Deeds follow from what a ledger declares, rights from the groups of
the roles, from ``Role.field_rights`` and from the definitions of ledgers without code.  The
page of the matrix, its file and the generated tests all read this module.

Legal source: GB/T 22239-2019 8.1.4.2 (access control by the least right that is needed).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from core.access.opening import SEAL, needs_approval
from core.access.register import Classed, FieldClass, Kind, classes_of
from core.access.rights import NONE, Right, right_in
from core.accounts.models import Role

from .declaration import Ledger, Text
from .registry import ledgers
from .views.looking import RIGHT as LOOKS


@dataclass(frozen=True)
class Deed:
    """Something people do in a ledger.

    Attributes:
        code: Short name; declared actions begin with ``do:``.
        label: The word for it.
        needs: All the rights it takes: the ledger's own actions, or ``app.codename``.
        pages: Names of the addresses it goes through.
        on_row: Whether it is done to a record, which only roles that reach case files find.
    """

    code: str
    label: Text
    needs: tuple[str, ...]
    pages: tuple[str, ...]
    on_row: bool = True


LIST = Deed(
    "list",
    _("See the list"),
    ("view",),
    ("index", "index_results", "choose", "arrange", "forget"),
    False,
)
FILES = Deed("files", _("Read attached files"), ("view",), ("file", "file_content"))
ATTACH = Deed("attach", _("Attach files"), ("view", "change"), ("files", "file_delete"))
VIEW = Deed("view", _("Open a record"), ("view",), ("view",))
ASK = Deed("ask", _("Ask for access"), ("view",), ("ask",))
SEAL_IT = Deed("seal", _("Seal"), ("view", SEAL), ("seal",))
PRINT = Deed("print", _("Print on a paper form"), ("view",), ("print",))
DUPLICATES = Deed("duplicates", _("Likely duplicates"), ("view",), ("duplicates",))
ADD = Deed("add", _("Add"), ("add",), ("add",), False)
CHANGE = Deed("change", _("Edit"), ("change",), ("edit",))
DELETE = Deed("delete", _("Delete"), ("delete",), ("delete",))
HISTORY = Deed("history", _("History"), ("view", "view_history"), ("history", "past", "compare"))
AS_OF = Deed("as_of", _("As of an earlier day"), ("view", "view_history"), ("as_of",), False)
LOOKED = Deed("looks", _("Who looked at it"), ("view", LOOKS), ("looks",))
DELETED = Deed("deleted", _("Deleted records"), ("view", "restore"), ("deleted",), False)
RESTORE = Deed("restore", _("Restore"), ("view", "restore"), ("restore",))
MERGE = Deed("merge", _("Merge"), ("view", "change", "delete"), ("merge",))
UNDO = Deed("undo", _("Undo"), ("restore", "change", "view_history"), ("undo",))
EXPORT = Deed("export", _("Export"), ("export",), ("export",), False)
IMPORT = Deed(
    "import",
    _("Import"),
    ("import",),
    (
        "import",
        "import_template",
        "import_map",
        "import_progress",
        "import_preview",
        "import_likely",
        "import_confirm",
        "import_cancel",
        "import_result",
        "import_wrong",
    ),
    False,
)


def deeds_of(ledger: type[Ledger]) -> list[Deed]:
    """Return what can be done in a ledger, declared actions last."""
    offered = [
        (LIST, True),
        (VIEW, True),
        (ASK, needs_approval(ledger.model)),
        (SEAL_IT, needs_approval(ledger.model)),
        (ADD, ledger.can_add),
        (CHANGE, ledger.can_edit),
        (DELETE, ledger.can_delete),
        (HISTORY, True),
        (AS_OF, True),
        (DELETED, ledger.can_delete),
        (RESTORE, ledger.can_delete),
        (UNDO, ledger.can_edit),
        (LOOKED, True),
        (PRINT, bool(ledger.papers)),
        (FILES, bool(ledger.attachments)),
        (ATTACH, bool(ledger.attachments) and ledger.can_edit),
        (DUPLICATES, ledger.likeness is not None),
        (MERGE, ledger.likeness is not None),
        (EXPORT, ledger.io is not None),
        (IMPORT, ledger.io is not None),
    ]
    declared = [
        Deed(f"do:{action.name}", action.label, ("view", action.permission), ("do",))
        for action in ledger.actions
    ]
    declared += [
        Deed(
            f"bulk:{action.name}",
            _("All that match: %(action)s") % {"action": action.label},
            ("view", action.permission),
            ("bulk", "bulk_run"),
            False,
        )
        for action in ledger.bulk
    ]
    return [*(deed for deed, there in offered if there), *declared]


@dataclass(frozen=True)
class RoleRights:
    """A role, and the rights of its group as ``app.codename``."""

    role: Role
    rights: frozenset[str]

    def may(self, ledger: type[Ledger], deed: Deed) -> bool:
        """Return whether a person with this role alone may do something in a ledger."""
        if deed.on_row and not self.role.sees_cases:
            return False
        granted = ledger.granted(self.role.code)
        return all(need in granted or ledger.permission(need) in self.rights for need in deed.needs)

    def right(self, model: Any, name: str, classed: Classed) -> Right:
        """Return what the role may do with a field of the records of its territory."""
        if not self.role.sees_cases:
            return NONE
        return right_in(self.role.field_rights, model, name, classed)


def every_role() -> list[RoleRights]:
    """Return all roles with their rights, those that reach case files first."""
    roles = Role.objects.prefetch_related("group__permissions__content_type")
    found = [
        RoleRights(
            role,
            frozenset(
                f"{p.content_type.app_label}.{p.codename}" for p in role.group.permissions.all()
            ),
        )
        for role in roles
    ]
    return sorted(found, key=lambda one: (not one.role.sees_cases, one.role.administrator))


def every_ledger() -> list[type[Ledger]]:
    """Return all ledgers in use: those in code, then those without."""
    return [*ledgers, *ledgers.defined().values()]


@dataclass(frozen=True)
class FieldRow:
    """One classed field of a ledger's records or of their child rows.

    Attributes:
        model: The model it belongs to.
        name: Its name.
        label: What people call it.
        classed: Its place in the register.
    """

    model: Any
    name: str
    label: str
    classed: Classed


def fields_of(ledger: type[Ledger]) -> Iterator[tuple[str, list[FieldRow]]]:
    """Yield what a kind of row is called, with its fields, the most public first.

    Digests are left out: they are for the machine, and nobody has a right on them.
    """
    yield str(ledger.one()), list(_rows(ledger.model, ledger.field))
    for child in ledger.children:
        model = ledger.child_relation(child).related_model
        label = str(child.label or model._meta.verbose_name_plural)
        yield label, list(_rows(model, model._meta.get_field))


def _rows(model: Any, field_called: Any) -> Iterator[FieldRow]:
    found = sorted(classes_of(model).items(), key=lambda item: item[1].level)
    for name, classed in found:
        if classed.kind is Kind.DIGEST:
            continue
        try:
            field = field_called(name)
        except (FieldDoesNotExist, LookupError):
            # A property that lists show: its fields stand here for themselves.
            continue
        if getattr(field, "primary_key", False):
            continue  # a random key says nothing of anybody
        yield FieldRow(model, name, capfirst(str(field.verbose_name)), classed)


def class_label(classed: Classed) -> str:
    """Return a class with its number, and its kind where that has a mask of its own."""
    level = FieldClass(classed.level)
    label = f"{int(level)} {level.label}"
    return label if classed.kind is Kind.TEXT else f"{label} · {classed.kind.label}"


def said(may: bool) -> str:
    """Return a cell in words."""
    return pgettext("permission", "may") if may else pgettext("permission", "may not")


def as_lines(chosen: Iterable[type[Ledger]], roles: Sequence[RoleRights]) -> Iterator[list[str]]:
    """Yield the whole matrix as lines of text, header first, for a file."""
    yield [
        str(_("Ledger")),
        str(_("Kind of row")),
        str(_("Action or field")),
        str(_("Class")),
        *(one.role.label for one in roles),
    ]
    for ledger in chosen:
        label = str(ledger.label)
        for deed in deeds_of(ledger):
            cells = [said(one.may(ledger, deed)) for one in roles]
            yield [label, str(_("Action")), str(deed.label), "", *cells]
        for rows, fields in fields_of(ledger):
            for row in fields:
                rights = [one.right(row.model, row.name, row.classed).label for one in roles]
                yield [label, rows, row.label, class_label(row.classed), *rights]
