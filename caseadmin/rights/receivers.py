"""What happens elsewhere and leaves a consent here."""

from typing import Any

from .services import record_consent_of_application


def on_application(sender: Any, instance: Any, created: bool, raw: bool, **kwargs: Any) -> None:
    """Keep the consent an applicant gave with the form."""
    if created and not raw:
        record_consent_of_application(application=instance)
