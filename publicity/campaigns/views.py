"""A call for volunteers: what it says, and its application form."""

from typing import TYPE_CHECKING

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from core.pages.models import PortalSettings
from publicity.intake.forms import ApplicationForm
from publicity.intake.receipts import redirect_to_receipt
from publicity.intake.services import ChangedAfterSending, submit_application

if TYPE_CHECKING:
    from .models import RecruitmentPage


def serve_call(page: "RecruitmentPage", request: HttpRequest) -> HttpResponse:
    """Show the call, or take an application and lead to its receipt.

    A form that comes back after the call has closed is shown again with everything in
    it, so that nothing typed is lost.
    """
    form = None
    if request.method == "POST":
        form = ApplicationForm(request.POST)
        response = _take(page, form, request)
        if response is not None:
            return response
    elif page.is_open():
        form = ApplicationForm(initial={"team": page.team})
    context = page.get_context(request)
    context.update(form=form, is_open=page.is_open())
    response = TemplateResponse(request, page.get_template(request), context)
    add_never_cache_headers(response)
    return response


def _take(
    page: "RecruitmentPage", form: ApplicationForm, request: HttpRequest
) -> HttpResponse | None:
    if not form.is_valid():
        return None
    if not page.is_open():
        form.add_error(
            None, _("This call takes no applications now. Look at the other open calls.")
        )
        return None
    settings = PortalSettings.for_request(request)
    try:
        submit_application(
            form_key=form.form_key,
            call=page,
            consent_version=settings.privacy_version,
            **form.application(),
        )
    except ChangedAfterSending as error:
        form.renew_token()
        form.add_error(None, error)
        return None
    except ValidationError as error:
        _show(form, error)
        return None
    return redirect_to_receipt(form.form_key)


def _show(form: ApplicationForm, error: ValidationError) -> None:
    """Put each refusal beside its field; what has no field on the form stands on top."""
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields and name != NON_FIELD_ERRORS else None, errors)
