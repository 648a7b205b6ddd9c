"""Reveal masked values: a click, a reason, one entry in the log, this page only.

The click sends the form of the page with the name of one value, or ``*`` for all.  Without
a reason the page comes back and asks for it; with one it shows the values.  Nothing is
kept: the next page is masked again.

Legal source: 未成年人网络保护条例 art. 36 (each access is recorded); 居民身份证法 art. 19.
"""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.access.rights import Seeing

from ..declaration import Ledger
from ..presentation import label_of
from ..sight import EVERYTHING, Sight, target

REASON_LENGTH = 200


class RevealForm(forms.Form):
    """What to show, and why."""

    reveal = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Why do you need to see it?"),
        max_length=REASON_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Stands in the log beside your name."),
        error_messages={"required": _("Say why you need to see it.")},
    )


def revealable(ledger: type[Ledger], sight: Sight, code: str) -> dict[str, str]:
    """Return what a person may reveal of a record at a code, from target to label.

    Names are those the log writes: ``id_number``, ``kin.phone``.
    """
    found = {}
    for path, field in told_fields(ledger):
        if sight.right(field, code).see is Seeing.REVEAL:
            found[target(field)] = path
    return found


def told_fields(ledger: type[Ledger]) -> list[tuple[str, Any]]:
    """Return every field the pages of a record show, by its path in the ledger."""
    own = [(name, ledger.field(name)) for name in ledger.shown_fields()]
    for child in ledger.children:
        model = ledger.child_relation(child).related_model
        own += [
            (f"{child.name}.{name}", model._meta.get_field(name))
            for name in ledger.child_fields(child)
        ]
    return own


class RevealMixin:
    """A page of a record whose masked values can be asked for."""

    ledger: type[Ledger]
    request: HttpRequest
    object: Any
    revealed: frozenset[str] = frozenset()
    reveal_form: RevealForm | None = None

    @cached_property
    def sight(self) -> Sight:
        """How the person sees this record on this page."""
        return Sight(revealed=self.revealed)

    @cached_property
    def revealable(self) -> dict[str, str]:
        """What may be revealed here."""
        return revealable(self.ledger, Sight(), self.object.territory_code)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask for the reason, or show the values and write down that they were shown."""
        wanted = request.POST.get("reveal", EVERYTHING)
        paths = self._paths(wanted)
        if not paths:
            raise PermissionDenied
        form = RevealForm(
            {"reveal": wanted, "reason": request.POST["reason"]}
            if "reason" in request.POST
            else None,
            initial={"reveal": wanted},
        )
        if not form.is_valid():
            self.reveal_form = form
            return self._answer(status=422 if form.is_bound else 200, **kwargs)
        self.revealed = frozenset({wanted})
        response = self._answer(**kwargs)
        self.log(  # type: ignore[attr-defined]
            "tonghu.reveal", reason=form.cleaned_data["reason"].strip(), fields=paths
        )
        return response

    def _paths(self, wanted: str) -> list[str]:
        """Return what the log calls the values asked for; none where they may not be seen."""
        if wanted == EVERYTHING:
            return sorted(self.revealable.values())
        path = self.revealable.get(wanted.partition(":")[0])
        return [path] if path else []

    def _answer(self, *, status: int = 200, **kwargs: Any) -> HttpResponse:
        page: Any = self
        response: HttpResponse = page.render_to_response(
            page.get_context_data(**kwargs), status=status
        )
        # What was revealed must not stay in a browser's memory of pages.
        response["Cache-Control"] = "private, no-store"
        return response

    def reveal_context(self) -> dict[str, Any]:
        """Return what the templates need to offer and to ask."""
        asked = self.reveal_form
        wanted = str(asked["reveal"].value()) if asked is not None else ""
        return {
            "can_reveal": bool(self.revealable) and not self.revealed,
            "unmasked": bool(self.revealed),
            "reveal_form": asked,
            "reveal_label": self._label(wanted) if asked is not None else "",
            "reveal_all": EVERYTHING,
        }

    def _label(self, wanted: str) -> str:
        labels = {target(field): label_of(field) for _path, field in told_fields(self.ledger)}
        return labels.get(wanted.partition(":")[0], "")
