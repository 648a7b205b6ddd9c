"""Print what stands out in the log of actions."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from caseadmin.oversight.selectors import shown_findings
from core.access.scope import unscoped


class Command(BaseCommand):
    help = "Print who looked at conspicuously much, or at odd times. Yesterday by default."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--days", type=int, default=1, help="How many days, up to yesterday.")

    def handle(self, *, days: int, **options: Any) -> None:
        last = timezone.localdate() - timedelta(days=1)
        with unscoped("outliers of the log"):
            found = shown_findings(last - timedelta(days=max(days, 1) - 1), last)
        for one in found:
            self.stdout.write(
                f"{one.day} {one.username}: {one.kind}: {one.count} (usual {one.usual})"
            )
        self.stdout.write(f"{len(found)} findings")
