"""Pages of the portal that are no pages of the site tree."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.privacy.models import ANSWER_WORKING_DAYS
from core.privacy.selectors import purposes_in_force, rules_in_force


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the notice of the settings, and what the registers say of today.

    Purposes and retention rules are the rows by which the staff site works, so that the page
    cannot say something else.  Legal source: 个人信息保护法 art. 17; 未成年人网络保护条例 art. 33.
    """
    return render(
        request,
        "home/privacy.html",
        {
            "purposes": purposes_in_force(),
            "rules": rules_in_force(),
            "answer_days": ANSWER_WORKING_DAYS,
        },
    )


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
