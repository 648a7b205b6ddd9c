"""What a password must be: two profiles, a list of common ones, words nobody may use.

ASVS 5.0 (6.2.5, 6.2.10) forbids rules of composition and forced change; GB/T 22239-2019,
8.1.4.1 a) asks for both.  One setting, ``PASSWORD_PROFILE``, says which of them is in force.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from .models import User

MOST_CHARACTERS = 128


@dataclass(frozen=True)
class Profile:
    """One way to keep passwords and sign-ins safe.

    Attributes:
        least: Characters a password must have.
        classes: How many of {lower case, upper case, digit, other} it must hold.
        days: After how many days it must be changed; ``None`` for never.
        tries: Wrong tries for one account from one address ...
        lock_minutes: ... within so many minutes.
        idle_minutes: After how long without a click a session ends.
    """

    name: str
    least: int
    classes: int
    days: int | None
    tries: int
    lock_minutes: int
    idle_minutes: int = 30


PROFILES = {
    "asvs": Profile("asvs", least=12, classes=1, days=None, tries=5, lock_minutes=5),
    "djcp3": Profile("djcp3", least=8, classes=3, days=90, tries=5, lock_minutes=10),
}


def profile() -> Profile:
    """Return the profile in force."""
    return PROFILES[settings.PASSWORD_PROFILE]


def has_expired(user: "User") -> bool:
    """Return whether the password must be changed before anything else is done.

    An account whose password was never dated counts from the day it was made.
    """
    days = profile().days
    if days is None:
        return False
    since = user.password_changed_at or user.date_joined
    return timezone.now() - since > timedelta(days=days)


# --- The list of common passwords -----------------------------------------------------


def _words(text: str) -> list[str]:
    return text.split()


SURNAMES = _words(
    """
    wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo liang song
    zheng xie han tang feng yu dong xiao cheng cao yuan deng fu shen zeng peng lv su lu jiang cai
    jia ding wei xue ye yan pan du dai xia zhong tian ren fan fang shi yao tan liao zou xiong jin
    hao kong bai cui kang mao qiu qin gu hou shao meng long wan duan lei qian yin yi chang qiao
    lai gong wen
    """
)
GIVEN = _words(
    """
    wei fang min jing lei jun yang yong jie juan tao ming chao xia ping gang hong bo
    """
)
PLACES = _words(
    """
    beijing shanghai tianjin chongqing guangzhou shenzhen zhongguo china xinjiang henan hebei
    shandong sichuan hunan hubei anhui jiangsu zhejiang guangdong fujian
    """
)
OFFICE = _words(
    """
    minzheng minzhengju zhengfu shequ jiedao ertong baohu guanai guanhu admin administrator root
    guest test user pass password mima denglu xitong guanli guanliyuan caozuoyuan gonganju
    paichusuo jiaoyuju xuexiao laoshi bangong zhuren shuji welcome changeme abc qwe qwer qwerty
    asd asdf zxc zxcv aaa woaini woaiwojia wodemima iloveyou mima baobao laopo laogong haizi nihao
    hello love aini tonghu
    """
)
# Numbers that are read aloud as sentences: 520 wo ai ni, 1314 yi sheng yi shi.
SPOKEN = _words(
    """
    520 521 1314 5201314 5211314 1314520 1314521 520520 521521 13141314 7758521 7758258 77585210
    110 119 120 123 1234 12345 123456 1234567 12345678 123456789 1234567890 0123456789 321 4321
    54321 654321 87654321 987654321 9876543210 111 1111 111111 11111111 222222 333333 555555 666
    6666 666666 66666666 888 8888 888888 88888888 999 9999 999999 99999999 000000 00000000 123123
    123321 112233 11223344 147258 147258369 159357 168 168168 1688 010203 121212 131313 211314
    147896325 789456123 100200 123654 456789 789456
    """
)
YEARS = [str(year) for year in range(1949, 2036)]
ROWS = (
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    "qazwsxedcrfvtgbyhnujm",
    "abcdefghijklmnopqrstuvwxyz",
    "!@#$%^&*()",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "a1s2d3f4g5h6",
    "147258369",
    "0987654321",
    "741852963",
)
WALK_AT_LEAST = 4
LOOKS_LIKE = str.maketrans("@0$5!", "aossi")


def chinese_habits() -> Iterator[str]:
    """Yield what people here type when they are asked for a password.

    Rules, not a leaked list: nobody's real password is shipped.
    """
    names = [*SURNAMES, *PLACES, *OFFICE]
    names += [surname + given for surname, given in product(SURNAMES, GIVEN)]
    names += [given + given for given in GIVEN]
    numbers = [*SPOKEN, *YEARS]
    yield from names
    yield from numbers
    # Longer names with numbers are found as two common pieces in a row: see ``is_common``.
    for name, number in product([*SURNAMES, *PLACES, *OFFICE], numbers):
        yield name + number
    for one, other in product(SPOKEN, numbers):
        yield one + other
    for year in range(1960, 2021):
        for month, day in product(range(1, 13), range(1, 32)):
            yield f"{year}{month:02d}{day:02d}"
    for row in ROWS:
        for start in range(len(row)):
            for length in range(4, 13):
                yield row[start : start + length]
                yield row[start : start + length][::-1]
    for letters in "abcdefghijklmnopqrstuvwxyz0123456789":
        for length in range(4, 17):
            yield letters * length


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """Return the whole list: Django's twenty thousand and the habits of this country."""
    return frozenset({*CommonPasswordValidator().passwords, *chinese_habits()})


