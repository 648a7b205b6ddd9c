"""Addresses.  The staff site is there only where ``STAFF_SITE`` is on.

No view is open to strangers unless it is marked so (``login_not_required``): our own where they
are written, those of others here.  ``tests/contract`` holds the list.
"""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.i18n import set_language
from wagtail.urls import serve_pattern
from wagtail.views import authenticate_with_password, serve

from core.accounts.views import stock_sign_in
from core.hardening.reports import policy_report


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers.  It asks nothing of the database."""
    return HttpResponse("ok", content_type="text/plain")


handler400 = "core.hardening.errors.bad_request"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("policy-report", policy_report, name="policy_report"),
    path("language/", login_not_required(set_language), name="set_language"),
]

if settings.STAFF_SITE:
    from wagtail.admin import urls as wagtailadmin_urls
    from wagtail.documents import urls as wagtaildocs_urls

    urlpatterns += [
        path("staff/", include("core.accounts.urls")),
        # Before Wagtail's own, which would sign people in past the second factor.
        path("admin/login/", stock_sign_in),
        path("admin/", include(wagtailadmin_urls)),
        path("documents/", include(wagtaildocs_urls)),
    ]

urlpatterns += [path("", include("publicity.plain_urls"))]
# Of Wagtail's addresses for visitors, all but its way to sign in, which knows no second factor.
urlpatterns += i18n_patterns(
    path("", include("publicity.urls")),
    path(
        "_util/authenticate_with_password/<int:page_view_restriction_id>/<int:page_id>/",
        login_not_required(authenticate_with_password),
        name="wagtailcore_authenticate_with_password",
    ),
    path("_util/login/", stock_sign_in, name="wagtailcore_login"),
    re_path(serve_pattern, login_not_required(serve), name="wagtail_serve"),
    prefix_default_language=False,
)
