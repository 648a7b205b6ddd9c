"""The ministry's registration form: on screen, on paper, as a Word document."""

import io
from datetime import date

import pytest
from django.urls import reverse
from docx import Document

from caseadmin.ledgers.printing import PaperCell, grid
from core.audit.models import CaseLogEntry
from tests.factories.children import (
    ChildFileFactory,
    CustodySpellFactory,
    KinFactory,
    invented_id_number,
)
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db

BORN = date(2016, 5, 20)


@pytest.fixture
def child(district):
    child = ChildFileFactory(
        village=district.village,
        full_name="王晨曦",
        born_on=BORN,
        sex="male",
        id_number=invented_id_number(BORN, 11),
        health="healthy",
        care_type="fair",
        income_sources=["wages"],
    )
    KinFactory(child_file=child, full_name="王建国", phone="19900000007", work_province="广东省")
    CustodySpellFactory(child_file=child, carer_name="王福来")
    return child


@pytest.fixture
def clerk(client, district):
    user = UserFactory(role="town_clerk", serves=district.town)
    client.force_login(user)
    return user


def url(child):
    return reverse("child_files:print", args=[child.pk, "registration-form"])


def texts(response):
    assert response.status_code == 200
    document = Document(io.BytesIO(response.content))
    cells = {cell.text for row in document.tables[0].rows for cell in row.cells}
    return cells | {paragraph.text for paragraph in document.paragraphs}


def test_the_form_holds_the_boxes_of_the_ministry(client, clerk, child):
    page = client.get(url(child)).content.decode()

    assert "农村留守儿童基本情况登记表" in page
    assert "☑男  □女" in page
    assert "☑监护情况一般" in page
    assert "2016年5月20日" in page


def test_values_are_masked_until_a_reason_is_given(client, clerk, child):
    number = invented_id_number(BORN, 11)
    masked = client.get(url(child)).content.decode()
    unreasoned = client.post(url(child), {"reveal": "*", "reason": " "}).content.decode()
    whole = client.post(url(child), {"reveal": "*", "reason": "送公安机关核对"}).content.decode()

    assert [number in page for page in (masked, unreasoned, whole)] == [False, False, True]
    actions = list(CaseLogEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions.count("tonghu.print") == 1
    assert actions.count("tonghu.reveal") == 1


def test_the_word_document_says_what_the_page_says(client, clerk, child):
    number = invented_id_number(BORN, 11)
    masked = client.get(url(child) + "?format=docx")
    whole = client.post(url(child), {"reveal": "*", "reason": "存档", "format": "docx"})

    assert number not in texts(masked)
    assert {number, "王晨曦", "☑男  □女", "农村留守儿童基本情况登记表"} <= texts(whole)
    assert child.file_number in whole["Content-Disposition"]
    assert "王" not in whole["Content-Disposition"]
    assert "no-store" in whole["Cache-Control"]


def test_another_town_and_another_form_are_not_there(client, district, child):
    client.force_login(UserFactory(role="town_clerk", serves=district.other_town))
    assert client.get(url(child)).status_code == 404
    client.force_login(UserFactory(role="town_clerk", serves=district.town))
    nothing = reverse("child_files:print", args=[child.pk, "tax-return"])
    assert client.get(nothing).status_code == 404


def test_a_grid_refuses_cells_on_top_of_each_other():
    with pytest.raises(ValueError, match="B1"):
        grid([PaperCell("A1:B1", "甲"), PaperCell("B1", "乙")])


def test_a_grid_leaves_out_what_is_spanned():
    rows = grid(
        [PaperCell("A1:A2", "甲", heading=True), PaperCell("B1", "乙"), PaperCell("B2", "丙")]
    )

    assert [[(c.text, c.across, c.down) for c in row] for row in rows] == [
        [("甲", 1, 2), ("乙", 1, 1)],
        [("丙", 1, 1)],
    ]
