"""Put the ledgers into the admin."""

from .bridge import register_with_wagtail
from .registry import autodiscover

autodiscover()
register_with_wagtail()
