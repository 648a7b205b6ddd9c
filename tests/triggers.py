"""Let a transactional test be cleaned up although the log of actions refuses to be emptied."""

from typing import Any

import pytest
from django.core.management.commands import flush
from django.db import connections

from core.audit import append_only
from tests.walled import owner_at_work


@pytest.fixture(scope="session", autouse=True)
def log_may_be_flushed() -> Any:
    """Lift the triggers for ``flush`` only, which Django runs between such tests."""
    stock = flush.Command.handle

    def handle(command: Any, **options: Any) -> Any:
        connection = connections[options["database"]]
        with owner_at_work(connection):
            append_only.remove(connection)
            try:
                return stock(command, **options)
            finally:
                append_only.install(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush.Command, "handle", handle)
        yield
