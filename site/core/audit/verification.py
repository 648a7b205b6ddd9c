"""Go through the whole log and say what is wrong with it, entry by entry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from core.access.scope import unscoped

from .chain import START, anchor_code, data_digest, entry_code, label_digest, rows_digest
from .models import CaseLogEntry, CaseLogRow, ChainHead
from .services import ANCHOR_WORD

CHUNK = 2000

FAULTS = {
    "edited": "was changed, moved or put in: its code does not fit what it says",
    "edited_label": "has another label than was written",
    "edited_data": "has other data than were written",
    "blanked": "was emptied, and no later entry says so",
    "edited_rows": "lists other records than were written",
    "broken_link": "does not follow the entry before it",
    "deleted": "is missing",
    "deleted_front": "is missing at the beginning, and no purge says so",
    "truncated": "is missing at the end",
    "head": "is the last entry, but the head of the chain says otherwise",
    "anchor_signature": "stands in an anchor line that was not made with our key",
    "anchor_missing": "was anchored and is missing",
    "anchor_other": "was anchored and has another code now",
}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong."""

    sequence: int
    kind: str

    def __str__(self) -> str:
        return f"entry {self.sequence} {FAULTS[self.kind]} ({self.kind})"


@dataclass
class Report:
    """What a verification found.

    Attributes:
        checked: Entries looked at.
        anchors: Anchor lines compared.
        first, last: Numbers of the first and last entry there.
        purged: Up to which number the log was purged, 0 where it never was.
    """

    checked: int = 0
    anchors: int = 0
    first: int = 0
    last: int = 0
    purged: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def takes_entries(self) -> bool:
        """Whether the end stands: where it does not, one more entry would hide what is missing."""
        return not {"head", "truncated"} & {fault.kind for fault in self.faults}


@dataclass(frozen=True)
class Anchor:
    """One anchor line."""

    sequence: int
    code: str
    is_signed: bool


def read_anchors(lines: Iterable[str]) -> Iterator[Anchor]:
    """Read anchor lines; a log service may have put its own words in front of each.

    Raises:
        ValueError: A line holds the anchor's word, but is no anchor.
    """
    for line in lines:
        before, word, rest = line.partition(f"{ANCHOR_WORD} ")
        del before
        if not word:
            continue
        try:
            at, key, sequence, code, signature = rest.split()[:5]
            expected = anchor_code(int(key), at, int(sequence), code)
            yield Anchor(int(sequence), code, bool(expected) and signature == expected)
        except ValueError as error:
            raise ValueError(f"no anchor line: {line.strip()[:120]}") from error


@unscoped("verify the log")
def verify(anchors: Iterable[Anchor] = ()) -> Report:
    """Check every entry against its code, its place and the anchors.

    Three things need the whole log before they can be judged: blanks (a later entry
    announces them), the purged beginning (likewise) and the end.

    Args:
        anchors: Lines carried off the machine.  Without them a shortened log with a
            head set back to match cannot be told from a shorter one.
    """
    report = Report()
    awaited = {anchor.sequence: anchor for anchor in anchors}
    # Several anchors may name one entry; each must agree.
    blanks: dict[int, set[str]] = {}
    announced: dict[int, set[str]] = {}
    purges: dict[int, str] = {}
    before_first = START
    previous: Any = None
    for entry in _entries():
        report.checked += 1
        if previous is None:
            report.first, before_first = entry.sequence, entry.previous
        faults = [*_own_faults(entry), *_place_faults(entry, previous)]
        if emptied := _emptied(entry):
            blanks[entry.sequence] = emptied
        if not faults and entry.action == "tonghu.blank":
            what = {"label", "data"} if entry.data.get("data_too") else {"label"}
            for number in entry.data.get("sequences", ()):
                announced.setdefault(int(number), set()).update(what)
        if not faults and entry.action == "tonghu.purge":
            purges[int(entry.data["through"])] = str(entry.data["code"])
        anchor = awaited.pop(entry.sequence, None)
        if anchor is not None and anchor.code != entry.code:
            faults.append(Fault(entry.sequence, "anchor_other"))
        report.faults += faults
        previous = entry
    report.last = previous.sequence if previous else 0
    report.faults += [
        Fault(number, "blanked")
        for number, what in blanks.items()
        if not what <= announced.get(number, set())
    ]
    report.faults += _rows_faults()
    _judge_beginning(report, before_first, purges)
    _judge_end(report, previous, list(awaited.values()))
    report.faults.sort(key=lambda fault: fault.sequence)
    return report


