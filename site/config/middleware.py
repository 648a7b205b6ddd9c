"""Middleware that concerns the site as a whole."""

from collections.abc import Callable

from csp.constants import SELF
from django.http import HttpRequest, HttpResponse

STAFF_POLICY = {
    # Editors look at a picture before it is sent, and at a page beside its form.
    "img-src": [SELF, "data:", "blob:"],
    "frame-src": [SELF],
    "frame-ancestors": [SELF],
}


class StaffPolicyMiddleware:
    """Let the staff site frame its own pages and show a picture from the editor's disk.

    Scripts and styles stay as strict as on the portal.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_replace = STAFF_POLICY  # type: ignore[attr-defined]
        return response
