"""Check that the Chinese catalogues are complete.

Every message of the sources stands in ``site/locale``; none is empty or fuzzy; a translation
has the placeholders of its message, and no other. Extraction needs gettext's ``xgettext``:
without it that part is left out on a developer's machine and is a failure in CI.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polib
from compile_messages import ROOT, catalogues

SOURCES = ("site", "search", "publicity", "caseadmin")
OURS = Path("site/locale/zh_Hans/LC_MESSAGES")
DOMAINS = ("django", "djangojs")
PLACEHOLDER = re.compile(r"%\(\w+\)[#0 +-]*\d*(?:\.\d+)?[a-zA-Z]|%[sdr]|\{\w*\}")


def problems_of(path: Path) -> Iterator[str]:
    """Yield what is wrong with one catalogue, a line each."""
    name = path.relative_to(ROOT)
    for entry in polib.pofile(str(path)):
        if entry.obsolete:
            yield f"{name}: no source uses {entry.msgid!r} any more"
            continue
        texts = list(entry.msgstr_plural.values()) or [entry.msgstr]
        if entry.fuzzy:
            yield f"{name}: fuzzy: {entry.msgid!r}"
        if not all(texts):
            yield f"{name}: empty: {entry.msgid!r}"
            continue
        one, many = (
            set(PLACEHOLDER.findall(words))
            for words in (entry.msgid, entry.msgid_plural or entry.msgid)
        )
        for text in texts:
            # Chinese has one form for both: that of the plural, or of a singular that counts too.
            if set(PLACEHOLDER.findall(text)) not in [many, one or many]:
                yield f"{name}: placeholders differ: {entry.msgid!r} -> {text!r}"


def extracted(domain: str) -> set[tuple[str, str]]:
    """Return the messages of the sources, extracted in a copy of them by Django's own command."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tonghu"
        for source in SOURCES:
            shutil.copytree(
                ROOT / source,
                copy / source,
                ignore=shutil.ignore_patterns("locale*", "__pycache__", "node_modules"),
            )
        shutil.copy(ROOT / "manage.py", copy)
        (copy / OURS).mkdir(parents=True)
        extract(copy, domain)
        result = copy / OURS / f"{domain}.po"
        if not result.exists():
            return set()
        return {(entry.msgctxt or "", entry.msgid) for entry in polib.pofile(str(result))}


def extract(tree: Path, domain: str) -> None:
    """Bring the catalogue of ``tree`` up to its sources."""
    subprocess.run(
        [
            *(sys.executable, "manage.py", "makemessages", "--locale", "zh_Hans"),
            *("--domain", domain, "--no-wrap", "--add-location", "file", "--no-obsolete"),
            *("--ignore", ".venv", "--ignore", "var", "--ignore", "tests", "--ignore", "vendor"),
        ],
        cwd=tree,
        check=True,
        stdout=subprocess.DEVNULL,
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "config.settings.dev", "TONGHU_VAR": str(tree / "var")},
    )


def out_of_date() -> Iterator[str]:
    """Yield the messages that the catalogue misses or has too many."""
    for domain in DOMAINS:
        path = ROOT / OURS / f"{domain}.po"
        entries = polib.pofile(str(path)) if path.exists() else []
        held = {(entry.msgctxt or "", entry.msgid) for entry in entries if not entry.obsolete}
        used = extracted(domain)
        for _context, message in sorted(used - held):
            yield f"{OURS / domain}.po: missing: {message!r}"
        for _context, message in sorted(held - used):
            yield f"{OURS / domain}.po: no source uses {message!r}"


def main() -> int:
    """Print every problem; the exit status says whether there is any."""
    if sys.argv[1:] == ["--update"]:
        for domain in DOMAINS:
            extract(ROOT, domain)
        return 0
    problems = [problem for path in catalogues() for problem in problems_of(path)]
    if shutil.which("xgettext"):
        problems += out_of_date()
    elif os.environ.get("CI"):
        problems.append("xgettext is missing: apt-get install gettext")
    else:
        print("gettext is not installed: new messages are not looked for", file=sys.stderr)
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems in {len(catalogues())} catalogues", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
