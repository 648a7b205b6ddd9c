"""Factory of volunteer applications, as the portal takes them."""

from datetime import date
from typing import Any

import factory
from django.utils import timezone

from core.access.scope import unscoped
from core.accounts.selectors import system_account
from core.history.context import change_set
from publicity.intake.enums import ApplicantTeam, OfferedTime
from publicity.intake.models import VolunteerApplication
from tests.factories.children import invented_phone
from tests.factories.core import TerritoryFactory


class VolunteerApplicationFactory(factory.django.DjangoModelFactory[VolunteerApplication]):
    """An application that waits for review."""

    class Meta:
        model = VolunteerApplication

    class Params:
        order = factory.Sequence(lambda n: n)

    application_number = factory.LazyAttribute(lambda o: f"SQ26-{o.order:07d}")
    receipt_hash = "!"
    idempotency_key = factory.LazyAttribute(lambda o: f"key-{o.order}")
    full_name = factory.LazyAttribute(lambda o: f"吴桂{chr(0x4E00 + o.order % 500)}")
    phone = factory.LazyAttribute(lambda o: invented_phone(8000 + o.order))
    born_on = date(1985, 7, 9)
    team = ApplicantTeam.WOMEN
    available_times = factory.LazyFunction(lambda: [OfferedTime.WEEKEND.value])
    village: Any = factory.SubFactory(TerritoryFactory)
    consent_at = factory.LazyFunction(lambda: timezone.now())
    submitted_at = factory.LazyFunction(lambda: timezone.now())
    consent_version = "2026-01"

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> VolunteerApplication:
        # Whoever keeps it afterwards, the portal takes it in.
        kwargs.pop("actor", None)
        with unscoped("factory"), change_set(actor=system_account("portal"), source="portal"):
            application: VolunteerApplication = super()._create(model_class, *args, **kwargs)
            return application
