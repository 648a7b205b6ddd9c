"""Factories of child files.  Rows are written by ``system`` under ``unscoped``."""

from datetime import date
from typing import Any

import factory

from caseadmin.children.enums import (
    CareMode,
    CarerKind,
    FileStatus,
    KinRelation,
    LegalNature,
    SchoolStatus,
    Sex,
)
from caseadmin.children.models import ChildFile, CustodySpell, FamilySituation, Kin
from caseadmin.children.services import open_file
from core.access.scope import unscoped
from core.accounts.selectors import system_account
from core.history.context import change_set
from core.identity import check_digit
from tests.factories.core import TerritoryFactory

SURNAMES = "赵钱孙李周吴郑王冯陈"
GIVEN = "安宁乐康平和静文思远"


def invented_id_number(born_on: date, order: int, *, region: str = "990101") -> str:
    """Return a well-formed number of nobody: region 990101 does not exist.

    Args:
        born_on: The birth date inside it.
        order: 0 to 999; odd for male, even for female.
    """
    first = f"{region}{born_on:%Y%m%d}{order % 1000:03d}"
    return first + check_digit(first)


def invented_phone(number: int) -> str:
    """Return an eleven-digit mobile number of nobody."""
    return f"1990000{number % 10000:04d}"


class ChildFileFactory(factory.django.DjangoModelFactory[ChildFile]):
    """A file on the register, opened through the service; both parents are away.

    ``status`` may name any state a file can begin in.
    """

    class Meta:
        model = ChildFile

    class Params:
        order = factory.Sequence(lambda n: n)

    village: Any = factory.SubFactory(TerritoryFactory)
    full_name = factory.LazyAttribute(
        lambda o: SURNAMES[o.order % 10] + GIVEN[o.order // 10 % 10] + GIVEN[o.order % 7]
    )
    sex = factory.LazyAttribute(lambda o: Sex.MALE if o.order % 2 else Sex.FEMALE)
    born_on = date(2016, 5, 20)
    id_number = factory.LazyAttribute(lambda o: invented_id_number(o.born_on, o.order))
    school_status = SchoolStatus.PRIMARY
    both_parents_away = True
    one_away_other_incapable = False
    situation_since = date(2025, 3, 1)

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> ChildFile:
        status = kwargs.pop("status", FileStatus.REGISTERED)
        opened_on = kwargs.pop("opened_on", date(2025, 3, 1))
        actor = kwargs.pop("actor", None) or system_account()
        with unscoped("factory"):
            return open_file(
                child_file=ChildFile(**kwargs),
                status=status,
                opened_on=opened_on,
                actor=actor,
                source="command",
            )


class _PartFactory(factory.django.DjangoModelFactory[Any]):
    class Meta:
        abstract = True

    child_file: Any = factory.SubFactory(ChildFileFactory)

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        actor = kwargs.pop("actor", None) or system_account()
        with unscoped("factory"), change_set(actor=actor, source="command"):
            return super()._create(model_class, *args, **kwargs)


class KinFactory(_PartFactory):
    """The father, alive and reachable."""

    class Meta:
        model = Kin

    relation = KinRelation.FATHER
    full_name = "赵建国"
    phone = factory.Sequence(invented_phone)


class CustodySpellFactory(_PartFactory):
    """Care by the father's parents since the file was opened."""

    class Meta:
        model = CustodySpell

    starts_on = date(2025, 3, 1)
    care_mode = CareMode.FAMILY_CARE
    carer_kind = CarerKind.PATERNAL_GRANDPARENTS
    carer_name = "赵福来"
    carer_relation = "祖父"
    legal_nature = LegalNature.ENTRUSTED


class FamilySituationFactory(_PartFactory):
    """Both parents away, from a day on."""

    class Meta:
        model = FamilySituation

    starts_on = date(2025, 3, 1)
    rural_household = True
    both_parents_away = True
    one_away_other_incapable = False
