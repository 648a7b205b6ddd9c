"""Questions about child files."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.calendar import age_on, anniversary, latest_birth_reaching

from .enums import ExitReason
from .models import (
    AGE_LIMIT,
    NEVER_ALONE_BELOW,
    ChildFile,
    ChildFileQuerySet,
    CustodySpell,
    FamilySituation,
    Kin,
)

if TYPE_CHECKING:
    from core.accounts.models import User

# A proposal of the domain study; no law fixes it.
AGE_NOTICE = timedelta(days=90)

REASONS = {
    "both_away": _("Both parents are away at the same time."),
    "one_away_other_incapable": _("One parent is away, the other has no guardianship capacity."),
    "not_born": _("The child was not yet born on this day."),
    "deceased": _("The child has died."),
    "sixteen": _("The child has completed 16 years."),
    "no_facts": _("Nothing is recorded about the parents for this day."),
    "unanswered": _("It is not recorded whether the parents are away."),
    "not_rural": _("The household is not a rural one."),
    "parents_present": _("At least one parent who can act as guardian lives with the child."),
}


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether a child qualified as left behind on a day, and why.

    Attributes:
        eligible: The answer.
        reason_code: One of ``REASONS``; stable.
        on: The day asked about.
        ages_out_on: The sixteenth birthday, the first day the child no longer qualifies.
        never_alone: Under eight on that day: never to be left unattended.
        known_since: First day of the facts the answer rests on.
    """

    eligible: bool
    reason_code: str
    on: date
    ages_out_on: date
    never_alone: bool
    known_since: date | None = None

    @property
    def reason(self) -> Any:
        """The reason as a sentence."""
        return REASONS[self.reason_code]


def eligibility(child_file: ChildFile, on: date | None = None) -> Eligibility:
    """Tell whether the child was a left-behind child on a day.

    All four must hold on that day: not yet 16; a rural household; both parents away, or
    one away and the other without guardianship capacity; alive.  "Not yet 16" (不满十六周岁)
    leaves the number itself out, so the sixteenth birthday is the first day that does
    not count.

    Uses prefetched ``situations`` if there are any, else one query.

    Args:
        child_file: The file.
        on: The day; today by default.

    Legal source: 国务院关于加强农村留守儿童关爱保护工作的意见 (2016 no. 13), opening
    paragraph, for the definition; 民法典 art. 1259 for "不满"; 未成年人保护法 art. 21 for
    the age of eight.
    """
    day = on or timezone.localdate()
    ages_out_on = anniversary(child_file.born_on, AGE_LIMIT)
    age = age_on(child_file.born_on, day)

    def answer(
        reason_code: str, since: date | None = None, *, eligible: bool = False
    ) -> Eligibility:
        return Eligibility(
            eligible=eligible,
            reason_code=reason_code,
            on=day,
            ages_out_on=ages_out_on,
            never_alone=0 <= age < NEVER_ALONE_BELOW,
            known_since=since,
        )

    if day < child_file.born_on:
        return answer("not_born")
    died = child_file.exit_reason == ExitReason.DIED
    if died and child_file.closed_on is not None and child_file.closed_on <= day:
        return answer("deceased")
    if age >= AGE_LIMIT:
        return answer("sixteen")
    situation = situation_on(child_file, day)
    if situation is None:
        return answer("no_facts")
    if not situation.rural_household:
        return answer("not_rural", situation.starts_on)
    if situation.both_parents_away:
        return answer("both_away", situation.starts_on, eligible=True)
    if situation.one_away_other_incapable:
        return answer("one_away_other_incapable", situation.starts_on, eligible=True)
    if situation.both_parents_away is None or situation.one_away_other_incapable is None:
        return answer("unanswered", situation.starts_on)
    return answer("parents_present", situation.starts_on)


def situation_on(child_file: ChildFile, day: date) -> FamilySituation | None:
    """Return what was known of household and parents on a day, if anything was."""
    return next((row for row in child_file.situations.all() if row.covers(day)), None)


def custody_on(child_file: ChildFile, day: date | None = None) -> CustodySpell | None:
    """Return the spell of care on a day (today by default), if there was one."""
    on = day or timezone.localdate()
    return next((row for row in child_file.custody_spells.all() if row.covers(on)), None)


def without_carer(files: ChildFileQuerySet, day: date) -> ChildFileQuerySet:
    """Keep files on the register of children under 16 for whom no carer is on file on a day.

    Legal source: 未成年人保护法 art. 22: parents who are away entrust the child to a carer.
    """
    caring = CustodySpell._base_manager.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=day), child_file=OuterRef("pk"), starts_on__lte=day
    )
    return files.on_register().under_age_limit(day).exclude(Exists(caring))


def turning_sixteen_soon(files: ChildFileQuerySet, day: date) -> ChildFileQuerySet:
    """Keep files on the register whose child completes 16 years within ``AGE_NOTICE``."""
    return turning_sixteen_between(day, day + AGE_NOTICE, files)


def turning_sixteen_between(
    first: date, last: date, files: ChildFileQuerySet | None = None
) -> ChildFileQuerySet:
    """Return files on the register whose child completes 16 years in a span of days."""
    rows: ChildFileQuerySet = ChildFile.objects.all() if files is None else files
    return (
        rows.on_register()
        .under_age_limit(date.fromordinal(first.toordinal() - 1))
        .filter(born_on__lte=latest_birth_reaching(AGE_LIMIT, last))
    )


def files_visible_to(user: "User") -> QuerySet[ChildFile]:
    """Return the files a person may see, with village and town loaded."""
    return ChildFile.objects.visible_to(user).select_related("village__parent")


def whole_files(queryset: QuerySet[ChildFile]) -> QuerySet[ChildFile]:
    """Load what a view, an export row or a printed form needs, in four queries."""
    return queryset.select_related("village__parent").prefetch_related(
        Prefetch("kin", Kin.objects.all()),
        Prefetch("custody_spells", CustodySpell.objects.all()),
        Prefetch("situations", FamilySituation.objects.all()),
    )
