"""What must hold on every way to a right, not only on our screens."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models.signals import m2m_changed, pre_save
from django.dispatch import receiver

from .models import Post, Role, User


@receiver(m2m_changed, sender=User.groups.through)
def only_posts_lead_to_groups(
    sender: Any, instance: Any, action: str, reverse: bool, pk_set: set[Any] | None, **kwargs: Any
) -> None:
    """Let nobody into the group of a role whose post they do not hold.

    Rights come from posts anyway; page rights of Wagtail, though, hang on the group.

    Raises:
        PermissionDenied: The post is missing.
    """
    if action != "pre_add" or not pk_set:
        return
    pairs = (
        [(user, instance.pk) for user in pk_set]
        if reverse
        else [(instance.pk, group) for group in pk_set]
    )
    roles = dict(
        Role.objects.filter(group__in={group for _user, group in pairs}).values_list(
            "group_id", "code"
        )
    )
    for user, group in pairs:
        role = roles.get(group)
        if role and not Post.objects.held().filter(user=user, role=role).exists():
            raise PermissionDenied(f"the group of {role} is entered through a post")


@receiver(pre_save, sender=User)
def no_superuser_with_a_post(sender: Any, instance: User, **kwargs: Any) -> None:
    """Keep the technical account apart from every post, whoever saves it.

    Raises:
        PermissionDenied: An account with a post would become a superuser's.
    """
    if not instance.is_superuser or instance._state.adding:
        return
    if Post.objects.held().filter(user=instance).exists():
        raise PermissionDenied("a superuser holds no post")
