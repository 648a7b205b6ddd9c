"""Load what every deployment needs before anybody signs in: the map, the roles, the rules."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from caseadmin.desk.reference import load_map, prepare_wagtail
from core.accounts.selectors import system_account
from core.accounts.services import load_roles, read_roles
from core.history.context import change_set
from core.privacy.services import load_privacy, read_privacy


class Command(BaseCommand):
    help = (
        "Load territories, roles and privacy rules, and give Wagtail's own groups and roots"
        " Chinese names."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        fixtures = settings.ROOT / "fixtures"
        parser.add_argument("--territories", type=Path, default=fixtures / "territories.json")
        parser.add_argument("--privacy", type=Path, default=fixtures / "privacy.json")
        parser.add_argument("--roles", type=Path, default=fixtures / "roles.json")

    @transaction.atomic
    def handle(self, *, territories: Path, roles: Path, privacy: Path, **options: Any) -> None:
        actor = system_account()
        with change_set(actor=actor, source="command", reason="load_reference"):
            made = load_map(json.loads(territories.read_text(encoding="utf-8")), actor=actor)
        count = load_roles(read_roles(roles))
        rules = load_privacy(read_privacy(privacy))
        prepare_wagtail()
        self.stdout.write(
            f"territories: {made} new; roles: {count}; purposes and retention rules: {rules} new"
        )
