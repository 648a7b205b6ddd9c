"""Write both lock files: exact versions, hashes, no addresses.

Runs on the oldest Python we promise, Debian 12's own 3.11.2: a newer one would lock versions
which that one refuses.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMON = [
    *(sys.executable, "-m", "piptools", "compile", "--quiet", "--generate-hashes"),
    *("--allow-unsafe", "--strip-extras", "--no-emit-options", "--no-emit-index-url"),
    *("--no-emit-find-links", "--no-emit-trusted-host"),
]


def compile_lock(*options: str) -> None:
    subprocess.run(
        [*COMMON, *options, "pyproject.toml"],
        cwd=ROOT,
        check=True,
        env=os.environ | {"CUSTOM_COMPILE_COMMAND": "make lock"},
    )


if __name__ == "__main__":
    if sys.version_info[:3] != (3, 11, 2):
        sys.exit("Lock with Debian 12's own Python: make lock PYTHON=/usr/bin/python3 VENV=other")
    compile_lock("--output-file", "requirements.lock", *sys.argv[1:])
    compile_lock(
        *("--extra", "test", "--extra", "dev", "--constraint", "requirements.lock"),
        *("--output-file", "requirements-dev.lock", *sys.argv[1:]),
    )
