"""Scope: which territories the person behind the current request serves.

Legal source: 未成年人网络保护条例 art. 36 (least privilege for those who handle the
personal information of minors).  Nothing set means nothing seen.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, reduce
from itertools import takewhile
from operator import or_
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from .rights import FieldRights, HeldPost

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from core.accounts.models import Post, User

logger = logging.getLogger("tonghu.access")

NOTHING = Q(pk__in=[])
CODE_LENGTH = 12


@dataclass(frozen=True)
class Scope:
    """What one person may reach today.

    Attributes:
        user_id: The person, or ``None`` for nobody.
        prefixes: Leading digits of territory codes: 6 (district), 9 (town) or 12
            (village).  A village that was merged into one of these is listed too.
        roles: Codes of the roles held today.
        departments: Codes of the departments those roles belong to.
        posts: The posts that reach case files, each with its own places.
    """

    user_id: UUID | None = None
    prefixes: tuple[str, ...] = ()
    roles: frozenset[str] = field(default_factory=frozenset)
    departments: frozenset[str] = field(default_factory=frozenset)
    posts: tuple[HeldPost, ...] = field(default=(), compare=False)

    @cached_property
    def field_rights(self) -> FieldRights:
        """What the person may do with which fields; kept as long as the scope, a request."""
        return FieldRights(self.posts)

    def covers(self, code: str) -> bool:
        """Return whether a row with this territory code is in reach."""
        return bool(code) and code.startswith(self.prefixes) if self.prefixes else False

    @property
    def place(self) -> str:
        """The code of the smallest place that holds all of it, for the log; may be empty."""
        columns = zip(*self.prefixes, strict=False)
        digits = takewhile(lambda column: len(set(column)) == 1, columns)
        prefix = "".join(column[0] for column in digits)
        whole = next((length for length in (12, 9, 6) if len(prefix) >= length), 0)
        return prefix[:whole].ljust(CODE_LENGTH, "0") if whole else ""

    def q(self, path: str = "territory_code") -> Q:
        """Return the filter that keeps rows in reach.

        No prefix gives a filter that matches nothing, never an empty ``Q``.
        """
        return reduce(or_, (codes_within(p, path) for p in self.prefixes), NOTHING)


def codes_within(prefix: str, path: str = "territory_code") -> Q:
    """Return the filter for codes that begin with a prefix.

    A whole code is compared as such, which every database's index answers at once.
    """
    lookup = path if len(prefix) == CODE_LENGTH else f"{path}__startswith"
    return Q(**{lookup: prefix})


class Everything:
    """Stands in the context variable while ``unscoped`` is in force."""


EVERYTHING = Everything()
NOBODY = Scope()

_current: ContextVar[Scope | Everything | None] = ContextVar("tonghu_scope", default=None)


def current_scope() -> Scope | None:
    """Return the scope in force.

    ``None`` means that none was set, or that the caller runs unscoped; managers
    tell the two apart through ``scope_filter``.
    """
    scope = _current.get()
    return scope if isinstance(scope, Scope) else None


def is_unscoped() -> bool:
    """Return whether the caller is inside ``unscoped``."""
    return _current.get() is EVERYTHING


def in_force() -> Scope | Everything | None:
    """Return the scope in force as it is: a scope, everything, or nothing set."""
    return _current.get()


def scope_filter(path: str = "territory_code") -> Q | None:
    """Return the filter managers apply, or ``None`` where all rows are asked for."""
    scope = _current.get()
    if scope is EVERYTHING:
        return None
    return scope.q(path) if isinstance(scope, Scope) else NOTHING


@contextmanager
def in_scope(scope: Scope) -> Iterator[Scope]:
    """Put a scope in force for a block."""
    token = _current.set(scope)
    try:
        yield scope
    finally:
        _current.reset(token)


@contextmanager
def scoped_to(user: "User | AnonymousUser", *, source: str = "form") -> Iterator[Scope]:
    """Act as a person: their scope, and their name on every change."""
    from core.history.context import change_set  # circular import: history models use the scope

    with in_scope(scope_of(user)) as scope:
        if not user.is_authenticated:
            yield scope
            return
        with change_set(actor=user, source=source):
            yield scope


@contextmanager
def unscoped(reason: str) -> Iterator[None]:
    """Reach every row, for commands, jobs and index rebuilds.

    Args:
        reason: A constant phrase for the log.  It never holds personal data.

    Raises:
        ValueError: The reason is empty.
    """
    if not reason.strip():
        raise ValueError("unscoped() needs a reason")
    logger.info("unscoped: %s", reason)
    token = _current.set(EVERYTHING)
    try:
        yield
    finally:
        _current.reset(token)


def scope_of(user: "User | AnonymousUser | Any", *, posts: "Sequence[Post] | None" = None) -> Scope:
    """Return what a person may reach today: the answer of the site's one rule.

    The rule is ``posts_decide`` unless the setting ``TONGHU_SCOPE`` names another
    function, which is called with an active, signed-in user and returns a ``Scope``.

    Args:
        user: The person.
        posts: The posts held today, with role and territory, where they were just read.
    """
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return NOBODY
    rule = getattr(settings, "TONGHU_SCOPE", "")
    scope: Scope = import_string(rule)(user) if rule else posts_decide(user, posts=posts)
    return scope


def whole_site(user: "User | Any") -> Scope:
    """Let everyone reach every row and field: the rule for a site without territories.

    Rights on the model still decide who may do what.  The product never uses it.
    """
    every = ("",)
    post = HeldPost("everyone", every, dict.fromkeys("01234", "write"))
    return Scope(user_id=user.pk, prefixes=every, posts=(post,))


def mergers_may_count(post: "Post | Any") -> bool:
    """Return whether any territory was merged, as the post was read with; else perhaps."""
    return bool(getattr(post, "there_were_mergers", True))


def posts_decide(user: "User | Any", *, posts: "Sequence[Post] | None" = None) -> Scope:
    """Return what the posts a person holds today let them reach.

    Args:
        user: The person.
        posts: The posts held today, with role and territory, where they were just read.

    One query for the posts, one more where merged villages must be added.  A
    superuser without a post reaches no case: the account is technical.
    """
    from core.accounts.selectors import posts_held  # circular import: accounts use the scope
    from core.territories.selectors import followed, merges

    posts = list(posts_held(cast("User", user))) if posts is None else posts
    ended = merges() if any(p.role.sees_cases and mergers_may_count(p) for p in posts) else []
    held = tuple(
        HeldPost(
            role=post.role.code,
            prefixes=tuple(sorted(followed({post.territory.prefix}, ended))),
            matrix=post.role.field_rights,
        )
        for post in posts
        if post.role.sees_cases
    )
    return Scope(
        user_id=user.pk,
        prefixes=tuple(sorted({prefix for post in held for prefix in post.prefixes})),
        posts=held,
        roles=frozenset(post.role.code for post in posts),
        departments=frozenset(post.role.department for post in posts if post.role.department),
    )
