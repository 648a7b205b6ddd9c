"""What the repository may hold, and where."""

import re
import site as stdlib_site
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SITE_DIR = ROOT / "site"
IMPORTABLE = {"config", "core"}

# Hosts a file may name. Whoever adds one says here what it is for.
HOSTS = {
    "127.0.0.1",  # the demonstration
    "localhost",  # the same, by name
    "testserver",  # what the test client calls the site
    "docs.djangoproject.com",  # reference of the framework
    "docs.wagtail.org",  # reference of the page system
    "github.com",  # issues of packages that a workaround answers
    "code.djangoproject.com",  # the framework's tickets
    "www.w3.org",  # namespaces and standards
    "json.schemastore.org",  # schema names
    "schemas.openxmlformats.org",  # namespaces inside a sheet
    "purl.org",  # namespaces inside a sheet
    "ns.adobe.com",  # namespace of what a camera writes into a photograph
    "www.enable-javascript.com",  # part of a message of Wagtail's own
    "host",  # patterns of an address in a comment
    "somewhere",  # an address nobody has
    "database",  # service of compose.yaml
    "elasticsearch",  # service of compose.yaml
    "portal",  # service of compose.yaml
    "staff",  # service of compose.yaml
}
ADDRESS = re.compile(r"[a-z][a-z0-9+]*://(?:[^\s/@\"'<>]*@)?(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+)", re.I)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home|Users|opt)/[\w.-]+")
MARKER = re.compile(r"\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))")
BINARY = {".png", ".jpg", ".jpeg", ".webp", ".ico", ".woff2", ".xlsx", ".xls", ".pdf", ".docx"}
GENERATED = {"requirements.lock", "requirements-dev.lock"}


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("This copy has no version history to list files from.")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and path.suffix.lower() not in BINARY]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8", errors="replace")
        for path in tracked_files()
    }


def lines_matching(texts: dict[str, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in texts.items()
        if name != "tests/test_layout.py"
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_site_folder_is_a_container_not_a_package():
    assert not (SITE_DIR / "__init__.py").exists()
    assert not Path(stdlib_site.__file__ or "").is_relative_to(ROOT)


def test_only_listed_packages_sit_directly_under_site():
    packages = {path.parent.name for path in SITE_DIR.glob("*/__init__.py")}

    assert packages == IMPORTABLE
    assert not packages & sys.stdlib_module_names


def test_no_file_names_a_path_of_somebodys_machine(texts):
    assert lines_matching(texts, MACHINE_PATH) == []


def test_every_host_named_anywhere_is_a_known_one(texts):
    named = {
        (host.lower(), name)
        for name, text in texts.items()
        for host in ADDRESS.findall(text)
        if not host.lower().removesuffix(".").endswith((".example", ".invalid", ".test"))
    }

    assert sorted((host, name) for host, name in named if host not in HOSTS) == []


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_lock_files_pin_every_package_by_hash_and_name_no_source(name):
    text = (ROOT / name).read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text)

    assert "://" not in text
    assert re.findall(r"^\s*-{1,2}(?!-|hash=)[a-z-]+", text, re.MULTILINE) == []
    assert [block.split()[0] for block in blocks if "==" in block and "--hash" not in block] == []


def test_both_lock_files_agree_on_what_the_product_runs_with():
    def versions(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))

    product, development = versions("requirements.lock"), versions("requirements-dev.lock")

    assert {name: development.get(name) for name in product} == product


def test_nothing_is_left_to_do_without_an_issue(texts):
    assert lines_matching(texts, MARKER) == []


def test_no_compiled_catalogue_or_secret_is_tracked(texts):
    assert [name for name in texts if name.endswith((".mo", ".key", ".pem", ".sqlite3"))] == []


ENVIRONMENT_CALL = re.compile(
    r"\b(?:(?:env\.)?(?:text|boolean|integer|items|database)|environ\.get|environ\.setdefault)"
    r"\(\s*[\"']([A-Z][A-Z0-9_]+)[\"']"
)
TABLE_ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]+)` \|", re.MULTILINE)
# Set by the settings' own files for Django, not by a person.
NOT_A_SETTING = {"DJANGO_SETTINGS_MODULE", "TEST_POSTGRES_TEMPLATE", "TEST_POSTGRES_URL"}


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_readme_lists_every_variable_the_settings_read(readme):
    sources = (SITE_DIR / "config").rglob("*.py")
    read = {
        name.removesuffix("_FILE")
        for path in sources
        for name in ENVIRONMENT_CALL.findall(path.read_text("utf-8"))
    } - NOT_A_SETTING

    rows = TABLE_ROW.findall((ROOT / readme).read_text("utf-8"))

    assert sorted(rows) == sorted(read)
    assert read <= set(re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", env_example(), re.MULTILINE))


def env_example() -> str:
    return (ROOT / ".env.example").read_text("utf-8")
