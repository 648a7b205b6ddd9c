"""Run every check that needs no test database, cheapest first; name all that failed."""

import base64
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


# Values a production start accepts; they protect nothing.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "check-only-0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ALLOWED_HOSTS": "tonghu.example",
    "BASE_URL": "https://tonghu.example",
    "DATABASE_URL": "sqlite:///var/check-only.sqlite3",
    "CLAMAV_SOCKET": "/run/clamav/clamd.ctl",
    "TONGHU_KEYS": json.dumps(
        {
            "current": 1,
            "data": {"1": key()},
            "index": key(),
            "search": key(),
            "audit": {"1": key()},
        }
    ),
}
TEST = {"DJANGO_SETTINGS_MODULE": "config.settings.test"}

CHECKS: list[tuple[str, list[str], dict[str, str]]] = [
    ("format", [str(BIN / "ruff"), "format", "--check", "."], {}),
    ("lint", [str(BIN / "ruff"), "check", "."], {}),
    ("import contracts", [str(BIN / "lint-imports"), "--no-cache"], {"PYTHONPATH": ".:site"}),
    ("system checks", [*MANAGE, "check", "--fail-level", "WARNING"], TEST),
    (
        "production settings",
        [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
        PRODUCTION,
    ),
    (
        "production settings of the public site",
        [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
        PRODUCTION | {"STAFF_SITE": "0"},
    ),
    ("migrations", [*MANAGE, "makemigrations", "--check", "--dry-run"], TEST),
    ("translations", [sys.executable, "tools/check_messages.py"], {}),
    ("translations of packages", [sys.executable, "tools/vendor_gaps.py"], {}),
    ("types", [str(BIN / "mypy")], {}),
]


def main() -> int:
    """Run the checks, or those whose names begin with an argument."""
    failed = []
    for name, command, environment in CHECKS:
        if sys.argv[1:] and not any(name.startswith(word) for word in sys.argv[1:]):
            continue
        started = time.monotonic()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        verdict = "failed" if done.returncode else "ok"
        print(f"{name:<40} {verdict:<7} {time.monotonic() - started:5.1f} s", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout, flush=True)
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
