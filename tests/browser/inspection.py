"""What is looked for on every page: accessibility faults, and English where Chinese belongs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}

# Latin words that a page in Chinese may show, each with its reason.
ALLOWED_WORDS = {
    "Tonghu",  # the product's name
    "XLSX",  # name of a file format
    "CSV",  # name of a file format
    "UTF",  # name of an encoding
    "BOM",  # part of the name of an encoding
    "GB",  # GB18030, GB2312: names of encodings; MB and GB: units
    "MB",  # unit
    "KB",  # unit
    "Excel",  # the program people open the sheets with
    "Word",  # the program people open the forms with
    "WPS",  # the program people open the sheets with
    "PDF",  # name of a file format
    "DOCX",  # name of a file format
    "JPG",  # name of a file format
    "JPEG",  # name of a file format
    "PNG",  # name of a file format
    "WEBP",  # name of a file format
    "WebP",  # name of a file format
    "jpg",  # ending of a file's name
    "Ctrl",  # a key on the keyboard
    "Alt",  # a key on the keyboard
    "ID",  # as in Chinese usage
    "QQ",  # a service people have accounts with
    "SQ",  # the first letters of an application's number
}

FIND_ENGLISH = """
(allowed) => {
    const found = new Map();
    // The letters of a record's number (SQ-2026-0007) are part of the number.
    const numbers = /\\b[A-Z]{1,4}-?\\d[\\d-]*/g;
    const keys = /\\b(?=[0-9a-f]*\\d)[0-9a-f]{8}\\b/g;
    const note = (text, where) => {
        text = text.replace(numbers, ' ').replace(keys, ' ');
        for (const word of text.match(/[A-Za-z][A-Za-z'’-]*[A-Za-z]/g) || []) {
            if (!allowed.includes(word)) found.set(word, where);
        }
    };
    // Marked as being in another language, or not language at all.
    const other = (element) => element.closest(
        '[lang^="en"], code, kbd, samp, pre, script, style, noscript, [translate="no"]');
    const shown = (element) => element.checkVisibility({visibilityProperty: true});
    const path = (element) => element.tagName.toLowerCase()
        + (element.id ? '#' + element.id : '')
        + (typeof element.className === 'string' && element.className
            ? '.' + element.className.trim().split(/\\s+/).join('.') : '');
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (parent && !other(parent) && shown(parent)) {
            note(walker.currentNode.textContent, path(parent));
        }
    }
    const spoken = '[title], [placeholder], [aria-label], [alt],'
        + 'input[type=submit], input[type=button]';
    for (const element of document.querySelectorAll(spoken)) {
        if (other(element) || !shown(element)) continue;
        for (const name of ['title', 'placeholder', 'aria-label', 'alt']) {
            const value = element.getAttribute(name);
            if (value) note(value, path(element) + '[' + name + ']');
        }
        if (element.type === 'submit' || element.type === 'button') {
            note(element.value || '', path(element));
        }
    }
    note(document.title, 'title');
    return [...found].map(([word, where]) => word + ' in ' + where);
}
"""


# A message that is still fading in has the colours of neither its text nor its ground. What moves
# is brought to its end: waited for, it was half of the time that a page was looked at.
AT_REST = """
() => document.getAnimations()
    .filter((moving) => moving.effect.getComputedTiming().endTime !== Infinity)
    .forEach((moving) => moving.finish())
"""


# Only the faults cross over to this process: what was found right is a hundred times as much.
RUN_AXE = """
(options) => axe.run(document, {...options, resultTypes: ['violations']}).then((results) =>
    results.violations.flatMap((violation) => violation.nodes.map(
        (node) => `${violation.id} (${violation.impact}): ${node.html.slice(0, 160)}`)))
"""
# What a darker ground can break.
COLOURS = ("color-contrast", "link-in-text-block")


def accessibility_faults(page: Page, *rules: str) -> list[str]:
    """Return axe's violations, one line for each element at fault.

    Args:
        page: The page as it stands.
        rules: Only these rules of axe; left out, all of ``RULES``.
    """
    page.evaluate(AT_REST)
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    chosen = {"runOnly": {"type": "rule", "values": rules}} if rules else RULES
    with at_full_length(page):
        # No rule of ours reads the style sheets, so axe need not fetch them again.
        return list(page.evaluate(RUN_AXE, {**chosen, "preload": False}))


LENGTH = """
() => Math.max(...[document.documentElement, ...document.querySelectorAll('main')].map(
    (element) => element.scrollHeight))
"""


@contextmanager
def at_full_length(page: Page) -> Iterator[None]:
    """Make the screen as long as the page, whose content has a scroll bar of its own.

    Else axe takes for covered what has been scrolled half under the bar at the top.
    """
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size({**before, "height": int(page.evaluate(LENGTH))})
    try:
        yield
    finally:
        page.set_viewport_size(before)


def english_words(page: Page) -> list[str]:
    """Return the Latin words a Chinese page shows, with the element each stands in."""
    return sorted(page.evaluate(FIND_ENGLISH, sorted(ALLOWED_WORDS)))


def wider_than_screen(page: Page) -> int:
    """Return by how many pixels the page can be pushed sideways; 0 is right."""
    page.wait_for_load_state()
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def faults_of(page: Page) -> list[str]:
    """Return all that is wrong with a page on the screen it is on."""
    found = [*accessibility_faults(page), *(f"English: {word}" for word in english_words(page))]
    if sideways := wider_than_screen(page):
        found.append(f"{sideways} px wider than the screen")
    return found


@dataclass
class Inspector:
    """Looks at a page on the phone and on the desk, and remembers what is wrong with it.

    Args:
        dark: Look once more with the device set to dark colours.
    """

    dark: bool = False
    faults: list[str] = field(default_factory=list)
    pages: int = 0

    def look(self, page: Page) -> None:
        """Look, and leave the page on the screen it was on."""
        before = page.viewport_size
        for screen in (PHONE, DESKTOP):
            page.set_viewport_size(screen)  # type: ignore[arg-type]
            self.note(page, f"at {screen['width']}", faults_of(page))
            self.pages += 1
        if self.dark:
            page.emulate_media(color_scheme="dark")
            self.note(page, "in the dark", accessibility_faults(page, *COLOURS))
            page.emulate_media(color_scheme="light")
            self.pages += 1
        if before:
            page.set_viewport_size(before)

    def note(self, page: Page, how: str, found: list[str]) -> None:
        self.faults += [f"{page.url} {how}: {fault}" for fault in found]
