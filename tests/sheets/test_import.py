from datetime import date

import pytest

from caseadmin.children.models import ChildFile
from caseadmin.ledgers.importing.services import confirm_batch
from core.access.scope import scoped_to, unscoped
from tests.factories.children import ChildFileFactory, invented_id_number

from .conftest import HEADER, csv_bytes, problems

pytestmark = pytest.mark.django_db

BORN = date(2015, 4, 6)


def row(**cells):
    base = {
        "档案号": "", "所在村": "柳河镇 / 柳树沟村", "姓名": "张小明", "性别": "男",
        "出生日期": "2015-04-06", "公民身份号码": "", "就学情况": "小学",
        "父母双方同时外出": "是", "备注": "",
    }  # fmt: skip
    return [{**base, **cells}[name] for name in HEADER]


def test_new_row_is_stored_with_history(preview, clerk):
    content = csv_bytes([HEADER, row(公民身份号码=invented_id_number(BORN, 1))], "gb18030")

    batch = preview(content)
    assert (batch.new, batch.changed, batch.unchanged, batch.wrong) == (1, 0, 0, 0)
    with scoped_to(clerk):
        done = confirm_batch(batch=batch, actor=clerk)

    with unscoped("test"):
        child = ChildFile.objects.get()
        entry = child.history.get()
    assert child.full_name == "张小明"
    assert child.village.code == "990101001001"
    assert (entry.history_type, entry.source, entry.change_set) == ("+", "import", done.change_set)
    assert batch.number in entry.history_change_reason
    assert entry.history_user_id == clerk.pk


def test_preview_writes_nothing(preview):
    preview(csv_bytes([HEADER, row()]))

    with unscoped("test"):
        assert ChildFile.objects.count() == 0


def test_every_bad_cell_of_a_row_is_named_at_once(preview):
    bad = row(所在村="没有这个村", 性别="特高", 出生日期="2015年13月1日", 姓名="")

    batch = preview(csv_bytes([HEADER, bad]))

    assert problems(batch) == {
        2: [
            ("born_on", "date"),
            ("full_name", "required"),
            ("sex", "choice"),
            ("village", "territory_unknown"),
        ]
    }


def test_update_shows_old_and_new(preview, clerk, district):
    child = ChildFileFactory(village=district.village, full_name="李安", school_status="primary")

    batch = preview(
        csv_bytes([["档案号", "就学情况", "备注"], [child.file_number, "初中", "转学"]])
    )

    import json

    assert batch.changed == 1
    payload = json.loads(batch.rows.get().payload)
    assert payload["changes"] == {"school_status": ["primary", "junior"], "notes": [None, "转学"]}
