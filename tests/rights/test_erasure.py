"""Erasure reaches every live store, and nothing that must be kept."""

from datetime import date

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from caseadmin.children.enums import ExitReason
from caseadmin.children.services import close_file
from caseadmin.ledgers.importing.models import ImportBatch, ImportRow, ImportSource
from caseadmin.rights.erasure import erase_subject, reasons_to_keep
from caseadmin.rights.models import Erasure
from caseadmin.rights.reach import history_of, reach_of
from caseadmin.rights.services import lift
from core.access.scope import scoped_to, unscoped
from core.attachments.models import Attachment
from core.attachments.services import attach, detach
from core.audit.models import CaseLogEntry
from core.audit.services import record
from tests.corpus.pdfs import made
from tests.factories.children import ChildFileFactory, CustodySpellFactory, KinFactory
from tests.factories.core import UserFactory
from tests.factories.rights import a_consent, a_hold, a_request

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]

SUBJECTS = 50


def close(child, actor):
    close_file(
        child_file=child,
        actor=actor,
        exit_reason=ExitReason.MOVED_AWAY,
        closed_on=date(2026, 6, 1),
        reason="test",
    )
    child.refresh_from_db()


def stored_text() -> str:
    """Return every value of every table as text, encrypted fields opened."""
    from django.apps import apps

    parts = []
    with unscoped("test"):
        for model in apps.get_models():
            for row in model._base_manager.all():
                parts += [str(getattr(row, f.attname)) for f in model._meta.concrete_fields]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (name,) in cursor.fetchall():
                if name.startswith("search_words"):
                    cursor.execute(f'SELECT * FROM "{name}"')
                    parts += [str(value) for row in cursor.fetchall() for value in row]
    parts.append(str(getattr(cache, "_cache", "")))
    return "\n".join(parts)


def test_fifty_erased_children_are_nowhere(district, acting):
    canaries, keys = [], []
    children = []
    for number in range(SUBJECTS):
        child = ChildFileFactory(village=district.village, full_name=f"迦陵{number:02d}")
        kin = KinFactory(
            child_file=child, full_name=f"频伽{number:02d}", phone=f"199000001{number:02d}"
        )
        gone = KinFactory(child_file=child, full_name=f"妙音{number:02d}", relation="mother")
        CustodySpellFactory(child_file=child, carer_name=f"孔雀{number:02d}")
        a_consent(child, acting, given_by=f"频伽{number:02d}")
        child.alias = f"鹦鹉{number:02d}"
        child.save()
        gone.delete()
        record("tonghu.view", actor=acting, instance=child, data={"reason": f"迦陵{number:02d}"})
        close(child, acting)
        names = ("迦陵", "频伽", "妙音", "孔雀", "鹦鹉")
        canaries += [f"{name}{number:02d}" for name in names]
        canaries += [child.id_number, kin.phone, child.pk.hex]
        keys.append(str(child.pk))
        children.append(child)
    other = ChildFileFactory(village=district.village, full_name="留下")
    before = stored_text()

    for child in children:
        erase_subject(subject=child, actor=acting, rule="child_file")

    after = stored_text()
    found = [canary for canary in canaries if canary in after]
    assert sum(canary in before for canary in canaries) == len(canaries) == SUBJECTS * 8
    assert found == []
    assert Erasure.objects.count() == SUBJECTS
    assert other.full_name in after
    assert not CaseLogEntry.objects.filter(object_id__in=keys).exclude(label="").exists()


def test_what_remains_names_nobody(child, acting):
    close(child, acting)
    name, id_number = child.full_name, child.id_number

    remains = erase_subject(subject=child, actor=acting, rule="child_file")

    said = " ".join(str(getattr(remains, f.attname)) for f in remains._meta.concrete_fields)
    assert (name in said, id_number in said) == (False, False)
    assert remains.counts["children.childfile"] == 1
    assert remains.counts["children.kin"] == 1
    assert remains.counts["children.historicalchildfile"] >= 2


