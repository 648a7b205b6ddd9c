"""What is asked before a step with a volunteer."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from caseadmin.ledgers.forms.fields import DayField

from .enums import CheckConclusion, Team

CONCLUSIONS = [("", _("Choose what the reply says")), *CheckConclusion.choices]


class RecordCheckForm(forms.Form):
    """A criminal record query and its reply."""

    queried_unit = forms.CharField(label=_("Authority asked"), max_length=100)
    queried_on = DayField(label=_("Queried on"))
    conclusion = forms.ChoiceField(label=_("Conclusion"), choices=CONCLUSIONS)
    valid_until = DayField(
        label=_("Valid until"),
        required=False,
        help_text=_("At most one year after the query. Empty: one year."),
    )
    document_number = forms.CharField(label=_("Number of the reply"), max_length=60, required=False)


class VettingForm(forms.Form):
    """All steps of vetting on one page; what is filled in is recorded."""

    identity_checked_on = DayField(label=_("Identity checked on"), required=False)
    queried_on = DayField(label=_("Criminal record queried on"), required=False)
    queried_unit = forms.CharField(label=_("Authority asked"), max_length=100, required=False)
    conclusion = forms.ChoiceField(label=_("Conclusion"), choices=CONCLUSIONS, required=False)
    interviewed_on = DayField(label=_("Interviewed on"), required=False)
    trained_on = DayField(label=_("Trained on"), required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for a whole query, or none.

        Raises:
            ValidationError: Only some of the three entries of a query are filled in.
        """
        cleaned = super().clean() or {}
        query = {name: cleaned.get(name) for name in ("queried_on", "queried_unit", "conclusion")}
        if any(query.values()):
            for name, value in query.items():
                if not value and name not in self.errors:
                    self.add_error(
                        name, ValidationError(_("Fill in the whole query, or leave it empty."))
                    )
        if not any(cleaned.values()):
            raise ValidationError(_("Fill in at least one step."))
        return cleaned


class LeaveForm(forms.Form):
    """The last day of a volunteer."""

    on = DayField(label=_("Left on"), required=False, help_text=_("Empty: today."))


class TeamForm(forms.Form):
    """The team many volunteers shall belong to."""

    team = forms.ChoiceField(label=_("Team"), choices=[("", _("Choose a team")), *Team.choices])
