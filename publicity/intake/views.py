"""The receipt, and the page that tells how an application stands."""

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from .forms import StatusForm
from .models import VolunteerApplication
from .receipts import receipt_for
from .selectors import application_by_receipt

LOOKUPS_PER_NUMBER = 5
LOOKUP_WINDOW_SECONDS = 10 * 60


@login_not_required
@never_cache
@require_GET
def receipt(request: HttpRequest) -> HttpResponse:
    """Show number and check code to the browser that just applied."""
    found = receipt_for(request)
    context = {"receipt": found, "spaced_code": _in_fours(found.check_code) if found else ""}
    return render(request, "intake/receipt.html", context)


@login_not_required
@never_cache
@sensitive_post_parameters("check_code")
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """Tell how an application stands, to whoever has both parts of its receipt."""
    application = None
    form = StatusForm(request.POST) if request.method == "POST" else StatusForm()
    if form.is_bound and form.is_valid():
        application = _look_up(form)
    return render(request, "intake/status.html", {"form": form, "application": application})


def _look_up(form: StatusForm) -> VolunteerApplication | None:
    number = form.cleaned_data["application_number"]
    if _too_many_lookups(number):
        form.add_error(None, _("This number was asked for too often. Try again in ten minutes."))
        return None
    found = application_by_receipt(number, form.cleaned_data["check_code"])
    if found is None:
        form.add_error(
            None,
            _(
                "Number and check code do not belong together. Compare both with your receipt. "
                "If you have lost it, ring the contact at the foot of this page."
            ),
        )
    return found


def _too_many_lookups(number: str) -> bool:
    """Count one more look-up of a number; true once the window's allowance is spent."""
    key = f"intake.lookups:{number}"
    cache.add(key, 0, LOOKUP_WINDOW_SECONDS)
    try:
        return cache.incr(key) > LOOKUPS_PER_NUMBER
    except ValueError:
        # The window ended between the two calls: this look-up opens the next one.
        cache.set(key, 1, LOOKUP_WINDOW_SECONDS)
        return False


def _in_fours(code: str) -> str:
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))
