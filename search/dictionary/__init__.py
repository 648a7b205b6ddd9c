"""The three word lists of the query side, read once. Pure: no Django."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from search.analysis import normalise

if TYPE_CHECKING:
    import rjieba

FOLDER = Path(__file__).parent
# High enough that the segmenter prefers the domain's word to its parts.
_WORD_FREQUENCY = 20_000


@dataclass(frozen=True)
class Dictionary:
    """Words kept whole, groups of synonyms, and words without weight, all normalised."""

    words: tuple[str, ...]
    synonyms: dict[str, tuple[str, ...]]
    stopwords: frozenset[str]

    @property
    def longest_synonym(self) -> int:
        """The length of the longest word that has a synonym."""
        return max(map(len, self.synonyms), default=0)


def _lines(name: str) -> list[str]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return [normalise(line) for line in lines if line and not line.startswith("#")]


@lru_cache(maxsize=1)
def dictionary() -> Dictionary:
    """Return the word lists."""
    synonyms: dict[str, list[str]] = {}
    for line in _lines("synonyms.txt"):
        group = line.split()
        for word in group:
            others = synonyms.setdefault(word, [])
            others.extend(other for other in group if other != word and other not in others)
    return Dictionary(
        words=tuple(_lines("words.txt")),
        synonyms={word: tuple(others) for word, others in synonyms.items()},
        stopwords=frozenset(_lines("stopwords.txt")),
    )


@lru_cache(maxsize=1)
def segmenter() -> "rjieba.Jieba":
    """Return the segmenter with the domain's words added."""
    import rjieba  # slow import

    cutter = rjieba.Jieba()
    lists = dictionary()
    for word in {*lists.words, *lists.synonyms}:
        cutter.add_word(word, _WORD_FREQUENCY, None)
    return cutter


def words_of(han: str) -> list[str]:
    """Cut a run of Han characters into words."""
    return segmenter().cut(han)
