"""What a volunteer's application may say.

The codes are those of the volunteers' ledger, so that an approved application can be
taken over as it is.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ApplicantTeam(models.TextChoices):
    """The teams of the district's plan that take adults.

    Source: action plan, sections 三（五） and 三（六）.  The Young Pioneers (少先队员) are a
    team too, but minors don't apply here.
    """

    CARING_MOTHERS = "caring_mothers", _("Caring mothers")
    WOMEN = "women", _("Women volunteers")
    WORKERS = "workers", _("Workers")
    YOUTH_LEAGUE = "youth_league", _("Youth League members and young people")
    FIVE_ELDERS = "five_elders", _("Five elders")
    PARTY_MEMBERS = "party_members", _("Party members")
    SOCIAL_WORKERS = "social_workers", _("Professional social workers")
    OTHER = "other", _("Other volunteers")


class OfferedSkill(models.TextChoices):
    """What an applicant can offer."""

    TUTORING = "tutoring", _("Tutoring after school")
    COUNSELLING = "counselling", _("Psychological counselling")
    READING = "reading", _("Reading together")
    ARTS = "arts", _("Music, painting, crafts")
    SPORTS = "sports", _("Sports")
    SAFETY = "safety", _("Safety lessons")
    LEGAL = "legal", _("Legal advice")
    HEALTH = "health", _("Health care")
    FAMILY_GUIDANCE = "family_guidance", _("Guidance for families")
    COMPUTING = "computing", _("Computers and video calls")


class OfferedTime(models.TextChoices):
    """When an applicant has time."""

    WEEKDAY_DAY = "weekday_day", _("Weekdays, daytime")
    WEEKDAY_EVENING = "weekday_evening", _("Weekdays, evening")
    WEEKEND = "weekend", _("Weekends")
    WINTER_HOLIDAY = "winter_holiday", _("Winter holidays")
    SUMMER_HOLIDAY = "summer_holiday", _("Summer holidays")
    PUBLIC_HOLIDAY = "public_holiday", _("Public holidays")


class ApplicationStatus(models.TextChoices):
    """How far an application has come."""

    SUBMITTED = "submitted", _("Waiting for review")
    APPROVED = "approved", pgettext_lazy("application", "Approved")
    REJECTED = "rejected", _("Not accepted")
    WITHDRAWN = "withdrawn", _("Withdrawn")
