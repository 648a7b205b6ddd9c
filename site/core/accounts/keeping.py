"""What administrators do to the sign-in of others: links, unlocking, leaving, disuse.

The work is split as GB/T 22239-2019, 8.1.4.2 d) asks: the system administrator gives out a
link for a password, the security administrator takes second factors away.  Neither can open
somebody else's account alone.
"""

from datetime import date

from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from core.audit.services import record
from core.history.context import change_set

from . import limits
from .factors import remove_factors
from .models import Post, User
from .selectors import unused_accounts
from .services import end_post
from .sessions import end_sessions


def check_person(user: User) -> None:
    """Refuse what concerns no person who works here.

    Raises:
        ValidationError: It is a system account, or the account is switched off.
    """
    if user.is_system:
        raise ValidationError(_("Nobody signs in with a system account."))
    if not user.is_active or user.left_on is not None:
        raise ValidationError(_("This account is switched off."))


def issue_password_link(*, user: User, actor: User) -> str:
    """Return the path behind which a person sets a password, once.

    It is good until it is used, until the person signs in, or for
    ``PASSWORD_RESET_TIMEOUT`` seconds.  Giving it out is logged; the link is not.

    Raises:
        ValidationError: See ``check_person``; or the actor asks for their own.
    """
    check_person(user)
    if user.pk == actor.pk:
        raise ValidationError(_("Change your own password on the page of your account."))
    token = default_token_generator.make_token(user)
    record("tonghu.password_link", actor=actor, instance=user)
    return reverse(
        "account_set_password",
        kwargs={"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": token},
    )


def unlock(*, user: User, actor: User) -> int:
    """Forget the wrong tries of an account, and return at how many addresses it was tried."""
    count = limits.forget(user)
    record("tonghu.unlocked", actor=actor, instance=user, data={"addresses": count})
    return count


@transaction.atomic
def reset_factors(*, user: User, actor: User) -> int:
    """Take away the second factors of somebody who lost them; all sessions end.

    Returns:
        How many factors there were.

    Raises:
        ValidationError: The actor asks for their own.
    """
    if user.pk == actor.pk:
        raise ValidationError(_("Remove your own second factor on the page of your account."))
    count = remove_factors(user)
    end_sessions(user)
    record("tonghu.factors_reset", actor=actor, instance=user, data={"factors": count})
    return count


def end_all_sessions(*, user: User, actor: User) -> int:
    """Sign a person out everywhere, and return how many sessions ended."""
    count = end_sessions(user)
    record("tonghu.sessions_ended", actor=actor, instance=user, data={"count": count})
    return count


@transaction.atomic
def mark_as_left(*, user: User, on: date, actor: User) -> User:
    """Let somebody leave: posts end, the account is switched off, all sessions end.

    The account stays, because history points at it.

    Raises:
        ValidationError: It is a system account, has left before, or is the actor's own.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.is_system or locked.left_on is not None:
        raise ValidationError(_("This account is switched off."))
    if locked.pk == actor.pk:
        raise ValidationError(_("Nobody lets themselves leave. Ask a colleague."))
    with change_set(actor=actor, reason=_("left")):
        for post in Post.objects.held(on).filter(user=locked):
            end_post(post=post, on=max(on, post.held_from), actor=actor)
    locked.left_on = on
    locked.is_active = False
    locked.save(update_fields=["left_on", "is_active"])
    end_sessions(locked)
    record("tonghu.left", actor=actor, instance=locked, data={"on": on.isoformat()})
    return locked


@transaction.atomic
def disable_unused(*, days: int, actor: User) -> list[User]:
    """Switch off accounts nobody used for so many days, and return them.

    System accounts are left alone: nobody signs in with them.
    """
    disabled = []
    for user in unused_accounts(days=days).select_for_update():
        user.is_active = False
        user.save(update_fields=["is_active"])
        end_sessions(user)
        record("tonghu.unused", actor=actor, instance=user, data={"days": days})
        disabled.append(user)
    return disabled


def note_new_password(*, user: User, actor: User) -> None:
    """Log that a password was set; which one, nobody knows."""
    record("tonghu.password_set", actor=actor, instance=user)
