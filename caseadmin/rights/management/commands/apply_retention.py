"""Every night: dispose of what the retention rules say is due."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from caseadmin.rights.erasure import vacuum as write_anew
from caseadmin.rights.retention import apply_retention
from core.accounts.selectors import system_account


class Command(BaseCommand):
    help = "Erase records whose retention period has ended, unless a hold keeps them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")
        parser.add_argument("--day", type=date.fromisoformat, help="act as on this day")
        parser.add_argument(
            "--vacuum",
            action="store_true",
            help="write the database anew afterwards; needed on PostgreSQL, locks tables",
        )

    def handle(self, *, dry_run: bool, day: date | None, vacuum: bool, **options: Any) -> None:
        outcomes = apply_retention(actor=system_account(), day=day, dry_run=dry_run)
        for code, outcome in sorted(outcomes.items()):
            self.stdout.write(
                f"{code}: {outcome.due} due, {outcome.held} held,"
                f" {'not' if dry_run else outcome.gone} erased"
            )
        if vacuum and not dry_run:
            write_anew()
