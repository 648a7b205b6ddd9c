"""Rights follow the posts a person holds today."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from .models import Post


class PostBackend(ModelBackend):
    """Django's backend, with group rights taken from posts by date.

    A post that ended yesterday gives nothing today, whether or not a nightly job ran.
    Groups that belong to no role count as usual.
    """

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and not getattr(user, "is_system", False)

    def _get_group_permissions(self, user_obj: Any) -> Any:
        groups = Group.objects.filter(
            Q(role__posts__in=Post.objects.held().filter(user=user_obj))
            | Q(role__isnull=True, user=user_obj)
        )
        return Permission.objects.filter(group__in=groups)
