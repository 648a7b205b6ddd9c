"""Calls for volunteers.

RecruitmentIndexPage (below HomePage, one): BasePage fields + intro, intro_en (rich text)
RecruitmentPage (below RecruitmentIndexPage): one call, with the application form on it:
    BasePage fields + role, role_en, team (a ApplicantTeam code or empty), headcount,
    service_place, service_place_en, conditions, conditions_en, risks, risks_en (rich
    text), opens_on, closes_on, contact, body, body_en (blocks)
"""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField

from core.pages.blocks import TEXT_FEATURES
from core.pages.models import BasePage, BodyPage
from publicity.intake.enums import ApplicantTeam


class RecruitmentIndexPage(BasePage):
    """All calls for volunteers, open ones first."""

    intro = RichTextField(_("introduction"), blank=True, features=TEXT_FEATURES)
    intro_en = RichTextField(_("introduction in English"), blank=True, features=TEXT_FEATURES)

    content_panels = [*BasePage.base_panels, FieldPanel("intro"), FieldPanel("intro_en")]
    parent_page_types = ["home.HomePage"]
    subpage_types = ["campaigns.RecruitmentPage"]
    max_count = 1
    template = "campaigns/recruitment_index_page.html"

    class Meta:
        verbose_name = _("list of calls for volunteers")

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the calls."""
        from .selectors import calls_of  # circular import: selectors read the models

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["calls"] = calls_of(self)
        return context


class RecruitmentPage(BodyPage):
    """One call for volunteers.

    Legal source: 志愿服务条例 art. 12 (whoever recruits tells the true and complete
    circumstances of the service and the risks it may bring).
    """

    role = models.CharField(
        pgettext_lazy("call for volunteers", "role"),
        max_length=60,
        help_text=_("What the volunteer will be, in a few words."),
    )
    role_en = models.CharField(_("role in English"), max_length=120, blank=True)
    team = models.CharField(
        _("team"),
        max_length=20,
        choices=ApplicantTeam.choices,
        blank=True,
        help_text=_("Chosen beforehand in the application form."),
    )
    headcount = models.PositiveSmallIntegerField(
        _("number of volunteers sought"), null=True, blank=True
    )
    service_place = models.CharField(_("place of service"), max_length=100, blank=True)
    service_place_en = models.CharField(
        _("place of service in English"), max_length=200, blank=True
    )
    conditions = RichTextField(_("conditions"), features=TEXT_FEATURES)
    conditions_en = RichTextField(_("conditions in English"), blank=True, features=TEXT_FEATURES)
    risks = RichTextField(
        _("possible risks"),
        features=TEXT_FEATURES,
        help_text=_(
            "Required by law: tell truthfully what may happen and what the organiser does about it."
        ),
    )
    risks_en = RichTextField(_("possible risks in English"), blank=True, features=TEXT_FEATURES)
    opens_on = models.DateField(_("applications from"), default=timezone.localdate)
    closes_on = models.DateField(
        _("applications until"),
        null=True,
        blank=True,
        help_text=_("The last day. Leave empty while there is no end."),
    )
    contact = models.CharField(_("contact for questions"), max_length=100, blank=True)

    content_panels = [
        *BasePage.base_panels,
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("role"), FieldPanel("role_en")]),
                FieldRowPanel([FieldPanel("team"), FieldPanel("headcount")]),
                FieldRowPanel([FieldPanel("service_place"), FieldPanel("service_place_en")]),
                FieldRowPanel([FieldPanel("opens_on"), FieldPanel("closes_on")]),
                FieldPanel("contact"),
            ],
            heading=_("The task"),
        ),
        FieldPanel("body"),
        FieldPanel("body_en"),
        FieldPanel("conditions"),
        FieldPanel("conditions_en"),
        FieldPanel("risks"),
        FieldPanel("risks_en"),
    ]
    parent_page_types = ["campaigns.RecruitmentIndexPage"]
    subpage_types: list[str] = []
    template = "campaigns/recruitment_page.html"

    class Meta:
        verbose_name = _("call for volunteers")

    def clean(self) -> None:
        super().clean()
        if self.closes_on and self.opens_on and self.closes_on < self.opens_on:
            raise ValidationError(
                {"closes_on": _("The last day comes before the first. Check both days.")}
            )

    def is_open(self, on: date | None = None) -> bool:
        """Return whether applications are taken on a day (today, if none is given)."""
        day = on or timezone.localdate()
        return self.opens_on <= day and (self.closes_on is None or day <= self.closes_on)

    def serve(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the call with its form, and take what is handed in."""
        from .views import serve_call  # circular import: the view reads the model

        return serve_call(self, request)
