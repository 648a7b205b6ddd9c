"""What a site must have set up before it can hold ledgers, each want told by its name.

The product's own settings pass; so must those of a site that installs the plugin.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

# Each app by the module that configures it: so the wheel's names follow (``tools/plugin.py``).
OURS = (
    "core.accounts.apps",
    "core.territories.apps",
    "core.access.apps",
    "core.crypto.apps",
    "core.audit.apps",
    "core.jobs.apps",
    "core.history.apps",
    "core.attachments.apps",
    "search.apps",
    "caseadmin.ledgers.apps",
)
OTHERS = ("wagtail_modeladmin", "import_export", "django_filters", "django_tasks")

SCOPE_MIDDLEWARE = "core.access.middleware.ScopeMiddleware"
SIGN_IN_MIDDLEWARE = "django.contrib.auth.middleware.AuthenticationMiddleware"


def needed_apps() -> list[str]:
    """Return the apps that must stand in ``INSTALLED_APPS`` beside Wagtail's own."""
    return [*(module.removesuffix(".apps") for module in OURS), *OTHERS]


def missing_apps(installed: Iterable[str]) -> list[str]:
    """Return the needed apps that are not in a list of installed ones.

    An app may be named by its module or by the class that configures it.
    """
    named = list(installed)
    return [
        app
        for app in needed_apps()
        if app not in named and not any(entry.startswith(f"{app}.apps.") for entry in named)
    ]


def require_apps() -> None:
    """Stop the start where an app is missing, before its models fail with a riddle.

    Raises:
        ImproperlyConfigured: Names every app that is missing.
    """
    missing = missing_apps(settings.INSTALLED_APPS)
    if missing:
        raise ImproperlyConfigured(
            f"The ledgers need these in INSTALLED_APPS too: {', '.join(missing)}"
        )


@checks.register("ledgers")
def check_host(**kwargs: Any) -> list[checks.CheckMessage]:
    """Check the settings that no app can bring along."""
    return [*_middleware(), *_user_model(), *_scope_rule(), *_templates()]


def _middleware() -> Iterator[checks.CheckMessage]:
    order = list(settings.MIDDLEWARE)
    if SCOPE_MIDDLEWARE not in order:
        yield checks.Error(
            f"MIDDLEWARE lacks {SCOPE_MIDDLEWARE}: every ledger would be empty.",
            hint=f"Put it after {SIGN_IN_MIDDLEWARE}.",
            id="ledgers.E201",
        )
    elif SIGN_IN_MIDDLEWARE not in order[: order.index(SCOPE_MIDDLEWARE)]:
        yield checks.Error(
            f"MIDDLEWARE: {SCOPE_MIDDLEWARE} stands before {SIGN_IN_MIDDLEWARE}.",
            hint="It must come after it: it asks who is signed in.",
            id="ledgers.E202",
        )


def _user_model() -> Iterator[checks.CheckMessage]:
    user = get_user_model()
    missing = [name for name in ("get_full_name", "has_perm") if not hasattr(user, name)]
    if missing:
        yield checks.Error(
            f"AUTH_USER_MODEL: {user._meta.label} has no {' and no '.join(missing)}.",
            hint="Derive it from AbstractUser, or add the methods: the history names people.",
            id="ledgers.E203",
        )


def _scope_rule() -> Iterator[checks.CheckMessage]:
    name = getattr(settings, "TONGHU_SCOPE", "")
    if not name:
        return
    try:
        rule = import_string(name)
    except ImportError as error:
        yield checks.Error(f"TONGHU_SCOPE: {error}", id="ledgers.E204")
        return
    if not callable(rule):
        yield checks.Error(f"TONGHU_SCOPE: {name} is no function.", id="ledgers.E204")


def _templates() -> Iterator[checks.CheckMessage]:
    wanted = "django.template.context_processors.request"
    configured: list[dict[str, Any]] = list(settings.TEMPLATES)
    engines = [
        engine
        for engine in configured
        if engine["BACKEND"].endswith("DjangoTemplates") and engine.get("APP_DIRS")
    ]
    if not engines:
        yield checks.Error(
            "TEMPLATES has no Django engine with APP_DIRS: the pages' templates are not found.",
            id="ledgers.E205",
        )
    elif not any(
        wanted in engine.get("OPTIONS", {}).get("context_processors", []) for engine in engines
    ):
        yield checks.Error(f"TEMPLATES lacks the context processor {wanted}.", id="ledgers.E206")
