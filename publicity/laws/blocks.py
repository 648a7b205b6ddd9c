"""Blocks of the law section."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from core.pages.blocks import TEXT_FEATURES


class CaseStoryBlock(blocks.StructBlock):
    """An invented story that shows what an article means in a family's life.

    Legal source of the rule that stories are invented: 未成年人保护法 art. 103 (nobody
    discloses what would identify a minor in a case).
    """

    title = blocks.CharBlock(label=_("Title"), max_length=60)
    title_en = blocks.CharBlock(label=_("Title in English"), max_length=120, required=False)
    story = blocks.RichTextBlock(
        label=_("What happened"),
        features=TEXT_FEATURES,
        help_text=_("Invented people and places only: never a real case, however disguised."),
    )
    story_en = blocks.RichTextBlock(
        label=_("What happened, in English"), features=TEXT_FEATURES, required=False
    )
    lesson = blocks.RichTextBlock(
        label=_("What the law says to it"), features=TEXT_FEATURES, required=False
    )
    lesson_en = blocks.RichTextBlock(
        label=_("What the law says to it, in English"), features=TEXT_FEATURES, required=False
    )

    class Meta:
        icon = "openquote"
        label = _("Case story")
        template = "laws/blocks/case_story.html"
        preview_value = {"title": "奶奶一个人带三个孩子", "story": "<p>……</p>"}
