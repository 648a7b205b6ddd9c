"""Questions about territories."""

from collections.abc import Iterable
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Q

from .models import Territory, TerritoryName, TerritoryQuerySet


def territory_by_code(code: str) -> Territory | None:
    """Return the territory with this twelve-digit code."""
    return Territory.objects.filter(code=code).select_related("parent").first()


def within(prefixes: Iterable[str]) -> TerritoryQuerySet:
    """Return the territories whose codes begin with one of the prefixes."""
    conditions = [Q(code__startswith=prefix) for prefix in prefixes]
    return Territory.objects.filter(reduce(or_, conditions, Q(pk__in=[])))


def villages_within(prefixes: Iterable[str], *, on: date | None = None) -> TerritoryQuerySet:
    """Return the villages that stand on a day (today by default), with their towns."""
    return within(prefixes).villages().standing(on).select_related("parent")


def merged_prefixes(prefixes: Iterable[str]) -> set[str]:
    """Return the prefixes of territories that were merged into these.

    A merged village's old rows keep its code; whoever serves the new village must
    still see them.  Chains of merges are followed to their end.
    """
    reached: set[str] = set(prefixes)
    if not reached:
        return set()
    ended = list(
        Territory.objects.filter(merged_into__isnull=False).values_list(
            "code", "level", "merged_into__code"
        )
    )
    added: set[str] = set()
    while True:
        fresh = {
            code[: Territory.PREFIX_LENGTH[Territory.Level(level)]]
            for code, level, target in ended
            if target.startswith(tuple(reached))
        } - reached
        if not fresh:
            return added
        reached |= fresh
        added |= fresh


def name_on(territory: Territory, day: date) -> str:
    """Return the name a territory bore on a day (its first name for earlier days)."""
    names = TerritoryName.objects.filter(territory=territory)
    named = names.filter(valid_from__lte=day).order_by("-valid_from").first() or names.first()
    return named.name if named else territory.name
