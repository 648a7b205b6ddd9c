"""Wake jobs whose worker has gone silent."""

from typing import Any

from django.core.management.base import BaseCommand

from core.jobs.services import revive


class Command(BaseCommand):
    help = "Wake jobs whose worker has gone silent or never came. Run it every few minutes."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"woken: {revive()}")
