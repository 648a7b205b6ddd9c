"""Appoint people to posts, end posts, load roles."""

import fnmatch
import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access.opening import is_asked_for
from core.access.rights import check_matrix
from core.audit.services import record
from core.history.context import change_set

from .models import Post, Role, User
from .selectors import posts_overlapping

if TYPE_CHECKING:
    from core.territories.models import Territory


def check_appointment(
    *, user: User, role: Role, held_from: date, held_to: date | None, actor: User
) -> None:
    """Refuse an appointment that must not be.

    Legal source: the separation of system, security and audit administrators is
    asked for by GB/T 22239 (classified protection of information systems).

    Raises:
        ValidationError: The person would hold two administrator roles, or an
            administrator's and another role, on the same day; or appoints
            themselves; or the account is a system account, a superuser's, or of
            somebody who has left.
    """
    if getattr(user, "is_system", False):
        raise ValidationError({"user": _("A system account holds no post.")})
    if user.is_superuser:
        raise ValidationError({"user": _("A technical account holds no post.")})
    if user.left_on is not None:
        raise ValidationError({"user": _("Whoever has left holds no post. Make a new account.")})
    if user.pk == actor.pk:
        raise ValidationError({"user": _("Nobody appoints themselves. Ask a colleague.")})
    others = posts_overlapping(user, held_from, held_to).exclude(role=role)
    if not role.administrator:
        others = others.filter(role__administrator=True)
    if others.exists():
        raise ValidationError(
            {
                "role": _(
                    "Administrator roles exclude each other and every other role. "
                    "End the other post first."
                )
            }
        )


@transaction.atomic
def appoint(
    *,
    user: User,
    role: Role,
    territory: "Territory",
    held_from: date,
    held_to: date | None = None,
    actor: User,
) -> Post:
    """Give a person a post.

    Raises:
        ValidationError: See ``check_appointment``; or the days are the wrong way round.
    """
    # Two administrators may appoint one person at the same moment.
    get_user_model()._default_manager.select_for_update().get(pk=user.pk)
    check_appointment(user=user, role=role, held_from=held_from, held_to=held_to, actor=actor)
    post = Post(
        user=user,
        role=role,
        territory=territory,
        held_from=held_from,
        held_to=held_to,
        confirmed_on=timezone.localdate(),
    )
    post.full_clean()
    with change_set(actor=actor):
        post.save()
    if is_asked_for():
        from core.approvals.services import approve_post  # circular import: above accounts

        approve_post(post=post, approver=actor)
    _follow_groups(user)
    return post


@transaction.atomic
def end_post(*, post: Post, on: date, actor: User) -> Post:
    """Let a post end on a day, which is its last.

    Raises:
        ValidationError: The day lies before the first day of the post.
    """
    locked = Post.objects.select_for_update().get(pk=post.pk)
    locked.held_to = on
    locked.full_clean()
    with change_set(actor=actor):
        locked.save()
    if is_asked_for():
        from core.approvals.services import end_approvals_of  # circular import: above accounts

        end_approvals_of(post=locked, actor=actor)
    _follow_groups(locked.user)
    return locked


@transaction.atomic
def confirm_post(*, post: Post, actor: User) -> Post:
    """Say again that a person still needs a post, for another year.

    The standing approval of the post is renewed on its own, by whoever answers for the records
    (``core.approvals.services.renew_approval``): that is another question.

    Raises:
        ValidationError: It is the actor's own, or is not held today.
    """
    locked = _reviewed(post, actor)
    locked.confirmed_on = timezone.localdate()
    with change_set(actor=actor, reason=_("Confirmed for another year")):
        locked.save(update_fields=["confirmed_on"])
    record("tonghu.post_confirmed", actor=actor, instance=locked)
    return locked


@transaction.atomic
def end_unconfirmed_post(*, post: Post, actor: User) -> Post:
    """Let a post end today that the yearly look found to be needed no more.

    Raises:
        ValidationError: It is the actor's own, or is not held today.
    """
    locked = _reviewed(post, actor)
    ended = end_post(post=locked, on=timezone.localdate(), actor=actor)
    record("tonghu.post_ended", actor=actor, instance=ended)
    return ended


def _reviewed(post: Post, actor: User) -> Post:
    locked = Post.objects.select_for_update(of=("self",)).select_related("user").get(pk=post.pk)
    if locked.user_id == actor.pk:
        raise ValidationError(_("Nobody confirms or ends their own post here. Ask a colleague."))
    if not Post.objects.held().filter(pk=locked.pk).exists():
        raise ValidationError(_("The post is not held today."))
    return locked


def _follow_groups(user: User) -> None:
    """Put a person into the groups of their posts, past and future ones left out.

    Page rights in Wagtail hang on group membership.  Whether someone may enter at
    all is asked of the posts, by date, each time (see ``backends``).
    """
    held = Group.objects.filter(role__posts__in=Post.objects.held().filter(user=user))
    kept = user.groups.filter(role__isnull=True)
    user.groups.set({*held, *kept})


def permission_keys() -> dict[str, int]:
    """Return the key of every permission by its ``app.codename``."""
    rows = Permission.objects.order_by().values_list("content_type__app_label", "codename", "pk")
    return {f"{app}.{codename}": pk for app, codename, pk in rows}


def matching_permissions(patterns: Iterable[str], among: Mapping[str, int]) -> set[int]:
    """Return the keys of the permissions whose ``app.codename`` matches one of the patterns.

    Raises:
        ValueError: A pattern matches nothing: a right was misspelt or has gone.
    """
    found: set[int] = set()
    for pattern in patterns:
        matched = fnmatch.filter(among, pattern)
        if not matched:
            raise ValueError(f"no permission matches {pattern!r}")
        found.update(among[name] for name in matched)
    return found


def read_roles(path: Path) -> list[dict[str, Any]]:
    """Read roles from a file, and their rights on fields from ``field_rights.json`` beside it.

    Raises:
        OSError, ValueError: One of the files cannot be read.
    """
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    matrix = json.loads((path.parent / "field_rights.json").read_text(encoding="utf-8"))
    return [{**row, "field_rights": matrix.get(row["code"], {})} for row in rows]


@transaction.atomic
def load_roles(rows: Iterable[Mapping[str, Any]]) -> int:
    """Write roles and their rights as they stand in a file, and return their number.

    Raises:
        ValueError: A right in the file does not exist, or is one on no field.
    """
    count, permissions = 0, permission_keys()
    for row in rows:
        check_matrix(row.get("field_rights", {}))
        group, _created = Group.objects.get_or_create(name=row["label_zh"])
        group.permissions.set(matching_permissions(row["permissions"], permissions))
        Role.objects.update_or_create(
            code=row["code"],
            defaults={
                "label_zh": row["label_zh"],
                "label_en": row["label_en"],
                "department": row.get("department", ""),
                "sees_cases": row["sees_cases"],
                "administrator": row.get("administrator", False),
                "group": group,
                "field_rights": row.get("field_rights", {}),
                "standing_approval": row.get("standing_approval", []),
            },
        )
        count += 1
    return count
