"""Print where the log of actions ends, to be carried off the machine every day."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.access.scope import unscoped
from core.audit.services import anchor_line


class Command(BaseCommand):
    help = "Print one line that proves how long the log of actions is today."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--file", type=Path, help="Also append the line to this file.")

    @unscoped("anchor the log of actions")
    def handle(self, *, file: Path | None = None, **options: Any) -> None:
        line = anchor_line()
        if file is not None:
            try:
                descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                with os.fdopen(descriptor, "a", encoding="utf-8") as target:
                    target.write(line + "\n")
            except OSError as error:
                raise CommandError(f"{file}: {error.strerror}") from error
        self.stdout.write(line)
