"""Enqueue, claim, run and finish jobs."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from core.access.scope import scoped_to

from .models import Job
from .registry import handler_for

if TYPE_CHECKING:
    from core.accounts.models import User

logger = logging.getLogger("tonghu.jobs")

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 3


class JobLost(RuntimeError):
    """Another worker has taken this job over; stop without writing."""


class JobCancelled(RuntimeError):
    """Someone asked for this job to stop."""


@dataclass
class Run:
    """A claimed job, as its handler sees it."""

    job: Job

    @property
    def params(self) -> dict[str, Any]:
        """The ids and codes the job was enqueued with."""
        return dict(self.job.params)

    def progress(self, done: int, total: int) -> None:
        """Write progress and renew the lease.

        Raises:
            JobLost: The lease ran out and another worker holds the job.
            JobCancelled: Someone asked for a stop.
        """
        hit = Job.objects.filter(pk=self.job.pk, fence=self.job.fence).update(
            done=done, total=total, lease_until=timezone.now() + LEASE
        )
        if not hit:
            raise JobLost(self.job.kind)
        if Job.objects.filter(pk=self.job.pk, cancel_requested=True).exists():
            raise JobCancelled(self.job.kind)

    def hold(self) -> None:
        """Lock the job row for the transaction that commits its work.

        Raises:
            JobLost: Another worker holds the job.
        """
        held = Job.objects.select_for_update().filter(pk=self.job.pk, fence=self.job.fence)
        if not held.exists():
            raise JobLost(self.job.kind)


def enqueue_job(kind: str, params: dict[str, Any], *, owner: "User") -> Job:
    """Write a job and wake a worker once the transaction is through.

    Raises:
        LookupError: No handler is registered for the kind.
    """
    from .tasks import run_job  # circular import: the task runs this module

    handler_for(kind)
    row = Job.objects.create(kind=kind, params=params, owner=owner)
    transaction.on_commit(lambda: run_job.enqueue(str(row.pk)))
    return row


def claim(job_id: UUID | str) -> Job | None:
    """Take a waiting job, or one whose worker has gone silent."""
    now = timezone.now()
    free = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    hit = Job.objects.filter(free, pk=job_id).update(
        state=Job.State.RUNNING,
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        lease_until=now + LEASE,
    )
    return Job.objects.select_related("owner").get(pk=job_id) if hit else None


def _finish(job: Job, **values: Any) -> None:
    Job.objects.filter(pk=job.pk, fence=job.fence).update(
        finished_at=timezone.now(), lease_until=None, **values
    )


def run_now(job_id: UUID | str) -> Job:
    """Take a job over and run it here, for a command somebody waits for.

    Whoever held it is no longer believed: the fence has moved on, so that what they write
    next is refused.  Unlike ``execute`` this sets no scope and counts no attempts.

    Returns:
        The finished job.

    Raises:
        Exception: What the handler raises; the job is marked as failed first.
    """
    Job.objects.filter(pk=job_id).update(
        state=Job.State.RUNNING,
        fence=F("fence") + 1,
        lease_until=timezone.now() + LEASE,
        finished_at=None,
        error_code="",
    )
    row = Job.objects.select_related("owner").get(pk=job_id)
    try:
        result = handler_for(row.kind)(Run(row))
    except Exception as error:
        _finish(row, state=Job.State.FAILED, error_code=type(error).__name__[:60])
        raise
    _finish(row, state=Job.State.DONE, result=result or {})
    row.refresh_from_db()
    return row


def execute(job_id: UUID | str) -> None:
    """Claim a job and run it as its owner; do nothing where it is not free.

    A failure is written to the row as a code (the exception's class) and to the log,
    without values; the job is tried again up to ``MAX_ATTEMPTS`` times by the janitor.
    """
    job = claim(job_id)
    if job is None:
        return
    try:
        with scoped_to(job.owner):
            result = handler_for(job.kind)(Run(job))
    except JobLost:
        logger.warning("job %s (%s) was taken over", job.pk, job.kind)
    except JobCancelled:
        _finish(job, state=Job.State.CANCELLED)
    except Exception as error:
        # The traceback may quote values of a case, so only its class is kept.
        logger.error("job %s (%s) failed: %s", job.pk, job.kind, type(error).__name__)
        _finish(job, state=Job.State.FAILED, error_code=type(error).__name__[:60])
    else:
        _finish(job, state=Job.State.DONE, result=result or {})


def revive() -> int:
    """Wake jobs whose worker has gone silent or never came; return how many."""
    from .tasks import run_job  # circular import: the task runs this module

    now = timezone.now()
    silent = Job.objects.filter(
        Q(state=Job.State.RUNNING, lease_until__lt=now)
        | Q(state=Job.State.QUEUED, created_at__lt=now - LEASE)
    )
    silent.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=Job.State.FAILED, error_code="TooManyAttempts", finished_at=now
    )
    waking = list(silent.filter(attempts__lt=MAX_ATTEMPTS).values_list("pk", flat=True))
    for pk in waking:
        run_job.enqueue(str(pk))
    return len(waking)
