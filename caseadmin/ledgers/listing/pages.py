"""Pages of a list whose time does not grow with the ledger."""

from collections.abc import Callable
from typing import Any

from django.utils.functional import cached_property
from wagtail.admin.paginator import WagtailPaginator

MOST_COUNTED = 10_000
FEW = 500


class LedgerPaginator(WagtailPaginator):
    """Counts no further than ``MOST_COUNTED``, and joins only the rows of the page.

    A count of a million rows takes longer than everything else on the page, and nobody
    turns to page 501; the list then says "10,000+" and asks for a filter.  The keys of a
    page come from one table in the order of an index; what the columns name is joined to
    those few rows afterwards.

    Where filters or words leave few rows, their keys are looked up and the rows sorted
    afterwards.  A database that looks for the first twenty in the list's order reads on
    to the end of the area if there are fewer.

    Attributes:
        joined: Returns the rows of the list with their joins, in the list's order.
        is_narrowed: Whether filters or words leave out rows of the area.
    """

    joined: Callable[[], Any] | None = None
    is_narrowed = False

    @cached_property
    def few(self) -> list[Any] | None:
        """The keys of all rows in no order, where they are few."""
        if not self.is_narrowed:
            return None
        keys = list(self.object_list.order_by().values_list("pk", flat=True)[: FEW + 1])
        return keys if len(keys) <= FEW else None

    @cached_property
    def counted(self) -> int:
        """The number of rows, at most one more than is counted."""
        if self.few is not None:
            return len(self.few)
        found: int = self.object_list.order_by().values("pk")[: MOST_COUNTED + 1].count()
        return found

    @cached_property
    def count(self) -> int:
        """The number of rows that can be turned to."""
        return min(self.counted, MOST_COUNTED)

    @cached_property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.counted > MOST_COUNTED

    def page(self, number: Any) -> Any:
        if self.joined is None:
            return super().page(number)
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        if self.few is not None:
            rows = self.joined().filter(pk__in=self.few)[first : first + self.per_page]
            return self._get_page(rows, number, self)
        keys = self.object_list.values("pk")[first : first + self.per_page]
        return self._get_page(self.joined().filter(pk__in=keys), number, self)
