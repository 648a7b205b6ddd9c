"""Read a form as printed: labels beside blanks, merged cells, boxes to tick.

Nothing is taken from fixed coordinates: clerks insert rows, and every district prints
its own widths.  A blank is found by the words printed at it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .declaration import MARK, ROUND_MARK, TICKED, TICKED_ROUND, Blank, Boxes, PrintedForm
from .gate import fold
from .tables import Sheet

FORM_ROWS = 120
TITLE_ROWS = 8
LINE = re.compile(r"[_\uff3f]{2,}")  # a line to write on, in half or full width
BRACKETS = re.compile(r"[（(]([^（）()]*)[)）]")
INLINE = re.compile(r"^(?P<label>[^:：]{1,20})[:：]\s*(?P<text>.*)$", re.S)


@dataclass(frozen=True)
class Region:
    """A cell of the form; merged cells are one."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int
    text: str

    def overlaps(self, other: "Region") -> bool:
        """Return whether both touch the same rows."""
        return self.first_row <= other.last_row and other.first_row <= self.last_row


class Grid:
    """A sheet as regions."""

    def __init__(self, sheet: Sheet) -> None:
        numbers = sheet.by_number
        self.at: dict[tuple[int, int], Region] = {}
        self.regions: list[Region] = []
        self.last_row = min(max(numbers, default=0), FORM_ROWS)
        self.last_column = max((len(cells) for _, cells in sheet.rows), default=1) - 1
        for merge in sheet.merges:
            if merge.last_row > FORM_ROWS or merge.last_column > 200:
                continue
            self._add(Region(*merge, text=sheet.text(merge.first_row, merge.first_column)))
            self.last_column = max(self.last_column, merge.last_column)
        for row in range(1, self.last_row + 1):
            for column, text in enumerate(numbers.get(row, ())):
                if text and (row, column) not in self.at:
                    self._add(Region(row, column, row, column, text))
        self.regions.sort(key=lambda region: (region.first_row, region.first_column))

    def _add(self, region: Region) -> None:
        self.regions.append(region)
        for row in range(region.first_row, region.last_row + 1):
            for column in range(region.first_column, region.last_column + 1):
                self.at[row, column] = region

    def right_of(self, region: Region) -> Region | None:
        """Return the next region in the same row, filled or not."""
        column = region.last_column + 1
        if column > self.last_column:
            return None
        return self.at.get((region.first_row, column)) or Region(
            region.first_row, column, region.first_row, column, ""
        )

    def labelled(self, words: tuple[str, ...], within: tuple[str, ...]) -> Iterator[Region]:
        """Yield regions that carry one of the words: by the order of the words, then nearest."""
        block = next(self.labelled(within, ()), None) if within else None
        for word in map(fold, words):
            for region in self.regions:
                if block is not None and (
                    not region.overlaps(block) or region.first_column <= block.last_column
                ):
                    continue
                if _is_label(region.text, word):
                    yield region


def _is_label(text: str, word: str) -> bool:
    folded = fold(text)
    if folded.rstrip(":") == word:
        return True
    inline = INLINE.match(text)
    if inline is not None and fold(inline["label"]) == word:
        return True
    # A hint in brackets behind the label: 当前务工地点（到省市）
    return BRACKETS.sub("", folded.replace("(", "（").replace(")", "）")).rstrip(":") == word


def read_form(sheet: Sheet, form: PrintedForm) -> dict[str, str] | None:
    """Read one sheet by a form's template.

    Returns:
        Texts by column; blanks left empty are empty texts.  ``None`` where the sheet
        does not carry the form's title.
    """
    titles = [fold(title) for title in form.titles]
    head = [cell for number, cells in sheet.rows if number <= TITLE_ROWS for cell in cells]
    if not any(title in fold(cell) for cell in head for title in titles):
        return None
    grid = Grid(sheet)
    printed = frozenset(fold(label) for blank in form.blanks for label in blank.labels)
    texts: dict[str, str] = {}
    for blank in form.blanks:
        for path, text in _entry(grid, blank, printed).items():
            if text or path not in texts:
                texts[path] = text
    if form.finish is not None:
        form.finish(texts)
    return texts


def _entry(grid: Grid, blank: Blank | Boxes, printed: frozenset[str]) -> Mapping[str, str]:
    # Only the nearest label counts: where its blank is empty, the next one of the same
    # words belongs to somebody else.
    label = next(grid.labelled(blank.labels, blank.within), None)
    text = _beside(grid, label, blank, printed) if label is not None else ""
    if isinstance(blank, Boxes):
        return ticked(text, blank)
    text = LINE.sub("", text).strip()
    return blank.split(text) if blank.split is not None else {blank.path: text}


def _beside(grid: Grid, label: Region, blank: Blank | Boxes, printed: frozenset[str]) -> str:
    inline = INLINE.match(label.text)
    if inline is not None and inline["text"].strip():
        return inline["text"].strip()
    beside = grid.right_of(label)
    pieces: list[str] = []
    while beside is not None and fold(beside.text).rstrip(":") not in printed:
        pieces.append(beside.text)
        # Boxes may stand in several cells in a row; a blank is always one region.
        beside = grid.right_of(beside) if isinstance(blank, Boxes) else None
        if beside is None or not MARK.search(beside.text):
            break
    return " ".join(piece.strip() for piece in pieces if piece).strip()


def boxes_in(text: str) -> list[tuple[bool, str]]:
    """Split a row of boxes into pairs of "ticked" and the words at the box.

    The mark may stand before or behind its words; the first thing on the row decides.
    """
    marks = list((ROUND_MARK if TICKED_ROUND.search(text) else MARK).finditer(text))
    if not marks:
        return []
    before = not text[: marks[0].start()].strip(" 　\n\t、,，;；")
    found = []
    for number, mark in enumerate(marks):
        if before:
            end = marks[number + 1].start() if number + 1 < len(marks) else len(text)
            words = text[mark.end() : end]
        else:
            words = text[marks[number - 1].end() if number else 0 : mark.start()]
        is_ticked = mark[0] in TICKED or any(sign in mark[0] for sign in "xX√✓")
        found.append((is_ticked, words.strip(" 　\n\t、,，;；")))
    return found


def ticked(text: str, boxes: Boxes) -> dict[str, str]:
    """Return the words of the ticked boxes, and what is written behind them."""
    texts = dict.fromkeys(boxes.details.values(), "")
    options = {fold(option): option for option in boxes.options}
    found = boxes_in(text)
    if not found:
        # Typed instead of ticked: the words themselves are the answer.
        texts[boxes.path] = LINE.sub("", text).strip()
        return texts
    chosen = []
    for is_ticked, words in found:
        bare = fold(re.split(r"[（(:：]", words, maxsplit=1)[0])
        option = options.get(bare)
        if option is None:
            option = next((name for key, name in options.items() if bare.startswith(key)), None)
        if option is None or not is_ticked:
            continue
        chosen.append(option)
        if option in boxes.details:
            texts[boxes.details[option]] = _detail(words, option)
    texts[boxes.path] = "、".join(chosen)
    return texts


def _detail(words: str, option: str) -> str:
    bracketed = BRACKETS.search(words)
    text = bracketed[1] if bracketed else words.strip().removeprefix(option)
    _head, colon, tail = text.replace("：", ":").partition(":")
    return LINE.sub("", tail if colon else text).strip(" 　:：")
