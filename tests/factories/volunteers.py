"""Factories of volunteers.  Rows are written by ``system`` under ``unscoped``."""

from datetime import date, timedelta
from typing import Any

import factory
from django.utils import timezone

from caseadmin.volunteers.enums import CheckConclusion, Team, VolunteerStatus
from caseadmin.volunteers.models import BackgroundCheck, Volunteer
from caseadmin.volunteers.services import record_check, record_vetting, register_volunteer
from core.access.scope import unscoped
from core.accounts.selectors import system_account
from tests.factories.children import invented_id_number, invented_phone
from tests.factories.core import TerritoryFactory


class VolunteerFactory(factory.django.DjangoModelFactory[Volunteer]):
    """Somebody who just signed up.  ``ready=True`` walks them through vetting.

    ``checked_on`` is the day of the record check of a ready volunteer; ten days ago by
    default.
    """

    class Meta:
        model = Volunteer

    class Params:
        order = factory.Sequence(lambda n: n)

    village: Any = factory.SubFactory(TerritoryFactory)
    full_name = factory.LazyAttribute(lambda o: f"周志{chr(0x4E00 + o.order % 500)}")
    born_on = date(1980, 4, 5)
    phone = factory.LazyAttribute(lambda o: invented_phone(5000 + o.order))
    id_number = factory.LazyAttribute(lambda o: invented_id_number(o.born_on, o.order))
    team = Team.CARING_MOTHERS

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Volunteer:
        ready = kwargs.pop("ready", False)
        checked_on = kwargs.pop("checked_on", timezone.localdate() - timedelta(days=10))
        actor = kwargs.pop("actor", None) or system_account()
        with unscoped("factory"):
            volunteer = register_volunteer(
                volunteer=Volunteer(**kwargs), actor=actor, source="command"
            )
            if ready:
                make_ready(volunteer, checked_on)
        return volunteer


def make_ready(volunteer: Volunteer, checked_on: date) -> Volunteer:
    """Take a volunteer through identity, record check, interview and training."""
    actor = system_account()
    with unscoped("factory"):
        record_check(
            volunteer=volunteer,
            queried_unit="示例派出所",
            queried_on=checked_on,
            conclusion=CheckConclusion.CLEAR,
            actor=actor,
        )
        record_vetting(
            volunteer=volunteer,
            identity_checked_on=checked_on,
            interviewed_on=checked_on,
            trained_on=checked_on,
            actor=actor,
        )
        assert volunteer.status == VolunteerStatus.READY or not volunteer.is_cleared()
    return volunteer


class BackgroundCheckFactory(factory.django.DjangoModelFactory[BackgroundCheck]):
    """A clear check made today."""

    class Meta:
        model = BackgroundCheck

    volunteer: Any = factory.SubFactory(VolunteerFactory)
    queried_on = factory.LazyFunction(lambda: timezone.localdate())
    queried_unit = "示例派出所"
    conclusion = CheckConclusion.CLEAR

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> BackgroundCheck:
        with unscoped("factory"):
            return record_check(**{"actor": system_account(), **kwargs})
