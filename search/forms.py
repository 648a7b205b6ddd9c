"""The form of the staff search page."""

from django import forms
from django.utils.translation import gettext_lazy as _

from search.planner import RAW_LENGTH


class CaseSearchForm(forms.Form):
    """What to search for; the kind and page come from the buttons of a result."""

    words = forms.CharField(
        label=_("Name, village, school, number or words of a note"),
        max_length=RAW_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    kind = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)
    page = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)
