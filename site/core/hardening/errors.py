"""Error pages that say what to do, and nothing of what went wrong inside."""

from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import bad_request as stock_bad_request

TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
# Answers that Django or a view gives without a body.
SPEECHLESS = {400: "400.html", 403: "403.html", 404: "404.html", 405: "405.html", 413: "413.html"}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 413 where a form was too large, else 400."""
    if isinstance(exception, TOO_LARGE):
        return render(request, "413.html", status=413)
    return stock_bad_request(request, exception)


class ReadableErrorMiddleware:
    """Give an error without a body the page that fits it, where a person is reading.

    Must come after ``LocaleMiddleware``: the page is in the reader's language.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        template = SPEECHLESS.get(response.status_code)
        if template is None or response.streaming or response.content:
            return response
        if "text/html" not in request.headers.get("Accept", ""):
            return response
        page = render(request, template, status=response.status_code)
        if "Allow" in response:
            page["Allow"] = response["Allow"]
        return page
