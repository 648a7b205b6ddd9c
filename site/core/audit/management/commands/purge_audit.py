"""Delete entries of the log of actions that are older than the retention."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date

from core.access.scope import unscoped
from core.accounts.selectors import system_account
from core.audit.services import purge, retention
from core.calendar import start_of


class Command(BaseCommand):
    help = "Delete old entries of the log. Refuses what is younger than AUDIT_RETENTION_DAYS."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--before", help="A day, such as 2023-01-31; the retention by default.")

    @unscoped("purge the log of actions")
    def handle(self, *, before: str | None = None, **options: Any) -> None:
        try:
            moment = self._moment(before)
            count = purge(before=moment, actor=system_account())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{count} entries before {moment:%Y-%m-%d} purged")

    def _moment(self, before: str | None) -> datetime:
        if before is None:
            return timezone.now() - retention()
        try:
            day = parse_date(before)
        except ValueError:
            day = None
        if day is None:
            raise CommandError("--before takes a day, such as 2023-01-31")
        return start_of(day)
