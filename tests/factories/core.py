"""Factories of the kernel: territories, accounts, posts."""

from datetime import date, timedelta
from typing import Any

import factory
from django.conf import settings
from django.utils import timezone

from core.access.scope import unscoped
from core.accounts.models import Post, Role, User
from core.accounts.selectors import system_account
from core.accounts.services import load_roles, read_roles
from core.approvals.models import Approval
from core.approvals.services import approve_post
from core.history.context import change_set
from core.territories.models import Territory

LONG_AGO = date(2020, 1, 1)
PASSWORD = "an invented pass phrase"
ROLES = settings.ROOT / "fixtures" / "roles.json"


class TerritoryFactory(factory.django.DjangoModelFactory[Territory]):
    """A village of its own town unless told otherwise; codes count upwards."""

    class Meta:
        model = Territory
        django_get_or_create = ("code",)

    class Params:
        number = factory.Sequence(lambda n: n + 1)

    level = Territory.Level.VILLAGE
    kind = factory.LazyAttribute(
        lambda o: {
            "district": Territory.Kind.DISTRICT,
            "town": Territory.Kind.TOWN,
            "village": Territory.Kind.VILLAGE_COMMITTEE,
        }[str(o.level)]
    )
    parent: Any = factory.Maybe(
        factory.LazyAttribute(lambda o: o.level != Territory.Level.DISTRICT),
        factory.LazyAttribute(lambda o: _parent(o)),
        None,
    )
    code = factory.LazyAttribute(lambda o: _code(o))
    name = factory.LazyAttribute(lambda o: f"示例{o.code[6:9]}-{o.code[9:]}")
    valid_from = LONG_AGO

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        with change_set(actor=system_account(), source="command"):
            return super()._create(model_class, *args, **kwargs)


def _code(o: Any) -> str:
    if str(o.level) == "district":
        return "990101000000"
    parent = o.parent
    if str(o.level) == "town":
        return f"{parent.code[:6]}{500 + o.number % 500:03d}000"
    # 000 would be the town's own code.
    return f"{parent.code[:9]}{1 + o.number % 999:03d}"


def _parent(o: Any) -> Territory:
    if str(o.level) == "town":
        return TerritoryFactory(level=Territory.Level.DISTRICT, parent=None)
    return TerritoryFactory(level=Territory.Level.TOWN)


class UserFactory(factory.django.DjangoModelFactory[User]):
    """An account.  ``role`` and ``serves`` give it a post held since long ago."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    name = factory.Sequence(lambda n: f"职员{n}")
    email = factory.LazyAttribute(lambda o: f"{o.username}@example.invalid")
    password = factory.django.Password(PASSWORD)

    @classmethod
    def _create(
        cls,
        model_class: Any,
        *args: Any,
        role: str | None = None,
        serves: Territory | None = None,
        **kwargs: Any,
    ) -> User:
        user: User = super()._create(model_class, *args, **kwargs)
        if role is not None:
            PostFactory(user=user, role=role_called(role), territory=serves or TerritoryFactory())
        return user


class PostFactory(factory.django.DjangoModelFactory[Post]):
    class Meta:
        model = Post

    user = factory.SubFactory(UserFactory)
    role = factory.LazyFunction(lambda: role_called("town_clerk"))
    territory = factory.SubFactory(TerritoryFactory)
    held_from = LONG_AGO

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        with change_set(actor=system_account(), source="command"):
            post = super()._create(model_class, *args, **kwargs)
        approve_post(post=post, approver=system_account())
        post.user.groups.add(post.role.group)
        return post


def approve(user: User, territory: Territory) -> Approval:
    """Give a person a standing approval for a territory, whatever their role says."""
    now = timezone.now()
    with unscoped("test"), change_set(actor=system_account(), source="command"):
        approval = Approval(
            number=f"AP-9{Approval._base_manager.count():05d}",
            kind=Approval.Kind.STANDING,
            person=user,
            prefix=territory.prefix,
            place_code=territory.code,
            starts_at=now,
            ends_at=now + timedelta(days=365),
            basis="测试",
            approver=system_account(),
        )
        approval.save()
    return approval


def role_called(code: str) -> Role:
    """Return a role as it stands in ``fixtures/roles.json``, loading them all at need."""
    if not Role.objects.exists():
        load_roles(read_roles(ROLES))
    return Role.objects.get(code=code)
