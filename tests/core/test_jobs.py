"""Jobs are done once, by one worker; messages are delivered after the change."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from core.access.scope import current_scope
from core.jobs import registry
from core.jobs.models import Job, Outbox
from core.jobs.outbox import consume, pending, publish
from core.jobs.registry import job
from core.jobs.services import JobLost, Run, claim, enqueue_job, execute, revive
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def handlers(monkeypatch):
    monkeypatch.setattr(registry, "_handlers", {})


def queued(kind="test.work", **values):
    return Job.objects.create(kind=kind, params={"n": 3}, owner=UserFactory(), **values)


def test_a_job_runs_after_the_commit_in_the_scope_of_its_owner(
    handlers, district, django_capture_on_commit_callbacks
):
    seen = []
    job("test.work")(lambda run: seen.append((run.params, current_scope().prefixes)) or {"rows": 3})
    clerk = UserFactory(role="town_clerk", serves=district.town)

    with django_capture_on_commit_callbacks(execute=True):
        row = enqueue_job("test.work", {"n": 3}, owner=clerk)
        assert seen == []

    row.refresh_from_db()
    assert (seen, row.state, row.result) == (
        [({"n": 3}, ("990101001",))],
        Job.State.DONE,
        {"rows": 3},
    )


def test_a_kind_without_handler_is_refused_before_anything_is_written(handlers):
    with pytest.raises(LookupError):
        enqueue_job("test.unknown", {}, owner=UserFactory())
    assert Job.objects.count() == 0


def test_two_handlers_of_one_kind_are_refused(handlers):
    job("test.work")(lambda run: None)
    with pytest.raises(ValueError, match="two handlers"):
        job("test.work")(lambda run: {})


def test_a_job_is_claimed_once(handlers):
    row = queued()

    assert [claim(row.pk) is not None, claim(row.pk) is None] == [True, True]


def test_a_failure_is_kept_as_a_code_without_its_words(handlers, caplog):
    def fail(run):
        raise ValueError("王小明")

    job("test.work")(fail)
    row = queued()

    execute(row.pk)

    row.refresh_from_db()
    assert (row.state, row.error_code, "王小明" in caplog.text) == (
        Job.State.FAILED,
        "ValueError",
        False,
    )


def test_a_worker_given_up_for_dead_can_no_longer_write(handlers):
    row = queued()
    first = Run(claim(row.pk))
    Job.objects.filter(pk=row.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    second = Run(claim(row.pk))

    second.progress(1, 2)
    with pytest.raises(JobLost):
        first.progress(2, 2)
    with pytest.raises(JobLost), transaction.atomic():
        first.hold()

    row.refresh_from_db()
    assert (row.done, row.fence) == (1, 2)


def test_a_cancelled_job_stops_at_its_next_step(handlers):
    def work(run):
        Job.objects.filter(pk=run.job.pk).update(cancel_requested=True)
        run.progress(1, 9)

    job("test.work")(work)
    row = queued()

    execute(row.pk)

    row.refresh_from_db()
    assert (row.state, row.done) == (Job.State.CANCELLED, 1)


def test_silent_jobs_are_woken_and_hopeless_ones_given_up(handlers):
    done = []
    job("test.work")(lambda run: done.append(run.job.pk))
    past = timezone.now() - timedelta(minutes=5)
    silent = queued(state=Job.State.RUNNING, lease_until=past, attempts=1)
    hopeless = queued(state=Job.State.RUNNING, lease_until=past, attempts=3)

    assert revive() == 1

    hopeless.refresh_from_db()
    assert (done, hopeless.state) == ([silent.pk], Job.State.FAILED)


def test_a_message_is_written_once_per_key_and_rolled_back_with_its_change():
    publish("test", ["a", "b", "a"])
    publish("test", ["a"])
    with transaction.atomic():
        publish("test", ["c"])
        transaction.set_rollback(True)

    assert sorted(Outbox.objects.values_list("key", flat=True)) == ["a", "b"]


def test_delivered_messages_are_removed_and_urgent_ones_go_first():
    publish("test", ["a", "b"])
    publish("test", ["z"], urgent=True)
    seen = []

    assert consume("test", lambda keys: seen.append(list(keys)), batch=2) == 2
    assert consume("test", lambda keys: seen.append(list(keys)), batch=2) == 1

    assert (seen[0][0], sorted(seen[0] + seen[1]), pending("test")) == ("z", ["a", "b", "z"], 0)


def test_a_message_that_changes_under_way_stays():
    publish("test", ["a"])

    assert consume("test", lambda keys: publish("test", keys)) == 0

    assert pending("test") == 1


def test_a_failed_delivery_waits_and_is_raised():
    publish("test", ["a"])

    def down(keys):
        raise ConnectionError

    with pytest.raises(ConnectionError):
        consume("test", down)

    row = Outbox.objects.get()
    assert (row.error_code, row.attempts, row.not_before > timezone.now()) == (
        "ConnectionError",
        1,
        True,
    )
    assert consume("test", down) == 0
