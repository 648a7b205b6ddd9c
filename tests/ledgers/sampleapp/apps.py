from django.apps import AppConfig


class SampleAppConfig(AppConfig):
    name = "tests.ledgers.sampleapp"
    label = "sampleapp"
    verbose_name = "Samples"
    default_auto_field = "django.db.models.BigAutoField"
