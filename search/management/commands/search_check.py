"""Compare the search index with the tables, and the engines with each other."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.access.scope import unscoped
from core.jobs.outbox import pending
from search.backends.base import EngineUnavailable
from search.backends.elasticsearch9 import ElasticsearchEngine
from search.conf import uses_cluster
from search.indexing import (
    TOPIC,
    current_rows,
    differences_from_cluster,
    version,
)
from search.models import IndexState, SearchEntry
from search.registry import Searchable, searchables

BATCH = 500
CLUSTER_MESSAGES = {
    "missing": gettext_lazy("elasticsearch: %(count)d documents are missing."),
    "left over": gettext_lazy("elasticsearch: %(count)d documents are left over."),
    "out of date": gettext_lazy("elasticsearch: %(count)d documents are out of date."),
}


class Command(BaseCommand):
    help = "Checks that every index holds what the tables hold; exits with 1 where it does not."

    @unscoped("search check")
    def handle(self, *args: Any, **options: Any) -> None:
        faults = self._check_versions() + self._check_database()
        if uses_cluster():
            faults += self._check_cluster()
        if faults:
            raise CommandError(
                _("%(count)d differences found. Run search_rebuild.") % {"count": faults}
            )
        self.stdout.write(_("All indexes agree with the tables."))

    def _check_versions(self) -> int:
        state = IndexState.objects.filter(engine="database").first()
        if state is None:
            self.stdout.write(_("database: never rebuilt by command."))
            return 0
        if state.version == version():
            return 0
        self.stdout.write(_("database: built with another form or key of tokens."))
        return 1

    def _check_database(self) -> int:
        faults = 0
        for one in searchables():
            wrong = self._wrong(one)
            faults += wrong
            values = {
                "kind": one.kind,
                "count": SearchEntry.objects.filter(kind=one.kind).count(),
                "wrong": wrong,
            }
            self.stdout.write(_("database: %(kind)s: %(count)d entries, %(wrong)d wrong.") % values)
        return faults

    def _wrong(self, one: Searchable) -> int:
        entries = SearchEntry.objects.filter(kind=one.kind)
        here = dict(entries.values_list("object_id", "fingerprint"))
        pks = list(one.model._base_manager.order_by("pk").values_list("pk", flat=True))
        wrong = 0
        for start in range(0, len(pks), BATCH):
            rows, _gone = current_rows(one, pks[start : start + BATCH])
            for row in rows:
                wrong += here.pop(row.object_id, "") != row.fingerprint
        return wrong + len(here)

    def _check_cluster(self) -> int:
        waiting = pending(TOPIC)
        self.stdout.write(_("elasticsearch: %(count)d changes wait.") % {"count": waiting})
        try:
            built_with = ElasticsearchEngine().version(confidential=True)
            counts = differences_from_cluster()
        except EngineUnavailable as error:
            self.stdout.write(
                _("elasticsearch: cannot be reached (%(reason)s).") % {"reason": error}
            )
            return 1
        faults = int(built_with != version())
        for what, count in counts.items():
            self.stdout.write(CLUSTER_MESSAGES[what] % {"count": count})
            faults += count
        return faults
