"""Factory of pairings.  Rows are written by ``system`` under ``unscoped``."""

from typing import Any

import factory
from django.utils import timezone

from caseadmin.pairings.enums import ConsentMethod, PairingKind, WishMethod
from caseadmin.pairings.models import Pairing
from caseadmin.pairings.services import start_pairing
from core.access.scope import unscoped
from core.accounts.selectors import system_account
from tests.factories.children import ChildFileFactory
from tests.factories.volunteers import VolunteerFactory


class PairingFactory(factory.django.DjangoModelFactory[Pairing]):
    """A pairing on trial, begun today with both agreements."""

    class Meta:
        model = Pairing

    child_file: Any = factory.SubFactory(ChildFileFactory)
    volunteer: Any = factory.SubFactory(
        VolunteerFactory, ready=True, village=factory.SelfAttribute("..child_file.village")
    )
    kind = PairingKind.CARING_MOTHER
    started_on = factory.LazyFunction(lambda: timezone.localdate())
    guardian_consent_on = factory.SelfAttribute("started_on")
    guardian_consent_by = "赵福来"
    guardian_consent_method = ConsentMethod.SIGNED_PAPER
    child_consent_on = factory.SelfAttribute("started_on")
    child_consent_method = WishMethod.TALK

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Pairing:
        actor = kwargs.pop("actor", None) or system_account()
        with unscoped("factory"):
            return start_pairing(actor=actor, source="command", **kwargs)
