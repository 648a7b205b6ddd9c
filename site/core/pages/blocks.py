"""Content blocks every portal page may use.

Blocks are shown with ``heading_level`` in their context: the level the page has
reached, so that headings never skip one.
"""

from typing import Any

from django.core.validators import RegexValidator
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageBlock

TEXT_FEATURES = ["bold", "italic", "ol", "ul", "link"]


class Tone(TextChoices):
    """What a highlighted note is for."""

    NOTE = "note", _("Good to know")
    ADVICE = "advice", _("What you can do")
    WARNING = "warning", _("Take care")


class HeadingBlock(blocks.CharBlock):
    """A heading inside the text, one level below the page's."""

    class Meta:
        icon = "title"
        label = _("Heading")
        template = "pages/blocks/heading.html"
        preview_value = _("What parents must do")


class TextBlock(blocks.RichTextBlock):
    """Running text with emphasis, lists and links."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("features", TEXT_FEATURES)
        super().__init__(**kwargs)

    class Meta:
        icon = "pilcrow"
        label = _("Text")
        template = "pages/blocks/text.html"
        preview_value = _("A paragraph of text.")


class NoteBlock(blocks.StructBlock):
    """A highlighted note: what kind it is is told in words as well as in colour."""

    tone = blocks.ChoiceBlock(choices=Tone.choices, default=Tone.NOTE, label=_("Kind"))
    text = TextBlock(label=_("Text"))

    class Meta:
        icon = "info-circle"
        label = _("Note")
        template = "pages/blocks/note.html"
        preview_value = {"tone": Tone.ADVICE, "text": _("Talk to the child at least once a week.")}

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        """Add the tone's name in the language of the page."""
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        context["tone_label"] = Tone(value["tone"] or Tone.NOTE).label
        return context


class QuoteBlock(blocks.StructBlock):
    """A sentence somebody said or wrote, with its origin."""

    text = blocks.TextBlock(label=_("Quotation"))
    origin = blocks.CharBlock(label=_("Origin"), required=False, max_length=100)

    class Meta:
        icon = "openquote"
        label = _("Quotation")
        template = "pages/blocks/quote.html"
        preview_value = {"text": _("The best interests of the child come first."), "origin": ""}


class StepsBlock(blocks.ListBlock):
    """Numbered steps, for anything done in order."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            blocks.StructBlock(
                [
                    ("title", blocks.CharBlock(label=_("Step"), max_length=60)),
                    ("text", TextBlock(label=_("Text"), required=False)),
                ]
            ),
            **kwargs,
        )

    class Meta:
        icon = "list-ol"
        label = _("Steps")
        template = "pages/blocks/steps.html"


class HotlineBlock(blocks.StructBlock):
    """A telephone number a child or a neighbour can ring.

    Renders as one link, so that a phone dials on tap and a screen reader says what
    the number is for.  ``number`` holds digits only, so that any phone can dial it.
    """

    number = blocks.CharBlock(
        label=_("Number"),
        max_length=12,
        validators=[
            RegexValidator(r"^\d{3,12}$", _("Enter digits only, without spaces or dashes."))
        ],
    )
    purpose = blocks.CharBlock(label=_("What it is for"), max_length=40)
    purpose_en = blocks.CharBlock(
        label=_("What it is for (English)"), max_length=80, required=False
    )
    hours = blocks.CharBlock(label=_("Hours"), max_length=40, required=False)
    hours_en = blocks.CharBlock(label=_("Hours (English)"), max_length=80, required=False)

    class Meta:
        icon = "mobile-alt"
        label = _("Hotline")
        description = _("A telephone number shown as a large, tappable card.")
        template = "pages/blocks/hotline.html"
        preview_value = {"purpose": "未成年人保护", "number": "12345", "hours": "全天"}


class BodyBlock(blocks.StreamBlock):
    """What a page's text is made of."""

    heading = HeadingBlock(max_length=60)
    text = TextBlock()
    note = NoteBlock()
    quote = QuoteBlock()
    steps = StepsBlock()
    hotline = HotlineBlock()
    image = ImageBlock(required=False, template="pages/blocks/image.html", label=_("Image"))
