"""The base of every portal page, and the portal's settings.

BasePage (abstract; all portal pages have these beside Wagtail's own ``title``, ``slug``,
``seo_title``, ``search_description``, ``show_in_menus``):
    title_en, summary, summary_en

PortalSettings (one per site):
    site_name, site_name_en, district_name, district_name_en, tagline, tagline_en,
    hotlines, hotlines_checked_on,
    sponsor, sponsor_en, contact_address, contact_address_en, contact_phone,
    icp_number, police_record_number, site_code,
    privacy_notice, privacy_notice_en, privacy_version, privacy_in_force_from
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import RichTextField
from wagtail.models import Page
from wagtail.search import index

from .blocks import BodyBlock, HotlineBlock
from .fields import BlocksField
from .hotlines import starter_hotlines

PAGE_TEXT_FEATURES = ["h2", "h3", "bold", "italic", "ol", "ul", "link"]


class BasePage(Page):
    """A portal page: Chinese first, with what English readers need beside it."""

    title_en = models.CharField(
        _("title in English"),
        max_length=255,
        blank=True,
        help_text=_("Shown in the English portal. Without it the Chinese title stands there."),
    )
    summary = models.CharField(
        _("summary"),
        max_length=200,
        blank=True,
        help_text=_("One or two sentences for lists, cards and search results."),
    )
    summary_en = models.CharField(_("summary in English"), max_length=400, blank=True)

    base_panels = [
        *Page.content_panels,
        FieldPanel("title_en"),
        MultiFieldPanel([FieldPanel("summary"), FieldPanel("summary_en")], heading=_("Summary")),
    ]
    content_panels = base_panels
    search_fields = [
        *Page.search_fields,
        index.SearchField("title_en"),
        index.SearchField("summary"),
    ]

    class Meta:
        abstract = True

    @property
    def meta_description(self) -> str:
        """What search engines and shared links show below the title."""
        return self.search_description or self.summary


class BodyPage(BasePage):
    """A page with a text of blocks in Chinese and, if there is one, in English."""

    body = BlocksField(BodyBlock(required=False), verbose_name=_("text"), blank=True)
    body_en = BlocksField(
        BodyBlock(required=False),
        verbose_name=_("text in English"),
        blank=True,
        help_text=_("Without it English readers get the Chinese text, marked as such."),
    )

    class Meta:
        abstract = True


@register_setting(icon="site", order=100)
class PortalSettings(BaseSiteSetting):
    """What stands on every portal page, kept by the editors."""

    site_name = models.CharField(_("site name"), max_length=30, default="童护")
    site_name_en = models.CharField(_("site name in English"), max_length=60, default="Tonghu")
    district_name = models.CharField(
        _("district"), max_length=40, blank=True, help_text=_("Stands beside the site name.")
    )
    district_name_en = models.CharField(_("district in English"), max_length=80, blank=True)
    tagline = models.CharField(_("tagline"), max_length=60, blank=True)
    tagline_en = models.CharField(_("tagline in English"), max_length=120, blank=True)

    hotlines = BlocksField(
        [("hotline", HotlineBlock())],
        verbose_name=_("hotlines"),
        default=starter_hotlines,
        blank=True,
        help_text=_("110 always stands first and needs no entry."),
    )
    hotlines_checked_on = models.DateField(
        _("hotlines checked on"),
        null=True,
        blank=True,
        help_text=_("The day somebody last rang every number."),
    )

    sponsor = models.CharField(_("sponsor"), max_length=80, blank=True)
    sponsor_en = models.CharField(_("sponsor in English"), max_length=160, blank=True)
    contact_address = models.CharField(_("address"), max_length=120, blank=True)
    contact_address_en = models.CharField(_("address in English"), max_length=200, blank=True)
    contact_phone = models.CharField(_("telephone"), max_length=30, blank=True)
    icp_number = models.CharField(_("ICP number"), max_length=40, blank=True)
    police_record_number = models.CharField(
        _("public security record number"), max_length=40, blank=True
    )
    site_code = models.CharField(_("government website code"), max_length=20, blank=True)

    privacy_notice = RichTextField(
        _("privacy notice"),
        blank=True,
        features=PAGE_TEXT_FEATURES,
        help_text=_("What is collected, why, who sees it, how long it is kept, and whom to ask."),
    )
    privacy_notice_en = RichTextField(
        _("privacy notice in English"), blank=True, features=PAGE_TEXT_FEATURES
    )
    privacy_version = models.CharField(
        _("version of the privacy notice"),
        max_length=20,
        default="1",
        help_text=_(
            "Change it with the text: every consent remembers the version it was given to."
        ),
    )
    privacy_in_force_from = models.DateField(
        _("privacy notice in force from"), null=True, blank=True
    )

    panels = [
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("site_name"), FieldPanel("site_name_en")]),
                FieldRowPanel([FieldPanel("district_name"), FieldPanel("district_name_en")]),
                FieldRowPanel([FieldPanel("tagline"), FieldPanel("tagline_en")]),
            ],
            heading=_("Names"),
        ),
        MultiFieldPanel(
            [FieldPanel("hotlines"), FieldPanel("hotlines_checked_on")], heading=_("Hotlines")
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("sponsor"), FieldPanel("sponsor_en")]),
                FieldRowPanel([FieldPanel("contact_address"), FieldPanel("contact_address_en")]),
                FieldPanel("contact_phone"),
                FieldRowPanel([FieldPanel("icp_number"), FieldPanel("police_record_number")]),
                FieldPanel("site_code"),
            ],
            heading=_("Footer"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("privacy_notice"),
                FieldPanel("privacy_notice_en"),
                FieldRowPanel([FieldPanel("privacy_version"), FieldPanel("privacy_in_force_from")]),
            ],
            heading=_("Privacy notice"),
        ),
    ]

    class Meta:
        verbose_name = _("portal settings")
        verbose_name_plural = _("portal settings")

    def __str__(self) -> str:
        return self.site_name
