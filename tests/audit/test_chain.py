"""The log of actions: whole, complete, and not to be tampered with."""

import random
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from benchmarks.audit_drill import PAGES, random_views, tamper, unguarded, world
from caseadmin.ledgers import ledgers
from core.accounts.selectors import system_account
from core.audit.models import CaseLogEntry, CaseLogRow, ChainHead, ChainIsFixed
from core.audit.selectors import last_check
from core.audit.services import anchor_line, blank_entries, purge, record
from core.audit.verification import Fault, verify, verify_lines
from tests.factories.core import UserFactory
from tests.ledgers.conftest import clerk_of, lend
from tests.ledgers.sampleapp.models import Case
from tests.ledgers.test_pages import form_data

pytestmark = [pytest.mark.django_db, pytest.mark.owner]

LOANS = ledgers.get("tool-loans")


def log_some(count=5, actor=None):
    actor = actor or UserFactory()
    return [
        record("tonghu.search", actor=actor, model=Case, label="台账", data={"hits": number})
        for number in range(count)
    ]


def faults():
    return [(fault.sequence, fault.kind) for fault in verify().faults]


def test_random_views_leave_as_many_entries_and_random_tampering_is_found():
    chance = random.Random(7)
    client, addresses = world(2)

    gained = random_views(client, addresses, 24, chance)
    tried, found = tamper(35, chance)

    assert (len(addresses), gained) == (2 * len(PAGES), 24)
    assert found == tried


def test_an_untouched_log_is_whole():
    entries = log_some()

    report = verify()

    assert (report.checked, report.first, report.last, report.faults) == (5, 1, 5, [])
    assert [e.previous for e in entries[1:]] == [e.code for e in entries[:-1]]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"action": "tonghu.view"}, "edited"),
        ({"label": "别的"}, "edited_label"),
        ({"data": {"hits": 99}}, "edited_data"),
        ({"label": ""}, "blanked"),
        ({"data": {}}, "blanked"),
    ],
)
def test_the_entry_that_was_changed_is_named_and_no_other(values, kind):
    log_some()
    with unguarded():
        CaseLogEntry.objects.filter(sequence=3).update(**values)

        assert faults() == [(3, kind)]


def test_a_missing_entry_is_named():
    log_some()
    with unguarded():
        CaseLogEntry.objects.filter(sequence=3)._raw_delete("default")

        assert faults() == [(3, "deleted")]


def test_a_shortened_log_is_told_by_its_head_and_with_the_head_set_back_by_the_anchor():
    log_some()
    anchors = ["some log host: " + anchor_line(), "a line of something else"]
    with unguarded():
        CaseLogEntry.objects.filter(sequence__gt=3)._raw_delete("default")
        by_head = faults()
        last = CaseLogEntry.objects.get(sequence=3)
        ChainHead.objects.update(sequence=3, code=last.code)
        alone, anchored = faults(), verify_lines(anchors).faults

    assert by_head == [(4, "truncated")]
    assert (alone, anchored) == ([], [Fault(5, "anchor_missing")])


def test_a_forged_anchor_and_a_spoilt_one_are_told():
    log_some(2)
    word, at, key, sequence, code, _signature = anchor_line().split()

    forged = verify_lines([f"{word} {at} {key} {sequence} {code} {'0' * 64}"])

    assert forged.faults == [Fault(2, "anchor_signature")]
    with pytest.raises(ValueError, match="no anchor line"):
        verify_lines([f"{word} nonsense"])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_caselogentry SET action = 'tonghu.print'",
        "UPDATE audit_caselogentry SET label = 'x'",
        "DELETE FROM audit_caselogentry",
        "UPDATE audit_caselogrow SET object_id = 'x'",
        "DELETE FROM audit_caselogrow",
        "DELETE FROM audit_chainhead",
    ],
)
def test_the_database_refuses_to_change_or_forget(statement):
    record("tonghu.export", actor=UserFactory(), model=Case, label="台账", object_ids=["a", "b"])

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as c,
    ):
        c.execute(statement)

    assert (verify().faults, CaseLogRow.objects.count()) == ([], 2)


