"""Compile the message catalogues.

Done in Python, so that running Tonghu asks for no gettext programs. Fuzzy entries are left
out, as ``msgfmt`` leaves them out.
"""

import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[1]


def catalogues() -> list[Path]:
    """Return every source catalogue: ours, and the one that fills the packages' gaps."""
    return sorted((ROOT / "site").glob("locale*/*/LC_MESSAGES/*.po"))


def compile_catalogues() -> int:
    """Compile what is newer than its result; return how many were compiled."""
    compiled = 0
    for source in catalogues():
        result = source.with_suffix(".mo")
        if result.exists() and result.stat().st_mtime >= source.stat().st_mtime:
            continue
        polib.pofile(str(source)).save_as_mofile(str(result))
        compiled += 1
    return compiled


if __name__ == "__main__":
    print(f"{compile_catalogues()} catalogues compiled", file=sys.stderr)