def _is_walk(text: str) -> bool:
    """Return whether the whole text is made of steps along the rows of a keyboard."""
    rows = [*ROWS, *(row[::-1] for row in ROWS)]
    rest = text
    while rest:
        length = len(rest)
        while length >= WALK_AT_LEAST and not any(rest[:length] in row for row in rows):
            length -= 1
        if length < WALK_AT_LEAST:
            # Up to three letters at the end do not make a walk a secret.
            return len(rest) < WALK_AT_LEAST and rest != text
        rest = rest[length:]
    return True


def _is_repetition(text: str) -> bool:
    """Return whether the text is a short piece said over and over."""
    return any(
        len(text) // size >= 2 and text == (text[:size] * (len(text) // size + 1))[: len(text)]
        for size in range(1, min(6, len(text) // 2) + 1)
    )


def is_common(password: str) -> bool:
    """Return whether a password is in the list, or is one of it with a trifle added.

    Width and case of letters do not matter, nor do ``@`` for ``a`` and the like; one
    mark or up to four digits at the end make no other password of it.
    """
    plain = unicodedata.normalize("NFKC", password).casefold()
    listed = common_passwords()
    core = plain.rstrip("!@#$%^&*.?~-_ ")
    # wang@1990, 520_woaini: a mark between two pieces hides neither.
    core = re.sub(r"[@#_.*!\-]", "", core) or core
    stems = {plain, core, plain.translate(LOOKS_LIKE), core.translate(LOOKS_LIKE)}
    stems |= {re.sub(r"[0-9]{1,4}$", "", stem) for stem in (plain, core) if len(stem) > 8}
    if any(stem in listed or _is_walk(stem) or _is_repetition(stem) for stem in stems if stem):
        return True
    # Two common ones in a row: woaini + 5201314, 12345678 + 20240101.
    return any(core[:at] in listed and core[at:] in listed for at in range(3, len(core) - 2))


# --- Validators -----------------------------------------------------------------------


class LengthValidator:
    """At least what the profile says, at most what a hash takes."""

    def validate(self, password: str, user: Any = None) -> None:
        least = profile().least
        if len(password) < least:
            raise ValidationError(
                ngettext(
                    "The password is too short: it needs at least %(count)d character.",
                    "The password is too short: it needs at least %(count)d characters.",
                    least,
                )
                % {"count": least},
                code="password_too_short",
            )
        if len(password) > MOST_CHARACTERS:
            raise ValidationError(
                _("The password is too long: at most %(count)d characters.")
                % {"count": MOST_CHARACTERS},
                code="password_too_long",
            )

    def get_help_text(self) -> str:
        return _("At least %(count)d characters. A short sentence is easy to remember.") % {
            "count": profile().least
        }


class ClassesValidator:
    """As many kinds of characters as the profile asks for."""

    KINDS = (str.islower, str.isupper, str.isdigit)

    def validate(self, password: str, user: Any = None) -> None:
        wanted = profile().classes
        kinds = {
            next((kind.__name__ for kind in self.KINDS if kind(letter)), "other")
            for letter in password
        }
        if len(kinds) < wanted:
            raise ValidationError(
                _(
                    "Use at least %(count)d of these: small letters, capital letters, digits, "
                    "other characters."
                )
                % {"count": wanted},
                code="password_too_uniform",
            )

    def get_help_text(self) -> str:
        wanted = profile().classes
        if wanted < 2:
            return ""
        return _(
            "At least %(count)d of these: small letters, capital letters, digits, other characters."
        ) % {"count": wanted}


class CommonValidator:
    """None that everybody tries first."""

    def validate(self, password: str, user: Any = None) -> None:
        if is_common(password):
            raise ValidationError(
                _("Many people use this password, or one like it. Choose another."),
                code="password_too_common",
            )

    def get_help_text(self) -> str:
        return _("No common password: no name with digits, no year, no walk over the keyboard.")


class ContextValidator:
    """Nothing a colleague could guess: the name, the user name, the product, the district."""

    def validate(self, password: str, user: Any = None) -> None:
        plain = unicodedata.normalize("NFKC", password).casefold()
        if any(word in plain for word in context_words(user)):
            raise ValidationError(
                _(
                    "The password must not hold your name, your user name, your telephone number, "
                    "the name of the district or of this product."
                ),
                code="password_in_context",
            )

    def get_help_text(self) -> str:
        return _("Without your name, the name of the district or of this product.")


def context_words(user: Any) -> set[str]:
    """Return the words a password of this person must not hold, in small letters."""
    from core.territories.models import Territory  # circular import: posts name territories

    words = {"童护", "tonghu"}
    chinese = list(
        Territory.objects.filter(level=Territory.Level.DISTRICT).values_list("name", flat=True)
    )
    if user is not None:
        words |= _pieces(getattr(user, "username", ""))
        words |= _pieces(getattr(user, "email", "").partition("@")[0])
        words |= _pieces(getattr(user, "phone", "") or "")
        chinese.append(getattr(user, "name", "") or "")
    words |= _with_pinyin(name.strip() for name in chinese)
    return {word for word in words if word}


def _pieces(text: str) -> set[str]:
    """Return a name and its parts of four letters or more."""
    folded = text.strip().casefold()
    parts = {part for part in re.split(r"[^0-9a-z]+", folded) if len(part) >= 4}
    return parts | ({folded} if len(folded) >= 3 else set())


def _with_pinyin(names: Iterable[str]) -> set[str]:
    """Return Chinese names of two characters or more, and how they are spelt."""
    from pypinyin import lazy_pinyin  # slow import

    words: set[str] = set()
    for name in names:
        if len(name) >= 2:
            words |= {name.casefold(), "".join(lazy_pinyin(name)).casefold()}
    return words
