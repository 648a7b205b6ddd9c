"""Write the secrets of a new installation, each into a file only its owner can read.

    python3 tools/make_secrets.py tonghu.example [staff.tonghu.example]

Nothing that exists is written over.
"""

import base64
import json
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "secrets"


def key_ring() -> str:
    """Return a ring as ``manage.py make_keys`` writes it, before anything is installed."""

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return json.dumps(
        {
            "current": 1,
            "data": {"1": key()},
            "index": key(),
            "search": key(),
            "audit": {"1": key()},
        }
    )


def word() -> str:
    return secrets.token_urlsafe(48)


SECRETS: dict[str, Callable[[], str]] = {
    "secret_key": lambda: secrets.token_urlsafe(64),
    "keys.json": key_ring,
    "postgres_password": word,
    "owner_password": word,
    "database_password": word,
    "elastic_password": word,
    "search_password": word,
}


def write(path: Path, text: str, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        print(f"kept    {path.relative_to(ROOT)}")
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    print(f"written {path.relative_to(ROOT)}")


def main() -> None:
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    portal = sys.argv[1]
    staff = sys.argv[2] if len(sys.argv) == 3 else f"staff.{portal}"
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    for name, make in SECRETS.items():
        # Containers read them under accounts of their own; the folder keeps people out.
        write(FOLDER / name, make(), 0o444)
    write(ROOT / ".env", f"PORTAL_HOST={portal}\nSTAFF_HOST={staff}\n", 0o600)
    print("Put the TLS certificate and its key into secrets/site.crt and secrets/site.key.")


if __name__ == "__main__":
    main()
