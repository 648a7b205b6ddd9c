"""The wheel, built once, and a plain site that has it on its path."""

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLAIN_SITE = Path(__file__).parent / "plainsite"
PARTS = ("setup.py", "pyproject.toml", "README.md", "site", "search", "caseadmin", "publicity")
SKIPPED = shutil.ignore_patterns("__pycache__", "*.mo")


@dataclass(frozen=True)
class Site:
    """A site made by ``wagtail start``, and the folder the plugin was installed into."""

    folder: Path
    library: Path

    def run(self, *arguments: str, settings: str = "mysite.settings.plugin", check: bool = True):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(self.library),
                "DJANGO_SETTINGS_MODULE": settings,
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            check=check,
        )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    """Build from a copy, so that nothing is left in the tree."""
    source = tmp_path_factory.mktemp("source")
    for name in (*PARTS, "tools", "fixtures"):
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=SKIPPED)
        else:
            shutil.copy(path, source / name)
    target = tmp_path_factory.mktemp("wheel")
    offline = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", target, source],
        check=True,
        capture_output=True,
    )
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def plain_site(wheel, tmp_path_factory) -> Site:
    """``wagtail start``, the plugin installed beside it, one app with one ledger."""
    library, folder = tmp_path_factory.mktemp("library"), tmp_path_factory.mktemp("site")
    offline = ["--quiet", "--no-deps", "--no-index", "--no-compile", "--target", library]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *offline, wheel], check=True, capture_output=True
    )
    site = Site(folder, library)
    site.run("-c", "from wagtail.bin.wagtail import main; main()", "start", "mysite", str(folder))
    shutil.copytree(PLAIN_SITE / "loans", folder / "loans", ignore=SKIPPED)
    for package in ("loans", "loans/migrations"):
        (folder / package).mkdir(exist_ok=True)
        (folder / package / "__init__.py").touch()
    shutil.copy(PLAIN_SITE / "probe.py", folder)
    shutil.copy(PLAIN_SITE / "settings.py", folder / "mysite" / "settings" / "plugin.py")
    keys = site.run("-c", "from tonghu.core.crypto.keys import new_ring_json as n; print(n())")
    (folder / "keys.json").write_text(keys.stdout)
    return site


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())
