"""Move every encrypted value onto the current key of the ring."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.accounts.selectors import system_account
from core.crypto import rotation
from core.crypto.keys import ring
from core.crypto.rotation import ROTATE, left
from core.jobs.models import Job
from core.jobs.services import run_now


class Command(BaseCommand):
    help = (
        "Re-encrypt all fields, their history, staged imports and the keys of attachments with "
        "the current key. Safe to kill and to run again; the site may run meanwhile."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--count", action="store_true", help="Only say what is left to do.")
        parser.add_argument(
            "--index",
            action="store_true",
            help="Also make all blind indexes anew, after the index key of the ring was replaced.",
        )

    def handle(self, *, count: bool, index: bool, **options: Any) -> None:
        if count:
            self.tell_what_is_left()
            return
        found = run_now(self.job_to_go_on_with(index=index).pk).result
        self.stdout.write(f"values moved: {found['moved']}, passes: {found['turn']}")
        if index:
            digests = [f"{t.name}.{d.column}" for t in rotation.tables() for d in t.indexes]
            self.stdout.write(f"blind indexes made anew: {', '.join(digests)}")
        self.tell_what_is_left()
        if found["unreadable_count"]:
            named = "\n".join(f"  {name}" for name in found["unreadable"])
            raise CommandError(
                f"{found['unreadable_count']} values do not open with any key of the ring, "
                f"and were left as they are:\n{named}\n"
                "Put the missing key back on the ring, or restore these rows from a backup."
            )
        if found["left"]:
            raise CommandError(
                "Some processes still write with the old key. Restart them with the new ring, "
                "then run this again."
            )

    def job_to_go_on_with(self, *, index: bool) -> Job:
        """Return the job that was stopped, or a new one."""
        params = {"key": ring().current, "index": index}
        for found in Job.objects.filter(kind=ROTATE).exclude(state=Job.State.DONE)[:20]:
            if found.params == params:
                self.stdout.write("going on where the last run stopped")
                return found
        return Job.objects.create(
            kind=ROTATE, params=params, owner=system_account(), total=sum(left().values())
        )

    def tell_what_is_left(self) -> None:
        counts = left()
        for name, number in counts.items():
            self.stdout.write(f"{name}: {number}")
        self.stdout.write(f"left on older keys: {sum(counts.values())}")
