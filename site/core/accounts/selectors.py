"""Questions about accounts."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Exists, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from core.territories.models import Territory

from .models import Post, PostQuerySet, Role, User

SYSTEM_ACCOUNTS = {"system": "系统", "portal": "公众门户"}


def posts_held(user: User, *, on: date | None = None) -> PostQuerySet:
    """Return the posts a person holds on a day, with role and territory loaded.

    Each says in ``there_were_mergers`` whether any territory was ever merged into another,
    so that who needs the mergers asks for them only where there are some.
    """
    mergers = Territory.objects.filter(merged_into__isnull=False)
    posts = Post.objects.held(on).filter(user=user).select_related("role", "territory")
    return posts.annotate(there_were_mergers=Exists(mergers))


def posts_overlapping(user: User, held_from: date, held_to: date | None) -> PostQuerySet:
    """Return the posts of a person that share a day with the given span."""
    posts = Post.objects.filter(user=user).filter(
        Q(held_to__isnull=True) | Q(held_to__gte=held_from)
    )
    return posts if held_to is None else posts.filter(held_from__lte=held_to)


def system_account(username: str = "system") -> User:
    """Return the account that automatic work is attributed to.

    It is made when first asked for, without a usable password.

    Raises:
        KeyError: There is no system account of that name.
    """
    name = SYSTEM_ACCOUNTS[username]
    accounts = get_user_model()
    # The user model of a host site need not have our two columns.
    own = {"name": name, "is_system": True} if issubclass(accounts, User) else {}
    account, created = accounts._default_manager.get_or_create(username=username, defaults=own)
    if created:
        account.set_unusable_password()
        account.save(update_fields=["password"])
    return account


def superuser_may_enter() -> bool:
    """Return whether a superuser signs in at all.

    Somebody must make the first accounts.  As soon as each of the three administrator
    roles is held by an account that works, nobody needs the technical one (GB/T
    22239-2019, 8.1.4.2 b), d)); it stays shut until one of them is vacant again.
    """
    if settings.SUPERUSER_MAY_ENTER:
        return True
    needed = set(Role.objects.filter(administrator=True).values_list("code", flat=True))
    held = set(
        Post.objects.held()
        .filter(role__administrator=True, user__is_active=True, user__is_superuser=False)
        .values_list("role_id", flat=True)
    )
    return not needed or bool(needed - held)


def refusal_of_entry(user: User, posts: Sequence[Post]) -> str:
    """Return why an account has no business on the staff site today, or nothing.

    Args:
        user: An account whose password was right, or whose session goes on.
        posts: What it holds today.
    """
    if not user.is_active or user.is_system or user.left_on is not None:
        return gettext("This account is switched off.")
    if user.is_superuser:
        if posts:
            return gettext("A technical account holds no post. Use an account of your own.")
        if not superuser_may_enter():
            return gettext("The technical account is shut: all administrators are in office.")
        return ""
    if not posts and not getattr(settings, "TONGHU_SCOPE", ""):
        return gettext("You hold no post today. Ask the security administrator.")
    return ""


def unused_accounts(*, days: int) -> QuerySet[User]:
    """Return accounts that work but were not used for so many days.

    Source: GB/T 22239-2019, 8.1.4.2 c) (accounts that are not needed are switched off).
    """
    limit = timezone.now() - timedelta(days=days)
    return User.objects.filter(is_active=True, is_system=False).filter(
        Q(last_login__lt=limit) | Q(last_login__isnull=True, date_joined__lt=limit)
    )
