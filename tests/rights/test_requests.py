"""Requests of persons: from receipt to answer, and who gets none."""

import io
import time
from datetime import date

import openpyxl
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from caseadmin.rights import services
from caseadmin.rights.enums import RefusalGround, Relation, RequestKind, RequestStatus
from caseadmin.rights.models import Erasure, SubjectRequest
from caseadmin.rights.transitions import TRANSITIONS
from caseadmin.rights.whole_file import hand_out
from core.access.scope import scoped_to
from core.accounts.sessions import SIGNED_IN_AT
from core.audit.models import CaseLogEntry
from core.calendar import working_day_after
from core.privacy.models import ANSWER_WORKING_DAYS
from tests.factories.children import invented_id_number
from tests.factories.rights import a_block, a_request

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]

CARD = invented_id_number(date(1985, 1, 1), 7)


def answered(request, first, other, **said):
    """Lead a request to its answer, by two people."""
    services.check_identity(subject_request=request, actor=first, proof="card_seen", id_number=CARD)
    services.prepare_answer(
        subject_request=request, actor=first, **{"answer": "附件为副本", **said}
    )
    with scoped_to(other):
        return services.release_answer(subject_request=request, actor=other)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 11, 2), date(2026, 11, 23)),
        (date(2026, 11, 6), date(2026, 11, 27)),
        (date(2026, 11, 7), date(2026, 11, 27)),
        (date(2026, 12, 31), date(2027, 1, 21)),
    ],
)
def test_an_answer_is_due_after_fifteen_working_days(received, due):
    assert working_day_after(received, ANSWER_WORKING_DAYS) == due


def test_a_request_is_numbered_and_dated(child, acting):
    request = a_request(child, acting)

    assert (request.number, request.status, request.due_on) == (
        "Q990101-2026-00001",
        RequestStatus.RECEIVED,
        date(2026, 11, 23),
    )


def test_two_people_answer_and_the_first_cannot_release(child, acting, second):
    request = a_request(child, acting)
    services.check_identity(
        subject_request=request, actor=acting, proof="card_seen", id_number=CARD
    )
    services.prepare_answer(subject_request=request, actor=acting, answer="附件为副本")

    with pytest.raises(PermissionDenied):
        services.release_answer(subject_request=request, actor=acting)
    with scoped_to(second):
        done = services.release_answer(subject_request=request, actor=second)

    assert (done.status, done.prepared_by, done.released_by) == (
        RequestStatus.ANSWERED,
        acting,
        second,
    )


def test_a_refusal_is_in_writing_and_has_a_ground(child, acting, second):
    request = a_request(child, acting)
    services.check_identity(
        subject_request=request, actor=acting, proof="card_seen", id_number=CARD
    )
    with pytest.raises(ValidationError) as silent:
        services.prepare_answer(
            subject_request=request, actor=acting, answer=" ", refusal_ground="others"
        )
    services.prepare_answer(
        subject_request=request,
        actor=acting,
        answer="会披露他人信息；可向区民政局申请复核。",
        refusal_ground=RefusalGround.OTHERS,
    )
    with scoped_to(second):
        done = services.release_answer(subject_request=request, actor=second)

    assert (list(silent.value.message_dict), done.status) == (["answer"], RequestStatus.REFUSED)


def test_a_step_out_of_order_is_refused_everywhere(child, acting):
    steps = {
        RequestStatus.IDENTIFIED: lambda row: services.check_identity(
            subject_request=row, actor=acting, proof="card_seen", id_number=CARD
        ),
        RequestStatus.PREPARED: lambda row: services.prepare_answer(
            subject_request=row, actor=acting, answer="答复"
        ),
        RequestStatus.WITHDRAWN: lambda row: services.withdraw_request(
            subject_request=row, actor=acting
        ),
        RequestStatus.BLOCKED: lambda row: services.block_request(
            subject_request=row, actor=acting, reason="安全"
        ),
    }
    wrong = []
    for before in RequestStatus:
        for after, step in steps.items():
            row = a_request(child, acting)
            SubjectRequest.objects.filter(pk=row.pk).update(
                status=before, refusal_ground="others" if before == "refused" else ""
            )
            try:
                step(row)
            except ValidationError:
                passed = False
            else:
                passed = True
            if passed != (after in TRANSITIONS[before]):
                wrong.append((before, after))

    assert wrong == []


def test_a_guardian_who_is_suspected_learns_nothing(child, acting, second, district):
    a_block(child, acting)

    request = a_request(child, acting)

    alarm = CaseLogEntry.objects.filter(action="tonghu.alarm", object_id=str(request.pk))
    assert (request.status, alarm.count()) == (RequestStatus.BLOCKED, 1)
    with pytest.raises(ValidationError):
        services.resume_request(subject_request=request, actor=acting, reason="误会")
    with pytest.raises(ValidationError):
        hand_out(subject_request=request, actor=acting)
    refused = services.refuse_blocked(subject_request=request, actor=acting, reason="儿童安全")
    other = services.neutral_reply(
        a_request(child, acting, requester_name="钱秀英", requester_phone="")
    )
    assert services.neutral_reply(request).replace(request.number, "") == other.replace(
        SubjectRequest.objects.order_by("-number").first().number, ""
    )
    for word in ("怀疑", "伤害", "suspect", "block", "阻止", "保护令"):
        assert word not in refused.answer


