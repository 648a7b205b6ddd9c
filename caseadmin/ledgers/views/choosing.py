"""Find a record of the ledger by typing: the answer to the chooser on another form."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.generic import View

from core.access.scope import Scope, current_scope
from core.territories.models import Territory

from ..columns import column_paths
from ..forms.fields import option_of, pickable
from ..paths import joins
from .base import LedgerScopeMixin
from .listing import MAX_WORDS, WORDS, log_search

MOST = 10


class LedgerChooseView(LedgerScopeMixin, View):
    """At most ten records in scope that match the words of the POST."""

    permission = "view"
    http_method_names = ["post", "options"]

    def get_object_list(self) -> Any:
        rows = super().get_object_list()
        select, prefetch = joins(self.ledger.model, column_paths(self.ledger))
        if select:
            rows = rows.select_related(*select)
        return rows.prefetch_related(*prefetch) if prefetch else rows

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        words = " ".join(request.POST.get(WORDS, "")[:MAX_WORDS].split())
        with transaction.atomic():
            return self._answer(words)

    def _answer(self, words: str) -> HttpResponse:
        rows = self._found(words)[: MOST + 1] if words else []
        found = [option_of(self.ledger, row) for row in rows]
        if words:
            log_search(self, page="choose", hits=len(found[:MOST]), more=len(found) > MOST)
        return JsonResponse({"records": found[:MOST], "more": len(found) > MOST})

    def _found(self, words: str) -> Any:
        rows = self.get_object_list()
        if self.ledger.search is None:
            return rows.filter(**{f"{self.ledger.key}__icontains": words}).order_by(self.ledger.key)
        from search.service import narrow  # app ready

        narrowed = narrow(rows, words, kind=self.ledger.slug, scope=current_scope() or Scope())
        return narrowed.queryset.order_by(self.ledger.key)


class PlacesView(View):
    """The villages of one town that the person may pick: the second step of picking a place."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        scope = current_scope() or Scope()
        # PostgreSQL refuses a null character even in a question.
        town, by = request.GET.get("town", "").replace("\0", ""), request.GET.get("by", "")
        found = pickable(scope.prefixes, {str(Territory.Level.VILLAGE)}).filter(parent__name=town)
        places = [
            [place.prefix if by == "prefix" else str(place.pk), place.name]
            for place in found.order_by("code")
        ]
        return JsonResponse({"places": places})
