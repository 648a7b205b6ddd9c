"""Fixed vocabularies of consents, requests, holds and blocks."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Relation(models.TextChoices):
    """What somebody is to the person the information is about."""

    SELF = "self", _("The person themselves")
    FATHER = "father", _("Father")
    MOTHER = "mother", _("Mother")
    GUARDIAN = "guardian", _("Another guardian")
    CARER = "carer", _("Entrusted carer")
    AGENT = "agent", _("Agent with a mandate")


GUARDIANS = (Relation.FATHER, Relation.MOTHER, Relation.GUARDIAN)
"""Who may consent for a child under 14 (个人信息保护法 art. 31 para. 1)."""


class RequestKind(models.TextChoices):
    """What is asked for (个人信息保护法 arts. 44 to 48)."""

    KNOW = "know", _("To know what is held")
    COPY = "copy", _("A copy of the whole file")
    CORRECT = "correct", _("A correction")
    DELETE = "delete", _("Deletion")
    EXPLAIN = "explain", _("An explanation of the rules")
    RESTRICT = "restrict", _("That use is restricted or refused")


class RequestStatus(models.TextChoices):
    """Where a request stands."""

    RECEIVED = "received", _("Received")
    IDENTIFIED = "identified", _("Identity checked")
    PREPARED = "prepared", _("Answer waits for a second person")
    ANSWERED = "answered", _("Answered")
    REFUSED = "refused", _("Refused in writing")
    BLOCKED = "blocked", _("Stopped for the child's safety")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class IdentityProof(models.TextChoices):
    """How the requester showed who they are."""

    CARD_SEEN = "card_seen", _("Identity card seen in person")
    REGISTER_SEEN = "register_seen", _("Card and household register or birth certificate seen")
    MANDATE_SEEN = "mandate_seen", _("Card and written mandate seen")
    VIDEO = "video", _("Card shown in a video call and compared with the file")


class RefusalGround(models.TextChoices):
    """Why a request is refused."""

    NOT_ENTITLED = "not_entitled", _("The requester has no right to this information")
    UNPROVEN = "unproven", _("Identity or guardianship was not shown")
    DUTY = "duty", _("The information must be kept by law")
    CHILD_INTEREST = "child_interest", _("It would harm the child's best interest")
    OTHERS = "others", _("It would disclose information about others")
    NOTHING_HELD = "nothing_held", _("Nothing is held")


class HoldGround(models.TextChoices):
    """Why nothing may be deleted for now."""

    OPEN_CASE = "open_case", _("An open case of protection")
    LITIGATION = "litigation", _("Proceedings before a court")
    INVESTIGATION = "investigation", _("An investigation by police or prosecutors")
    COMPLAINT = "complaint", _("A complaint or inspection")


class BlockGround(models.TextChoices):
    """Why somebody learns nothing of a child."""

    PROTECTION_ORDER = "protection_order", _("Protection order of a court")
    SUSPECTED = "suspected", _("Suspected of harming the child")
    REVOKED = "revoked", _("Guardianship revoked or suspended")
    CHILD_WISH = "child_wish", _("The child asked for it, and the office agrees")


class ErasureGround(models.TextChoices):
    """What an erasure rests on."""

    REQUEST = "request", _("Request of the person or guardian")
    RETENTION = "retention", _("The retention period ended")
