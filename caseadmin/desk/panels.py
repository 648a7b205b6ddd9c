"""The staff home page: what waits, and how much there is of everything."""

from typing import Any

from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import Component

from caseadmin.ledgers.charts import DrawnChart, described, drawn_charts
from caseadmin.ledgers.registry import ledgers
from search.selectors import offered_kinds

from .selectors import Number, duties_of, numbers_of
from .watches import watch_charts


class NumbersPanel(Component):
    """A titled row of numbers, each the link to the list behind it."""

    template_name = "desk/numbers.html"

    def __init__(self, *, name: str, title: Any, numbers: list[Number], order: int) -> None:
        self.name = name
        self.title = title
        self.numbers = numbers
        self.order = order

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        return {"name": self.name, "title": self.title, "numbers": self.numbers}


class SearchPanel(Component):
    """One box over every kind of case a person may open.  Its words travel by POST."""

    name = "search"
    order = 5
    template_name = "desk/search.html"

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        request = parent_context["request"]
        return {"action": reverse("search:cases"), "csrf_token": get_token(request)}


class ChartsPanel(Component):
    """The ledgers' charts, each with the same numbers as a table."""

    name = "charts"
    order = 30
    template_name = "desk/charts.html"

    def __init__(self, charts: list[DrawnChart]) -> None:
        self.charts = charts

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        return {"charts": [(chart, described(chart)) for chart in self.charts]}


def panels_for(user: Any) -> list[Component]:
    """Return the panels of a person; one without contents is left out."""
    panels = [
        NumbersPanel(
            name="duties", title=_("Waiting for you"), numbers=list(duties_of(user)), order=10
        ),
        NumbersPanel(
            name="numbers", title=_("Your ledgers"), numbers=list(numbers_of(user)), order=20
        ),
    ]
    shown: list[Component] = [panel for panel in panels if panel.numbers]
    if offered_kinds(user):
        shown.insert(0, SearchPanel())
    charts = [chart for ledger in ledgers.open_to(user) for chart in drawn_charts(ledger)]
    charts += watch_charts(user)
    if charts:
        shown.append(ChartsPanel(charts))
    return shown
