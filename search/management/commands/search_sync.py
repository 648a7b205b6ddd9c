"""Tell the search cluster what has changed."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from search.backends.base import EngineUnavailable
from search.conf import uses_cluster
from search.indexing import sync

PAUSE_SECONDS = 2


class Command(BaseCommand):
    help = "Tells the search cluster what has changed since the last time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--watch", action="store_true", help="Go on until stopped, every two seconds."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not uses_cluster():
            self.stdout.write(_("The database answers searches; there is nothing to tell."))
            return
        while True:
            try:
                told = sync()
            except EngineUnavailable as error:
                message = _("The cluster cannot be reached (%(reason)s); the changes wait.")
                if not options["watch"]:
                    raise CommandError(message % {"reason": error}) from error
                self.stderr.write(message % {"reason": error})
            else:
                if told or not options["watch"]:
                    self.stdout.write(_("%(count)d changes told.") % {"count": told})
            if not options["watch"]:
                return
            time.sleep(PAUSE_SECONDS)