@pytest.mark.parametrize(
    "disguise",
    [
        {"requester_name": "赵 建国", "requester_phone": ""},
        {"requester_name": "王某", "requester_phone": "+86 199-0000-0021"},
        {"requester_name": "王某", "requester_phone": "", "requester_id_number": CARD},
        {"requester_name": "赵·建国", "requester_phone": "", "requester_relation": Relation.AGENT},
    ],
)
def test_another_relation_or_spelling_does_not_help(child, acting, disguise):
    a_block(child, acting, phone="19900000021", id_number=CARD)

    assert a_request(child, acting, **disguise).status == RequestStatus.BLOCKED


def test_the_card_gives_a_false_name_away(child, acting):
    a_block(child, acting, id_number=CARD)
    request = a_request(child, acting, requester_name="李某", requester_phone="")

    checked = services.check_identity(
        subject_request=request, actor=acting, proof="card_seen", id_number=CARD
    )

    assert checked.status == RequestStatus.BLOCKED


def test_a_block_set_after_the_answer_still_stops_the_copy(child, acting, second):
    request = answered(a_request(child, acting), acting, second)
    b"".join(hand_out(subject_request=request, actor=acting))
    a_block(child, acting)

    with pytest.raises(ValidationError):
        hand_out(subject_request=request, actor=acting)


def test_who_set_a_block_does_not_lift_it(child, acting, second):
    block = a_block(child, acting)

    with pytest.raises(PermissionDenied):
        services.lift(row=block, actor=acting, reason="误会")
    with scoped_to(second):
        services.lift(row=block, actor=second, reason="法院撤销保护令")

    assert a_request(child, acting).status == RequestStatus.RECEIVED


def test_the_copy_holds_everything_and_no_whole_number_of_others(child, acting, second):
    with scoped_to(acting):
        kin = child.kin.get()
        kin.id_number = CARD
        kin.save()
    request = answered(a_request(child, acting), acting, second)

    content = b"".join(hand_out(subject_request=request, actor=acting))

    book = openpyxl.load_workbook(io.BytesIO(content))
    text = "\n".join(
        str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value
    )
    entry = CaseLogEntry.objects.filter(action="tonghu.export", object_id=str(child.pk)).get()
    assert len(book.sheetnames) >= 5
    assert (child.full_name in text, child.id_number in text, "赵建国" in text) == (True,) * 3
    assert (CARD in text, "19900000021" in text) == (False, False)
    assert entry.data["request"] == request.number
    assert child.full_name not in str(entry.data)


def test_a_copy_is_handed_out_by_its_button_and_by_nobody_else(
    client, child, acting, second, clerk, district
):
    request = answered(a_request(child, acting), acting, second)
    address = reverse("subject_requests:do", args=[request.pk, "copy"])

    client.force_login(acting)
    answer = client.post(address)
    client.force_login(clerk)
    refused = client.post(address)

    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert "attachment" in answer["Content-Disposition"]
    assert child.file_number not in answer["Content-Disposition"]
    assert "attachment" not in refused.get("Content-Disposition", "")


@pytest.mark.parametrize(("step", "steps_before"), [("copy", answered), ("release", None)])
def test_what_cannot_be_taken_back_asks_anew_who_somebody_is(
    client, child, acting, second, step, steps_before
):
    request = a_request(child, acting)
    if steps_before:
        steps_before(request, acting, second)
    client.force_login(acting)
    session = client.session
    session[SIGNED_IN_AT] = time.time() - 60 * settings.STEP_UP_MINUTES - 1
    session.save()
    address = reverse("subject_requests:do", args=[request.pk, step])

    answers = [client.get(address), client.post(address)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert [answer.templates[0].name for answer in answers] == ["accounts/confirm.html"] * 2
    assert "attachment" not in answers[1].get("Content-Disposition", "")


def test_a_granted_deletion_erases(child, acting, second, district):
    from tests.rights.test_erasure import close

    close(child, acting)
    request = a_request(child, acting, kind=RequestKind.DELETE)

    done = answered(request, acting, second, answer="同意删除")

    erasure = Erasure.objects.get()
    assert (done.status, done.subject, done.requester_name) == (RequestStatus.ANSWERED, None, "")
    assert (erasure.request_number, erasure.decided_by, erasure.released_by) == (
        request.number,
        acting,
        second,
    )


@pytest.mark.parametrize(
    "slug", ["consents", "subject-requests", "contact-blocks", "legal-holds", "erasures"]
)
def test_every_page_of_the_ledgers_opens(client, child, acting, slug):
    a_block(child, acting, full_name="钱某")
    a_request(child, acting)
    client.force_login(acting)

    pages = [f"/admin/{slug}/"] + ([f"/admin/{slug}/new/"] if slug != "erasures" else [])
    from caseadmin.ledgers.registry import ledgers

    row = ledgers.get(slug).model.objects.first()
    if row is not None:
        pages += [f"/admin/{slug}/{row.pk}/", f"/admin/{slug}/{row.pk}/history/"]

    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


def test_a_clerk_does_not_see_who_is_blocked(client, child, acting, clerk):
    block = a_block(child, acting)
    client.force_login(clerk)

    statuses = [
        client.get(f"/admin/contact-blocks/{part}").status_code for part in ("", f"{block.pk}/")
    ]

    assert 200 not in statuses
