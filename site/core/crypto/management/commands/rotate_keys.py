"""Move every encrypted value onto the current key of the ring."""

from typing import Any

from django.core.management.base import BaseCommand

from core.crypto.rotation import encrypted_fields, rotate, waiting


class Command(BaseCommand):
    help = "Re-encrypt all fields with the current key. Safe to stop and to run again."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--count", action="store_true", help="Only say what is left to do.")

    def handle(self, *, count: bool, **options: Any) -> None:
        left = 0
        for model, field in encrypted_fields():
            number = waiting(model, field).count() if count else rotate(model, field)
            left += waiting(model, field).count()
            if number:
                self.stdout.write(f"{field.binding_label} ({model._meta.model_name}): {number}")
        self.stdout.write(f"left on older keys: {left}")
