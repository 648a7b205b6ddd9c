"""The job that empties the quarantine."""

from typing import Any

from core.access.scope import unscoped
from core.jobs.registry import job
from core.jobs.services import Run

from .services import scan_quarantined, sweep

SCAN = "attachments.scan"


@job(SCAN)
def scan_and_sweep(run: Run) -> dict[str, Any]:
    """Scan what waits for the scanner, and delete stored files no row knows."""
    with unscoped("scan attachments"):
        return {**scan_quarantined(actor=run.job.owner), "swept": sweep()}
