"""Two entries that want the same place in the log, where no transaction holds the place."""

import pytest

from core.audit.models import CaseLogEntry, ChainHead
from core.audit.services import HEAD_SEEN, record
from core.audit.verification import verify
from tests.factories.children import ChildFileFactory
from tests.factories.core import UserFactory


@pytest.mark.django_db(transaction=True)
def test_an_entry_whose_place_was_taken_meanwhile_takes_the_next(everything):
    actor, child = UserFactory(), ChildFileFactory()
    head = ChainHead.objects.get()
    place = f"{head.sequence} {head.code}"

    # Both were read while the log still ended at the same entry.
    for _reader in range(2):
        setattr(child, HEAD_SEEN, place)
        record("wagtail.edit", actor=actor, instance=child)

    report = verify()
    sequences = list(CaseLogEntry.objects.order_by("sequence").values_list("sequence", flat=True))
    assert (report.faults, sequences[-2:]) == ([], [head.sequence + 1, head.sequence + 2])
    assert ChainHead.objects.get().sequence == head.sequence + 2