def test_code_cannot_change_delete_or_pile_up_entries():
    (entry,) = log_some(1)

    for act in (entry.save, entry.delete, lambda: CaseLogEntry.objects.bulk_create([entry])):
        with pytest.raises(ChainIsFixed):
            act()


def test_a_label_can_be_blanked_where_the_chain_says_so():
    log_some()
    entries = CaseLogEntry.objects.filter(sequence__in=[2, 3])

    count = blank_entries(entries, actor=system_account(), reason="erasure 7")

    assert (count, [e.label for e in entries.all()], faults()) == (2, ["", ""], [])


def test_young_entries_are_never_purged(settings):
    log_some()
    with pytest.raises(ValidationError, match="1095"):
        purge(before=timezone.now(), actor=system_account())

    settings.AUDIT_RETENTION_DAYS = 179
    with pytest.raises(ValidationError, match="180"):
        purge(before=timezone.now() - timedelta(days=179), actor=system_account())
    with pytest.raises(CommandError, match="180"):
        call_command("purge_audit")

    assert CaseLogEntry.objects.count() == 5


def test_old_entries_go_and_the_rest_is_still_a_chain():
    old = timezone.now() - timedelta(days=1100)
    user = UserFactory()
    for number in range(3):
        entry = CaseLogEntry(
            action="tonghu.view", label=str(number), timestamp=old, user=user, object_id=""
        )
        entry.save()
    log_some(2, actor=user)

    gone = purge(before=timezone.now() - timedelta(days=1096), actor=system_account())

    report = verify()
    assert (gone, report.first, report.purged, report.faults) == (3, 4, 3, [])
    with unguarded():
        CaseLogEntry.objects.filter(sequence=4)._raw_delete("default")
        assert faults() == [(4, "deleted_front")]


def test_the_commands_print_what_they_found(capsys, tmp_path):
    log_some(3)
    path = tmp_path / "anchors"

    call_command("anchor_audit", file=path)
    call_command("verify_audit", anchors=path)
    printed = capsys.readouterr().out
    with unguarded():
        CaseLogEntry.objects.filter(sequence=2).update(action="tonghu.view")
        with pytest.raises(CommandError, match="1 faults"):
            call_command("verify_audit")

    assert "3 entries checked (1 to 3), 1 anchors compared" in printed
    assert "entry 2 was changed" in capsys.readouterr().out


def test_a_check_is_noted_with_what_it_found():
    assert last_check() is None
    log_some(3)

    call_command("verify_audit")
    whole = last_check()
    with unguarded():
        CaseLogEntry.objects.filter(sequence=2).update(action="tonghu.view")
        with pytest.raises(CommandError):
            call_command("verify_audit")
        edited = last_check()

    assert [(one.checked, one.faults) for one in (whole, edited)] == [(3, 0), (4, 1)]


def test_a_log_whose_end_is_missing_takes_no_note_of_a_check():
    log_some(3)
    with unguarded():
        CaseLogEntry.objects.filter(sequence=3)._raw_delete("default")
        with pytest.raises(CommandError):
            call_command("verify_audit")

        assert last_check() is None


# No action without its entry


