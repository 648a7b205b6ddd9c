"""A small world of tool loans: clerks of two towns and their records."""

import pytest
from django.contrib.auth.models import Permission

from core.access.scope import scoped_to
from tests.factories.core import UserFactory, approve
from tests.ledgers.sampleapp.models import Case, Item, Keeper

ALL = ("view", "add", "change", "delete", "export", "import", "view_history")


def grant(user, *actions, models=(Case, Item, Keeper)):
    codenames = [f"{action}_{model._meta.model_name}" for action in actions for model in models]
    user.user_permissions.add(
        *Permission.objects.filter(codename__in=codenames, content_type__app_label="sampleapp")
    )
    return user


def clerk_of(territory, *actions, role="town_clerk", **kwargs):
    """A person with a post there, and these rights on the sample models only."""
    user = UserFactory(role=role, serves=territory, **kwargs)
    approve(user, territory)
    return grant(user, *(actions or ALL))


def lend(clerk, village, number="L-1", **kwargs):
    items = kwargs.pop("items", ("锄头",))
    values = {"full_name": "王小田", "phone": "19900000001", **kwargs}
    with scoped_to(clerk):
        case = Case(number=number, village=village, **values)
        case.save()
        for name in items:
            Item(case=case, name=name, serial="SN-77881").save()
    return case


@pytest.fixture
def clerk(district):
    return clerk_of(district.town, name="周文书")


@pytest.fixture
def stranger(district):
    return clerk_of(district.other_town, name="吴文书")


@pytest.fixture
def case(clerk, district):
    return lend(clerk, district.village)


@pytest.fixture
def signed_in(client, clerk):
    client.force_login(clerk)
    return client
