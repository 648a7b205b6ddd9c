"""What editors upload for the portal: images lose their metadata, documents are looked into.

The same gate as for attachments of case rows.  Wagtail copies what a photograph carries,
position included, into its renditions, so it is taken off before anything is stored.
"""

import io
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.db.models.signals import pre_save
from django.dispatch import receiver
from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.forms import BaseImageForm
from wagtail.images.models import Image

from core.attachments.enums import MEDIA_TYPES
from core.attachments.gate import look_into
from core.attachments.reasons import UploadRefused


def looked_into(upload: UploadedFile, field_name: str) -> InMemoryUploadedFile:
    """Return what may be kept of an uploaded file.

    Raises:
        ValidationError: It is not taken; the sentence says what to do.
    """
    upload.seek(0)
    try:
        passed = look_into(upload.name or "", upload.read())
    except UploadRefused as refused:
        raise ValidationError(refused.sentence, code=refused.code) from refused
    kept = InMemoryUploadedFile(
        file=io.BytesIO(passed.content),
        field_name=field_name,
        name=passed.name,
        content_type=MEDIA_TYPES[passed.file_type],
        size=len(passed.content),
        charset=None,
    )
    kept.is_looked_into = True  # type: ignore[attr-defined]
    return kept


class PublicImageForm(BaseImageForm):  # type: ignore[misc]
    """Wagtail's image form, storing pixels only."""

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if not isinstance(upload, UploadedFile):
            return upload
        kept = looked_into(upload, "file")
        # What the field found out about the upload still holds for what is kept.
        kept.image = upload.image  # type: ignore[attr-defined]
        return kept


class PublicDocumentForm(BaseDocumentForm):  # type: ignore[misc]
    """Wagtail's document form, refusing what runs, fetches or hides something."""

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        return looked_into(upload, "file") if isinstance(upload, UploadedFile) else upload


@receiver(pre_save, sender=Image, dispatch_uid="pages.strip_image")
def strip_image(instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Take the metadata off images that did not come through the form, too.

    Raises:
        ValidationError: It is no image that is taken.
    """
    file = instance.file
    if raw or not file or file._committed:
        return
    inner = file.file
    if getattr(inner, "is_looked_into", False):
        return
    inner.seek(0)
    try:
        passed = look_into(file.name.rpartition("/")[2], inner.read())
    except UploadRefused as refused:
        raise ValidationError(refused.sentence, code=refused.code) from refused
    clean = ContentFile(passed.content, name=passed.name)
    clean.is_looked_into = True  # type: ignore[attr-defined]
    instance.file = clean
    instance._set_image_file_metadata()
