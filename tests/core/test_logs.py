"""No person and no forged line in the log, whatever is thrown at it."""

import io
import json
import logging

import pytest

from core.hardening.logs import LineFormatter, PersonFilter, without_persons

CANARIES = ["990101201501010011", "99010120150101001X", "19900000001", "王小明", "柳树沟村三组8号"]
CONTROLS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1b[2J", "\x00", "\x85", "\u2028", "\u2029"]
FORGERIES = [
    '{"at": "2026-01-01", "level": "INFO", "message": "forged"}',
    "2026-01-01 00:00:00 INFO tonghu forged",
    '"}\n{"level": "INFO"',
    "\\n{}",
    "%0a{}",
]
INJECTIONS = [f"word{control}{forgery}" for control in CONTROLS for forgery in FORGERIES]


@pytest.fixture
def log():
    """A logger wired as the settings wire the root, writing into memory."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    handler.addFilter(PersonFilter())
    logger = logging.getLogger("tests.log")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, stream
    logger.removeHandler(handler)
    logger.propagate = True


def test_an_attack_on_the_log_gives_one_line_each(log):
    logger, stream = log

    for payload in INJECTIONS:
        logger.warning("sign-in failed for %s", payload)
        logger.warning(payload)

    lines = stream.getvalue().splitlines()
    assert (len(INJECTIONS), len(lines)) == (50, 100)
    assert {json.loads(line)["logger"] for line in lines} == {"tests.log"}
    assert stream.getvalue().isascii()
    assert stream.getvalue().count("\n") == 100


def ways_to_log(logger, canary):
    """Say the same word in every way a program does."""

    class Row:
        def __repr__(self):
            return f"<Row {canary}>"

    logger.warning("message %s", canary)
    logger.warning(canary)
    logger.warning("list %s", [canary, {"name": canary}])
    logger.warning("repr %r", Row())
    logger.warning("wrong number of arguments %s %s", canary)
    logger.warning("Not Found: /search/?q=%s&page=2", canary)
    logger.warning("DETAIL:  Key (name)=(%s) already exists.", canary)
    logger.warning("escaped %s", json.dumps(canary))
    try:
        try:
            raise ValueError(canary)
        except ValueError as inner:
            raise KeyError(f"no row for {canary}") from inner
    except KeyError:
        logger.exception("failed for %s", canary)
    logger.warning("with stack %s", canary, stack_info=True)
    logger.warning("with request", extra={"request": Row(), "status_code": 404})


@pytest.mark.parametrize("canary", CANARIES)
def test_no_way_of_logging_shows_a_person(log, canary):
    logger, stream = log

    ways_to_log(logger, canary)

    written = stream.getvalue()
    readable = " ".join(
        str(value) for line in written.splitlines() for value in json.loads(line).values()
    )
    assert len(written.splitlines()) == 11
    assert (canary in written, canary in readable, canary[:6] in readable) == (False, False, False)


@pytest.mark.parametrize(
    "text",
    [
        "Not Found: /admin/child-files/0b7ad2cd-9e2f-4f0c-8d3e-0d7a1d3a2b11/",
        "import 20260101-0003: 19800 rows in 12 s",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "unscoped: nightly retention",
        "listening on 127.0.0.1:8000, pid 12345",
    ],
)
def test_what_names_nobody_stays_readable(text):
    assert without_persons(text) == text


def test_the_settings_put_the_filter_on_every_handler(settings):
    handlers = settings.LOGGING["handlers"].values()

    assert all(handler["filters"] == ["persons"] for handler in handlers)
    assert settings.LOGGING["loggers"]["django"]["handlers"] == []
