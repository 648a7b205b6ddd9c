"""A record on one of the paper forms of its ledger: on screen, on paper, as a Word document."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from ..printing import Paper, PaperForm, Teller, as_docx, grid
from .base import RecordPage
from .revealing import RevealMixin

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class LedgerPrintView(RevealMixin, RecordPage, TemplateView):
    """The form as it is printed, masked like every page until a reason is given."""

    page_code = "print"
    template_name = "ledgers/paper.html"

    @cached_property
    def form(self) -> PaperForm:
        """The form of the address.

        Raises:
            Http404: The ledger has none of this name.
        """
        for form in self.ledger.papers:
            if form.name == self.kwargs["form"]:
                return form
        raise Http404

    @property
    def page_title(self) -> str:  # type: ignore[override]
        return str(self.form.label)

    def paper(self) -> Paper:
        """Return the form, filled as far as the person may see the record."""
        return self.form.fill(self.object, Teller(self.sight))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = self._answer(**kwargs)
        self.log("tonghu.print", form=self.form.name)
        return response

    def _answer(self, *, status: int = 200, **kwargs: Any) -> HttpResponse:
        asked = self.request.POST.get("format") or self.request.GET.get("format")
        asks_first = self.request.method == "POST" and not self.revealed
        if asked == "docx" and not asks_first:
            response = HttpResponse(as_docx(self.paper()), content_type=DOCX)
            # The number and nothing else: a file name is read by many programs.
            name = f"{self.object}-{self.form.name}.docx"
            response["Content-Disposition"] = f'attachment; filename="{name}"'
            response["Cache-Control"] = "private, no-store"
            return response
        return super()._answer(status=status, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        paper = self.paper()
        return super().get_context_data(
            paper=paper,
            rows=grid(paper.cells),
            reason=self.request.POST.get("reason", "") if self.revealed else "",
            back_url=self.ledger.url("view", self.object.pk),
            **self.reveal_context(),
            **kwargs,
        )
