"""Fixed vocabularies of volunteers; teams as the action plan names them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sex(models.TextChoices):
    """Sex as the identity number knows it."""

    MALE = "male", _("Male")
    FEMALE = "female", _("Female")


class Team(models.TextChoices):
    """Kinds of volunteer teams: action plan, sections 三（五） and 三（六）."""

    CARING_MOTHERS = "caring_mothers", _("Caring mothers")
    WOMEN = "women", _("Women volunteers")
    WORKERS = "workers", _("Workers")
    YOUTH_LEAGUE = "youth_league", _("Youth League members and young people")
    YOUNG_PIONEERS = "young_pioneers", _("Young Pioneers")
    FIVE_ELDERS = "five_elders", _("Five elders")
    PARTY_MEMBERS = "party_members", _("Party members")
    SOCIAL_WORKERS = "social_workers", _("Professional social workers")
    OTHER = "other", _("Other volunteers")


class Elder(models.TextChoices):
    """Which of the "five elders" (五老): action plan, section 三（五）."""

    CADRE = "cadre", _("Veteran cadre")
    SOLDIER = "soldier", _("Veteran soldier")
    EXPERT = "expert", _("Veteran expert")
    TEACHER = "teacher", _("Veteran teacher")
    MODEL = "model", _("Veteran model worker")


class Skill(models.TextChoices):
    """What a volunteer can offer."""

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


class AvailableTime(models.TextChoices):
    """When a volunteer has time."""

    WEEKDAY_DAY = "weekday_day", _("Weekdays, daytime")
    WEEKDAY_EVENING = "weekday_evening", _("Weekdays, evening")
    WEEKEND = "weekend", _("Weekends")
    WINTER_HOLIDAY = "winter_holiday", _("Winter holidays")
    SUMMER_HOLIDAY = "summer_holiday", _("Summer holidays")
    PUBLIC_HOLIDAY = "public_holiday", _("Public holidays")


class VolunteerStatus(models.TextChoices):
    """Where a volunteer stands between signing up and leaving."""

    APPLIED = "applied", _("Signed up")
    IDENTITY_CHECKED = "identity_checked", _("Identity checked")
    RECORD_CHECKED = "record_checked", _("Criminal record checked")
    INTERVIEWED = "interviewed", _("Interviewed")
    TRAINED = "trained", _("Trained")
    READY = "ready", _("Ready to be paired")
    SERVING = "serving", _("Serving")
    SUSPENDED = "suspended", _("Suspended")
    LEFT = "left", _("Left")


class CheckConclusion(models.TextChoices):
    """What the criminal record query said."""

    CLEAR = "clear", _("No record found")
    RECORD_FOUND = "record_found", _("Record found")
    UNCLEAR = "unclear", _("No clear answer")
