"""Django's ``migrate``, reaching every row: a data migration that sees none would do nothing."""

from typing import Any

from django.core.management.commands import migrate

from core.access.scope import unscoped


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> Any:
        with unscoped("migrations"):
            return super().handle(*args, **options)
