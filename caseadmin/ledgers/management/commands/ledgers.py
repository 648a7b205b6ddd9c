"""Print what is registered."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from caseadmin.ledgers.checks import check_ledger
from caseadmin.ledgers.columns import as_column
from caseadmin.ledgers.declaration import Ledger
from caseadmin.ledgers.registry import ledgers
from core.access.register import FieldClass, Kind, declared_classes


class Command(BaseCommand):
    help = "Print every ledger with what it declares."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", nargs="?", help="Only this ledger.")

    def handle(self, *args: Any, **options: Any) -> None:
        for declared in ledgers:
            if options["slug"] in (None, declared.slug):
                self._print(declared)

    def _print(self, declared: type[Ledger]) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(f"{declared.slug}  {declared.label}"))
        opts = declared.model._meta
        lines = {
            _("model"): opts.label,
            _("group"): declared.group,
            _("key"): declared.key,
            _("columns"): ", ".join(as_column(c).name for c in declared.columns),
            _("filters"): ", ".join(declared.declared_filters()),
            _("search"): ", ".join(declared.search.paths()) if declared.search else "",
            _("child tables"): ", ".join(child.name for child in declared.children),
            _("sensitive"): ", ".join(sensitive_fields(declared)),
            _("reason for"): ", ".join(declared.reason_required),
            _("sheet"): ", ".join(declared.io.fields) if declared.io else "",
            _("actions"): ", ".join(action.name for action in declared.actions),
        }
        for label, value in lines.items():
            if value:
                self.stdout.write(f"  {label}: {value}")
        for message in check_ledger(declared):
            self.stdout.write(self.style.ERROR(f"  {message.id} {message.msg}"))


def sensitive_fields(declared: type[Ledger]) -> list[str]:
    """Return the fields of classes 3 and 4 of the record and of its child rows."""
    models = [("", declared.model)]
    models += [(f"{c.name}.", declared.child_relation(c).related_model) for c in declared.children]
    return [
        prefix + name
        for prefix, model in models
        for name, classed in declared_classes(model).items()
        if classed.level >= FieldClass.SENSITIVE and classed.kind is not Kind.DIGEST
    ]
