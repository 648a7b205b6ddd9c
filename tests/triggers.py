"""Let a transactional test be cleaned up, and leave the database as the migrations made it.

The log of actions refuses to be emptied, and Django's ``flush`` would also empty what the
migrations wrote: the root page, the site, the roles.  The tests that come after need those.
"""

import json
from typing import Any

import pytest
from django.core.management.commands import flush
from django.db import connection, connections

from core.audit import append_only
from tests.walled import owner_at_work


@pytest.fixture(scope="session")
def as_migrated(django_db_setup: Any, django_db_blocker: Any) -> str:
    """Return the rows the migrations wrote, as Django serialises them.

    Kinds of records come first: whoever listens to the saving of the others asks for them, and
    Django makes those anew that it does not find.
    """
    with django_db_blocker.unblock():
        rows = json.loads(connection.creation.serialize_db_to_string())
    return json.dumps(sorted(rows, key=lambda row: row["model"] != "contenttypes.contenttype"))


@pytest.fixture(scope="session")
def flush_restores(as_migrated: str) -> Any:
    """Lift the triggers for ``flush`` only, which Django runs between such tests."""
    stock = flush.Command.handle

    def handle(command: Any, **options: Any) -> Any:
        connection = connections[options["database"]]
        with owner_at_work(connection):
            append_only.remove(connection)
            try:
                # What follows a migration would write the same rows under other keys, and
                # numbers that start anew would meet the rows put back.
                kept = {"inhibit_post_migrate": True, "reset_sequences": False}
                done = stock(command, **options | kept)
                connection.creation.deserialize_db_from_string(as_migrated)
            finally:
                append_only.install(connection)
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush.Command, "handle", handle)
        yield


@pytest.fixture(autouse=True)
def whole_after_emptying(request: pytest.FixtureRequest) -> None:
    """Take the picture before the first test that empties the tables."""
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        request.getfixturevalue("flush_restores")
