"""Make the virtual environment and install a lock file into it, hashes checked.

Runs on the system's own Python, before anything is installed:

    python3 tools/environment.py requirements.lock
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(os.environ.get("VENV", ROOT / ".venv"))
PYTHON = FOLDER / "bin" / "python"
OLDEST = (3, 11)


def newest_python() -> str:
    """Return an interpreter that is new enough, or stop with what to install."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(14, OLDEST[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            return found
    sys.exit("Tonghu needs Python 3.11 or newer. On Debian 12: apt-get install python3")


def make_environment() -> None:
    """Create the environment; Debian keeps the part that brings pip in a package of its own."""
    if PYTHON.exists():
        asked = subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True)
        if asked.returncode == 0:
            return
    python = newest_python()
    if importlib.util.find_spec("ensurepip") is None:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            sys.exit(
                "Python's venv module is not complete here. Install it once, then try again:\n"
                "    sudo apt-get update && sudo apt-get install -y python3-venv"
            )
        print("Installing Debian's python3-venv, which a virtual environment needs …", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=True, stdin=subprocess.DEVNULL)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "python3-venv"],
            check=True,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        )
    subprocess.run([python, "-m", "venv", "--clear", FOLDER], check=True)


def install(lock: Path) -> None:
    """Install ``lock`` unless this environment already has it."""
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    mark = FOLDER / f"installed-{lock.stem}.sha256"
    if mark.exists() and mark.read_text() == wanted:
        return
    print(f"Installing {lock.name} …", flush=True)
    subprocess.run(
        [
            *(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-input", "--no-deps", "--require-hashes", "--requirement", lock),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    mark.write_text(wanted)


if __name__ == "__main__":
    make_environment()
    for name in sys.argv[1:]:
        install(ROOT / name)
