"""People and small files for the tests of sheets."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from caseadmin.children.ledgers import ChildFileLedger
from caseadmin.ledgers.importing.models import ImportBatch, ImportRow
from caseadmin.ledgers.importing.services import map_columns, open_batch
from core.access.scope import scoped_to
from tests.factories.core import UserFactory

HEADER = [
    "档案号",
    "所在村",
    "姓名",
    "性别",
    "出生日期",
    "公民身份号码",
    "就学情况",
    "父母双方同时外出",
    "备注",
]


def csv_bytes(rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> bytes:
    """Write rows as a program would."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode(encoding)


@pytest.fixture
def clerk(district: Any) -> Any:
    """A clerk of the first town."""
    return UserFactory(role="town_clerk", serves=district.town)


@pytest.fixture
def preview(clerk: Any) -> Callable[..., ImportBatch]:
    """Upload a file as the clerk and take the columns as they were recognised."""

    def upload(content: bytes, *, user: Any = None, ledger: Any = ChildFileLedger, **kwargs: Any):
        user = user or clerk
        with scoped_to(user):
            batch = open_batch(ledger=ledger, content=content, actor=user)
            return map_columns(
                batch=batch,
                mapping={int(n): path for n, path in batch.mapping.items()},
                actor=user,
                **{
                    "mode": ImportBatch.Mode.VALID_ROWS,
                    "blanks": ImportBatch.Blanks.KEEP,
                    "reason": "",
                    **kwargs,
                },
            )

    return upload


def problems(batch: ImportBatch) -> dict[int, list[tuple[str, str]]]:
    """Return column and code of everything refused, by row number."""
    import json

    found = {}
    for row in ImportRow._base_manager.filter(batch=batch):
        payload = json.loads(row.payload)
        if payload.get("problems"):
            found[row.number] = sorted((p["path"], p["code"]) for p in payload["problems"])
    return found
