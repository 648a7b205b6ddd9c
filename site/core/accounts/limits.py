"""How often one may guess: fixed windows in the shared cache, the attempt log where it is gone.

Legal source: GB/T 22239-2019, 8.1.4.1 b) asks for failed sign-ins to be handled; the numbers
below are those of the password profile (see ``passwords.PROFILES``).
"""

import ipaddress
import logging
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.utils import timezone

from core.crypto.seal import blind_index

from .models import SignInAttempt, User
from .passwords import profile

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger("tonghu.accounts")

NO_ADDRESS = "0.0.0.0"  # noqa: S104 - what is written where a socket file has no address
IPV6_PREFIX = 64
WRONG = (SignInAttempt.Outcome.WRONG, SignInAttempt.Outcome.WRONG_CODE)


def _cache_faults() -> tuple[type[Exception], ...]:
    """Return what a cache that is away raises; Redis has errors of its own."""
    faults: tuple[type[Exception], ...] = (DatabaseError, OSError)
    try:
        redis = import_module("redis.exceptions")  # optional dependency
    except ImportError:
        return faults
    return (*faults, redis.RedisError)


CACHE_FAULTS = _cache_faults()


@dataclass(frozen=True)
class Limit:
    """At most ``amount`` tries within a window of ``seconds``."""

    name: str
    amount: int
    seconds: int


@dataclass(frozen=True)
class Slot:
    """One try that has been taken; an empty key is one counted in the database."""

    key: str


ADDRESS = Limit("address", 10, 60)
# A code has six digits: whoever knows the password must not try them all from many addresses.
CODES_A_DAY = Limit("codes", 60, 24 * 60 * 60)


def account_limit() -> Limit:
    """Return the limit for one account from one address, as the profile sets it."""
    chosen = profile()
    return Limit("account", chosen.tries, chosen.lock_minutes * 60)


def client_address(request: "HttpRequest") -> str:
    """Return the address of the client, an IPv6 one cut to its network of 64 bits.

    Only what ``TRUSTED_PROXY_COUNT`` proxies wrote is believed: the list of
    ``X-Forwarded-For`` is counted from its end, never from its beginning.
    """
    address = request.META.get("REMOTE_ADDR", "")
    count = settings.TRUSTED_PROXY_COUNT
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if count and len(forwarded) >= count:
        address = forwarded[-count].strip()
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return NO_ADDRESS
    if isinstance(parsed, ipaddress.IPv6Address):
        network = ipaddress.IPv6Network(f"{parsed}/{IPV6_PREFIX}", strict=False)
        return str(network.network_address)
    return str(parsed)


def address_digest(request: "HttpRequest") -> str:
    return blind_index(client_address(request), purpose="accounts.signinattempt.address") or ""


def account_digest(username: str) -> str:
    folded = username.strip().casefold() or "-"
    return blind_index(folded, purpose="accounts.signinattempt.account") or ""


