"""Names of invented people, as common and as odd as real ones."""

from dataclasses import dataclass
from typing import Any

from .chance import Chance

HAN = "01"


@dataclass(frozen=True)
class Name:
    """A name in Chinese order; ``surname`` is empty where the name has none."""

    surname: str
    given: str
    ethnic_group: str = HAN

    @property
    def full(self) -> str:
        return self.surname + self.given


class Names:
    """Draws names from the lists of ``people.json``."""

    def __init__(self, chance: Chance, lists: dict[str, Any]) -> None:
        self.chance = chance
        self.lists = lists
        self._group_weights = {
            index: float(group["weight"]) for index, group in enumerate(lists["groups"])
        }

    def surname(self) -> str:
        return self.chance.weighted(self.lists["surnames"])

    def split(self, full_name: str, ethnic_group: str) -> Name:
        """Return a written name in its parts; surnames of two characters are known."""
        if ethnic_group != HAN:
            return Name("", full_name, ethnic_group)
        length = 2 if full_name[:2] in self.lists["surnames"] else 1
        return Name(full_name[:length], full_name[length:])

    def child(self, sex: str, *, minority_share: float) -> Name:
        """Draw a child's name; some belong to one of the smaller ethnic groups."""
        kind = "boys" if sex == "male" else "girls"
        if self.chance.chance(minority_share):
            group = self.lists["groups"][self.chance.weighted(self._group_weights)]
            surname, given = self.chance.pick(group[kind])
            return Name(surname, given, group["code"])
        return Name(self.surname(), self.chance.pick(self.lists[kind]))

    def adult(self, sex: str, *, surname: str | None = None, old: bool = False) -> str:
        """Draw the name of a grown-up, of a given family if one is named."""
        kind = {
            ("male", False): "men",
            ("female", False): "women",
            ("male", True): "old_men",
            ("female", True): "old_women",
        }[sex, old]
        return (surname or self.surname()) + self.chance.pick(self.lists[kind])
