"""Headers that Django's own middleware does not set, on every answer."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

NOTHING_OF_THE_DEVICE = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "autoplay",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
        "browsing-topics",
    )
)
PRIVATE = "private, no-store"
# Django's middleware sets some of these too, but not on an answer that was given before the
# request came so far: a host nobody serves, a body that is too large.
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": NOTHING_OF_THE_DEVICE,
}


class HeadersMiddleware:
    """Same-origin use only, nothing of the device, and no copy of what is not for everybody.

    An answer may lie in a cache only if nobody is signed in, no cookie is set with it and it
    is a plain success or a redirect.  The address decides nothing, so ``/admin/x.css`` gains
    nothing.  Must stand outermost: it looks at what the others have done.

    Legal source: 未成年人网络保护条例 art. 36 (technical measures against unauthorised look-ups).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.setdefault(name, value)
        if not may_be_kept(request, response):
            if "no-store" not in response.get("Cache-Control", ""):
                add_never_cache_headers(response)
            response["Cache-Control"] = PRIVATE
        return response


def may_be_kept(request: HttpRequest, response: HttpResponse) -> bool:
    """Return whether a cache between the server and one person may keep the answer."""
    user = getattr(request, "user", None)
    return (
        request.method in {"GET", "HEAD"}
        and response.status_code in {200, 301, 304, 308}
        and not response.cookies
        and not (user is not None and user.is_authenticated)
        and not request.path.startswith("/admin/")
    )