def take(limit: Limit, key: str, *, counted: int) -> Slot | None:
    """Take one of the tries of the present window.

    Each try is a key of its own, set with ``add``: two processes cannot both take the
    last one, as they could by reading a number and writing it back.

    Args:
        limit: How many, in which time.
        key: Whose tries; a digest.
        counted: Wrong tries of the last window by the attempt log, which decides where
            the cache is gone.

    Returns:
        The try taken, or ``None`` if none is left.
    """
    window = int(time.time() // limit.seconds)
    try:
        for number in range(limit.amount):
            name = f"sign-in:{limit.name}:{key}:{window}:{number}"
            if cache.add(name, 1, timeout=limit.seconds):
                return Slot(name)
    except CACHE_FAULTS:
        logger.error("the shared cache does not answer; counting tries in the database")
        return Slot("") if counted < limit.amount else None
    return None


def give_back(slot: Slot) -> None:
    """Free a try that was none: the password was right."""
    if slot.key:
        try:
            cache.delete(slot.key)
        except CACHE_FAULTS:
            logger.error("the shared cache does not answer; a try stays taken")


def wrong_tries(limit: Limit, **which: str) -> int:
    """Return how often something was wrong within the last window, by the attempt log."""
    since = timezone.now() - timedelta(seconds=limit.seconds)
    tries = SignInAttempt.objects.filter(at__gte=since, **which)
    last = tries.filter(outcome=SignInAttempt.Outcome.UNLOCKED).order_by("-at").first()
    if last is not None:
        tries = tries.filter(at__gt=last.at)
    return tries.filter(outcome__in=WRONG).count()


@dataclass
class Try:
    """One try of one account from one address, from its beginning to its outcome."""

    account: str
    address: str
    user: "User | None" = None
    slots: tuple[Slot, ...] = ()

    def note(self, outcome: SignInAttempt.Outcome) -> None:
        SignInAttempt.objects.create(
            user=self.user,
            outcome=outcome,
            account_digest=self.account,
            address_digest=self.address,
        )

    def succeed(self) -> None:
        """Give the tries back: whoever knows the password does not use them up."""
        for slot in self.slots:
            give_back(slot)

    def fail(self, outcome: SignInAttempt.Outcome) -> None:
        self.note(outcome)


def begin(request: "HttpRequest", username: str, *, of_codes: bool = False) -> Try | None:
    """Begin a try, or refuse it.

    Args:
        request: Where it comes from.
        username: As it was typed; unknown names are counted like known ones.
        of_codes: A second factor is tried, by somebody who knows the password.

    Returns:
        The try, or ``None`` if there were too many; the refusal has been logged.
    """
    user = User.objects.filter(username=username.strip()).first()
    this = Try(account_digest(username), address_digest(request), user)
    per_account = account_limit()
    asked = [
        (ADDRESS, this.address, {"address_digest": this.address}),
        (
            per_account,
            f"{this.account}:{this.address}",
            {"account_digest": this.account, "address_digest": this.address},
        ),
    ]
    if of_codes:
        asked.append((CODES_A_DAY, this.account, {"account_digest": this.account}))
    taken: list[Slot] = []
    for limit, key, which in asked:
        slot = take(limit, key, counted=wrong_tries(limit, **which))
        if slot is None:
            for earlier in taken:
                # One who is refused for the account does not use up the address of an office.
                give_back(earlier)
            this.note(SignInAttempt.Outcome.LIMITED)
            return None
        taken.append(slot)
    this.slots = tuple(taken)
    return this


def forget(user: "User") -> int:
    """Unlock an account at every address it was tried from, and return their number."""
    account = account_digest(user.username)
    limit = account_limit()
    since = timezone.now() - timedelta(seconds=max(limit.seconds, CODES_A_DAY.seconds))
    addresses = set(
        SignInAttempt.objects.filter(account_digest=account, at__gte=since).values_list(
            "address_digest", flat=True
        )
    )
    keys = [(limit, f"{account}:{address}") for address in addresses]
    keys.append((CODES_A_DAY, account))
    names = [
        f"sign-in:{one.name}:{key}:{int(time.time() // one.seconds)}:{number}"
        for one, key in keys
        for number in range(one.amount)
    ]
    try:
        cache.delete_many(names)
    except CACHE_FAULTS:
        logger.error("the shared cache does not answer; the attempt log alone is unlocked")
    for address in addresses:
        Try(account, address, user).note(SignInAttempt.Outcome.UNLOCKED)
    return len(addresses)


# --- Codes that were used -------------------------------------------------------------

CODE_MEMORY_SECONDS = 180


def memory_works() -> bool:
    """Return whether what is written into the shared cache can be read back from it."""
    name, value = f"sign-in:probe:{secrets.token_hex(8)}", secrets.token_hex(8)
    try:
        cache.set(name, value, timeout=30)
        found = cache.get(name)
        cache.delete(name)
    except CACHE_FAULTS:
        return False
    return bool(found == value)


def first_use(user: "User", code: str) -> bool:
    """Return whether this code of this person is used for the first time, and remember it.

    The memory outlasts the time in which a code is accepted.  No memory, no first use.
    """
    digits = "".join(letter for letter in code if letter.isalnum())
    digest = blind_index(f"{user.pk}:{digits}", purpose="accounts.code")
    try:
        return cache.add(f"sign-in:used:{digest}", 1, timeout=CODE_MEMORY_SECONDS)
    except CACHE_FAULTS:
        return False
