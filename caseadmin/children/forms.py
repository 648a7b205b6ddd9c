"""What is asked before a step in the life of a file."""

from django import forms
from django.utils.translation import gettext_lazy as _

from caseadmin.ledgers.forms.fields import DayField

from .enums import ExitReason


class CloseFileForm(forms.Form):
    """Why and when a file is closed."""

    exit_reason = forms.ChoiceField(
        label=_("Reason for closing"), choices=[("", _("Choose a reason")), *ExitReason.choices]
    )
    closed_on = DayField(
        label=_("Closed on"),
        required=False,
        help_text=_("Empty: today."),
    )


class EligibilityForm(forms.Form):
    """The day a question is about."""

    on = DayField(label=_("On which day"), required=False, help_text=_("Empty: today."))


class SchoolForm(forms.Form):
    """The school many children now go to."""

    school_name = forms.CharField(label=_("School"), max_length=100)
