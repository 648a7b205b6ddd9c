"""Kinds and states of attachments."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AttachmentKind(models.TextChoices):
    """What a file shows; each kind has a class of the field register (see ``CLASSES``)."""

    PHOTO = "photo", _("Photograph")
    IDENTITY = "identity", _("Identity document or household register")
    CONSENT = "consent", _("Consent, signed")
    AGREEMENT = "agreement", _("Agreement on care or entrustment")
    MEDICAL = "medical", _("Medical paper")
    SCHOOL = "school", _("School paper")
    RECORD_CHECK = "record_check", _("Reply to a record check")
    VISIT = "visit", _("Record of a visit")
    OTHER = "other", pgettext_lazy("kind of file", "Other")


SENSITIVE, SECRET = 3, 4

CLASSES = {
    AttachmentKind.IDENTITY: SECRET,
    AttachmentKind.MEDICAL: SECRET,
    AttachmentKind.RECORD_CHECK: SECRET,
}
"""Classes above the usual 3: papers of which one look harms (个人信息保护法 art. 28)."""


class AttachmentState(models.TextChoices):
    """Whether a file is handed out."""

    CLEAN = "clean", pgettext_lazy("state of a file", "Ready")
    QUARANTINED = "quarantined", pgettext_lazy("state of a file", "Waiting for the virus scanner")
    REFUSED = "refused", pgettext_lazy("state of a file", "Removed: the scanner found malware")


class FileType(models.TextChoices):
    """What is taken, told by content."""

    JPG = "jpg", "JPEG"
    PNG = "png", "PNG"
    WEBP = "webp", "WebP"
    PDF = "pdf", "PDF"
    DOCX = "docx", "DOCX"
    XLSX = "xlsx", "XLSX"


MEDIA_TYPES = {
    FileType.JPG: "image/jpeg",
    FileType.PNG: "image/png",
    FileType.WEBP: "image/webp",
    FileType.PDF: "application/pdf",
    FileType.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileType.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
IMAGES = {FileType.JPG, FileType.PNG, FileType.WEBP}
EXTENSIONS = {"jpg", "jpeg", "png", "webp", "pdf", "docx", "xlsx"}
