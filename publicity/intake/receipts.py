"""The receipt: how it reaches the applicant without standing in an address or a log.

The browser keeps the key of the form it sent in a signed cookie for half an hour.  The
check code is made from that key each time; the database holds only its digest.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from .services import Receipt, receipt_of

RECEIPT_COOKIE = "receipt"
RECEIPT_SECONDS = 30 * 60


def redirect_to_receipt(form_key: str) -> HttpResponse:
    """Send the browser to the receipt of the form it just sent."""
    response = HttpResponseRedirect(reverse("intake_receipt"))
    response.set_signed_cookie(
        RECEIPT_COOKIE,
        form_key,
        salt=RECEIPT_COOKIE,
        max_age=RECEIPT_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def receipt_for(request: HttpRequest) -> Receipt | None:
    """Return the receipt this browser may see, or None."""
    form_key = request.get_signed_cookie(
        RECEIPT_COOKIE, default=None, salt=RECEIPT_COOKIE, max_age=RECEIPT_SECONDS
    )
    return receipt_of(form_key) if form_key else None
