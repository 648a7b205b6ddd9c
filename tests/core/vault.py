"""A model with encrypted fields that belongs to no shipped app."""

import uuid

from django.db import models

from core.crypto.fields import BlindIndexField, EncryptedDateField, EncryptedTextField


class Secret(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    words = EncryptedTextField(default="", blank=True)
    words_index = BlindIndexField(source="words")
    born_on = EncryptedDateField(null=True)

    class Meta:
        app_label = "vault"
        db_table = "vault_secret"

    def __str__(self) -> str:
        return str(self.pk)
