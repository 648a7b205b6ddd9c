"""The application form, and the form that asks how an application stands."""

import re
import secrets
import unicodedata
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.identity import normalise_id_number, validate_id_number
from core.pages.language import CHINESE, reads_english
from core.phones import normalise_phone, validate_phone
from core.territories.models import Territory
from core.territories.selectors import territory_by_code

from .enums import ApplicantTeam, OfferedSkill, OfferedTime
from .selectors import places_to_help
from .services import CHECK_CODE_DIGITS

SHORTEST_FILLING = timedelta(seconds=5)
LONGEST_FILLING = timedelta(hours=24)
_SALT = "publicity.intake.form_key"

_DATE = re.compile(r"(\d{4})\D{0,2}?(\d{1,2})\D{0,2}?(\d{1,2})\D?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NAME = re.compile(r"[^\W\d_]+(?:[ ·.'-][^\W\d_]+)*\.?")


def new_token() -> str:
    """Return a signed, timed token around a fresh form key."""
    return signing.TimestampSigner(salt=_SALT).sign(secrets.token_urlsafe(24))


def form_key_of(token: str) -> str:
    """Return the form key inside a token, whatever its age.

    Raises:
        BadSignature: This site did not make the token.
    """
    return signing.TimestampSigner(salt=_SALT).unsign(token)


class WrittenDateField(forms.CharField):
    """A date as people write it: 1990-05-06, 1990/5/6, 1990年5月6日 or 19900506."""

    default_error_messages = {
        "not_a_date": _("Write the date as year, month and day, for instance 1990-05-06.")
    }

    def clean(self, value: Any) -> Any:
        """Return a date, or None for an empty field that may be empty."""
        text = unicodedata.normalize("NFKC", super().clean(value)).strip()
        if not text:
            return None
        match = _COMPACT_DATE.fullmatch(text) or _DATE.fullmatch(text)
        try:
            return date(*(int(part) for part in match.groups())) if match else self._refuse()
        except ValueError:
            return self._refuse()

    def _refuse(self) -> date:
        raise ValidationError(self.error_messages["not_a_date"], code="not_a_date")


class PlaceSelect(forms.Select):
    """A list of place names, which stay Chinese on English pages and say so."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(*args, **kwargs)
        if option["value"] and reads_english():
            option["attrs"]["lang"] = CHINESE
        return option


class PlaceField(forms.ChoiceField):
    """A town or village, by its code."""

    widget = PlaceSelect

    def clean(self, value: Any) -> Territory | None:
        code = super().clean(value)
        return territory_by_code(code) if code else None


class PortalForm(forms.Form):
    """What all forms of the portal have in common."""

    required_css_class = "field--required"
    error_css_class = "field--wrong"

    @property
    def error_list(self) -> list[dict[str, str]]:
        """Every error with the id of the control to mend it in, in the order of the form."""
        entries = [{"target": "", "text": str(text)} for text in self.non_field_errors()]
        for field in self.visible_fields():
            target = field.auto_id
            if isinstance(field.field.widget, forms.CheckboxSelectMultiple):
                target = f"{target}_0"
            entries += [{"target": target, "text": str(text)} for text in field.errors]
        return entries


class ApplicationForm(PortalForm):
    """A wish to volunteer.

    Refuses in whole sentences, keeps everything that was typed, and carries the key
    that makes one form one application (see ``services.submit_application``).
    """

    full_name = forms.CharField(
        label=_("Your full name"),
        max_length=50,
        help_text=_("As on your ID card."),
        error_messages={"required": _("Enter your name as on your ID card.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=20,
        help_text=_("11 digits. We ring this number to talk with you."),
        error_messages={"required": _("Enter a telephone number at which we can reach you.")},
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )
    born_on = WrittenDateField(
        label=_("Date of birth"),
        max_length=20,
        help_text=_("For instance 1990-05-06. Volunteers are 18 or older."),
        error_messages={"required": _("Enter your date of birth, for instance 1990-05-06.")},
        widget=forms.TextInput(attrs={"autocomplete": "bday", "inputmode": "text"}),
    )
    id_number = forms.CharField(
        label=_("ID number"),
        max_length=24,
        required=False,
        help_text=_(
            "18 characters. You may leave it out now; we need it for the background check "
            "before you meet a child."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    team = forms.ChoiceField(
        label=_("Team you want to join"),
        error_messages={"required": _("Choose a team. “Other volunteers” is fine.")},
    )
    village = PlaceField(
        label=_("Where you want to help"),
        error_messages={
            "required": _("Choose the town or village where you want to help."),
            "invalid_choice": _("Choose a town or village from the list."),
        },
    )
    available_times = forms.MultipleChoiceField(
        label=_("When you have time"),
        choices=OfferedTime.choices,
        error_messages={
            "required": _("Tick at least one time."),
            "invalid_choice": _("Choose from the list."),
        },
        widget=forms.CheckboxSelectMultiple,
    )
    skills = forms.MultipleChoiceField(
        label=_("What you can offer"),
        choices=OfferedSkill.choices,
        required=False,
        error_messages={"invalid_choice": _("Choose from the list.")},
        widget=forms.CheckboxSelectMultiple,
    )
    motivation = forms.CharField(
        label=_("Why you want to help"),
        max_length=500,
        required=False,
        help_text=_("Up to 500 characters. Please name no child."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    consent = forms.BooleanField(
        label=_("I have read the privacy notice and the possible risks, and I agree."),
        error_messages={
            "required": _(
                "Tick this box if you agree. Without your consent we may not keep the application."
            )
        },
    )
    company = forms.CharField(
        label=_("Leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    token = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose = pgettext_lazy("empty choice of a list", "Please choose")
        self.fields["team"].choices = [("", choose), *ApplicantTeam.choices]  # type: ignore[attr-defined]
        self.fields["village"].choices = [("", choose), *self.places]  # type: ignore[attr-defined]
        if not self.is_bound:
            self.initial["token"] = new_token()

    @cached_property
    def places(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Towns with their villages; one query."""
        return places_to_help()

    @property
    def form_key(self) -> str:
        """The key inside the token.  Only after the form was found valid."""
        return form_key_of(self.cleaned_data["token"])

    def renew_token(self) -> None:
        """Give the form shown next a fresh key, keeping everything that was typed."""
        self._put("token", new_token())

    def _put(self, name: str, value: str) -> None:
        """Change what the form shows when it is drawn again."""
        self.data = MultiValueDict({**dict(self.data.lists()), name: [value]})  # type: ignore[attr-defined]

    def clean_full_name(self) -> str:
        """Return the name without stray blanks."""
        name = " ".join(unicodedata.normalize("NFKC", self.cleaned_data["full_name"]).split())
        if len(name) < 2 or not _NAME.fullmatch(name):
            raise ValidationError(
                _("Enter your full name in Chinese characters or letters, without digits."),
                code="name",
            )
        return name

    def clean_phone(self) -> str:
        """Return the number in its one written form."""
        validate_phone(self.cleaned_data["phone"])
        return normalise_phone(self.cleaned_data["phone"])

    def clean_id_number(self) -> str:
        """Return the number in its one written form."""
        validate_id_number(self.cleaned_data["id_number"])
        return normalise_id_number(self.cleaned_data["id_number"])

    def clean_motivation(self) -> str:
        """Return the text with the line ends of one system."""
        return self.cleaned_data["motivation"].replace("\r\n", "\n").strip()

    def clean(self) -> dict[str, Any]:
        """Refuse machines gently: a person who is taken for one just sends again."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("company"):
            self._put("company", "")
            self.add_error(
                None,
                _(
                    "A hidden field that must stay empty was filled in, perhaps by your browser. "
                    "We have emptied it. Please send the form again."
                ),
            )
        signer = signing.TimestampSigner(salt=_SALT)
        try:
            signer.unsign(data.get("token", ""), max_age=LONGEST_FILLING)
        except signing.BadSignature:
            self.renew_token()
            self.add_error(
                None,
                _(
                    "The form was open for too long. Nothing you entered is lost: "
                    "please check it and send it again."
                ),
            )
            return data
        try:
            signer.unsign(data["token"], max_age=SHORTEST_FILLING)
        except signing.SignatureExpired:
            return data
        if self.errors:
            # There is more to mend than haste; by then the time will have passed.
            return data
        self.add_error(
            None,
            _(
                "The form came back within %(seconds)d seconds, as machines do. "
                "Please check what you entered and send it again."
            )
            % {"seconds": SHORTEST_FILLING.seconds},
        )
        return data

    def application(self) -> dict[str, Any]:
        """Return what ``submit_application`` is told about the applicant."""
        names = (
            "full_name",
            "phone",
            "born_on",
            "id_number",
            "team",
            "village",
            "available_times",
            "skills",
            "motivation",
        )
        return {name: self.cleaned_data[name] for name in names}


class StatusForm(PortalForm):
    """Both parts of a receipt."""

    application_number = forms.CharField(
        label=_("Application number"),
        max_length=20,
        help_text=_("For instance SQ202611-04827."),
        error_messages={"required": _("Enter the application number from your receipt.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    check_code = forms.CharField(
        label=_("Check code"),
        max_length=30,
        help_text=_("The 12 digits from your receipt."),
        error_messages={"required": _("Enter the check code from your receipt.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    def clean_application_number(self) -> str:
        """Return the number as it is printed, however it was typed."""
        text = unicodedata.normalize("NFKC", self.cleaned_data["application_number"]).upper()
        digits = re.sub(r"\D", "", text)
        if len(digits) != 11:
            raise ValidationError(
                gettext("The application number has two letters and 11 digits. Check it."),
                code="number",
            )
        return f"SQ{digits[:6]}-{digits[6:]}"

    def clean_check_code(self) -> str:
        """Return the digits alone."""
        digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", self.cleaned_data["check_code"]))
        if len(digits) != CHECK_CODE_DIGITS:
            raise ValidationError(
                _("The check code has %(count)d digits. Check it.") % {"count": CHECK_CODE_DIGITS},
                code="check_code",
            )
        return digits
