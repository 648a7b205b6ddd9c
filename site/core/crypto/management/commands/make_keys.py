"""Write a new key ring, or add a key to one."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from core.crypto.keys import (
    new_ring_json,
    with_new_audit_key,
    with_new_data_key,
    with_new_index_key,
    without_data_key,
)


class Command(BaseCommand):
    help = "Write a new key ring to a file that only its owner can read."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("path", type=Path)
        change = parser.add_mutually_exclusive_group()
        change.add_argument(
            "--add", action="store_true", help="Add a data key to an existing ring and use it."
        )
        change.add_argument(
            "--add-audit", action="store_true", help="Add a key for the log of actions and use it."
        )
        change.add_argument(
            "--new-index",
            action="store_true",
            help="Replace the key of blind indexes; then run rotate_keys --index.",
        )
        change.add_argument(
            "--remove",
            type=int,
            metavar="NUMBER",
            help="Remove an old data key; refused while anything in the database needs it.",
        )

    def handle(
        self,
        *,
        path: Path,
        add: bool,
        new_index: bool,
        remove: int | None,
        add_audit: bool = False,
        **options: Any,
    ) -> None:
        if add_audit:
            text = self.changed(path, with_new_audit_key)
        elif add:
            text = self.changed(path, with_new_data_key)
        elif new_index:
            text = self.changed(path, with_new_index_key)
        elif remove is not None:
            text = self.changed(path, lambda ring: without_data_key(ring, remove))
            self.refuse_while_needed(remove)
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

    def changed(self, path: Path, change: Callable[[str], str]) -> str:
        """Return the ring of the file with the change asked for."""
        try:
            return change(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error

    def refuse_while_needed(self, number: int) -> None:
        """Stop where a value is still closed by this key: without it, it is gone for ever."""
        from core.crypto.rotation import left  # app ready

        counts = left(number)
        if counts:
            named = "\n".join(f"  {name}: {count}" for name, count in counts.items())
            raise CommandError(
                f"Key {number} still closes {sum(counts.values())} values:\n{named}\n"
                "Run rotate_keys first. Nothing was changed."
            )
        self.stdout.write(
            f"No value in the database needs key {number}. Backups made before the rotation "
            "do: keep a sealed copy of the key until the last of them is destroyed."
        )
