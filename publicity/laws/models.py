"""Laws and their articles, in our own plain words.

LawSectionPage (below HomePage, one): BasePage fields + intro, intro_en (rich text)
LawPage (below LawSectionPage): one law in one version.  ``title`` is its full name:
    BasePage fields + document_number, version_label, version_label_en, in_force_from,
    in_force_to, issuing_body, issuing_body_en, source_address (plain text),
    introduction, introduction_en (blocks)
ArticlePage (below LawPage): one article.  ``title`` is its subject in a few words,
    without the number:
    BasePage fields + article_number, article_sub (0, or n for 之n), official_summary,
    explanation, explanation_en (blocks), related_cases (stream of ``case`` blocks:
    title, title_en, story, story_en, lesson, lesson_en),
    related_articles (rows: article)

Blocks of explanation/introduction/body streams: heading (text), text (rich text),
note {tone: note|advice|warning, text}, quote {text, origin}, steps [{title, text}],
hotline {number, purpose, purpose_en, hours, hours_en}, image.
"""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    PageChooserPanel,
)
from wagtail.fields import RichTextField
from wagtail.models import Orderable
from wagtail.search import index

from core.pages.blocks import TEXT_FEATURES, BodyBlock
from core.pages.fields import BlocksField
from core.pages.models import BasePage

from .blocks import CaseStoryBlock
from .forms import ArticlePageForm
from .numbering import article_label


class LawSectionPage(BasePage):
    """The entrance to all laws: browse by law."""

    intro = RichTextField(_("introduction"), blank=True, features=TEXT_FEATURES)
    intro_en = RichTextField(_("introduction in English"), blank=True, features=TEXT_FEATURES)

    content_panels = [*BasePage.base_panels, FieldPanel("intro"), FieldPanel("intro_en")]
    parent_page_types = ["home.HomePage"]
    subpage_types = ["laws.LawPage"]
    max_count = 1
    template = "laws/law_section_page.html"

    class Meta:
        verbose_name = _("law section")

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the laws, each with its articles."""
        from .selectors import laws_with_articles  # circular import: selectors read the models

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["laws"] = laws_with_articles(self)
        return context


class LawPage(BasePage):
    """One law in one version: an amended law is a page of its own."""

    document_number = models.CharField(
        _("document number"),
        max_length=60,
        blank=True,
        help_text=_("The number under which it was promulgated."),
    )
    version_label = models.CharField(
        _("version"),
        max_length=60,
        blank=True,
        help_text=_("For instance the year it was amended."),
    )
    version_label_en = models.CharField(_("version in English"), max_length=120, blank=True)
    in_force_from = models.DateField(_("in force from"), null=True, blank=True)
    in_force_to = models.DateField(
        _("in force until"),
        null=True,
        blank=True,
        help_text=_("The last day. Leave empty while the law is in force."),
    )
    issuing_body = models.CharField(_("issuing body"), max_length=80, blank=True)
    issuing_body_en = models.CharField(_("issuing body in English"), max_length=160, blank=True)
    source_address = models.CharField(
        _("address of the official text"),
        max_length=300,
        blank=True,
        help_text=_("Shown as plain text, so that no request leaves this site."),
    )
    introduction = BlocksField(
        BodyBlock(required=False), verbose_name=_("introduction"), blank=True
    )
    introduction_en = BlocksField(
        BodyBlock(required=False), verbose_name=_("introduction in English"), blank=True
    )

    content_panels = [
        *BasePage.base_panels,
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("document_number")]),
                FieldRowPanel([FieldPanel("version_label"), FieldPanel("version_label_en")]),
                FieldRowPanel([FieldPanel("in_force_from"), FieldPanel("in_force_to")]),
                FieldRowPanel([FieldPanel("issuing_body"), FieldPanel("issuing_body_en")]),
                FieldPanel("source_address"),
            ],
            heading=_("About this law"),
        ),
        FieldPanel("introduction"),
        FieldPanel("introduction_en"),
    ]
    search_fields = [*BasePage.search_fields, index.SearchField("document_number")]
    parent_page_types = ["laws.LawSectionPage"]
    subpage_types = ["laws.ArticlePage"]
    template = "laws/law_page.html"

    class Meta:
        verbose_name = _("law")

    def clean(self) -> None:
        super().clean()
        if self.in_force_from and self.in_force_to and self.in_force_to < self.in_force_from:
            raise ValidationError(
                {"in_force_to": _("The last day in force comes before the first. Check both days.")}
            )

    def is_in_force(self, on: date | None = None) -> bool:
        """Return whether the law applies on a day (today, if none is given).

        A law without a first day is taken to apply.
        """
        day = on or timezone.localdate()
        begun = self.in_force_from is None or self.in_force_from <= day
        return begun and (self.in_force_to is None or day <= self.in_force_to)

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the articles in their order."""
        from .selectors import articles_of  # circular import: selectors read the models

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["articles"] = articles_of(self)
        return context


class ArticlePage(BasePage):
    """One article: what it says, what it means, and a story."""

    article_number = models.PositiveSmallIntegerField(_("article number"))
    article_sub = models.PositiveSmallIntegerField(
        _("sub-number"),
        default=0,
        help_text=_("For inserted articles: 1 for “zhi yi”. 0 for ordinary ones."),
    )
    official_summary = models.TextField(
        _("what the article says"),
        blank=True,
        help_text=_("In our own words, complete but short. Do not paste the official text."),
    )
    explanation = BlocksField(
        BodyBlock(required=False), verbose_name=_("in plain words"), blank=True
    )
    explanation_en = BlocksField(
        BodyBlock(required=False), verbose_name=_("in plain words, in English"), blank=True
    )
    related_cases = BlocksField(
        [("case", CaseStoryBlock())], verbose_name=_("case stories"), blank=True
    )

    content_panels = [
        *BasePage.base_panels,
        FieldRowPanel([FieldPanel("article_number"), FieldPanel("article_sub")]),
        FieldPanel("official_summary"),
        FieldPanel("explanation"),
        FieldPanel("explanation_en"),
        FieldPanel("related_cases"),
        InlinePanel("related_articles", label=_("related article"), heading=_("Related articles")),
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("official_summary"),
        index.SearchField("explanation"),
        index.FilterField("article_number"),
    ]
    base_form_class = ArticlePageForm
    parent_page_types = ["laws.LawPage"]
    subpage_types: list[str] = []
    template = "laws/article_page.html"

    class Meta:
        verbose_name = _("article")

    @property
    def label(self) -> str:
        """The number as the reader's language writes it."""
        return article_label(self.article_number, self.article_sub)

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the law, the neighbours and the related articles."""
        from .selectors import reading_context  # circular import: selectors read the models

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context.update(reading_context(self))
        return context


class RelatedArticle(Orderable):
    """A pointer from one article to another, of the same law or not."""

    page = ParentalKey(ArticlePage, on_delete=models.CASCADE, related_name="related_articles")
    article = models.ForeignKey(
        ArticlePage, on_delete=models.CASCADE, related_name="+", verbose_name=_("article")
    )

    panels = [PageChooserPanel("article")]

    class Meta(Orderable.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["page", "article"], name="related_article_once_per_article"
            )
        ]

    def __str__(self) -> str:
        return str(self.article_id)
