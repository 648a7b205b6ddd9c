"""Run every script of ``benchmarks/``; each prints its own figures.

Arguments are beginnings of names: ``python tools/run_benchmarks.py search`` runs one.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run them one after the other, since two would spoil each other's times."""
    failed = []
    for script in sorted((ROOT / "benchmarks").glob("[!_]*.py")):
        if sys.argv[1:] and not script.stem.startswith(tuple(sys.argv[1:])):
            continue
        print(f"\n=== {script.stem} ===", flush=True)
        if subprocess.run([sys.executable, script], cwd=ROOT).returncode:
            failed.append(script.stem)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
