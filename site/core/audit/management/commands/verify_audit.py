"""Check that nobody has tampered with the log of actions."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.access.scope import unscoped
from core.audit.services import note_check
from core.audit.verification import verify, verify_lines


class Command(BaseCommand):
    help = "Check every entry of the log of actions; say exactly which are wrong."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--anchors",
            type=Path,
            help="A file with the lines `anchor_audit` printed, kept on another machine.",
        )

    @unscoped("verify the log of actions")
    def handle(self, *, anchors: Path | None = None, **options: Any) -> None:
        if anchors is None:
            report = verify()
        else:
            try:
                report = verify_lines(anchors.read_text(encoding="utf-8").splitlines())
            except (OSError, ValueError) as error:
                raise CommandError(str(error)) from error
        self.stdout.write(
            f"{report.checked} entries checked ({report.first} to {report.last}), "
            f"{report.anchors} anchors compared"
        )
        if report.purged:
            self.stdout.write(f"purged through entry {report.purged}")
        for fault in report.faults:
            self.stdout.write(str(fault))
        if report.takes_entries:
            note_check(report)
        if not report.is_whole:
            raise CommandError(f"{len(report.faults)} faults in the log of actions", returncode=2)
        self.stdout.write("the log is whole")
