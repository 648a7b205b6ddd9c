"""What is asked before a step of a request or a consent."""

from django import forms
from django.utils.translation import gettext_lazy as _

from caseadmin.ledgers.forms.fields import DayField

from .enums import IdentityProof, RefusalGround


class WithdrawConsentForm(forms.Form):
    """The day a consent was taken back."""

    withdrawn_on = DayField(label=_("Withdrawn on"), required=False, help_text=_("Empty: today."))


class IdentityForm(forms.Form):
    """How the requester showed who they are."""

    proof = forms.ChoiceField(
        label=_("How identity was shown"), choices=[("", "—"), *IdentityProof.choices]
    )
    id_number = forms.CharField(label=_("ID number on the card"), max_length=18)


class AnswerForm(forms.Form):
    """The answer, or the refusal with its ground."""

    refusal_ground = forms.ChoiceField(
        label=_("Refused because"),
        choices=[("", _("Not refused")), *RefusalGround.choices],
        required=False,
    )
    answer = forms.CharField(
        label=_("Answer in writing"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("A refusal gives its reasons and says where to complain."),
    )
