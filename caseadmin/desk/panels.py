"""The staff home page: what waits, and how much there is of everything."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import Component

from .selectors import Number, duties_of, numbers_of


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


def panels_for(user: Any) -> list[NumbersPanel]:
    """Return the panels of a person; one without numbers is left out."""
    panels = [
        NumbersPanel(
            name="duties", title=_("Waiting for you"), numbers=list(duties_of(user)), order=10
        ),
        NumbersPanel(
            name="numbers", title=_("Your ledgers"), numbers=list(numbers_of(user)), order=20
        ),
    ]
    return [panel for panel in panels if panel.numbers]
