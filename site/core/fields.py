"""Model fields of general use."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


class ChoiceListField(models.JSONField):
    """Several values out of a list of choices, kept as a sorted list of codes.

    The model gets ``get_<name>_display()``, the labels joined by the enumeration comma.
    """

    def __init__(self, *args: Any, choices: Any = None, **kwargs: Any) -> None:
        self.options = list(getattr(choices, "choices", choices) or [])
        kwargs.setdefault("default", list)
        kwargs.setdefault("blank", True)
        # The options stay out of ``choices`` (which compares the whole list) and out of
        # migrations: they are no part of the column.
        super().__init__(*args, **kwargs)

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        method = f"get_{name}_display"
        if method not in cls.__dict__:

            def display(instance: Any, field: "ChoiceListField" = self) -> str:
                return field.labels(getattr(instance, field.attname))

            setattr(cls, method, display)

    def labels(self, codes: Any) -> str:
        """Return the labels of ``codes`` as one text."""
        known = dict(self.options)
        return "、".join(str(known.get(code, code)) for code in codes or [])

    def clean(self, value: Any, model_instance: Any) -> Any:
        value = super().clean(value, model_instance)
        known = [code for code, label in self.options]
        if not isinstance(value, list | tuple):
            raise ValidationError(_("Give a list of choices."), code="invalid")
        wrong = [str(code) for code in value if code not in known]
        if wrong:
            raise ValidationError(
                _("%(values)s: not among the choices."),
                code="invalid_choice",
                params={"values": "、".join(wrong)},
            )
        return [code for code in known if code in value]

    def validate(self, value: Any, model_instance: Any) -> None:
        if not self.blank and not value:
            raise ValidationError(self.error_messages["blank"], code="blank")

    def formfield(self, **kwargs: Any) -> Any:
        options = {
            "choices": self.options,
            "required": not self.blank,
            "label": self.verbose_name,
            "help_text": self.help_text,
            "widget": forms.CheckboxSelectMultiple,
        }
        kwargs.pop("encoder", None)
        kwargs.pop("decoder", None)
        return forms.MultipleChoiceField(**{**options, **kwargs})
