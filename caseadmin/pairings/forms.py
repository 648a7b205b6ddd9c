"""What is asked before a step in the life of a pairing."""

from django import forms
from django.utils.translation import gettext_lazy as _

from caseadmin.ledgers.forms.fields import DayField

from .enums import ConsentMethod, EndReason, WishMethod


class ConfirmForm(forms.Form):
    """The day the trial ended well."""

    confirmed_on = DayField(label=_("Confirmed on"), required=False, help_text=_("Empty: today."))


class WithdrawalForm(forms.Form):
    """The day an agreement was taken back."""

    withdrawn_on = DayField(label=_("Withdrawn on"), required=False, help_text=_("Empty: today."))


class ConsentsForm(forms.Form):
    """Both agreements, given anew."""

    guardian_consent_on = DayField(label=_("Guardian consented on"))
    guardian_consent_by = forms.CharField(label=_("Who consented"), max_length=50)
    guardian_consent_method = forms.ChoiceField(
        label=_("How the guardian consented"), choices=[("", "—"), *ConsentMethod.choices]
    )
    child_consent_on = DayField(label=_("Child's wish learned on"))
    child_consent_method = forms.ChoiceField(
        label=_("How the child's wish was learned"), choices=[("", "—"), *WishMethod.choices]
    )


class EndForm(forms.Form):
    """Why and when a pairing ends, and what is handed over."""

    end_reason = forms.ChoiceField(
        label=_("Reason of the end"), choices=[("", _("Choose a reason")), *EndReason.choices]
    )
    ended_on = DayField(label=_("Ended on"), required=False, help_text=_("Empty: today."))
    handover = forms.CharField(
        label=_("Farewell and hand-over"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
