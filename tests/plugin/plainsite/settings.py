"""What a plain site adds to the settings ``wagtail start`` wrote."""

from .base import *  # noqa: F403
from .base import BASE_DIR, INSTALLED_APPS, MIDDLEWARE

SECRET_KEY = "for-this-test-only"
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = [
    "loans",
    "tonghu.core.accounts",
    "tonghu.core.territories",
    "tonghu.core.access",
    "tonghu.core.crypto",
    "tonghu.core.audit",
    "tonghu.core.jobs",
    "tonghu.core.history",
    "tonghu.core.attachments",
    "tonghu.search",
    "tonghu.caseadmin.ledgers",
    "wagtail_modeladmin",
    "import_export",
    "django_tasks",
    *INSTALLED_APPS,
]
MIDDLEWARE = [*MIDDLEWARE, "tonghu.core.access.middleware.ScopeMiddleware"]
TONGHU_SCOPE = "tonghu.core.access.scope.whole_site"
# `manage.py make_keys` writes one; keep it out of the database and out of the repository.
TONGHU_KEYS = (BASE_DIR / "keys.json").read_text()

# A throw-away database need not survive a power cut.
DATABASES["default"]["OPTIONS"] = {"init_command": "PRAGMA synchronous=OFF"}  # noqa: F405
# Files of records lie outside the folder of public media.
ATTACHMENTS_ROOT = BASE_DIR / "attachments"
