"""Upload every file of the corpus, hostile and good, and count what is kept.

    .venv/bin/python benchmarks/upload_corpus.py

Each file goes through the gate as an upload does, each in a child process of its own. Then the
bombs, one by one, with the time and the largest resident memory of the child. Then 30
photographs with position, camera and owner: what is left of that in the originals as they
are kept and in Wagtail's renditions of public images.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "site")]

SECONDS, MEGABYTES = 1.0, 200


def set_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["DATABASE_URL"] = "sqlite:///:memory:"
    import logging

    import django
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.ERROR)
    call_command("migrate", verbosity=0)


def walk_corpus() -> dict[str, Any]:
    from core.attachments.gate import look_into
    from core.attachments.reasons import UploadRefused
    from tests.corpus.build import corpus

    samples = corpus()
    kept, refused = [], []
    for sample in samples:
        try:
            look_into(sample.name, sample.content)
        except UploadRefused as reason:
            if not sample.hostile:
                refused.append(f"{sample.what} ({reason.code})")
        else:
            if sample.hostile:
                kept.append(sample.what)
    hostile = sum(sample.hostile for sample in samples)
    return {
        "files": len(samples),
        "hostile": hostile,
        "hostile kept": len(kept),
        "good": len(samples) - hostile,
        "good refused": len(refused),
        "which": [*kept, *refused],
    }


MEASURE = """
import json, os, subprocess, sys, time
program, kind, path = sys.argv[1:]
began = time.monotonic()
with open(path, "rb") as file:
    child = subprocess.Popen(
        [sys.executable, "-I", program, kind], stdin=file, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env={"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
    )
    answer = child.stdout.read().partition(b"\\n")[0].decode()
    _pid, status, usage = os.wait4(child.pid, 0)
print(json.dumps([answer, time.monotonic() - began, usage.ru_maxrss / 1024, status]))
"""


def set_off_bombs() -> list[tuple[str, str, float, float]]:
    """Return for each bomb what is said to it, and what the child took to say it.

    The memory of a child counts from the process that started it, so a small one does.
    """
    from core.attachments.gate import CHILD, _claimed_kind
    from tests.corpus.build import bombs

    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for bomb in bombs():
            path = Path(folder) / "bomb"
            path.write_bytes(bomb.content)
            kind = _claimed_kind(bomb.content, bomb.name.rpartition(".")[2])
            told = subprocess.run(
                [sys.executable, "-c", MEASURE, str(CHILD), kind, str(path)],
                capture_output=True,
                check=True,
                timeout=60,
            )
            answer, seconds, megabytes, status = json.loads(told.stdout)
            said = json.loads(answer).get("refused", "KEPT") if answer else f"died ({status})"
            figures.append((bomb.what, said, seconds, megabytes))
    return figures


def strip_photos() -> dict[str, int]:
    from django.core.files.base import ContentFile
    from wagtail.images.models import Image

    from core.attachments.gate import look_into
    from tests.corpus.photos import photos, traces

    counts = {
        "photographs": 0,
        "with traces before": 0,
        "originals": 0,
        "renditions": 0,
        "traces": 0,
    }
    for name, content, _orientation in photos(30):
        counts["photographs"] += 1
        counts["with traces before"] += bool(traces(content))
        counts["originals"] += 1
        counts["traces"] += len(traces(look_into(name, content).content))
        image = Image(title="x", file=ContentFile(content, name=name))
        image.save()
        with image.file.open("rb") as file:
            counts["originals"] += 1
            counts["traces"] += len(traces(file.read()))
        for spec in ("width-40", "original", "fill-32x32|format-jpeg", "max-50x50|format-webp"):
            with image.get_rendition(spec).file.open("rb") as file:
                counts["renditions"] += 1
                counts["traces"] += len(traces(file.read()))
    return counts


def tell_bombs() -> bool:
    """Print the figures of the bombs; return whether one went off."""
    failed = False
    for what, said, seconds, megabytes in set_off_bombs():
        print(f"{what:<40} {seconds:5.2f} s  {megabytes:4.0f} MB  {said}")
        failed = failed or said == "KEPT" or seconds >= SECONDS or megabytes >= MEGABYTES
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--bombs", action="store_true", help="only the bombs")
    options = parser.parse_args()
    set_up()
    if options.bombs:
        return int(tell_bombs())
    began = time.monotonic()
    figures = walk_corpus()
    for name, value in figures.items():
        print(f"{name:<22} {value}")
    print(f"{'seconds':<22} {time.monotonic() - began:.0f}\n")
    failed = figures["hostile kept"] or figures["good refused"] * 100 > figures["good"]
    failed = tell_bombs() or failed
    print()
    counts = strip_photos()
    for name, number in counts.items():
        print(f"{name:<22} {number}")
    return int(bool(failed or counts["traces"]))


if __name__ == "__main__":
    sys.exit(main())
