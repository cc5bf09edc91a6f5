"""Settings, all from the environment; docs/operations.md lists the variables.

Without DATABASE_URL and REDIS_URL the embedded servers under ``var/`` are meant.
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from servicedesk.local.paths import places

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
PLACES = places()
VAR_DIR = PLACES.var

EMBEDDED = not env.str("DATABASE_URL", "")
DEBUG = env.bool("SERVICEDESK_DEBUG", False)
#: Demo: the sample organisation is loaded into a new database and outgoing mail is shown at /demo/mail/.
DEMO = env.bool("SERVICEDESK_DEMO", EMBEDDED)


def _secret_key() -> str:
    """SECRET_KEY, or for the embedded installation one made at the first start and kept."""
    if key := env.str("SECRET_KEY", ""):
        return key
    if not EMBEDDED:
        raise ImproperlyConfigured("Set SECRET_KEY: a production start (DATABASE_URL is set) needs one of its own.")
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    path = VAR_DIR / "secret-key"
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text()


SECRET_KEY = _secret_key()
SITE_URL = env.str("SITE_URL", f"http://127.0.0.1:{env.str('PORT', '8000')}").rstrip("/")
SITE_NAME = env.str("SITE_NAME", "Servicedesk")
_site = urlsplit(SITE_URL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", _site.hostname or "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[f"{_site.scheme}://{_site.netloc}"])
HTTPS = _site.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", False)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31536000 if HTTPS else 0)
if env.bool("BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "servicedesk.apps.StaticFiles",
    "django.forms",
    "axes",
    "csp",
    "django_htmx",
    "django_structlog",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "servicedesk.local",
    "servicedesk.people",
    "servicedesk.services",
    "servicedesk.tickets",
    "servicedesk.notify",
    "servicedesk.approvals",
    "servicedesk.sla",
    "servicedesk.desk",
    "servicedesk.portal",
    "servicedesk.api",
    "servicedesk.work",
    "servicedesk.knowledge",
    "servicedesk.demo",
    "incidents",
    "catalog",
    "requests",
    "changes",
    "problems",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "servicedesk.web.RefuseNullBytes",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "servicedesk.people.middleware.ViewerMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "servicedesk.web.AdminPolicy",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "servicedesk.urls"
WSGI_APPLICATION = "servicedesk.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "servicedesk.web.site",
            ],
            "builtins": [
                "servicedesk.field_html",
                "servicedesk.desk.templatetags.desk",
                "servicedesk.portal.templatetags.portal",
                "catalog.templatetags.catalog",
                "changes.templatetags.changes",
            ],
        },
    },
]
# Addresses are unique without regard to case by a constraint, which the check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
FORM_RENDERER = "servicedesk.field_html.Renderer"

# Database and Redis
DATABASES = {"default": env.db_url_config(env.str("DATABASE_URL", "") or PLACES.database_url)}
if EMBEDDED:
    _name = env.str("SERVICEDESK_TEST_DATABASE", "servicedesk")
    DATABASES["default"].update(HOST=str(PLACES.sockets), USER="servicedesk", NAME=_name, OPTIONS={})
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DB_CONN_MAX_AGE", 300)
# Our queries join outward from one row or one indexed list, so the order they are written in is the right one;
# to try all others costs several times what the ticket page's query itself does; and none is long enough to share out.
_options = DATABASES["default"].setdefault("OPTIONS", {})
_options["options"] = env.str("DB_OPTIONS", "-c join_collapse_limit=2 -c jit=off -c max_parallel_workers_per_gather=0")
REDIS_URL = env.str("REDIS_URL", "") or PLACES.redis_url
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL},
    # In each process, for what its key already makes right: nothing here needs to be forgotten by others.
    "near": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 500}},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "servicedesk.people.auth.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "servicedesk.people.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "servicedesk.web.csrf_failure"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", 8)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "people/locked_out.html"
AXES_USERNAME_FORM_FIELD = "username"  # of the login form; by default the field of the model is meant
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # a person's page in the admin unlocks them

# Language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German")), ("fr", _("French"))]
TIME_ZONE = env.str("TIME_ZONE", "Europe/Berlin")
#: Two letters; whose holidays the first calendar gets. By default the time zone's country.
COUNTRY = env.str("COUNTRY", "").upper()
USE_I18N = USE_TZ = True

# Files
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(VAR_DIR / "attachments")))
STORAGES = {
    "default": {"BACKEND": env.str("ATTACHMENT_STORAGE", "django.core.files.storage.FileSystemStorage")},
    "staticfiles": {"BACKEND": "servicedesk.web.BundledStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("png", "jpg", "webp", "gif", "woff2", "woff", "gz", "br", "map")
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_BYTES", 20 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# Mail
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="filemail://")
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
if DEMO and not env.str("EMAIL_URL", ""):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
else:
    EMAIL_HOST, EMAIL_PORT = EMAIL_CONFIG.get("EMAIL_HOST", "localhost"), EMAIL_CONFIG.get("EMAIL_PORT", 25)
    EMAIL_HOST_USER = EMAIL_CONFIG.get("EMAIL_HOST_USER", "")
    EMAIL_HOST_PASSWORD = EMAIL_CONFIG.get("EMAIL_HOST_PASSWORD", "")
    EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL_CONFIG.get("EMAIL_USE_TLS", False), EMAIL_CONFIG.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <desk@{_site.hostname or 'localhost'}>")
MAIL_DOMAIN = env.str("MAIL_DOMAIN", _site.hostname or "localhost")

# Celery
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "servicedesk.*.timers.*": {"queue": "timers"},
    "servicedesk.*.bulk.*": {"queue": "bulk"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1200}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "heartbeat-default": {"task": "servicedesk.tasks.heartbeat", "schedule": 10, "args": ["default"],
                          "options": {"queue": "default", "expires": 10}},
    "heartbeat-timers": {"task": "servicedesk.tasks.heartbeat", "schedule": 10, "args": ["timers"],
                         "options": {"queue": "timers", "expires": 10}},
    "sweep-events": {"task": "servicedesk.tickets.tasks.sweep", "schedule": 30, "options": {"expires": 30}},
    "sweep-clocks": {"task": "servicedesk.sla.tasks.timers.sweep", "schedule": 1, "options": {"expires": 5}},
    "resume-recomputations": {"task": "servicedesk.sla.tasks.bulk.resume", "schedule": 30, "options": {"expires": 30}},
    "next-holidays": {"task": "servicedesk.sla.tasks.bulk.next_holidays", "schedule": 86400,
                      "options": {"expires": 3600}},
    "close-resolved": {"task": "incidents.tasks.close_resolved", "schedule": 300,
                       "options": {"queue": "timers", "expires": 300}},
    "close-fulfilled": {"task": "requests.tasks.close_fulfilled", "schedule": 300,
                        "options": {"queue": "timers", "expires": 300}},
    "clear-drafts": {"task": "requests.tasks.clear_drafts", "schedule": 86400, "options": {"expires": 3600}},
    "approvers-stand-in": {"task": "servicedesk.approvals.tasks.timers.stand_in", "schedule": 60,
                           "options": {"expires": 60}},
    "send-invitations": {"task": "changes.tasks.send_invitations", "schedule": 30, "options": {"expires": 30}},
    "maintenance-windows": {"task": "changes.tasks.keep_windows_ready", "schedule": 21_600},
    "article-reviews": {"task": "servicedesk.knowledge.tasks.remind_owners", "schedule": 21_600,
                        "options": {"expires": 3600}},
    "word-list": {"task": "servicedesk.knowledge.tasks.keep_words", "schedule": 86_400, "options": {"expires": 3600}},
    "find-candidates": {"task": "problems.tasks.find_candidates", "schedule": 3600, "options": {"expires": 3600}},
    "call-systems": {"task": "servicedesk.work.tasks.timers.hand_on", "schedule": 5, "options": {"expires": 5}},
}  # fmt: skip

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "servicedesk.api.authentication.TokenAuthentication",
        "servicedesk.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["servicedesk.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "servicedesk.api.pagination.Cursor",
    "DEFAULT_SCHEMA_CLASS": "servicedesk.api.schema.Schema",
    "EXCEPTION_HANDLER": "servicedesk.api.errors.problem",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.str("API_RATE", "1200/min")},
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Servicedesk API",
    "DESCRIPTION": "The same operations and access rules as the screens.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": ["servicedesk.api.authentication.SessionAuthentication"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ChangeTypeEnum": "changes.models.ChangeType",
        "MeetingStateEnum": "changes.models.cab.MeetingState",
        "ArticleStateEnum": "servicedesk.knowledge.models.State",
        "ArticleKindEnum": "servicedesk.knowledge.models.Kind",
    },
}

# Policy for every page but the admin's (see servicedesk/web.py): no inline script, no inline style.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

UNFOLD = {
    "SITE_TITLE": SITE_NAME,
    "SITE_HEADER": SITE_NAME,
    "SITE_SUBHEADER": _("Administration"),
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    # The desk's own accent (static/css/tokens.css), in unfold's eleven steps.
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 262)",
            "100": "oklch(95% .026 262)",
            "200": "oklch(90% .05 262)",
            "300": "oklch(83% .09 262)",
            "400": "oklch(72% .12 262)",
            "500": "oklch(60% .15 262)",
            "600": "oklch(49% .16 262)",
            "700": "oklch(44% .15 262)",
            "800": "oklch(38% .13 262)",
            "900": "oklch(32% .1 262)",
            "950": "oklch(24% .07 262)",
        }
    },
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "servicedesk.people.admin.environment_label",
    "SIDEBAR": {"show_search": True, "navigation": "servicedesk.people.admin_menu.navigation"},
}

# Logs: one line each, JSON unless a person reads them in debug.
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_COMMAND_LOGGING_ENABLED = False
_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_shared,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.UnicodeDecoder(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _shared,
            "processor": structlog.dev.ConsoleRenderer(colors=False)
            if DEBUG
            else structlog.processors.JSONRenderer(ensure_ascii=False),
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "django_structlog": {"level": env.str("REQUEST_LOG_LEVEL", "INFO")},
        "django_structlog.celery": {"level": "WARNING"},  # a sweep each second says nothing worth keeping
        "django": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "celery": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "axes": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
    },
}
