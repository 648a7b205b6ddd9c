"""Load the invented district: people, accounts and portal pages."""

import json
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from caseadmin.desk.demo.accounts import PASSWORD, demo_accounts, demo_actor, load_accounts
from caseadmin.desk.demo.cases import load_cases
from caseadmin.desk.demo.pages import load_pages
from caseadmin.desk.demo.world import build_world
from core.access.scope import unscoped
from core.history.context import change_set
from core.territories.models import Territory

FIXTURES = settings.ROOT / "fixtures"


def day(text: str) -> date:
    """Parse ``YYYY-MM-DD``; argparse names this function in its error message."""
    return date.fromisoformat(text)


class Command(BaseCommand):
    help = "Load invented people, accounts and pages. What is already there stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--on",
            type=day,
            default=None,
            metavar="YYYY-MM-DD",
            help="The day on which the files look current (default: today).",
        )

    def handle(self, *, on: date | None, **options: Any) -> None:
        if not settings.DEMO_DATA_ALLOWED:
            raise CommandError(
                "The demonstration has accounts with a published password. These settings "
                "do not allow it."
            )
        if not Territory.objects.exists():
            call_command("load_reference", stdout=self.stdout)
        current_day = on or timezone.localdate()
        territories = _read("territories.json")
        accounts = demo_accounts(
            (row["slug"], row["code"]) for row in territories if row["level"] == "town"
        )
        world = build_world(
            day=current_day, territories=territories, lists=_read("demo/people.json")
        )
        actor = demo_actor()
        with (
            unscoped("load the demonstration"),
            change_set(actor=actor, source="demo", reason="演示数据"),
        ):
            made = {"accounts": load_accounts(accounts, actor=actor)}
            made |= {
                "pages": load_pages(
                    portal=_read("demo/portal.json"),
                    laws=_read("demo/laws.json"),
                    news=_read("demo/news.json"),
                    day=current_day,
                )
            }
            made |= load_cases(world, actor=actor)
        for kind, count in made.items():
            self.stdout.write(f"{kind}: {count} new")
        self._print_accounts([(account.username, account.role) for account in accounts])

    def _print_accounts(self, accounts: list[tuple[str, str]]) -> None:
        width = max(len(username) for username, _role in accounts)
        self.stdout.write(f"\nPassword of every account: {PASSWORD}")
        for username, role in accounts:
            self.stdout.write(f"  {username:<{width}}  {role}")


def _read(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))
