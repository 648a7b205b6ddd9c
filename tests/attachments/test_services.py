"""Files are stored sealed, scanned, moved with their record, deleted and erased."""

import io
import os
import random
import time
import zipfile

import pytest
from django.core.checks import INFO, Tags, run_checks
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command

from benchmarks.link_guesses import guess
from core.access.scope import scoped_to, unscoped
from core.accounts.selectors import system_account
from core.attachments import scanner, services, store
from core.attachments.links import is_valid, link_token
from core.attachments.models import Attachment
from core.attachments.reasons import UploadRefused
from core.attachments.selectors import attachments_of
from core.audit.models import CaseLogEntry
from core.crypto.keys import with_new_data_key
from core.crypto.rotation import left
from core.crypto.seal import CannotOpen
from core.history.context import change_set
from tests.attachments.conftest import EICAR
from tests.corpus.office import sheet, word
from tests.corpus.pdfs import by_hand, made, simple_objects
from tests.corpus.photos import photo, traces
from tests.corpus.samples import png_chunk

# The child process has tests of its own, and the browser uploads through it.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("here")]
CONTENT = made()


def zipfile_stored(words, kind="docx"):
    """A document with these bytes in a part, not compressed."""
    target = io.BytesIO(word() if kind == "docx" else sheet())
    with zipfile.ZipFile(target, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("docProps/note.xml", b"<a><![CDATA[" + words + b"]]></a>")
    return target.getvalue()


NAME = "王小明的诊断书.pdf"


def stored_files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def put(case, clerk, *, content=None, name=NAME, kind="medical"):
    with scoped_to(clerk):
        return services.attach(
            holder=case, kind=kind, name=name, content=content or made(), actor=clerk
        )


def test_a_file_is_stored_sealed_and_opens_again(case, clerk, store_folder, everything):
    content = made()
    row = put(case, clerk, content=content)

    raw = stored_files(store_folder)[0].read_bytes()
    assert (b"%PDF" in raw, NAME.encode() in raw, len(stored_files(store_folder))) == (
        False,
        False,
        1,
    )
    assert services.content_of(Attachment.objects.get(pk=row.pk)) == content
    assert (row.field_class, row.territory_code, row.state) == (4, case.territory_code, "clean")
    assert row.history.get().name == NAME


def test_a_large_file_is_cut_and_no_piece_can_be_moved_swapped_or_cut_off(store_folder):
    row, other = Attachment(), Attachment()
    name, key = store.new_name(), store.new_key()
    content = random.Random(1).randbytes(3 * store.CHUNK_BYTES + 5)
    store.write(name, key, row.pk, content)
    path = store.path_of(name)
    whole = path.read_bytes()
    size = store.CHUNK_BYTES + store.TAG_BYTES
    head, pieces = whole[:8], [whole[8 + n * size : 8 + (n + 1) * size] for n in range(4)]

    assert store.read(name, key, row.pk) == content
    with pytest.raises(CannotOpen):
        store.read(name, key, other.pk)
    for wrong in (
        head + b"".join(pieces[:3]),
        head + pieces[1] + pieces[0] + pieces[2] + pieces[3],
        head + b"".join(pieces) + pieces[3],
        whole[:-1],
        whole[:100] + bytes([whole[100] ^ 1]) + whole[101:],
        b"",
    ):
        path.write_bytes(wrong)
        with pytest.raises(CannotOpen):
            store.read(name, key, row.pk)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a", "A" * 48, "0" * 47 + "/"])
def test_no_other_path_can_be_named(name):
    with pytest.raises(ValueError, match="not the name"):
        store.path_of(name)


def test_nothing_refused_is_kept(case, clerk, store_folder, everything):
    with pytest.raises(UploadRefused):
        put(case, clerk, content=b"MZ", name="a.pdf")

    assert (stored_files(store_folder), Attachment.objects.count()) == ([], 0)


def test_a_row_that_cannot_be_written_leaves_no_file(case, clerk, store_folder, monkeypatch):
    monkeypatch.setattr(services, "MAX_PER_RECORD", 1)
    put(case, clerk)

    with pytest.raises(UploadRefused, match="record_full"):
        put(case, clerk)

    assert len(stored_files(store_folder)) == 1


def test_a_day_has_a_limit(case, clerk, settings):
    settings.ATTACHMENTS_DAILY_MB = 0
    with pytest.raises(UploadRefused, match="quota"):
        put(case, clerk)


def test_only_who_serves_the_place_attaches_and_sees(case, clerk, stranger):
    put(case, clerk)
    with scoped_to(stranger):
        assert attachments_of(case).count() == 0
        with pytest.raises(PermissionDenied):
            services.attach(holder=case, kind="photo", name=NAME, content=made(), actor=stranger)


def test_rotating_the_ring_rewraps_the_keys_of_files(case, clerk, settings, store_folder):
    content = made()
    row = put(case, clerk, content=content)
    sealed = stored_files(store_folder)[0].read_bytes()
    settings.TONGHU_KEYS = with_new_data_key(settings.TONGHU_KEYS)
    assert "attachments_attachment.file_key" in left()

    call_command("rotate_keys")

    assert left() == {}
    with unscoped("test"):
        row = Attachment.objects.get(pk=row.pk)
        assert (services.content_of(row), row.history.get().file_key) == (content, row.file_key)
    assert stored_files(store_folder)[0].read_bytes() == sealed


def test_files_follow_their_record_and_go_with_it(
    case, clerk, district, store_folder, django_capture_on_commit_callbacks, everything
):
    row = put(case, clerk)
    with change_set(actor=clerk):
        case.village = district.foreign
        case.save()
    row.refresh_from_db()
    assert row.territory_code == district.foreign.code

    with django_capture_on_commit_callbacks(execute=True), change_set(actor=clerk):
        case.items.all().delete()
        case.delete()

    assert (Attachment.objects.count(), stored_files(store_folder)) == (0, [])


def test_deleting_needs_a_reason_and_takes_the_content(
    case, clerk, store_folder, django_capture_on_commit_callbacks
):
    row = put(case, clerk)
    with scoped_to(clerk):
        with pytest.raises(ValidationError):
            services.detach(row=row, actor=clerk, reason=" ")
        with django_capture_on_commit_callbacks(execute=True):
            services.detach(row=row, actor=clerk, reason="传错了")
        told = Attachment.history.first()

    assert stored_files(store_folder) == []
    assert (told.history_type, told.history_change_reason, told.name) == ("-", "传错了", NAME)


def test_erasing_reaches_the_history(
    case, clerk, store_folder, django_capture_on_commit_callbacks, everything
):
    row = put(case, clerk)
    with django_capture_on_commit_callbacks(execute=True), change_set(actor=clerk, reason="删除权"):
        services.erase(row)

    assert stored_files(store_folder) == []
    assert [(h.name, h.file_key, h.sha256, h.sha256_index) for h in Attachment.history.all()] == [
        ("", "", "", None)
    ] * 2


def test_a_scanner_that_works_lets_files_through(case, clerk, clamd):
    row = put(case, clerk)

    assert (row.state, row.scanned_at is not None) == ("clean", True)
    assert clamd.seen == [(b"zINSTREAM\0", row.size)]


EICAR_STREAM = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(EICAR), EICAR)
PNG = photo(1, "png")
WRAPPED = {
    "a.pdf": by_hand([*simple_objects(), EICAR_STREAM]),
    "a.jpg": photo(1, "jpeg").replace(b"\xff\xd8", b"\xff\xd8\xff\xfe\x00\x46" + EICAR, 1),
    "a.png": PNG[:33] + png_chunk(b"tEXt", b"a\0" + EICAR) + PNG[33:],
    "a.docx": zipfile_stored(EICAR),
    "a.xlsx": zipfile_stored(EICAR, kind="xlsx"),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_malware_is_refused_at_the_door(case, clerk, clamd, store_folder, name):
    with pytest.raises(UploadRefused, match="malware"):
        put(case, clerk, content=WRAPPED[name], name=name)

    assert stored_files(store_folder) == []
    assert CaseLogEntry.objects.filter(action="tonghu.malware").count() == 1


@pytest.mark.parametrize("mode", ["hangs up", "silent", "error", "half", "gone"])
def test_a_scanner_that_fails_puts_files_in_quarantine_until_it_works(
    case, clerk, clamd, mode, monkeypatch, everything
):
    monkeypatch.setattr(scanner, "SECONDS", 0.2)
    clamd.mode = mode
    if mode == "gone":
        clamd.stop()
    row = put(case, clerk)

    assert row.state == "quarantined"
    with pytest.raises(PermissionDenied):
        services.content_of(row)
    if mode == "gone":
        return
    clamd.mode = "works"
    call_command("scan_attachments")
    row.refresh_from_db()
    assert (row.state, services.content_of(row)) == ("clean", services.content_of(row))


def test_what_the_scanner_finds_later_is_removed(
    case, clerk, clamd, monkeypatch, store_folder, everything, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(scanner, "SECONDS", 0.2)
    clamd.mode = "error"
    row = put(case, clerk)
    store.remove(row.stored_name)
    store.write(row.stored_name, row.file_key, row.pk, EICAR)
    clamd.mode = "works"

    with django_capture_on_commit_callbacks(execute=True):
        found = services.scan_quarantined(actor=system_account())

    row.refresh_from_db()
    assert (found["removed"], row.state, stored_files(store_folder)) == (1, "refused", [])


@pytest.mark.parametrize(("socket_path", "told"), [("", ["attachments.I001"]), ("/a/socket", [])])
def test_a_deployment_without_a_scanner_is_told_so_and_passes(settings, socket_path, told):
    settings.CLAMAV_SOCKET = socket_path

    found = [
        message
        for message in run_checks(tags=[Tags.security], include_deployment_checks=True)
        if message.id.startswith("attachments.")
    ]

    assert ([message.id for message in found], max([m.level for m in found], default=0)) == (
        told,
        INFO if told else 0,
    )


def test_the_sweep_deletes_only_old_files_that_no_row_knows(case, clerk, store_folder):
    row = put(case, clerk)
    lost, young = store.new_name(), store.new_name()
    for name in (lost, young):
        store.write(name, store.new_key(), row.pk, b"x")
    long_ago = time.time() - 2 * services.ORPHAN_SECONDS
    os.utime(store.path_of(lost), (long_ago, long_ago))
    os.utime(store.path_of(row.stored_name), (long_ago, long_ago))

    assert services.sweep() == 1

    assert {path.name for path in stored_files(store_folder)} == {row.stored_name, young}


def test_a_link_is_for_one_file_person_session_and_minute(clerk, stranger, monkeypatch):
    row, other = Attachment(), Attachment()
    token = link_token(row.pk, user=clerk, session_key="s1")

    assert is_valid(token, row.pk, user=clerk, session_key="s1")
    assert not is_valid(token, other.pk, user=clerk, session_key="s1")
    assert not is_valid(token, row.pk, user=stranger, session_key="s1")
    assert not is_valid(token, row.pk, user=clerk, session_key="s2")
    assert not is_valid(token, row.pk, user=clerk, session_key="")
    late = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: late)
    assert not is_valid(token, row.pk, user=clerk, session_key="s1")


def test_guesses_hit_nothing():
    """A signature has 256 bits; the benchmark tries 10^5 of them."""
    figures = guess(2000)

    assert (figures["guesses"], figures["hits, drawn"], figures["hits, one letter changed"]) == (
        2000,
        0,
        0,
    )


def test_photographs_are_stored_without_their_place(case, clerk, everything):
    row = put(case, clerk, content=photo(2, "jpeg", orientation=3), name="家访.jpg", kind="photo")

    assert traces(services.content_of(row)) == []