def test_nothing_happens_where_the_entry_cannot_be_written(client, district, monkeypatch):
    clerk = clerk_of(district.town)
    case = lend(clerk, district.village)
    client.force_login(clerk)
    client.raise_request_exception = False

    def refuse(*args, **kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(ChainHead, "locked", refuse)
    fresh = {name: value for name, value in form_data(case).items() if name != "version"}

    def read(name):
        answer = client.get(LOANS.url(name, case.pk))
        # A reading request is a transaction of its own; here the test's is around it.
        transaction.set_rollback(False)
        return answer

    answers = {
        "view": read("view"),
        "history": read("history"),
        "edit form": read("edit"),
        "reveal": client.post(LOANS.url("view", case.pk), {"reveal": "*", "reason": "x"}),
        "edit": client.post(
            LOANS.url("edit", case.pk), form_data(case, full_name="王小禾", reason="x")
        ),
        "create": client.post(LOANS.url("add"), fresh | {"number": "L-2", "items-count": 0}),
        "act": client.post(LOANS.url("do", case.pk, "give-back"), {"reason": "x"}),
        "delete": client.post(LOANS.url("delete", case.pk), {"reason": "x"}),
        "search": client.post(LOANS.url("index"), {"q": "王"}),
        "choose": client.post(LOANS.url("choose"), {"q": "王"}),
        "export": client.post(
            LOANS.url("export"), {"download": "1", "columns": ["number"], "file_format": "csv"}
        ),
    }

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        answers, 500
    )
    assert not any("王小田" in answer.content.decode() for answer in answers.values())
    rows = Case._base_manager.values_list("number", "version", "returned")
    assert list(rows) == [("L-1", 1, False)]
    assert CaseLogEntry.objects.count() == 0


# Who looked


def test_who_looked_tells_views_reveals_and_exports_and_filters(client, district):
    clerk = clerk_of(district.town, name="周文书")
    other = clerk_of(district.town, name="吴文书")
    case = lend(clerk, district.village)
    for person in (clerk, other):
        client.force_login(person)
        client.get(LOANS.url("view", case.pk))
    client.post(LOANS.url("view", case.pk), {"reveal": "*", "reason": "核对电话"})
    answer = client.post(
        LOANS.url("export"), {"download": "1", "columns": ["number"], "file_format": "csv"}
    )
    b"".join(answer.streaming_content)
    officer = clerk_of(district.district, name="郑负责")
    grant_looks(officer)
    client.force_login(officer)

    whole = client.get(LOANS.url("looks", case.pk))
    one = client.get(LOANS.url("looks", case.pk), {"who": str(clerk.pk), "first": "2020-01-01"})
    none = client.get(LOANS.url("looks", case.pk), {"last": "2020-01-01", "action": "nonsense"})

    assert [(line.who, line.action) for line in whole.context["lines"]] == [
        ("吴文书", "导出"),
        ("吴文书", "显示遮挡内容"),
        ("吴文书", "查看"),
        ("周文书", "查看"),
    ]
    assert whole.context["lines"][1].detail == "序列号、电话 · 核对电话"
    assert [line.who for line in one.context["lines"]] == ["周文书"]
    assert none.context["total"] == 0


def grant_looks(user):
    from django.contrib.auth.models import Permission

    user.user_permissions.add(Permission.objects.get(codename="view_looks"))


def test_who_looked_needs_the_right_and_the_territory(client, district):
    clerk = clerk_of(district.town, role="school")
    case = lend(clerk, district.village)
    client.force_login(clerk)
    without = client.get(LOANS.url("looks", case.pk)).status_code
    stranger = clerk_of(district.other_town)
    grant_looks(stranger)
    client.force_login(stranger)

    assert (without, client.get(LOANS.url("looks", case.pk)).status_code) == (302, 404)


@pytest.mark.parametrize("looks", [1, 25])
def test_who_looked_costs_the_same_for_any_number_of_entries(
    client, district, looks, django_assert_max_num_queries
):
    clerk = clerk_of(district.town)
    grant_looks(clerk)
    case = lend(clerk, district.village)
    client.force_login(clerk)
    for _ in range(looks):
        record("tonghu.view", actor=clerk, instance=case)
        record("tonghu.reveal", actor=clerk, instance=case, data={"fields": []}, reason="核对")
    address = LOANS.url("looks", case.pk)
    client.get(address)

    with django_assert_max_num_queries(15):
        whole = client.get(address)
    with django_assert_max_num_queries(15):
        narrow = client.get(address, {"first": "2020-01-01", "action": "tonghu.reveal"})

    assert (whole.context["total"], narrow.context["total"]) == (2 * looks + 1, looks)
    assert whole.context["lines"][1].detail == "核对"
