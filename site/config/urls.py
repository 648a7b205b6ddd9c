"""Addresses.  The staff site is there only where ``STAFF_SITE`` is on."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language
from wagtail import urls as wagtail_urls

from core.hardening.reports import policy_report


def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers.  It asks nothing of the database."""
    return HttpResponse("ok", content_type="text/plain")


handler400 = "core.hardening.errors.bad_request"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("policy-report", policy_report, name="policy_report"),
    path("language/", set_language, name="set_language"),
]

if settings.STAFF_SITE:
    from wagtail.admin import urls as wagtailadmin_urls
    from wagtail.documents import urls as wagtaildocs_urls

    urlpatterns += [
        path("admin/", include(wagtailadmin_urls)),
        path("documents/", include(wagtaildocs_urls)),
    ]

urlpatterns += [path("", include("publicity.plain_urls"))]
urlpatterns += i18n_patterns(
    path("", include("publicity.urls")),
    path("", include(wagtail_urls)),
    prefix_default_language=False,
)