def test_files_go_from_the_store_and_their_names_from_the_history(
    child, acting, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.ATTACHMENTS_ROOT = tmp_path / "attachments"
    other = ChildFileFactory(village=child.village, id_number="")
    kin = child.kin.get()

    def put(holder, name):
        return attach(holder=holder, kind="other", name=name, content=made(), actor=acting)

    files = [put(child, "迦陵.pdf"), put(child, "频伽.pdf"), put(kin, "妙音.pdf")]
    kept = put(other, "留下.pdf")
    with django_capture_on_commit_callbacks(execute=True):
        detach(row=files[1], actor=acting, reason="test")
    close(child, acting)
    before = stored_text()

    with django_capture_on_commit_callbacks(execute=True):
        remains = erase_subject(subject=child, actor=acting, rule="child_file")

    stored = [path.name for path in settings.ATTACHMENTS_ROOT.rglob("*") if path.is_file()]
    after, names = stored_text(), ("迦陵", "频伽", "妙音", "留下")
    assert [name in before for name in names] == [True] * 4
    assert [name in after for name in names] == [False, False, False, True]
    assert remains.counts["files"] == 2
    assert list(Attachment.objects.all()) == [kept]
    assert [name.startswith(kept.stored_name) for name in stored] == [True]


def test_an_upload_that_names_the_child_is_cancelled(child, acting):
    close(child, acting)

    def upload(text):
        batch = ImportBatch.objects.create(
            ledger="child-files", owner=acting, number=f"260101-{len(text):06d}", state="preview"
        )
        ImportSource.keep(batch, text.encode())
        ImportRow.objects.create(batch=batch, position=1, number=2, payload=text)
        return batch

    named, unrelated = upload(f"x,{child.id_number}"), upload("x,somebody else entirely")

    erase_subject(subject=child, actor=acting, rule="child_file")

    assert list(ImportRow.objects.values_list("batch", flat=True)) == [unrelated.pk]
    assert list(ImportSource.objects.values_list("batch", flat=True)) == [unrelated.pk]
    named.refresh_from_db()
    assert named.state == ImportBatch.State.CANCELLED


def test_an_open_file_is_kept(child, acting):
    with pytest.raises(ValidationError):
        erase_subject(subject=child, actor=acting, rule="child_file")

    assert reach_of(child).rows


def test_a_hold_refuses_with_its_reason_and_number(child, acting):
    close(child, acting)
    hold = a_hold(acting, child_file=child)

    with pytest.raises(ValidationError) as refusal:
        erase_subject(subject=child, actor=acting, rule="child_file")
    assert hold.number in " ".join(refusal.value.messages)

    lift(row=hold, actor=acting, reason="结案")
    assert reasons_to_keep(child) == []


def test_an_open_request_keeps_the_file(child, acting):
    close(child, acting)
    request = a_request(child, acting)

    assert [request.number in reason for reason in reasons_to_keep(child)] == [True]


def test_nobody_erases_in_another_town(child, acting, district):
    close(child, acting)
    stranger = UserFactory(role="town_clerk", serves=district.other_town)

    with scoped_to(stranger), pytest.raises(PermissionDenied):
        erase_subject(subject=child, actor=stranger, rule="child_file")


def test_a_volunteer_goes_and_the_childs_pairing_stays(district, acting):
    from caseadmin.pairings.enums import EndReason
    from caseadmin.pairings.models import Pairing
    from caseadmin.pairings.services import end_pairing
    from caseadmin.volunteers.services import leave
    from tests.factories.pairings import PairingFactory

    pairing = PairingFactory()
    volunteer = pairing.volunteer
    name = volunteer.full_name
    end_pairing(pairing=pairing, actor=acting, end_reason=EndReason.GOALS_REACHED)
    volunteer.refresh_from_db()
    leave(volunteer=volunteer, actor=acting, reason="搬家")
    volunteer.refresh_from_db()

    erase_subject(subject=volunteer, actor=acting, rule="volunteer")

    kept = Pairing.objects.get(pk=pairing.pk)
    told = history_of(Pairing)._base_manager.filter(id=pairing.pk)
    assert (kept.volunteer, set(told.values_list("volunteer_id", flat=True))) == (None, {None})
    assert name not in stored_text()


def test_sqlite_overwrites_what_it_deletes(child, acting):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL writes tables anew with --vacuum")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete")
        assert cursor.fetchone() == (1,)
    marks = [child.id_number_index, child.__class__.objects.values("id").get(pk=child.pk)["id"].hex]
    close(child, acting)
    before = connection.connection.serialize()
    erase_subject(subject=child, actor=acting, rule="child_file")

    content = connection.connection.serialize()

    assert [mark.encode() in before for mark in marks] == [True, True]
    assert [mark for mark in marks if mark.encode() in content] == []
