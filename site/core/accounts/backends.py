"""Rights follow the posts a person holds today."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.models import CharField, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from .models import Post

# Staff who work at the same time; a statement is three thousand letters.
MOST_STATEMENTS = 500


@dataclass(frozen=True)
class AskedAlong:
    """Something every page of the staff asks, and that goes along with the rights.

    Args:
        name: What the answers are told apart by; no label of an app.
        rows: Called once a day with an account of which only the key is known; returns rows
            and the name of the field asked for.  The query must hold for the whole day.
        take: Called with the person and the values found, as texts.
    """

    name: str
    rows: Callable[[Any], tuple[QuerySet[Any], str]]
    take: Callable[[Any, list[str]], None]


asked_along: list[AskedAlong] = []
"""Apps add theirs when they are ready."""


class PostBackend(ModelBackend):
    """Django's backend, with group rights taken from posts by date.

    A post that ended yesterday gives nothing today, whether or not a nightly job ran.
    Groups that belong to no role count as usual.
    """

    def get_user(self, user_id: Any) -> Any:
        """Return the account with what the admin's pages ask of it: theme and contrast."""
        rows = get_user_model()._default_manager.select_related("wagtail_userprofile")
        user = rows.filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return all rights of a person, in one query, with what is asked along."""
        plain = user_obj.is_active and not user_obj.is_anonymous and not user_obj.is_superuser
        if plain and obj is None and not hasattr(user_obj, "_perm_cache"):
            user_obj._perm_cache = self._ask_for_all(user_obj)
        return super().get_all_permissions(user_obj, obj)

    def _ask_for_all(self, user: Any) -> set[str]:
        found: set[str] = set()
        answers: dict[str, list[str]] = {each.name: [] for each in asked_along}
        with connection.cursor() as cursor:
            cursor.execute(*_statement(user.pk, timezone.localdate(), tuple(asked_along)))
            for kind, text in cursor.fetchall():
                if kind in answers:
                    answers[kind].append(text)
                else:
                    found.add(f"{kind}.{text}")
        for each in asked_along:
            each.take(user, answers[each.name])
        return found

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and not getattr(user, "is_system", False)

    def _get_group_permissions(self, user_obj: Any) -> Any:
        return _rights_of_groups(user_obj, timezone.localdate())


def _rights_of_groups(user: Any, day: date) -> QuerySet[Permission]:
    groups = Group.objects.filter(
        Q(role__posts__in=Post.objects.held(day).filter(user=user))
        | Q(role__isnull=True, user=user)
    )
    return Permission.objects.filter(group__in=groups)


@lru_cache(maxsize=MOST_STATEMENTS)
def _statement(pk: Any, day: date, along: tuple[AskedAlong, ...]) -> tuple[str, tuple[Any, ...]]:
    """Return the query for all rights of a person on a day, and for what is asked along.

    Only the text is kept, for it says the same all day; writing it takes Django forty times as
    long as the database takes to answer.
    """
    user = get_user_model()(pk=pk)
    own, held = (
        rights.order_by().values_list("content_type__app_label", "codename")
        for rights in (Permission.objects.filter(user=user), _rights_of_groups(user, day))
    )
    return own.union(held, *(_answers(each, user) for each in along)).query.sql_with_params()


def _answers(each: AskedAlong, user: Any) -> Any:
    rows, name = each.rows(user)
    kind = Value(each.name, output_field=CharField())
    return rows.order_by().values_list(kind, Cast(name, TextField()))
