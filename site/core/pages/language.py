"""Which words of a page a reader gets: theirs, or the Chinese ones, marked as such."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

CHINESE = "zh-Hans"


@dataclass(frozen=True)
class Localized:
    """A value and, where it is not in the language of the page, its own language."""

    value: Any
    lang: str = ""

    def __bool__(self) -> bool:
        return bool(self.value)


def reads_english() -> bool:
    """Return whether the page in the making is an English one."""
    return (get_language() or "").startswith("en")


def localized(source: Any, name: str) -> Localized:
    """Return ``source.name``, or ``source.name_en`` for English readers.

    Args:
        source: A page, a settings object or the value of a struct block.
        name: The Chinese field.  Its English twin has ``_en`` behind it.
    """

    def read(field: str) -> Any:
        if isinstance(source, Mapping):
            return source.get(field)
        return getattr(source, field, None)

    if not reads_english():
        return Localized(read(name))
    english = read(f"{name}_en")
    if english:
        return Localized(english)
    chinese = read(name)
    return Localized(chinese, CHINESE if chinese else "")
