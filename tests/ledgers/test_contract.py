"""What every registered ledger must keep, whoever declared it."""

import uuid

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import get_resolver, reverse

from caseadmin.ledgers import ledgers
from caseadmin.ledgers.checks import check_ledger
from caseadmin.ledgers.views.base import RecordPage
from core.access.models import CaseModel
from core.audit.selectors import PAGES
from tests.factories.children import ChildFileFactory
from tests.factories.core import UserFactory
from tests.ledgers.conftest import lend
from tests.ledgers.sampleapp.models import Case

LOANS = ledgers.get("tool-loans")
EVERY = pytest.mark.parametrize("declared", list(ledgers), ids=lambda declared: declared.slug)


def addresses(declared, pk):
    """Every address under the ledger's prefix, with this key where one is asked for."""
    resolver = get_resolver()
    found = []
    for name, candidates in namespace_of(resolver, declared.namespace()):
        for parameters in candidates:
            values = {
                "pk": pk,
                "action": declared.actions[0].name if declared.actions else "none",
            }
            kwargs = {p: values.get(p, pk) for p in parameters}
            found.append((name, reverse(f"{declared.namespace()}:{name}", kwargs=kwargs)))
    return found


def namespace_of(resolver, namespace):
    for pattern in resolver.url_patterns:
        if getattr(pattern, "namespace", None) == namespace:
            for inner in pattern.url_patterns:
                yield inner.name, [tuple(inner.pattern.converters)]
        elif hasattr(pattern, "url_patterns"):
            yield from namespace_of(pattern, namespace)


@EVERY
def test_a_ledger_passes_its_checks(declared):
    assert [message for message in check_ledger(declared) if message.is_serious()] == []


@EVERY
def test_every_address_refuses_who_may_only_enter_the_admin(declared, client, district):
    user = UserFactory(role="editor", serves=district.district)
    client.force_login(user)

    for name, address in addresses(declared, uuid.uuid4()):
        for answer in (client.get(address), client.post(address)):
            assert answer.status_code in (302, 404, 405), (name, answer.status_code)


@EVERY
def test_every_address_sends_strangers_to_the_door(declared, client, db):
    for name, address in addresses(declared, uuid.uuid4()):
        answer = client.get(address)
        assert (answer.status_code, "login" in answer.url) == (302, True), name


@EVERY
def test_a_key_of_nothing_is_not_found(declared, client, district):
    user = UserFactory(role="school", serves=district.town)
    user.user_permissions.set(Permission.objects.all())
    client.force_login(user)

    for name, address in addresses(declared, uuid.uuid4()):
        if name in ("view", "edit", "delete", "history", "do"):
            assert [client.get(address).status_code, client.post(address).status_code] == [
                404,
                404,
            ], name


@EVERY
@pytest.mark.parametrize(
    "query",
    ["p=x", "ordering=password", "anything__regex=(", "p=-1&ordering=&q=%00", "a=" + "x" * 2000],
)
def test_wild_parameters_do_no_harm(declared, client, district, query):
    user = UserFactory(role="school", serves=district.town)
    user.user_permissions.set(Permission.objects.all())
    client.force_login(user)

    for name in ("index", "index_results", *(["add"] if declared.can_add else [])):
        assert client.get(declared.url(name) + "?" + query).status_code == 200, name


@EVERY
def test_an_empty_form_is_refused_and_not_broken(declared, client, district):
    user = UserFactory(role="school", serves=district.town)
    user.user_permissions.set(Permission.objects.all())
    client.force_login(user)

    if declared.can_add:
        assert client.post(declared.url("add"), {}).status_code == 422


@EVERY
def test_the_model_is_a_case_model_with_every_right(declared, db):
    actions = {
        p.codename.rsplit("_", 1)[0]
        for p in Permission.objects.filter(
            content_type__app_label=declared.model._meta.app_label,
            content_type__model=declared.model._meta.model_name,
        )
    }

    assert issubclass(declared.model, CaseModel)
    assert {
        "view",
        "add",
        "change",
        "delete",
        "export",
        "view_history",
    } <= actions


def test_a_record_of_another_town_is_not_there(client, case, stranger):
    client.force_login(stranger)
    before = Case._base_manager.values_list("version", "full_name").get(pk=case.pk)

    answers = {}
    for name, address in addresses(LOANS, case.pk):
        bodies = {
            "q": "王小田",
            "reason": "x",
            "number": "N",
            "full_name": "改了",
            "overwrite": "1",
        }
        for answer in (client.get(address), client.post(address, bodies)):
            assert "王小田" not in body_without_echo(answer), name
            answers.setdefault(name, set()).add(answer.status_code)

    for name in ("view", "edit", "delete", "history", "do"):
        assert answers[name] == {404}, name
    assert Case._base_manager.values_list("version", "full_name").get(pk=case.pk) == before


def body_without_echo(answer):
    """The page without the search box, which repeats what was typed."""
    return (
        answer.content.decode(errors="replace").replace('value="王小田"', "")
        if hasattr(answer, "content")
        else ""
    )


@pytest.mark.parametrize("rows", [1, 50])
def test_lists_cost_the_same_at_one_and_at_fifty_rows(
    client, clerk, district, rows, django_assert_max_num_queries
):
    for index in range(rows):
        lend(clerk, district.village, number=f"L-{index}", items=())
    client.force_login(clerk)
    client.get(LOANS.url("index"))

    with django_assert_max_num_queries(12):
        client.get(LOANS.url("index"))


def test_the_command_prints_what_is_registered(capsys):
    call_command("ledgers", "tool-loans")

    printed = capsys.readouterr().out
    assert ("tool-loans" in printed, "sampleapp.Case" in printed, "keepers" in printed) == (
        True,
        True,
        False,
    )


def pages_of_records(kind=RecordPage):
    for page in kind.__subclasses__():
        yield page
        yield from pages_of_records(page)


def test_the_log_has_a_word_for_each_page_of_a_record():
    codes = {page.page_code for page in pages_of_records() if page.page_code}

    assert codes - set(PAGES) == set()


def test_a_record_that_its_rules_keep_is_not_deleted_and_says_why(client, district):
    file = ChildFileFactory(village=district.village)
    user = UserFactory(role="town_clerk", serves=district.town)
    user.user_permissions.set(Permission.objects.all())
    client.force_login(user)

    answer = client.post(ledgers.get("child-files").url("delete", file.pk), {"reason": "重复"})

    assert (answer.status_code, bool(answer.context["form"].non_field_errors())) == (422, True)
    assert type(file)._base_manager.filter(pk=file.pk).exists()
