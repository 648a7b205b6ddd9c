"""Which records may be of the person one is about to write down.

Name, sound of the name, birth date, ID number and shared telephones are weighed; no single
one of them but the ID number is enough.  The weights are the product's own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.access.scope import Scope, current_scope
from search.pinyin import spellings

from .declaration import Ledger, Likeness
from .paths import joins

LIKELY = 65
"""Points from which a record is shown as a likely duplicate."""

MOST_CANDIDATES = 200
"""Records weighed for each kind of evidence; more share nothing but a birthday."""

MOST_SHOWN = 10

REASONS = {
    "number": (100, _("the same number")),
    "name": (45, _("the same name")),
    "sound": (30, _("a name that sounds the same")),
    "near_name": (20, _("a name that differs in one character")),
    "born": (35, _("the same birth date")),
    "near_born": (15, _("a birth date that differs by a slip of the pen")),
    "shared": (30, _("the same telephone number, or the same relative")),
    "place": (10, _("the same village")),
    "other_number": (-40, _("another number")),
}


@dataclass(frozen=True)
class Likely:
    """A record that may be of the same person.

    Attributes:
        record: The stored record.
        points: The weight of the evidence; at least ``LIKELY``.
        reasons: The evidence in words, strongest first.
    """

    record: Any
    points: int
    reasons: list[Any]


def likely_duplicates(
    ledger: type[Ledger], instance: Any, children: Mapping[str, Iterable[Any]] | None = None
) -> list[Likely]:
    """Return the records in reach that may be of the same person, likeliest first.

    A handful of queries: one for each kind of evidence, one for the records.

    Args:
        ledger: A ledger that declares ``likeness``.
        instance: The record, stored or not.
        children: Its child rows by relation where they are not stored yet.
    """
    likeness = ledger.likeness
    if likeness is None:
        return []
    mine = Evidence.of(ledger, likeness, instance, children)
    keys = set(_candidates(ledger, likeness, mine)) - {instance.pk}
    if not keys:
        return []
    rows = ledger.queryset().filter(pk__in=keys)
    select, prefetch = joins(ledger.model, [likeness.place] if likeness.place else [])
    relations = {path.partition(".")[0] for path in likeness.shared if "." in path}
    if select:
        rows = rows.select_related(*select)
    found = []
    for row in rows.prefetch_related(*prefetch, *relations):
        points, codes = _weighed(mine, Evidence.of(ledger, likeness, row, None))
        if points >= LIKELY:
            found.append(Likely(row, points, [REASONS[code][1] for code in codes]))
    found.sort(key=lambda one: (-one.points, str(one.record)))
    return found[:MOST_SHOWN]


@dataclass(frozen=True)
class Evidence:
    """What a record offers for comparison: digests where the value is encrypted."""

    name: str
    born: date | None
    numbers: tuple[str | None, ...]
    shared: Mapping[str, frozenset[str]]
    place: Any

    @classmethod
    def of(
        cls,
        ledger: type[Ledger],
        likeness: Likeness,
        row: Any,
        children: Mapping[str, Iterable[Any]] | None,
    ) -> "Evidence":
        """Read it off a record and its child rows."""
        shared = {}
        for path in likeness.shared:
            relation, dot, name = path.partition(".")
            rows: Iterable[Any]
            if not dot:
                rows, name = [row], path
            elif children is not None and relation in children:
                rows = children[relation]
            else:
                rows = [] if row._state.adding else getattr(row, relation).all()
            shared[path] = frozenset(d for d in (_digest(one, name) for one in rows) if d)
        return cls(
            name=str(getattr(row, likeness.name) or "").strip(),
            born=getattr(row, likeness.born) if likeness.born else None,
            numbers=tuple(_digest(row, name) for name in likeness.numbers),
            shared=shared,
            place=getattr(row, f"{likeness.place}_id") if likeness.place else None,
        )


def _digest(row: Any, name: str) -> str | None:
    field = row._meta.get_field(name)
    return field.digest(getattr(row, field.source))  # type: ignore[no-any-return]


def _candidates(ledger: type[Ledger], likeness: Likeness, mine: Evidence) -> Iterator[Any]:
    rows = ledger.queryset().order_by()
    for name, digest in zip(likeness.numbers, mine.numbers, strict=True):
        if digest:
            yield from rows.filter(**{name: digest}).values_list("pk", flat=True)
    if mine.born is not None:
        born = rows.filter(**{likeness.born: mine.born})
        yield from born.values_list("pk", flat=True)[:MOST_CANDIDATES]
    for path, digests in mine.shared.items():
        if digests:
            related = rows.filter(**{f"{path.replace('.', '__')}__in": digests})
            yield from related.values_list("pk", flat=True)[:MOST_CANDIDATES]
    if mine.name and ledger.search is not None:
        from search.service import narrow  # app ready

        scope = current_scope() or Scope()
        narrowed = narrow(rows, mine.name, kind=ledger.slug, scope=scope)
        if narrowed.level:
            yield from narrowed.queryset.values_list("pk", flat=True)[:MOST_CANDIDATES]


def _weighed(mine: Evidence, theirs: Evidence) -> tuple[int, list[str]]:
    """Return the weight of what two records share, and the evidence, strongest first."""
    codes = sorted(_codes(mine, theirs), key=lambda code: -REASONS[code][0])
    return sum(REASONS[code][0] for code in codes), codes


def _codes(mine: Evidence, theirs: Evidence) -> Iterator[str]:
    pairs = list(zip(mine.numbers, theirs.numbers, strict=True))
    if any(one and one == other for one, other in pairs):
        yield "number"
    elif any(one and other for one, other in pairs):
        yield "other_number"
    if mine.name and theirs.name:
        if mine.name == theirs.name:
            yield "name"
        elif sounds_alike(mine.name, theirs.name):
            yield "sound"
        elif one_character_apart(mine.name, theirs.name):
            yield "near_name"
    if mine.born and theirs.born:
        if mine.born == theirs.born:
            yield "born"
        elif slip_of_the_pen(mine.born, theirs.born):
            yield "near_born"
    if any(mine.shared[path] & theirs.shared[path] for path in mine.shared):
        yield "shared"
    if mine.place and mine.place == theirs.place:
        yield "place"


def sounds_alike(one: str, other: str) -> bool:
    """Return whether two Han names share a spelling, as 晨 and 辰 do."""
    return bool(set(spellings(one)) & set(spellings(other)))


def one_character_apart(one: str, other: str) -> bool:
    """Return whether two names of one length, three characters or more, differ in one."""
    if len(one) != len(other) or len(one) < 3:
        return False
    return sum(a != b for a, b in zip(one, other, strict=True)) == 1


def slip_of_the_pen(one: date, other: date) -> bool:
    """Return whether two dates differ in one digit, or with day and month swapped."""
    if one.year == other.year and (one.month, one.day) == (other.day, other.month):
        return True
    digits = zip(one.strftime("%Y%m%d"), other.strftime("%Y%m%d"), strict=True)
    return sum(a != b for a, b in digits) == 1


# Many at once


@dataclass(frozen=True)
class LikelyRow:
    """A record on file that a row of a sheet may be the same person as.

    Attributes:
        key: The record's key, as text.
        number: How the record is called.
        points: The weight of the evidence.
        codes: The evidence, strongest first; keys of ``REASONS``.
    """

    key: str
    number: str
    points: int
    codes: list[str]


def words_of(codes: Iterable[str]) -> list[str]:
    """Return evidence in words."""
    return [str(REASONS[code][1]) for code in codes if code in REASONS]


MOST_NAMED = 3
IN_ONE_QUERY = 500


def likely_rows(
    ledger: type[Ledger], new: Sequence[tuple[Any, Mapping[str, Iterable[Any]]]]
) -> list[list[LikelyRow]]:
    """Return for each new record, with its child rows, the records it resembles.

    The evidence is that of ``likely_duplicates``, but for names that agree with a birth
    date written wrong: to look for each of those would ask for each row.  One query for
    each kind of evidence and ``IN_ONE_QUERY`` different values, whatever the sheet's length.
    """
    likeness = ledger.likeness
    if likeness is None or not new:
        return [[] for _each in new]
    each = [Evidence.of(ledger, likeness, row, children) for row, children in new]
    pool = _Pool(ledger, likeness, each)
    return [pool.like(mine) for mine in each]


class _Pool:
    """The records on file that share anything with the rows of a sheet."""

    def __init__(self, ledger: type[Ledger], likeness: Likeness, each: Sequence[Evidence]) -> None:
        self.ledger, self.likeness = ledger, likeness
        self.evidence: dict[Any, Evidence] = {}
        self.number: dict[Any, str] = {}
        self.by: dict[tuple[str, Any], set[Any]] = defaultdict(set)
        self.shared: dict[Any, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for path in likeness.shared:
            self._read_shared(path, {digest for mine in each for digest in mine.shared[path]})
        for turn, name in enumerate(likeness.numbers):
            self._read(name, {mine.numbers[turn] for mine in each if mine.numbers[turn]})
        if likeness.born:
            self._read(likeness.born, {mine.born for mine in each if mine.born})
        self._read("pk", self.shared.keys() - self.evidence.keys())

    def _read_shared(self, path: str, digests: set[str]) -> None:
        lookup = path.replace(".", "__")
        rows = self.ledger.queryset().order_by()
        for part in _parts(digests):
            found = rows.filter(**{f"{lookup}__in": part}).values_list("pk", lookup)
            for pk, digest in found:
                self.shared[pk][path].add(digest)
                self.by[path, digest].add(pk)

    def _read(self, name: str, values: Iterable[Any]) -> None:
        likeness = self.likeness
        wanted = [likeness.name, *([likeness.born] if likeness.born else []), *likeness.numbers]
        wanted += [f"{likeness.place}_id"] if likeness.place else []
        # What the record is called by, and what its own rules read.
        rows = (
            self.ledger.queryset()
            .order_by()
            .only("pk", "territory_code", self.ledger.key, *(n.removesuffix("_id") for n in wanted))
        )
        for part in _parts(values):
            for row in rows.filter(**{f"{name}__in": part}):
                self._note(row)

    def _note(self, row: Any) -> None:
        if row.pk in self.evidence:
            return
        likeness = self.likeness
        theirs = Evidence(
            name=str(getattr(row, likeness.name) or "").strip(),
            born=getattr(row, likeness.born) if likeness.born else None,
            numbers=tuple(getattr(row, name) or None for name in likeness.numbers),
            shared={p: frozenset(self.shared[row.pk][p]) for p in likeness.shared},
            place=getattr(row, f"{likeness.place}_id") if likeness.place else None,
        )
        self.evidence[row.pk] = theirs
        self.number[row.pk] = str(getattr(row, self.ledger.key))
        if theirs.born is not None:
            self.by["born", theirs.born].add(row.pk)
        for digest in theirs.numbers:
            if digest:
                self.by["number", digest].add(row.pk)

    def like(self, mine: Evidence) -> list[LikelyRow]:
        """Return the records a row resembles, likeliest first."""
        keys = set(self.by.get(("born", mine.born), ())) if mine.born else set()
        for digest in mine.numbers:
            keys |= self.by.get(("number", digest), set()) if digest else set()
        for path, digests in mine.shared.items():
            for digest in digests:
                keys |= self.by.get((path, digest), set())
        found = []
        for pk in keys & self.evidence.keys():
            points, codes = _weighed(mine, self.evidence[pk])
            if points >= LIKELY:
                found.append(LikelyRow(str(pk), self.number[pk], points, codes))
        found.sort(key=lambda one: (-one.points, one.number))
        return found[:MOST_NAMED]


def _parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    listed = sorted(values, key=str)
    for start in range(0, len(listed), IN_ONE_QUERY):
        yield listed[start : start + IN_ONE_QUERY]
