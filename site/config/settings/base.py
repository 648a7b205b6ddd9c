"""Settings that are safe for production.  ``dev`` and ``test`` adjust them."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import env

ROOT = Path(__file__).resolve().parents[3]
SITE_DIR = ROOT / "site"
VAR = Path(env.text("TONGHU_VAR", str(ROOT / "var")))

# --- Who we are -------------------------------------------------------------------
SECRET_KEY = env.text("SECRET_KEY")
DEBUG = False
# Invented people whose accounts share a published password.
DEMO_DATA_ALLOWED = False
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS")
BASE_URL = env.text("BASE_URL", "http://127.0.0.1:8000")

# A public deployment does not even know the addresses of the staff site.
STAFF_SITE = env.boolean("STAFF_SITE", True)

# Fields are encrypted with these keys, kept outside the database.
TONGHU_KEYS = env.text("TONGHU_KEYS")

# --- Applications -----------------------------------------------------------------
INSTALLED_APPS = [
    "core.accounts",
    "core.territories",
    "core.access",
    "core.crypto",
    "core.audit",
    "core.approvals",
    "core.jobs",
    "core.hardening",
    "core.privacy",
    "core.history",
    "core.attachments",
    "core.pages",
    "search",
    "publicity.home",
    "publicity.laws",
    "publicity.news",
    "publicity.campaigns",
    "publicity.intake",
    "caseadmin.ledgers",
    "caseadmin.children",
    "caseadmin.volunteers",
    "caseadmin.pairings",
    "caseadmin.rights",
    "caseadmin.oversight",
    "caseadmin.desk",
    "wagtail_modeladmin",
    "wagtail.contrib.settings",
    "wagtail.sites",
    "core.accounts.users.TonghuUsersConfig",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "simple_history",
    "import_export",
    "django_filters",
    "django_tasks",
    "django_tasks_db",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    # Outermost: their headers belong on errors of all the others too.
    "core.hardening.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "core.hardening.errors.ReadableErrorMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "core.accounts.middleware.SessionMiddleware",
    "core.access.middleware.ScopeMiddleware",
    "core.accounts.middleware.DefaultDenyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.StaffPolicyMiddleware",
    "core.hardening.stumbles.StumbleMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SITE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    },
]

# --- Data -------------------------------------------------------------------------
DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR / 'tonghu.sqlite3'}")}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "tonghu_cache",
    }
}
if env.text("REDIS_URL", ""):
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.text("REDIS_URL"),
    }
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# --- Search -----------------------------------------------------------------------
SEARCH_ENGINE = env.text("SEARCH_ENGINE", "database")
ELASTICSEARCH_URL = env.text("ELASTICSEARCH_URL", "")
ELASTICSEARCH_USER = env.text("ELASTICSEARCH_USER", "")
ELASTICSEARCH_PASSWORD = env.text("ELASTICSEARCH_PASSWORD", "")
ELASTICSEARCH_API_KEY = env.text("ELASTICSEARCH_API_KEY", "")
ELASTICSEARCH_CA = env.text("ELASTICSEARCH_CA", "")
ELASTICSEARCH_PREFIX = env.text("ELASTICSEARCH_PREFIX", "tonghu_")
ELASTICSEARCH_TIMEOUT = env.integer("ELASTICSEARCH_TIMEOUT", 2)
# Wagtail's own search (page explorer, images): substring match, which works in Chinese.
WAGTAILSEARCH_BACKENDS = {
    "default": {"BACKEND": "wagtail.search.backends.database.fallback", "AUTO_UPDATE": False}
}

# --- People and sign-in -----------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "core.accounts.backends.PostBackend",
    # Rights in ledgers that administrators define are part of those definitions.
    "caseadmin.ledgers.runtime.made.DefinedLedgerBackend",
]
# "asvs" (long, never forced to change) or "djcp3" (classified protection, level 3).
PASSWORD_PROFILE = env.text("PASSWORD_PROFILE", "asvs")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "core.accounts.passwords.LengthValidator"},
    {"NAME": "core.accounts.passwords.ClassesValidator"},
    {"NAME": "core.accounts.passwords.CommonValidator"},
    {"NAME": "core.accounts.passwords.ContextValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# A link to set a password, given out by an administrator, is good for a day.
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
# Demanded of everybody whose rights reach values of class 3 and 4 (core.accounts.factors).
SECOND_FACTOR_REQUIRED = env.boolean("SECOND_FACTOR_REQUIRED", True)
# Also after all three administrators are in office; for development.
SUPERUSER_MAY_ENTER = False
# How long a proof of who one is lasts for exports and changes of one's sign-in.
STEP_UP_MINUTES = 15
# How many proxies of ours stand in front and write X-Forwarded-For.
TRUSTED_PROXY_COUNT = env.integer(
    "TRUSTED_PROXY_COUNT", 1 if env.boolean("BEHIND_PROXY", False) else 0
)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "wagtailadmin_home"
ACCOUNT_ADAPTER = "core.accounts.adapters.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_FORMS = {"login": "core.accounts.signin_forms.SignInForm"}
# Tries are counted by core.accounts.limits, which also counts where the cache is gone.
ACCOUNT_RATE_LIMITS = False
MFA_RATE_LIMITS = False
MFA_ADAPTER = "core.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "core.accounts.signin_forms.CodeForm",
    "authenticate_webauthn": "core.accounts.signin_forms.KeyForm",
    "activate_totp": "core.accounts.signin_forms.ActivateCodeForm",
    "add_webauthn": "core.accounts.signin_forms.AddKeyForm",
    "edit_webauthn": "core.accounts.signin_forms.RenameKeyForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# A clock may be half a minute off; a code is good once all the same.
MFA_TOTP_TOLERANCE = 1
# Twelve hours after signing in a session is over, however busy it was.
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"

# --- Transport and browser --------------------------------------------------------
SECURE_SSL_REDIRECT = env.boolean("SECURE_SSL_REDIRECT", True)
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.boolean("BEHIND_PROXY", False) else None
)
X_FRAME_OPTIONS = "DENY"
# One policy for portal and staff site; ``config.middleware`` adds what editors need, and
# no source of scripts or styles.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "report-uri": ["/policy-report"],
    }
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
# A temporary file would be a readable copy of a case paper on the disk.
FILE_UPLOAD_HANDLERS = ["core.attachments.uploading.InMemoryOnlyHandler"]

# --- Languages, time --------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [SITE_DIR / "locale", SITE_DIR / "locale_vendor"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- Files ------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [SITE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Attachments of case rows, encrypted.  No server hands this folder out.
ATTACHMENTS_ROOT = Path(env.text("ATTACHMENTS_ROOT", str(VAR / "attachments")))
ATTACHMENTS_DAILY_MB = env.integer("ATTACHMENTS_DAILY_MB", 1000)
ATTACHMENTS_FREE_MB = env.integer("ATTACHMENTS_FREE_MB", 500)
CLAMAV_SOCKET = env.text("CLAMAV_SOCKET", "")
FIXTURE_DIRS = [ROOT / "fixtures"]

# --- Wagtail ----------------------------------------------------------------------
WAGTAIL_SITE_NAME = "童护"
# People sign in through allauth (core.accounts); Wagtail's own way in is shut.
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAILUSERS_PASSWORD_ENABLED = False
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAIL_I18N_ENABLED = False
WAGTAIL_CONTENT_LANGUAGES = [("zh-hans", "简体中文")]
WAGTAILADMIN_PERMITTED_LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_USER_TIME_ZONES = ["Asia/Shanghai"]
WAGTAIL_DATE_FORMAT = "%Y-%m-%d"
WAGTAIL_DATETIME_FORMAT = "%Y-%m-%d %H:%M"
WAGTAIL_TIME_FORMAT = "%H:%M"
# Editors press Save; nothing is stored behind their back.
WAGTAIL_AUTOSAVE_INTERVAL = 0
WAGTAILEMBEDS_FINDERS: list[dict[str, str]] = []
WAGTAILIMAGES_EXTENSIONS = ["jpg", "jpeg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 20 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 40_000_000
WAGTAILIMAGES_IMAGE_FORM_BASE = "core.pages.uploads.PublicImageForm"
WAGTAILDOCS_DOCUMENT_FORM_BASE = "core.pages.uploads.PublicDocumentForm"
WAGTAILDOCS_EXTENSIONS = ["pdf", "docx", "xlsx"]
WAGTAIL_WORKFLOW_ENABLED = False

# --- History, import, export ------------------------------------------------------
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_USE_TRANSACTIONS = True

# --- Log of actions ---------------------------------------------------------------
# Days an entry is kept; fewer than 180 are refused (网络安全法 art. 23 (3)).
AUDIT_RETENTION_DAYS = env.integer("AUDIT_RETENTION_DAYS", 3 * 365)

# --- Log --------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "core.hardening.logs.LineFormatter"}},
    "filters": {"persons": {"()": "core.hardening.logs.PersonFilter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["persons"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django would send mail with the values of every variable.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.db.backends": {"level": "WARNING"},
        "elastic_transport": {"level": "WARNING"},
    },
}
