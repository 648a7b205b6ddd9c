"""The register of fields and the matrix of rights, each alone."""

import json

import pytest
from django.conf import settings
from django.db import connection, models
from django.test.utils import isolate_apps

from core.access.checks import check_field_register, unclassed
from core.access.register import (
    Classed,
    FieldClass,
    FieldClasses,
    Kind,
    add_source,
    class_of,
    declared_classes,
)
from core.access.register import _sources as sources
from core.access.rights import (
    RIGHTS,
    FieldRights,
    HeldPost,
    Right,
    Seeing,
    check_matrix,
    current_rights,
    right_in,
)
from core.access.scope import scope_of, scoped_to, unscoped
from core.accounts.services import load_roles, read_roles
from core.crypto.fields import EncryptedCharField
from tests.factories.core import PostFactory, UserFactory, role_called
from tests.ledgers.sampleapp.models import Case, Item

HIDDEN, READ, WRITE = RIGHTS["hidden"], RIGHTS["read"], RIGHTS["write"]


def post(prefix="990101001", role="clerk", **matrix):
    return HeldPost(role, (prefix,), {key.strip("_"): value for key, value in matrix.items()})


def test_no_field_of_the_product_is_unclassed():
    assert check_field_register() == []


@isolate_apps("tests.ledgers.sampleapp")
def faults_of(classes):
    class Loan(models.Model):
        title = models.CharField(max_length=9)
        holder = EncryptedCharField()
        field_classes = classes

        class Meta:
            app_label = "sampleapp"

        def __str__(self):
            return self.title

    return [(error.id, error.msg.split(" ")[0]) for error in unclassed(Loan)]


def test_a_field_in_no_class_is_named():
    assert faults_of(FieldClasses(office=["id", "title", "gone"])) == [
        ("access.E010", "sampleapp.Loan.holder"),
        ("access.E011", "sampleapp.Loan.field_classes:"),
    ]


def test_sensitive_means_encrypted_and_the_other_way_round():
    classes = FieldClasses(office=["id", "holder"], secret={"title": Kind.TEXT})

    assert faults_of(classes) == [
        ("access.E012", "sampleapp.Loan.holder"),
        ("access.E012", "sampleapp.Loan.title"),
    ]
    digest = FieldClasses(office=["id"], secret={"title": Kind.DIGEST, "holder": Kind.NAME})
    assert faults_of(digest) == []


def test_history_and_digests_follow_the_field_they_tell_of():
    history = Case.history.model

    assert class_of(history, "phone") == class_of(Case, "phone")
    assert class_of(history, "history_change_reason").level == FieldClass.SENSITIVE
    assert class_of(Case, "phone_index") == Classed(FieldClass.SENSITIVE, Kind.DIGEST)
    assert set(declared_classes(Case)) >= {f.name for f in Case._meta.concrete_fields}


def test_fields_that_are_data_join_the_register():
    def source(model):
        return {"x_shoe_size": Classed(FieldClass.SECRET)} if model is Item else {}

    add_source(source)
    try:
        rights = FieldRights([post(_4="reveal")])
        found = rights.of(Item, "x_shoe_size", "990101001001"), class_of(Item, "name").level
    finally:
        sources.remove(source)

    assert found == (Right(Seeing.REVEAL), FieldClass.OFFICE)
    assert FieldRights([post(_4="reveal")]).of(Item, "x_shoe_size", "990101001001") == HIDDEN


@pytest.mark.parametrize(
    ("matrix", "right"),
    [
        ({}, "hidden"),
        ({"3": "read"}, "read"),
        ({"3": "read", "@phone": "masked"}, "masked"),
        ({"@phone": "masked", "models": {"sampleapp": {"3": "reveal"}}}, "reveal"),
        ({"models": {"sampleapp": {"3": "read"}, "sampleapp.case": {"3": "masked"}}}, "masked"),
        ({"models": {"sampleapp.case": {"@phone": "masked", "phone": "write"}}}, "write"),
    ],
)
def test_the_nearest_entry_decides(matrix, right):
    assert right_in(matrix, Case, "phone", class_of(Case, "phone")) == RIGHTS[right]


def test_a_digest_is_shown_to_nobody():
    matrix = {str(level): "write" for level in range(5)}

    assert right_in(matrix, Case, "phone_index", class_of(Case, "phone_index")) == HIDDEN
    assert FieldRights(everything=True).of(Case, "phone_index", "990101001001") == HIDDEN


@pytest.mark.parametrize(
    "matrix",
    [
        {"3": "look"},
        {"5": "read"},
        {"@shoe": "read"},
        {"models": {"sampleapp.case": {"fone": "read"}}},
        {"models": {"sampleapp.cause": {"3": "read"}}},
    ],
)
def test_a_misspelt_matrix_is_refused(matrix):
    with pytest.raises(ValueError, match=r"field rights|is no right"):
        check_matrix(matrix)


def test_the_matrix_of_the_product_names_what_exists(db):
    rows = read_roles(settings.ROOT / "fixtures" / "roles.json")
    matrix = json.loads((settings.ROOT / "fixtures" / "field_rights.json").read_text("utf-8"))

    assert load_roles(rows) == len(rows) == len(matrix)
    assert set(matrix) == {row["code"] for row in rows}


def test_each_row_is_seen_with_the_posts_that_hold_it():
    rights = FieldRights(
        [post("990101001", _3="masked"), post("990101001002", _3="write"), post("990101002")]
    )
    here, there, nowhere = "990101001001", "990101001002", "990101003001"

    assert rights.of(Case, "phone", here) == RIGHTS["masked"]
    assert rights.of(Case, "phone", there) == WRITE
    assert rights.of(Case, "phone", nowhere) == HIDDEN
    assert rights.most(Case, "phone") == WRITE
    assert rights.least(Case, "phone") == HIDDEN


def test_nobody_sees_nothing_and_commands_see_all():
    assert FieldRights().least(Case, "risk") == HIDDEN
    assert current_rights().of(Case, "risk", "990101001001") == HIDDEN
    with unscoped("test"):
        assert current_rights().least(Case, "phone") == WRITE


def test_rights_come_with_the_posts_in_the_same_queries(district, django_assert_num_queries):
    clerk = UserFactory(role="school", serves=district.village)
    PostFactory(user=clerk, role=role_called("town_clerk"), territory=district.sibling)
    with django_assert_num_queries(1):
        rights = scope_of(clerk).field_rights
        here = rights.of(Case, "phone", district.village.code)
        there = rights.of(Case, "phone", district.sibling.code)

    assert (here.code, there.code) == ("reveal", "reveal+write")
    with scoped_to(clerk):
        assert current_rights().least(Case, "phone") == here
    assert not connection.needs_rollback
