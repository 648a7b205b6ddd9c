"""Put the signed-in person's scope and name on everything a request does."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.history.context import change_set

from .scope import in_scope, scope_of


class ScopeMiddleware:
    """Resolve the user once per request.  Must come after authentication.

    Rights are read afresh each time, never kept in the session, so that a post that
    ended this morning opens nothing this afternoon.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with in_scope(scope_of(request.user)):
            if not request.user.is_authenticated:
                return self.get_response(request)
            with change_set(actor=request.user, source="form"):
                return self.get_response(request)
