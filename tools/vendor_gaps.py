"""List the interface strings of installed packages that have no Chinese text.

Wagtail and its add-ons leave about one string in five untranslated in zh-hans. Our own
catalogue in ``site/locale_vendor`` fills them; this script says which are still missing, and
which of ours no package uses any more. It needs no gettext binaries.

    python tools/vendor_gaps.py             print every gap; exit 1 when there is one
    python tools/vendor_gaps.py --po DIR    write the gaps as empty entries to DIR/<domain>.po
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "site" / "locale_vendor" / "zh_Hans" / "LC_MESSAGES"
DOMAINS = ("django", "djangojs")

# Packages whose words reach a screen. Django itself is complete and is walked as a guard.
PACKAGES = (
    "django",
    "django_filters",
    "django_tasks",
    "django_tasks_db",
    "import_export",
    "modelsearch",
    "simple_history",
    "taggit",
    "treebeard",
    "wagtail",
    "wagtail_modeladmin",
)
# Screens that are not installed: Django's own admin documentation, maps, flat pages.
LEFT_OUT = ("django/contrib/admindocs", "django/contrib/gis", "django/contrib/flatpages")

CALLS = {
    "_": (None, 0, None),
    "_l": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
TEMPLATE_CALL = re.compile(r"\b(?:n?p?gettext|_)\(")


@dataclass(frozen=True, order=True)
class Message:
    """One string as gettext knows it: context and singular are its identity."""

    context: str
    singular: str
    plural: str
    package: str

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.singular


def _literal(node: ast.expr) -> str | None:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def _from_calls(tree: ast.AST, package: str) -> Iterator[Message]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name not in CALLS:
            continue
        positions = CALLS[name]
        if len(node.args) <= max(position or 0 for position in positions):
            continue
        context, singular, plural = (
            "" if position is None else _literal(node.args[position]) for position in positions
        )
        if singular and context is not None and plural is not None:
            yield Message(context, singular, plural, package)


def _from_sources(package_root: Path, package: str) -> Iterator[Message]:
    """Read the strings out of Python files and templates, for packages without an English file."""
    from django.utils.translation.template import templatize  # slow import

    for path in sorted(package_root.rglob("*.py")):
        yield from _from_calls(ast.parse(path.read_text("utf-8")), package)
    for path in sorted(package_root.rglob("*.html")):
        text = templatize(path.read_text("utf-8"), origin=str(path))
        for match in TEMPLATE_CALL.finditer(text):
            call = _balanced(text, match.start())
            if call:
                # Django marks a template's raw strings with a u the parser accepts.
                yield from _from_calls(ast.parse(call, mode="eval"), package)


def _balanced(text: str, start: int) -> str | None:
    """Return the shortest parsable call that starts at ``start``."""
    end = text.find(")", start)
    while end != -1:
        candidate = text[start : end + 1]
        try:
            ast.parse(candidate, mode="eval")
        except SyntaxError:
            end = text.find(")", end + 1)
        else:
            return candidate
    return None


def _package_root(package: str) -> Path | None:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _entries(path: Path) -> list[polib.POEntry]:
    if not path.exists():
        return []
    return [entry for entry in polib.pofile(str(path)) if not entry.obsolete]


def translated(path: Path) -> set[tuple[str, str]]:
    """Return the identities a catalogue file translates; fuzzy ones do not count."""
    return {(e.msgctxt or "", e.msgid) for e in _entries(path) if e.translated()}


def wanted(domain: str) -> list[Message]:
    """Return every string the installed packages may show, in the order of packages."""
    messages: dict[tuple[str, str], Message] = {}
    for package in PACKAGES:
        root = _package_root(package)
        if root is None:
            continue
        english = [
            path
            for path in sorted(root.rglob(f"locale/en/LC_MESSAGES/{domain}.po"))
            if not any(part in path.as_posix() for part in LEFT_OUT)
        ]
        found: Iterator[Message]
        if english:
            found = (
                Message(e.msgctxt or "", e.msgid, e.msgid_plural or "", package)
                for path in english
                for e in _entries(path)
            )
        elif domain == "django":
            found = _from_sources(root, package)
        else:
            found = iter(())
        for message in found:
            messages.setdefault(message.key, message)
    return list(messages.values())


def provided(domain: str) -> set[tuple[str, str]]:
    """Return what the packages' own zh_Hans files translate, merged as Django merges them."""
    done: set[tuple[str, str]] = set()
    for package in PACKAGES:
        root = _package_root(package)
        if root is not None:
            for path in root.rglob(f"locale/zh_Hans/LC_MESSAGES/{domain}.po"):
                done |= translated(path)
    return done


def gaps(domain: str, *, ours: Path = CATALOGUE) -> list[Message]:
    """Return the strings neither the packages nor our catalogue have in Chinese."""
    done = provided(domain) | translated(ours / f"{domain}.po")
    return [message for message in wanted(domain) if message.key not in done]


def unused(domain: str, *, ours: Path = CATALOGUE) -> list[tuple[str, str]]:
    """Return the entries of our catalogue that no installed package asks for."""
    asked = {message.key for message in wanted(domain)}
    return sorted(translated(ours / f"{domain}.po") - asked)


def _write_empty(folder: Path, domain: str, messages: list[Message]) -> None:
    catalogue = polib.POFile()
    catalogue.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": "zh_Hans",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    for message in messages:
        entry = polib.POEntry(msgid=message.singular, msgctxt=message.context or None)
        if message.plural:
            entry.msgid_plural = message.plural
            entry.msgstr_plural = {0: ""}
        catalogue.append(entry)
    catalogue.save(str(folder / f"{domain}.po"))


def main() -> int:
    """Print the gaps of both domains; the exit status says whether there are any."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--po", type=Path, metavar="DIR", help="write the gaps to DIR")
    options = parser.parse_args()

    missing = 0
    for domain in DOMAINS:
        found = gaps(domain)
        missing += len(found)
        for message in found:
            print(f"{domain}: {message.package}: {message.context or '-'}: {message.singular!r}")
        if options.po:
            _write_empty(options.po, domain, found)
        for context, singular in unused(domain):
            print(f"{domain}: no longer used: {context or '-'}: {singular!r}", file=sys.stderr)
    print(f"{missing} strings without Chinese", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
