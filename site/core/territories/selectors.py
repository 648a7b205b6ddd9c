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


def merges() -> list[tuple[str, str]]:
    """Return every merger: the prefix that ended, and the code it went into."""
    ended = Territory.objects.filter(merged_into__isnull=False)
    return [
        (code[: Territory.PREFIX_LENGTH[Territory.Level(level)]], target)
        for code, level, target in ended.values_list("code", "level", "merged_into__code")
    ]


def followed(prefixes: Iterable[str], ended: Iterable[tuple[str, str]]) -> set[str]:
    """Return the prefixes, and those of territories that were merged into them.

    A merged village's old rows keep its code; whoever serves the new village must
    still see them.  Chains of merges are followed to their end.

    Args:
        prefixes: Where somebody serves.
        ended: What ``merges`` returned.
    """
    reached = set(prefixes)
    while reached:
        heads = tuple(reached)
        fresh = {prefix for prefix, target in ended if target.startswith(heads)} - reached
        if not fresh:
            break
        reached |= fresh
    return reached


def merged_prefixes(prefixes: Iterable[str]) -> set[str]:
    """Return the prefixes of territories that were merged into these."""
    served = set(prefixes)
    return followed(served, merges()) - served if served else set()


def name_on(territory: Territory, day: date) -> str:
    """Return the name a territory bore on a day (its first name for earlier days)."""
    names = TerritoryName.objects.filter(territory=territory)
    named = names.filter(valid_from__lte=day).order_by("-valid_from").first() or names.first()
    return named.name if named else territory.name
