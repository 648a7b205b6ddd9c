"""What gunicorn is told besides its command line: no name of the program, no free log lines."""

import gc
from typing import Any


def spare_what_was_loaded() -> None:
    """Keep the collector of garbage from what stays for the life of the process.

    It is half a million objects; now and then a page waited 0.15 s while they were looked through.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def post_worker_init(worker: Any) -> None:
    """Spare what was loaded; leave the ``Server`` header out, which gunicorn has no setting for."""
    spare_what_was_loaded()
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
