"""Write a new key ring, or add a key to one."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.crypto.keys import new_ring_json, with_new_data_key


class Command(BaseCommand):
    help = "Write a new key ring to a file that only its owner can read."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument(
            "--add", action="store_true", help="Add a data key to an existing ring and use it."
        )

    def handle(self, *, path: Path, add: bool, **options: Any) -> None:
        if add:
            try:
                text = with_new_data_key(path.read_text(encoding="utf-8"))
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}") from error
        elif path.exists():
            raise CommandError(f"{path} exists. Use --add, or choose another name.")
        else:
            text = new_ring_json()
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(path)
        self.stdout.write(f"key ring written: {path}")
