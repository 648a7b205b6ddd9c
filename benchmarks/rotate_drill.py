"""Kill the rotation of keys at random points, and see whether anything is lost.

    .venv/bin/python benchmarks/rotate_drill.py [--rows 100000] [--kills 10]

Half of the rows are relatives of invented children, half their history, four encrypted
values each and two blind indexes. ``rotate_keys`` runs as a process of its own and is
killed (SIGKILL) that many times, each time after a random number of values; between the
kills this process goes on saving rows like a clerk would. At the end every value is
opened and compared with what was written.

``DATABASE_URL`` names an empty database; without it a SQLite file is made and deleted.
"""

import argparse
import base64
import hashlib
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "site")]

VALUES = ("full_name", "phone", "id_number", "employer")
ROWS_PER_FILE = 500


def set_up(folder: Path) -> None:
    """Point this process and its children at the database and at a fresh key ring."""
    os.environ.pop("TEST_POSTGRES_URL", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/drill.sqlite3")

    def fresh() -> str:
        return base64.b64encode(os.urandom(32)).decode()

    ring = {"current": 1, "data": {"1": fresh()}, "index": fresh(), "search": fresh()}
    ring |= {"audit": {"1": fresh()}}
    keys = folder / "keys.json"
    keys.write_text(json.dumps(ring))
    os.environ.pop("TONGHU_KEYS", None)
    os.environ["TONGHU_KEYS_FILE"] = str(keys)
    # The settings of the tests bring a ring of their own unless one is named here.
    os.environ["TONGHU_KEYS"] = "read from the file"
    import django
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.ERROR)
    call_command("migrate", verbosity=0)


def build(rows: int) -> None:
    """Write ``rows`` rows, half of them history."""
    from caseadmin.children.enums import KinRelation
    from caseadmin.children.models import Kin
    from core.access.scope import unscoped
    from core.accounts.selectors import system_account
    from core.history.bulk import create_with_history
    from core.history.context import change_set
    from tests.factories.children import ChildFileFactory

    wanted = rows // 2
    while wanted > 0:
        child = ChildFileFactory()
        some = min(ROWS_PER_FILE, wanted)
        kin = [
            Kin(
                child_file=child,
                relation=KinRelation.OTHER,
                full_name=f"虚构亲属{wanted - number}",
                phone=f"1990000{(wanted - number) % 10000:04d}",
                id_number=f"990101{wanted - number:012d}",
                employer=f"示例厂{number}",
            )
            for number in range(some)
        ]
        with unscoped("drill"), change_set(actor=system_account(), source="command"):
            create_with_history(kin)
        wanted -= some


def digest(values: list[str]) -> str:
    return hashlib.sha256("\0".join(values).encode()).hexdigest()


def digest_of_everything() -> tuple[dict[Any, str], int]:
    """Return for each row a digest of what opens, and how many values do not open."""
    from caseadmin.children.models import Kin
    from core.access.scope import unscoped
    from core.crypto.seal import CannotOpen

    found: dict[Any, str] = {}
    unreadable = 0
    with unscoped("drill"):
        for model in (Kin, Kin.history.model):
            for row in model._base_manager.iterator(chunk_size=2000):
                values = []
                for name in VALUES:
                    try:
                        values.append(getattr(row, name))
                    except CannotOpen:
                        unreadable += 1
                found[model.__name__, row.pk] = hashlib.sha256(
                    "\0".join(values).encode()
                ).hexdigest()
    return found, unreadable


def save_somebody(chance: random.Random, keys: list[Any], known: dict[Any, str]) -> None:
    """Save a row as a clerk would, and note what is in it now."""
    from caseadmin.children.models import Kin
    from core.access.scope import unscoped
    from core.accounts.selectors import system_account
    from core.history.context import change_set

    with unscoped("drill"), change_set(actor=system_account(), source="command"):
        row = Kin._base_manager.get(pk=chance.choice(keys))
        row.employer = f"改过的厂{chance.random()}"
        row.save()
        latest = row.history.first()
    known["Kin", row.pk] = digest([getattr(row, name) for name in VALUES])
    known[type(latest).__name__, latest.pk] = known["Kin", row.pk]


def values_moved() -> int:
    from core.crypto.rotation import ROTATE
    from core.jobs.models import Job

    return sum(Job.objects.filter(kind=ROTATE).values_list("done", flat=True))


def start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "rotate_keys"],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def drill(rows: int, kills: int, seed: int, folder: Path) -> dict[str, Any]:
    """Run it and return the figures."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test.utils import override_settings

    from caseadmin.children.models import Kin
    from core.crypto.rotation import left

    chance = random.Random(seed)
    began = time.monotonic()
    build(rows)
    known, _ = digest_of_everything()
    built = time.monotonic() - began
    with open(os.devnull, "w") as nowhere:
        call_command("make_keys", folder / "keys.json", add=True, stdout=nowhere)
    figures: dict[str, Any] = {"database": settings.DATABASES["default"]["ENGINE"].split(".")[-1]}
    with override_settings(TONGHU_KEYS=(folder / "keys.json").read_text()):
        waiting = sum(left().values())
        keys = list(Kin._base_manager.values_list("pk", flat=True))
        points = sorted(chance.sample(range(waiting // 50, waiting * 9 // 10), kills))
        saves = landed = 0
        began = time.monotonic()
        for point in points:
            process = start()
            while process.poll() is None and values_moved() < point:
                save_somebody(chance, keys, known)
                saves += 1
            time.sleep(chance.random() * 0.05)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            landed += process.wait() == -signal.SIGKILL
            if process.stderr:
                process.stderr.close()
        last = start()
        _, errors = last.communicate()
        rotated = time.monotonic() - began
        after, unreadable = digest_of_everything()
        figures |= {
            "rows": len(after),
            "values": waiting,
            "kills": landed,
            "saves meanwhile": saves,
            "exit code": last.returncode,
            "unreadable": unreadable,
            "changed or lost": sum(after.get(key) != value for key, value in known.items())
            + len(after)
            - len(known),
            "left on the old key": sum(left().values()),
            "seconds to build": round(built, 1),
            "seconds to rotate, starts and kills included": round(rotated, 1),
        }
        if last.returncode:
            figures["errors"] = errors.decode()[-2000:]
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(Path(folder))
        figures = drill(options.rows, options.kills, options.seed, Path(folder))
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<46} {value}")
    bad = ("unreadable", "changed or lost", "left on the old key", "exit code")
    return int(any(figures[name] for name in bad))


if __name__ == "__main__":
    sys.exit(main())
