"""Addresses and bodies that no page of ours sends, and over which Wagtail's own views fall.

Somebody who types an address by hand gets an answer that says so, not an error of the server.
Found by the URL-walk probe (``tests/probe``); each line can go when Wagtail mends it.
"""

import logging
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse

logger = logging.getLogger("tonghu.hardening")

STUMBLES: dict[str, tuple[type[Exception], type[Exception]]] = {
    # The root has no parent whose children could be put in order.
    "wagtailadmin_pages:set_page_position": (AttributeError, Http404),
    # A form without the field it is about.
    "wagtailadmin_choose_page_external_link": (AttributeError, BadRequest),
    # A key that is no number.
    "wagtaildocs_chooser:chosen": (ValueError, Http404),
    "wagtailimages_chooser:chosen": (ValueError, Http404),
}
"""By name of the route: the error it falls with, and the one that is meant."""


class StumbleMiddleware:
    """Answer as the view should have done."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Raise the error that is meant in place of the one that came.

        Raises:
            Http404: There is nothing of that key.
            BadRequest: The body is none of ours.
        """
        match = request.resolver_match
        falls, meant = STUMBLES.get(match.view_name if match else "", (None, None))
        if falls is None or meant is None or not isinstance(exception, falls):
            return
        logger.warning("%s: %s", match.view_name if match else "", type(exception).__name__)
        raise meant("this address or form was not sent by one of our pages") from exception
