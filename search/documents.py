"""What a searchable thing says of itself, and the tokens it becomes. Pure: no Django."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache

from search import analysis, pinyin
from search.query import Key

# Endings people leave out when they type a place.
_PLACE_ENDINGS = (
    "村民委员会",
    "居民委员会",
    "村委会",
    "居委会",
    "社区",
    "街道",
    "村",
    "镇",
    "乡",
    "县",
    "区",
    "市",
)
_SHORTEST_PLACE = 2
_DIGEST_BYTES = 6
_DIGEST_LETTERS = 10
# Tokens repeat from row to row; these many digests are kept in memory.
_REMEMBERED = 100_000
# A district has some hundred villages and schools, and every file names two or three.
_PLACES = 4_096


@dataclass(frozen=True)
class SearchDocument:
    """The words by which one row is found.

    Identity and telephone numbers in any field are left out; give the kind an ``exact``
    resolver instead.

    Attributes:
        title: Ranks above the body, and is an entity when typed whole.
        body: Running text, up to 16,000 tokens.
        names: Names of people: also found by pinyin, initials and with one wrong character.
        places: Places and schools, a path such as ``柳河镇 / 柳树沟村`` counts for each part.
        codes: Numbers of files, found by any beginning of any part.
        territory_code: Whose scope the row belongs to; empty on public kinds.
        language: ``zh-hans`` or ``en`` where a search may ask for one of them.
        dated: Newer comes first among equals.
    """

    title: str = ""
    body: str = ""
    names: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    territory_code: str = ""
    language: str = ""
    dated: date | datetime | None = None


def tokens_of(document: SearchDocument) -> analysis.Tokens:
    """Return the streams and look-ups of a document, in clear."""
    head = [analysis.normalise(text) for text in (document.title, *document.names) if text]
    codes = [analysis.normalise(text) for text in document.codes if text]
    places = [analysis.normalise(text) for text in document.places if text]
    body = [*codes, *places, analysis.normalise(document.body)]
    lookup = {analysis.EVERY_DOCUMENT}
    for text in (*head, *codes, body[-1]):
        lookup |= analysis.lookups(text)
    for place in places:
        lookup |= _place_lookups(place)
    for name in (document.title, *document.names, *document.codes):
        lookup.update(analysis.entity_tokens(name))
    for name in document.names:
        lookup.update(pinyin.name_tokens(name))
    kept_head, kept_body = analysis.limited(
        analysis.joined_streams(head), analysis.joined_streams(body)
    )
    return analysis.Tokens(kept_head, kept_body, tuple(lookup))


@lru_cache(maxsize=_PLACES)
def _place_lookups(place: str) -> frozenset[str]:
    """Return all look-ups of a normalised place path."""
    lookup = analysis.lookups(place)
    for name in _place_names(place):
        lookup.update(analysis.entity_tokens(name))
        lookup.update(pinyin.place_tokens(name))
    return frozenset(lookup)


def _place_names(place: str) -> Iterable[str]:
    """Yield each part of a place path, and the part without its administrative ending."""
    for part in place.split("/"):
        name = part.strip()
        if not name:
            continue
        yield name
        for ending in _PLACE_ENDINGS:
            short = name.removesuffix(ending)
            if short != name and len(short) >= _SHORTEST_PLACE:
                yield short
                break


def recency(document: SearchDocument) -> int:
    """Return the seconds by which newer documents come first; 0 where no day is given."""
    day = document.dated
    if day is None:
        return 0
    moment = day if isinstance(day, datetime) else datetime.combine(day, time())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp())


def keyed(key: bytes) -> Key:
    """Return the function that replaces a token by its digest under a secret key.

    48 bits, written as ten letters.  Equal tokens stay equal, which is what a search
    needs and all that it gives away: how often some unknown token occurs.  The gap
    stays readable, it is no word.
    """
    base = hashlib.blake2s(key=key, digest_size=_DIGEST_BYTES, person=b"search")

    @lru_cache(maxsize=_REMEMBERED)
    def digest(token: str) -> str:
        if token == analysis.GAP:
            return token
        state = base.copy()
        state.update(token.encode("utf-8", "surrogatepass"))
        return base64.b32encode(state.digest())[:_DIGEST_LETTERS].decode().lower()

    return digest


def clear(token: str) -> str:
    """Return the token itself: public documents need no key."""
    return token


def under(key: Key, tokens: analysis.Tokens) -> analysis.Tokens:
    """Return the tokens as they are stored."""
    seen: dict[str, str] = {}

    def stored(token: str) -> str:
        if token not in seen:
            seen[token] = key(token)
        return seen[token]

    return analysis.Tokens(
        tuple(map(stored, tokens.head)),
        tuple(map(stored, tokens.body)),
        # Sorted: what is stored tells neither an order of words nor of hashing.
        tuple(sorted(map(stored, tokens.lookup))),
    )


def fingerprint(tokens: analysis.Tokens, *more: str) -> str:
    """Return a short digest of stored tokens, by which an unchanged document is recognised."""
    state = hashlib.blake2b(digest_size=12)
    for part in (*tokens.head, "|", *tokens.body, "|", *tokens.lookup, "|", *more):
        state.update(part.encode())
        state.update(b"\0")
    return state.hexdigest()
