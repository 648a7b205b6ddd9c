"""Seeded chance, and the identities of people who do not exist."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID, uuid5

from core.identity import check_digit

REGION = "990101"
"""No place has this region code, so no living person has such an ID number."""

PHONE_PREFIX = "1990000"
"""Telephones of invented people: eleven digits that begin like this."""

NAMESPACE = UUID("6f6e6768-7500-4000-8000-990101000000")

T = TypeVar("T")


def key_of(kind: str, name: object) -> UUID:
    """Return the primary key of an invented row: the same in every load."""
    return uuid5(NAMESPACE, f"{kind}:{name}")


class Chance:
    """Draws from one seed; hands out ID numbers and telephones once each."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311 - invents people, guards nothing
        self._numbers: set[str] = set()

    def begin(self, name: object) -> None:
        """Start a stretch of draws that no earlier draw can shift."""
        self.random.seed(f"{self.seed}:{name}")

    def pick(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    def weighted(self, weights: Mapping[T, float]) -> T:
        options = list(weights)
        return self.random.choices(options, [weights[option] for option in options])[0]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def days(self, fewest: int, most: int) -> timedelta:
        return timedelta(days=self.random.randint(fewest, most))

    def some(self, options: Sequence[T], fewest: int, most: int) -> list[T]:
        """Return between ``fewest`` and ``most`` of the options, in their order."""
        chosen = self.random.sample(range(len(options)), self.random.randint(fewest, most))
        return [options[index] for index in sorted(chosen)]

    def id_number(self, born_on: date, sex: str) -> str:
        """Return an ID number with a valid check digit that nobody else has here.

        The order digits begin at 500: sample sheets use the lower half.
        """
        while True:
            order = self.random.randrange(500, 1000, 2) + (1 if sex == "male" else 0)
            first = f"{REGION}{born_on:%Y%m%d}{order:03d}"
            number = first + check_digit(first)
            if number not in self._numbers:
                self._numbers.add(number)
                return number


def phone(number: int) -> str:
    """Return the invented telephone with this running number (0 to 9999)."""
    return f"{PHONE_PREFIX}{number:04d}"
