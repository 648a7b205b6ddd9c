"""An administrator, and definitions for the ledger of tool loans."""

import pytest

from caseadmin.ledgers.runtime.services import current_version, save_version
from tests.factories.core import UserFactory

SLUG = "tool-loans"


def field(key, kind="text", label="", **kwargs):
    return {
        "key": key,
        "kind": kind,
        "label": {"zh": label or key, "en": key.title()},
        "section": "more",
        "state": "active",
        "sensitivity": 2,
        **kwargs,
    }


def option(code, label):
    return {"code": code, "label": {"zh": label, "en": code.title()}}


def document(*fields, rules=(), ledger=None):
    return {
        "sections": [{"key": "more", "title": {"zh": "补充信息", "en": "More"}}],
        "fields": list(fields),
        "rules": [
            {"key": f"r{i}", "rule": rule, "message": {"zh": message, "en": ""}}
            for i, (rule, message) in enumerate(rules, 1)
        ],
        "ledger": ledger,
    }


def define(admin, *fields, slug=SLUG, rules=(), ledger=None):
    held = current_version(slug)
    return save_version(
        slug=slug,
        content=document(*fields, rules=rules, ledger=ledger),
        actor=admin,
        base=held.number if held else 0,
    )


EXAMPLES = (
    field("height", "integer", "身高", minimum=40, maximum=220, listed=True, filterable=True),
    field("deposit", "decimal", "押金", filterable=True),
    field(
        "colour",
        "choice",
        "颜色",
        options=[option("red", "红色"), option("blue", "蓝色")],
        filterable=True,
        listed=True,
    ),
    field(
        "extras",
        "choices",
        "配件",
        options=[option("bag", "袋子"), option("oil", "机油")],
        filterable=True,
    ),
    field("due_on", "date", "应还日期", filterable=True),
    field("insured", "yes_no", "已投保", filterable=True),
    field("remark", "long", "补充说明", searchable=True),
    field("guarantor", "name", "担保人", sensitivity=3, searchable=True),
    field("guarantor_phone", "phone", "担保人电话", sensitivity=3),
)


@pytest.fixture
def admin(db):
    return UserFactory(role="system_admin", name="管理员")


@pytest.fixture
def defined(admin):
    return define(admin, *EXAMPLES)
