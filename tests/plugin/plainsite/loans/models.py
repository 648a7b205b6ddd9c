"""A tool library: nothing here knows of children."""

from django.db import models
from tonghu.core.access.models import CaseModel
from tonghu.core.access.register import FieldClasses
from tonghu.core.history.records import LedgerHistory


class Loan(CaseModel):
    number = models.CharField("number", max_length=20, unique=True)
    borrower = models.CharField("borrower", max_length=60)
    tool = models.CharField("tool", max_length=60)
    state = models.CharField("state", max_length=8, choices=[("out", "Out"), ("back", "Back")])
    lent_on = models.DateField("lent on", null=True, blank=True)

    field_classes = FieldClasses(office=["number", "borrower", "tool", "state", "lent_on"])
    territory_from = ()
    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        verbose_name = "loan"

    def __str__(self):
        return self.number

    def territory_code_source(self):
        return "0"