def verify_lines(lines: Iterable[str]) -> Report:
    """Verify against anchor lines.

    Raises:
        ValueError: A line holds the anchor's word, but is no anchor.
    """
    found = list(read_anchors(lines))
    forged = [Fault(a.sequence, "anchor_signature") for a in found if not a.is_signed]
    report = verify(a for a in found if a.is_signed)
    report.anchors = len(found)
    report.faults += forged
    return report


def _entries() -> Iterator[CaseLogEntry]:
    rows = CaseLogEntry.objects.order_by("sequence")
    last = 0
    # In slices rather than with one cursor, so that people can go on working on SQLite.
    while chunk := list(rows.filter(sequence__gt=last)[:CHUNK]):
        yield from chunk
        last = chunk[-1].sequence


def _emptied(entry: CaseLogEntry) -> set[str]:
    """Return which of label and data are empty now and were not when written."""
    found = set()
    if entry.label == "" and entry.label_digest != label_digest(entry.key_number, ""):
        found.add("label")
    if entry.data == {} and entry.data_digest != data_digest(entry.key_number, {}):
        found.add("data")
    return found


def _own_faults(entry: CaseLogEntry) -> Iterator[Fault]:
    if not entry.code or entry.code != entry_code(entry):
        yield Fault(entry.sequence, "edited")
        return
    if entry.label and label_digest(entry.key_number, entry.label) != entry.label_digest:
        yield Fault(entry.sequence, "edited_label")
    if entry.data != {} and data_digest(entry.key_number, entry.data) != entry.data_digest:
        yield Fault(entry.sequence, "edited_data")


def _place_faults(entry: CaseLogEntry, previous: CaseLogEntry | None) -> Iterator[Fault]:
    if previous is None:
        return
    if entry.sequence != previous.sequence + 1:
        for missing in range(previous.sequence + 1, min(entry.sequence, previous.sequence + 1001)):
            yield Fault(missing, "deleted")
    elif entry.previous != previous.code:
        yield Fault(entry.sequence, "broken_link")


def _rows_faults() -> Iterator[Fault]:
    """Compare the records entries list with the digest that stands in the entry."""
    listed: dict[int, list[str]] = {}
    rows = CaseLogRow._base_manager.order_by("entry_id").values_list("entry_id", "object_id")
    for number, object_id in rows.iterator(chunk_size=CHUNK):
        listed.setdefault(number, []).append(object_id)
    entries = CaseLogEntry.objects.filter(data__has_key="listed").order_by("sequence")
    for number, said in entries.values_list("sequence", "data__listed"):
        found = listed.pop(number, [])
        if said.get("count") != len(found) or said.get("digest") != rows_digest(found):
            yield Fault(number, "edited_rows")
    for number in listed:
        yield Fault(number, "edited_rows")


def _judge_beginning(report: Report, before_first: str, purges: dict[int, str]) -> None:
    if report.first <= 1:
        if report.checked and before_first != START:
            report.faults.append(Fault(report.first, "broken_link"))
        return
    report.purged = report.first - 1
    if purges.get(report.purged) != before_first:
        report.faults.append(Fault(report.purged, "deleted_front"))


def _judge_end(report: Report, last: CaseLogEntry | None, unseen: list[Anchor]) -> None:
    head = ChainHead._base_manager.first()
    head_sequence, head_code = (head.sequence, head.code) if head else (0, START)
    if head_sequence > report.last:
        report.faults.append(Fault(report.last + 1, "truncated"))
    elif head_sequence < report.last or (last is not None and head_code != last.code):
        report.faults.append(Fault(report.last, "head"))
    missing = {anchor.sequence for anchor in unseen if anchor.sequence > report.purged}
    report.faults += [Fault(number, "anchor_missing") for number in sorted(missing) if number]
