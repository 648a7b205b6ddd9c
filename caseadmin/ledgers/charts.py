"""A ledger's rows counted by one of its fields: bars for the eye, a table for everyone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from core.access.rights import Seeing, current_rights
from core.access.scope import current_scope
from core.territories.models import Territory

from .declaration import Chart, Ledger
from .paths import names_a_territory
from .presentation import blank, label_of

DISTRICT, TOWN, VILLAGE = 6, 9, 12
"""Digits of a territory code that name a place of each level."""


@dataclass(frozen=True)
class Bar:
    """One value and how many rows have it.

    Attributes:
        label: The value in words.
        count: Number of rows.
        share: The count in percent of the largest one, 0 to 100: the length of the bar.
        tone: One of ``TONES``.
        url: The list of these rows, where the ledger can filter by the field.
    """

    label: str
    count: int
    share: int
    tone: str
    url: str


def share_of(count: int, largest: int) -> int:
    """Return the length of a bar in percent of the largest one; something is always seen."""
    return max(round(100 * count / largest), 1)


@dataclass(frozen=True)
class DrawnChart:
    """A chart ready to be drawn."""

    name: str
    title: str
    bars: list[Bar]

    @property
    def total(self) -> int:
        """How many rows were counted."""
        return sum(bar.count for bar in self.bars)


def drawn_charts(ledger: type[Ledger]) -> Iterator[DrawnChart]:
    """Yield the ledger's charts over the rows in reach, leaving out empty ones.

    One query for each, one more for the names of places.  A field whose values the person
    may not read on every row is not counted: the bars would tell what the mask hides.
    """
    for chart in ledger.charts:
        if current_rights().least(ledger.model, chart.by).see < Seeing.READ:
            continue
        bars = list(_bars(ledger, chart))
        if bars:
            title = str(chart.title or label_of(ledger.field(chart.by)))
            yield DrawnChart(f"{ledger.slug}-{chart.by}", title, bars)


def _bars(ledger: type[Ledger], chart: Chart) -> Iterator[Bar]:
    rows = ledger.queryset().filter(**chart.only).order_by()
    field = ledger.field(chart.by)
    if names_a_territory(field):
        counts, labels = _by_place(rows)
    else:
        found = rows.values_list(chart.by).annotate(count=Count("pk"))
        held: dict[Any, int] = dict(found)
        labels = {code: str(label) for code, label in field.flatchoices}
        order = [*labels, *(code for code in held if code not in labels)]
        counts = {code: held[code] for code in order if held.get(code)}
    largest = max(counts.values(), default=0)
    for code, count in counts.items():
        yield Bar(
            label=str(labels.get(code) or code or blank()),
            count=count,
            share=share_of(count, largest),
            tone=chart.tones.get(code, "info"),
            url=_list_url(ledger, chart, code),
        )


def _by_place(rows: Any) -> tuple[dict[str, int], dict[str, str]]:
    """Count by town for who serves a district, by village for who serves less."""
    scope = current_scope()
    shortest = min((len(p) for p in scope.prefixes), default=DISTRICT) if scope else DISTRICT
    digits = TOWN if shortest <= DISTRICT else VILLAGE
    found = rows.annotate(place=Substr("territory_code", 1, digits)).values_list("place")
    counts = dict(found.annotate(count=Count("pk")).order_by("place"))
    codes = [place.ljust(VILLAGE, "0") for place in counts]
    names = Territory.objects.filter(code__in=codes).values_list("code", "name")
    labels = {code[:digits]: name for code, name in names}
    return counts, labels


def _list_url(ledger: type[Ledger], chart: Chart, code: Any) -> str:
    if chart.by not in ledger.filter_names() or code in ("", None):
        return ""
    query = [(chart.by, code)]
    query += [(name, value) for name, value in chart.filters]
    return f"{ledger.url('index')}?{urlencode(query)}"


def described(chart: DrawnChart) -> str:
    """Return the chart in one sentence, for who cannot see it."""
    largest = max(chart.bars, key=lambda bar: bar.count)
    return _("%(total)s in all; most: %(label)s, %(count)s.") % {
        "total": chart.total,
        "label": largest.label,
        "count": largest.count,
    }
