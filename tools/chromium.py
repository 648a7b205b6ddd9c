"""The Chromium of this machine, for tests and pictures; nothing is downloaded."""

import shutil

from local_server import is_root

# The first is the same engine without windows: it draws with a fifth less of the processor.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MISSING = "Chromium is not installed. On Debian: apt-get install chromium-headless-shell"


def find() -> str | None:
    """Return the path of the program, or None if this machine has none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def flags() -> list[str]:
    """Return what it is started with: it speaks to nobody but the loopback."""
    common = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        # Whoever is not on loopback is asked through a proxy that is not there. (Refusing such
        # requests one by one, by a route, would turn the browser's cache off.)
        "--proxy-server=http://127.0.0.1:9",
    ]
    # Chromium's sandbox refuses to work for root, who runs CI.
    return [*common, "--no-sandbox"] if is_root() else common
