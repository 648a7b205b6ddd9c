"""Another spelling of a query, from the words of the domain only.

Names of people are never in the vocabulary: a suggestion would tell that a child of this
name exists outside the reader's villages. Pure: no Django.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from search import analysis, pinyin
from search.dictionary import dictionary

LENGTHS = range(2, 13)


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[frozenset[str], dict[str, tuple[str, ...]]]:
    """Return the words, and for each shortened or sounded form the words it may stand for."""
    lists = dictionary()
    words = tuple(
        dict.fromkeys(
            word
            for word in (*lists.words, *lists.synonyms)
            if len(word) in LENGTHS and analysis.is_han(word)
        )
    )
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for word in words:
        for form in _forms(word):
            found[form][word] = None
    return frozenset(words), {form: tuple(each) for form, each in found.items()}


def _forms(word: str) -> list[str]:
    return [word, *analysis.deletions(word), *(pinyin.sound_tokens(word)[:1])]


def suggestion_for(terms: Sequence[str]) -> str:
    """Return the terms with misspelt words of the domain put right, or an empty text."""
    better = [_better(term) for term in terms]
    if not any(better):
        return ""
    return " ".join(new or old for new, old in zip(better, terms, strict=True))


def _better(term: str) -> str:
    words, forms = _vocabulary()
    if term in words:
        return ""
    keys = _forms(term) if analysis.is_han(term) and len(term) in LENGTHS else []
    if term.isascii() and term.isalpha():
        keys = [pinyin.whole(term)]
    # The same sound is the likelier slip than the same shape.
    for key in reversed(keys):
        for word in forms.get(key, ()):
            if abs(len(word) - len(term)) <= 1 or term.isascii():
                return word
    return ""
