"""Build a search index anew."""

from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from search.backends.base import EngineUnavailable
from search.conf import uses_cluster
from search.indexing import rebuild_cluster, rebuild_database


class Command(BaseCommand):
    help = "Builds the search index anew from the tables; searches go on meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--engine",
            choices=["database", "elasticsearch"],
            help="Only this engine. Default: every engine that is in use.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = options["engine"]
        if chosen in (None, "database"):
            self._report("database", rebuild_database)
        if chosen == "elasticsearch" or (chosen is None and uses_cluster()):
            try:
                self._report("elasticsearch", rebuild_cluster)
            except EngineUnavailable as error:
                message = _("The cluster cannot be reached (%(reason)s); its old index stays.")
                raise CommandError(message % {"reason": error}) from error

    def _report(self, name: str, rebuild: Any) -> None:
        began = monotonic()
        count = rebuild()
        message = _("%(engine)s: %(count)d documents in %(seconds).1f seconds.")
        values = {"engine": name, "count": count, "seconds": monotonic() - began}
        self.stdout.write(message % values)
