"""The form that puts a file on a record."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.attachments.enums import EXTENSIONS


class FileForm(forms.Form):
    """What the file shows, and the file."""

    kind = forms.ChoiceField(label=_("What it shows"))
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ",".join(f".{e}" for e in sorted(EXTENSIONS))}),
        help_text=_(
            "JPG, PNG, WebP, PDF, DOCX or XLSX, up to 20 MB. Photographs are stored without the "
            "place where they were taken."
        ),
        error_messages={"required": _("Choose a file.")},
    )

    def __init__(self, *args: Any, kinds: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = kinds if len(kinds) == 1 else [("", "---------"), *kinds]
