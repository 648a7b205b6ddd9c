"""Pages of the portal that are no pages of the site tree."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the privacy notice as it stands in the settings."""
    return render(request, "home/privacy.html")


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Tell crawlers where the site map is, and that nobody's receipt is theirs."""
    lines = (
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /staff/",
        *(f"Disallow: {path}" for path in _not_for_crawlers()),
        f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _not_for_crawlers() -> list[str]:
    paths = [reverse("search"), "/application/"]
    return [*paths, *(f"/en{path}" for path in paths)]
