"""Every night: say what the retention rules want to go; with an officer's name, let it go."""

from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from caseadmin.rights.erasure import vacuum as write_anew
from caseadmin.rights.retention import CONFIRM, apply_retention, sweep
from core.accounts.selectors import system_account


class Command(BaseCommand):
    help = (
        "List what is due for disposal, and delete old records of machines. Records of persons"
        " are erased when an officer confirms: on the page of the staff site, or here by"
        " --confirmed-by."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")
        parser.add_argument("--day", type=date.fromisoformat, help="act as on this day")
        parser.add_argument(
            "--confirmed-by",
            metavar="USERNAME",
            help="erase what is due in the territory of this officer, who has looked through it",
        )
        parser.add_argument(
            "--vacuum",
            action="store_true",
            help="write the database anew afterwards; needed on PostgreSQL, locks tables",
        )

    def handle(
        self,
        *,
        dry_run: bool,
        day: date | None,
        confirmed_by: str | None,
        vacuum: bool,
        **options: Any,
    ) -> None:
        officer = _officer(confirmed_by) if confirmed_by else None
        only_count = dry_run or officer is None
        try:
            outcomes = apply_retention(
                actor=officer or system_account(), day=day, dry_run=only_count
            )
        except PermissionDenied as error:
            raise CommandError(f"{confirmed_by} lacks the right {CONFIRM}.") from error
        for code, outcome in sorted(outcomes.items()):
            waiting = outcome.due - outcome.held
            done = f"{waiting} wait to be confirmed" if only_count else f"{outcome.gone} erased"
            self.stdout.write(f"{code}: {outcome.due} due, {outcome.held} held, {done}")
        for code, count in sorted(sweep(day=day, dry_run=dry_run).items()):
            self.stdout.write(f"{code}: {count} {'due' if dry_run else 'deleted'}")
        if vacuum and not dry_run:
            write_anew()


def _officer(username: str) -> Any:
    officer = get_user_model()._default_manager.filter(username=username, is_active=True).first()
    if officer is None:
        raise CommandError(f"There is no account {username} that works.")
    return officer
