"""How the wheel is made: the rooms move under one package, ``tonghu``, with all their data.

In the repository the rooms are called ``core``, ``search``, ``caseadmin`` and ``publicity``,
and the settings name them so.  A site that installs the plugin has names of its own:
``wagtail start`` alone gives it a package called ``search``.  So the wheel holds
``tonghu.core``, ``tonghu.search``, ``tonghu.caseadmin`` and ``tonghu.publicity``; the imports
in the files follow.  ``config``, the settings of the product itself, is never shipped.

Folders under ``site/`` that belong to no package go where Django looks for them: catalogues,
templates, static files and fixtures become those of the app that uses them.
"""

import io
import re
import shutil
import tokenize
from collections.abc import Iterator
from pathlib import Path

import polib
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parents[1]
NAME = "tonghu"
ROOMS = {
    "core": "site/core",
    "search": "search",
    "caseadmin": "caseadmin",
    "publicity": "publicity",
}

# From a folder of the repository to its place in the wheel.  Django reads at most one
# ``locale`` folder of each app; the second catalogue fills gaps of Wagtail's own.
PLACED = {
    "site/locale": "core/access/locale",
    "site/locale_vendor": "core/territories/locale",
    "site/static/ledgers": "caseadmin/ledgers/static/ledgers",
    "site/static/desk": "caseadmin/desk/static/desk",
    "site/static/portal": "publicity/home/static/portal",
    "site/templates/wagtailadmin": "caseadmin/desk/templates/wagtailadmin",
    "site/templates": "publicity/home/templates",
    "fixtures/demo": "caseadmin/desk/fixtures/demo",
    "fixtures/roles.json": "core/accounts/fixtures/roles.json",
    "fixtures/territories.json": "core/territories/fixtures/territories.json",
}

INIT = '"""Tonghu 童护: a ledger engine and the care of left-behind children, for Wagtail."""\n'
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")


def packages() -> dict[str, str]:
    """Return every package of the wheel, with the folder it is made from."""
    found = {NAME: "tools"}
    for room, folder in ROOMS.items():
        for init in sorted((ROOT / folder).rglob("__init__.py")):
            inner = init.parent.relative_to(ROOT / folder)
            name = ".".join([NAME, room, *inner.parts])
            found[name] = init.parent.relative_to(ROOT).as_posix()
    return found


def is_ours(dotted: str) -> bool:
    """Return whether a dotted name leads to a room, a package or a module in one."""
    room, *rest = dotted.split(".")
    if room not in ROOMS:
        return False
    return not rest or _exists(ROOT / ROOMS[room], rest[0])


def _exists(folder: Path, name: str) -> bool:
    return (folder / name / "__init__.py").is_file() or (folder / f"{name}.py").is_file()


PLAIN_STRING = re.compile(r"""^(["'])([a-z_]+(?:\.[A-Za-z_0-9]+)+)\1$""")
TAIL = {tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER}


def relocated(source: str) -> str:
    """Return the text of a module with every name of a room moved under ``tonghu``.

    Three places name a room: import statements; attributes of a room imported by its
    dotted name, as migrations do; and strings that are nothing but a dotted name, such as
    an app's.  All else, a variable called ``search`` for one, stays as it is.
    """
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    imported: set[str] = set()
    at: list[tuple[int, int]] = []
    for index, token in enumerate(tokens):
        if token.type == tokenize.STRING:
            plain = PLAIN_STRING.match(token.string)
            if plain and is_ours(plain.group(2)):
                at.append((token.start[0], token.start[1] + 1))
        elif token.type == tokenize.NAME and token.string in ROOMS:
            before = tokens[index - 1].string if index else ""
            after = tokens[index + 1].string
            if before in ("from", "import") and _begins_statement(tokens, index - 1):
                at.append(token.start)
                if before == "import" and after == ".":
                    imported.add(token.string)
            elif before != "." and after == "." and token.string in imported:
                at.append(token.start)
    lines = source.splitlines(keepends=True)
    for row, column in sorted(at, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = f"{line[:column]}{NAME}.{line[column:]}"
    return "".join(lines)


def _begins_statement(tokens: list[tokenize.TokenInfo], index: int) -> bool:
    """Return whether a token is the first of its statement (``raise … from`` is none)."""
    previous = tokens[max(index - 1, 0) : index]
    kinds = {*TAIL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING}
    return not previous or previous[0].type in kinds or previous[0].string in (":", ";")


def data_files() -> Iterator[tuple[Path, Path]]:
    """Yield each file that is no module: where it lies, and its path inside ``tonghu``."""
    for room, folder in ROOMS.items():
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix not in {".py", ".pyc", ".mo"}:
                yield path, Path(room) / path.relative_to(ROOT / folder)
    taken: set[Path] = set()
    for source, target in PLACED.items():
        start = ROOT / source
        for path in [start] if start.is_file() else sorted(start.rglob("*")):
            if path.is_file() and path.suffix != ".mo" and path not in taken:
                taken.add(path)
                yield (
                    path,
                    Path(target) / path.relative_to(start) if path != start else Path(target),
                )


class BuildPlugin(build_py):
    """Copy the modules under their new names, then the data beside them."""

    def run(self) -> None:
        super().run()
        root = Path(self.build_lib) / NAME
        for path in root.rglob("*.py"):
            path.write_text(relocated(path.read_text("utf-8")), "utf-8")
        for source, inner in data_files():
            target = root / inner
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            if source.suffix == ".po":
                polib.pofile(str(source)).save_as_mofile(str(target.with_suffix(".mo")))

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """Return the modules of a package; ``tonghu`` itself has none but its own."""
        if package == NAME:
            return []
        return super().find_package_modules(package, package_dir)  # type: ignore[no-any-return]

    def build_packages(self) -> None:
        """Write the package that holds the rooms, and then the rooms."""
        root = Path(self.build_lib) / NAME
        root.mkdir(parents=True, exist_ok=True)
        (root / "__init__.py").write_text(INIT, "utf-8")
        super().build_packages()
