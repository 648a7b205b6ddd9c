"""Questions about accounts."""

from datetime import date

from django.contrib.auth import get_user_model
from django.db.models import Q

from .models import Post, PostQuerySet, User

SYSTEM_ACCOUNTS = {"system": "系统", "portal": "公众门户"}


def posts_held(user: User, *, on: date | None = None) -> PostQuerySet:
    """Return the posts a person holds on a day, with role and territory loaded."""
    return Post.objects.held(on).filter(user=user).select_related("role", "territory")


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
