"""Scan what waits for the virus scanner, and sweep the store."""

from typing import Any

from django.core.management.base import BaseCommand

from core.accounts.selectors import system_account
from core.attachments.tasks import SCAN
from core.jobs.models import Job
from core.jobs.services import run_now


class Command(BaseCommand):
    help = (
        "Ask the virus scanner about quarantined attachments, and delete stored files of "
        "uploads that were cut off. Run it every few minutes."
    )

    def handle(self, **options: Any) -> None:
        job = Job.objects.create(kind=SCAN, owner=system_account())
        result = run_now(job.pk).result
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in result.items()))
