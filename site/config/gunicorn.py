"""What gunicorn is told besides its command line: no name of the program, no free log lines."""

import gc
from typing import Any


def post_worker_init(worker: Any) -> None:
    """Leave the ``Server`` header out, and what was loaded to itself.

    gunicorn has no setting for the header.  Half a million objects stay for the life of the
    process; now and then a page waited 0.15 s while the collector looked through them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    from gunicorn.http.wsgi import Response  # app ready

    stock = Response.default_headers

    def without_server(self: Any) -> list[str]:
        return [line for line in stock(self) if not line.startswith("Server:")]

    Response.default_headers = without_server


# A request that broke a worker is named with its address, query included: clean those too.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "core.hardening.logs.LineFormatter"}},
    "filters": {"persons": {"()": "core.hardening.logs.PersonFilter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["persons"],
        }
    },
    "loggers": {
        "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}
