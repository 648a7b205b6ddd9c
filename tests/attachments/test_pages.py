"""The files of a record on its page: upload, list, download, delete."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.log_actions import registry
from wagtail.users.models import UserProfile

from caseadmin.ledgers import ledgers
from core.access.scope import scoped_to
from core.attachments.models import Attachment
from core.attachments.services import attach
from core.audit.models import CaseLogEntry
from tests.corpus.pdfs import made
from tests.ledgers.conftest import clerk_of, lend

# The child process has tests of its own, and the browser uploads through it.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("here")]
LOANS = ledgers.get("tool-loans")
NAME = "王小田的证明.pdf"
CONTENT = made()


@pytest.fixture
def row(case, clerk):
    with scoped_to(clerk):
        return attach(holder=case, kind="school", name=NAME, content=CONTENT, actor=clerk)


def upload(client, case, name=NAME, content=None, **data):
    file = SimpleUploadedFile(name, CONTENT if content is None else content)
    return client.post(LOANS.url("files", case.pk), {"kind": "school", "file": file, **data})


def address_of(client, case, row):
    answer = client.get(LOANS.url("file", case.pk, row.pk))
    assert answer.status_code == 302
    return answer.url


def test_a_file_is_uploaded_listed_masked_and_told_in_the_history(signed_in, case):
    answer = upload(signed_in, case)

    assert (answer.status_code, answer.url) == (302, LOANS.url("view", case.pk))
    page = signed_in.get(answer.url).content.decode()
    history = signed_in.get(LOANS.url("history", case.pk)).content.decode()
    for text in (page, history):
        # The register of fields lets a town clerk read class 3.
        assert ("学校材料" in text, NAME in text) == (True, True)


@pytest.mark.parametrize(
    ("language", "title", "sentence"),
    [
        (
            "zh-hans",
            "文件未保存。",
            "文件内容与扩展名不符。请重新另存为 JPG、PNG、PDF、DOCX 或 XLSX 后上传。",
        ),
        (
            "en",
            "The file was not stored.",
            "The content of the file is not what its ending says. Save it anew as JPG, PNG, PDF, "
            "DOCX or XLSX and upload that.",
        ),
    ],
)
def test_a_refusal_says_why_in_both_languages_and_keeps_the_choice(
    signed_in, case, clerk, language, title, sentence
):
    UserProfile.objects.update_or_create(user=clerk, defaults={"preferred_language": language})

    answer = upload(signed_in, case, name="a.pdf", content=b"MZ")

    page = answer.content.decode()
    assert (answer.status_code, answer.context["form"].errors["file"]) == (422, [sentence])
    assert (title in page, sentence in page) == (True, True)
    assert '<option value="school" selected' in page
    assert Attachment._base_manager.count() == 0


@pytest.mark.parametrize(
    "data", [{"kind": "nonsense"}, {"kind": ""}, {"file": ""}, {"file": "text"}]
)
def test_bad_forms_are_refused_and_not_broken(signed_in, case, data):
    assert upload(signed_in, case, **data).status_code == 422


def test_an_oversized_file_is_refused_by_its_real_size(signed_in, case):
    answer = upload(signed_in, case, content=b"%PDF-" + b"0" * (21 * 1024 * 1024))

    assert answer.status_code == 422
    assert "20" in answer.context["form"].errors["file"][0]


def test_a_download_carries_safe_headers_and_leaves_one_entry(signed_in, case, row, clerk):
    answer = signed_in.get(address_of(signed_in, case, row))

    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%E7%8E%8B")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "no-store" in answer["Cache-Control"]
    entry = CaseLogEntry.objects.get(action="tonghu.attachment")
    assert (entry.user, entry.object_id, entry.data["attachment"], NAME in str(entry.data)) == (
        clerk,
        str(case.pk),
        str(row.pk),
        False,
    )
    assert registry.action_exists("tonghu.attachment")


def test_a_link_of_another_session_or_person_and_a_changed_one_are_not_there(
    client, signed_in, case, row, clerk, district
):
    address = address_of(signed_in, case, row)
    changed = address[:-2] + ("A/" if address[-2] != "A" else "B/")
    assert signed_in.get(changed).status_code == 404

    colleague = clerk_of(district.town, name="郑文书")
    client.logout()
    client.force_login(colleague)
    assert client.get(address).status_code == 404
    client.logout()
    client.force_login(clerk)
    assert client.get(address).status_code == 404
    assert CaseLogEntry.objects.filter(action="tonghu.attachment").count() == 0


def test_a_stranger_finds_neither_record_nor_file(client, case, row, stranger):
    client.force_login(stranger)
    for name in ("file", "file_delete"):
        assert client.get(LOANS.url(name, case.pk, row.pk)).status_code == 404
    assert client.get(LOANS.url("files", case.pk)).status_code == 404
    assert upload(client, case).status_code == 404


def test_a_file_of_another_record_is_not_reached_through_mine(
    signed_in, case, row, clerk, district
):
    other = lend(clerk, district.village, number="L-2")

    assert signed_in.get(LOANS.url("file", other.pk, row.pk)).status_code == 404


def test_rights_are_asked_for_each_step(client, case, row, district):
    reader = clerk_of(district.town, "view", role="school", name="看")
    client.force_login(reader)

    page = client.get(LOANS.url("view", case.pk)).content.decode()

    # The role knows that there is a school paper, and nothing of a name it does not see.
    assert ("学校材料" in page, "王****" in page, NAME in page) == (True, False, False)
    for name in ("file", "file_delete"):
        address = LOANS.url(name, case.pk, row.pk)
        assert (f'{address}"' in page, client.get(address).status_code) == (False, 302)
        assert "admin" in client.get(address).url
    assert upload(client, case).status_code == 302
    assert Attachment._base_manager.count() == 1


def test_deleting_asks_for_a_reason(signed_in, case, row):
    address = LOANS.url("file_delete", case.pk, row.pk)

    assert signed_in.get(address).status_code == 200
    assert signed_in.post(address, {"reason": ""}).status_code == 422
    assert signed_in.post(address, {"reason": "重复"}).status_code == 302
    assert Attachment._base_manager.count() == 0
    assert "重复" in signed_in.get(LOANS.url("history", case.pk)).content.decode()


def test_quarantined_files_are_listed_and_not_handed_out(signed_in, case, row):
    Attachment._base_manager.update(state="quarantined")

    page = signed_in.get(LOANS.url("view", case.pk)).content.decode()

    address = LOANS.url("file", case.pk, row.pk)
    assert (f'{address}"' in page, signed_in.get(address).status_code) == (False, 302)


def test_the_list_of_files_costs_the_same_for_one_and_many(
    signed_in, case, row, clerk, django_assert_num_queries
):
    signed_in.get(LOANS.url("view", case.pk))
    with CaptureQueriesContext(
        connection,
    ) as one:
        signed_in.get(LOANS.url("view", case.pk))
    with scoped_to(clerk):
        for _ in range(3):
            attach(holder=case, kind="other", name=NAME, content=CONTENT, actor=clerk)
    with django_assert_num_queries(len(one)):
        signed_in.get(LOANS.url("view", case.pk))
