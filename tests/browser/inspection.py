"""What is looked for on every page: accessibility faults, and English where Chinese belongs."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

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


# A message that is still fading in has the colours of neither its text nor its ground.
AT_REST = """
() => Promise.all(
    document.getAnimations()
        .filter((moving) => moving.effect.getComputedTiming().endTime !== Infinity)
        .map((moving) => moving.finished.catch(() => null))
).then(() => null)
"""


def accessibility_faults(page: Page) -> list[str]:
    """Return axe's violations, one line for each element at fault."""
    page.evaluate(AT_REST)
    results: dict[str, Any] = Axe().run(page, options=RULES).response
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:160]}"
        for violation in results["violations"]
        for node in violation["nodes"]
    ]


def english_words(page: Page) -> list[str]:
    """Return the Latin words a Chinese page shows, with the element each stands in."""
    return sorted(page.evaluate(FIND_ENGLISH, sorted(ALLOWED_WORDS)))


def wider_than_screen(page: Page) -> int:
    """Return by how many pixels the page can be pushed sideways; 0 is right."""
    page.wait_for_load_state()
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )
