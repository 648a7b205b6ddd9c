"""The addresses of ledgers without code: one set for all, the ledger found for each request."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from ..urls import ledger_urls
from ..views.base import spare_look_ups
from .made import DefinedLedger, ledger_called


def defined_urls() -> list[URLPattern]:
    """Return every address of a ledger, behind ``l/<ledger_slug>/``."""
    return [
        path(str(pattern.pattern), _with_ledger(pattern.callback), name=pattern.name)
        for pattern in ledger_urls(DefinedLedger)
    ]


def _with_ledger(callback: Any) -> Any:
    view_class, given = callback.view_class, callback.view_initkwargs

    def answer(request: HttpRequest, ledger_slug: str, **kwargs: Any) -> HttpResponseBase:
        spare_look_ups(request.user)
        declared = ledger_called(ledger_slug)
        own = {**given, "ledger": declared}
        if "model" in given:
            own["model"] = declared.model
        found: HttpResponseBase = view_class.as_view(**own)(request, **kwargs)
        return found

    return answer
