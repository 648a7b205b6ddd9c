"""``manage.py disable_unused_accounts``: for the nightly timer."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.accounts.keeping import disable_unused
from core.accounts.selectors import system_account
from core.history.context import change_set


class Command(BaseCommand):
    help = "Switch off accounts that nobody has used for a long time; system accounts stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=90, help="unused for how many days (90)")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["days"]
        if days < 1:
            raise CommandError("--days must be at least 1.")
        actor = system_account()
        with change_set(actor=actor, source="command"):
            disabled = disable_unused(days=days, actor=actor)
        self.stdout.write(f"{len(disabled)} accounts switched off")
