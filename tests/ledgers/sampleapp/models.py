"""A case of tool lending: one record with child rows and a keeper."""

from django.db import models

from caseadmin.ledgers.runtime.holder import ExtraFields
from core.access.models import CaseModel
from core.access.register import FieldClasses, Kind
from core.crypto.fields import BlindIndexField, EncryptedCharField
from core.fields import ChoiceListField
from core.history.records import LedgerHistory


class Risk(models.TextChoices):
    LOW = "low", "低"
    HIGH = "high", "高"


class Use(models.TextChoices):
    FARM = "farm", "农用"
    HOME = "home", "家用"


class Keeper(CaseModel):
    number = models.CharField("编号", max_length=20, unique=True)
    full_name = EncryptedCharField("姓名", max_length=50)
    town = models.ForeignKey(
        "territories.Territory",
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"level__in": ["town", "village"]},
        verbose_name="街镇",
    )

    field_classes = FieldClasses(office=["number", "town"], sensitive={"full_name": Kind.NAME})

    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        verbose_name = "保管人"
        verbose_name_plural = "保管人"

    def __str__(self):
        return self.number

    def territory_code_source(self):
        return self.town.code


class Case(ExtraFields, CaseModel):
    number = models.CharField("编号", max_length=20, unique=True)
    full_name = EncryptedCharField("借用人", max_length=50)
    phone = EncryptedCharField("电话", max_length=11, blank=True)
    phone_index = BlindIndexField(source="phone")
    village = models.ForeignKey(
        "territories.Territory", on_delete=models.PROTECT, related_name="+", verbose_name="村居"
    )
    risk = models.CharField("风险", max_length=4, choices=Risk, default=Risk.LOW)
    lent_on = models.DateField("借出日期", null=True, blank=True)
    returned = models.BooleanField("已归还", default=False)
    uses = ChoiceListField("用途", choices=Use)
    notes = models.TextField("备注", blank=True)
    keeper = models.ForeignKey(
        Keeper,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        verbose_name="保管人",
    )

    field_classes = FieldClasses(
        office=["number", "returned", "uses", "keeper", "notes"],
        personal=["village", "risk", "lent_on"],
        sensitive={"full_name": Kind.NAME, "phone": Kind.PHONE},
    )

    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        verbose_name = "借用"
        verbose_name_plural = "借用"

    def __str__(self):
        return self.number

    def territory_code_source(self):
        return self.village.code


class Item(CaseModel):
    case = models.ForeignKey(
        Case, on_delete=models.CASCADE, related_name="items", verbose_name="借用"
    )
    name = models.CharField("工具", max_length=40)
    count = models.PositiveIntegerField("数量", default=1)
    serial = EncryptedCharField("序列号", max_length=30, blank=True)

    field_classes = FieldClasses(office=["case", "name", "count"], secret={"serial": Kind.TEXT})

    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        verbose_name = "工具"
        verbose_name_plural = "工具"
        ordering = ["created_at", "id"]

    def __str__(self):
        return self.case.number

    def territory_code_source(self):
        return self.case.territory_code
