"""The one task the queue knows."""

from django_tasks import task

from .services import execute


@task()
def run_job(job_id: str) -> None:
    """Run a job by its id."""
    execute(job_id)
