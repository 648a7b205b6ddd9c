"""Load roles and their rights from ``fixtures/roles.json``."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.accounts.services import load_roles, read_roles


class Command(BaseCommand):
    help = "Write roles and their rights as they stand in a file."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "path", nargs="?", type=Path, default=settings.ROOT / "fixtures" / "roles.json"
        )

    def handle(self, *, path: Path, **options: Any) -> None:
        try:
            count = load_roles(read_roles(path))
        except (OSError, KeyError, ValueError) as error:
            raise CommandError(f"{path}: {error}") from error
        self.stdout.write(f"roles: {count}")
