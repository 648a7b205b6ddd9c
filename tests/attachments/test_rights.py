"""Who opens which files: the role, the kind of record they hang on, and its approval."""

import pytest
from django.contrib.auth.models import Permission

from caseadmin.ledgers import ledgers
from core.access.opening import needs_approval
from core.access.scope import scoped_to
from core.approvals.services import seal_record
from core.attachments.links import link_token
from core.attachments.models import Attachment
from core.attachments.services import attach
from core.audit.models import CaseLogEntry
from tests.corpus.pdfs import made
from tests.factories.children import ChildFileFactory
from tests.factories.core import UserFactory, approve
from tests.factories.volunteers import VolunteerFactory
from tests.ledgers.conftest import lend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("here")]
NAME = "王小田的证明.pdf"
HOLDERS = {
    "child-files": lambda district, clerk: ChildFileFactory(village=district.village),
    "volunteers": lambda district, clerk: VolunteerFactory(village=district.village),
    "tool-loans": lambda district, clerk: lend(clerk, district.village),
}
WITH_FILES = [one for one in ledgers if one.attachments]


def put(holder, kind, actor):
    with scoped_to(actor):
        return attach(holder=holder, kind=kind, name=NAME, content=made(), actor=actor)


def addresses(client, declared, holder, row):
    """Return the address of every route about files of a ledger, by its name."""
    session = client.session
    user = UserFactory._meta.model.objects.get(pk=session["_auth_user_id"])
    token = link_token(row.pk, user=user, session_key=session.session_key)
    further = {"files": (), "file": (row.pk,), "file_delete": (row.pk,)}
    further["file_content"] = (row.pk, token)
    return {name: declared.url(name, holder.pk, *rest) for name, rest in further.items()}


def opened(client, declared, holder, row):
    """Return whether a person gets the content of a file."""
    answer = client.get(declared.url("file", holder.pk, row.pk))
    if answer.status_code != 302 or "/files/" not in answer.url:
        return False
    return client.get(answer.url).getvalue().startswith(b"%PDF")


def test_the_coordinator_opens_the_papers_of_volunteers_and_not_those_of_children(
    client, district, clerk
):
    coordinator = UserFactory(role="volunteer_coordinator", serves=district.town)
    # With an approval for everything: what keeps the child's papers shut is the matrix.
    approve(coordinator, district.town)
    client.force_login(coordinator)
    found = {}
    for slug in ("volunteers", "child-files"):
        declared = ledgers.get(slug)
        holder = HOLDERS[slug](district, clerk)
        actor = coordinator if slug == "volunteers" else clerk
        for kind in ("other", "identity"):
            row = put(holder, kind, actor)
            assert row.field_class == {"other": 3, "identity": 4}[kind]
            found[slug, kind] = opened(client, declared, holder, row)
        page = client.get(declared.url("view", holder.pk))
        shown = client.post(declared.url("view", holder.pk), {"reveal": "*", "reason": "核对"})
        found[slug, "named"] = NAME in page.content.decode()
        found[slug, "revealed"] = NAME in shown.content.decode()

    assert found == {
        ("volunteers", "other"): True,
        ("volunteers", "identity"): True,
        ("volunteers", "named"): True,
        ("volunteers", "revealed"): True,
        ("child-files", "other"): False,
        ("child-files", "identity"): False,
        ("child-files", "named"): False,
        ("child-files", "revealed"): False,
    }
    assert CaseLogEntry.objects.filter(action="tonghu.attachment").count() == 2


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("town_clerk", (False, False)),
        ("village_worker", (False, False)),
        ("school", (False, False)),
        ("auditor", (False, False)),
    ],
)
def test_who_does_not_see_the_texts_of_volunteers_does_not_open_their_papers(
    client, district, role, expected
):
    officer = UserFactory(role="district_officer", serves=district.district)
    holder = VolunteerFactory(village=district.village)
    rows = [put(holder, kind, officer) for kind in ("other", "record_check")]
    person = UserFactory(role=role, serves=district.town)
    person.user_permissions.add(Permission.objects.get(codename="view_volunteer"))
    client.force_login(person)

    volunteers = ledgers.get("volunteers")
    assert tuple(opened(client, volunteers, holder, row) for row in rows) == expected


@pytest.mark.parametrize("declared", WITH_FILES, ids=lambda declared: declared.slug)
def test_every_route_of_files_asks_whether_the_record_opens(declared, client, district, clerk):
    """In reach, with every right, without an approval; then with one, and the record sealed."""
    holder = HOLDERS[declared.slug](district, clerk)
    officer = UserFactory(role="district_officer", serves=district.district)
    approve(officer, district.district)
    row = put(holder, "other" if declared.slug != "tool-loans" else "school", officer)
    person = UserFactory(role="police", serves=district.town)
    person.user_permissions.set(Permission.objects.all())
    client.force_login(person)
    routes = addresses(client, declared, holder, row)

    def asked():
        return {
            (name, method): (answer.status_code, answer.get("Location", ""))
            for name, address in routes.items()
            for method in ("get", "post")
            if (answer := getattr(client, method)(address, {"reason": "x"})).status_code != 405
        }

    if needs_approval(declared.model):
        closed = asked()
        assert len(closed) == 6
        assert set(closed.values()) == {(302, declared.url("ask", holder.pk))}
        approve(person, district.town)
    assert client.get(routes["file_content"]).getvalue().startswith(b"%PDF")
    if needs_approval(declared.model):
        with scoped_to(officer):
            seal_record(row=holder, reason="x", named=[], actor=officer)
        assert set(asked().values()) == {(404, "")}
    assert Attachment._base_manager.filter(pk=row.pk, updated_by=officer).exists()
