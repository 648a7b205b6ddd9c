"""Fixed vocabularies of pairings."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PairingKind(models.TextChoices):
    """In what role the volunteer is paired with the child."""

    CARING_MOTHER = "caring_mother", _("Caring mother")
    PARTY_MEMBER = "party_member", _("Party member")
    FIVE_ELDERS = "five_elders", _("Five elders")
    SOCIAL_WORKER = "social_worker", _("Social worker")
    ENTERPRISE = "enterprise", _("Enterprise")
    PERSON = "person", _("Individual")
    OTHER = "other", _("Other")


class PairingStatus(models.TextChoices):
    """Where a pairing stands."""

    NEEDED = "needed", _("Need noted")
    PROPOSED = "proposed", _("Volunteer proposed")
    AGREED = "agreed", _("Both sides willing")
    CONSENTED = "consented", _("Guardian and child agree")
    TRIAL = "trial", _("On trial")
    ACTIVE = "active", _("Confirmed")
    SUSPENDED = "suspended", _("Suspended")
    ENDED = "ended", _("Ended")


class ConsentMethod(models.TextChoices):
    """How an agreement was given."""

    SIGNED_PAPER = "signed_paper", _("Signed on paper")
    IN_PERSON = "in_person", _("In person")
    VIDEO_CALL = "video_call", _("By video call")
    PHONE_CALL = "phone_call", _("By telephone")
    MESSAGE = "message", _("By written message")


class WishMethod(models.TextChoices):
    """How the child's own wish was learned."""

    TALK = "talk", _("Talk with the child")
    WRITTEN = "written", _("Written or drawn by the child")
    OBSERVED = "observed", _("Observed, the child cannot yet speak for itself")


class EndReason(models.TextChoices):
    """Why a pairing ended."""

    GOALS_REACHED = "goals_reached", _("Goals reached")
    FILE_CLOSED = "file_closed", _("The child's file was closed")
    VOLUNTEER_LEFT = "volunteer_left", _("The volunteer left")
    CHECK_LAPSED = "check_lapsed", _("The record check lapsed")
    CONSENT_WITHDRAWN = "consent_withdrawn", _("The guardian withdrew consent")
    WISH_WITHDRAWN = "wish_withdrawn", _("The child no longer wishes it")
    COMPLAINT = "complaint", _("After a complaint")
    REPLACED = "replaced", _("Handed over to another volunteer")
    NOT_STARTED = "not_started", _("Never came about")
    OTHER = "other", _("Other")
