"""The site map: every live, public page in both languages."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as sitemap_view
from django.http import HttpRequest, HttpResponse
from wagtail.models import Page, Site


class PortalSitemap(Sitemap[Page]):
    """Pages below the first page of the site that was asked."""

    i18n = True
    alternates = True
    limit = 2000

    def __init__(self, site: Site) -> None:
        self.site = site

    def items(self) -> list[Page]:
        root = self.site.root_page
        return list(
            Page.objects.descendant_of(root, inclusive=True).live().public().order_by("path")
        )

    def location(self, item: Page) -> str:
        return item.relative_url(self.site)

    def lastmod(self, item: Page) -> datetime | None:
        return item.last_published_at


@login_not_required
def sitemap(request: HttpRequest) -> HttpResponse:
    """Return the site map of the site the request came to."""
    site = Site.find_for_request(request)
    maps: dict[str, type[Sitemap[Any]] | Sitemap[Any]] = {}
    if site is not None:
        maps["pages"] = PortalSitemap(site)
    return sitemap_view(request, maps)
