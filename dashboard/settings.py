"""All settings, flat. Day Two's own are read from the environment, start DAYTWO_ and carry their unit.

README.md lists them in one table; tests/test_docs.py compares it with the `env(...)` calls here.
"""

from __future__ import annotations

from pathlib import Path

import environ

from dashboard import keys, logs
from dashboard.running import broker, engines, sub_path

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("DAYTWO_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()

SECRET_KEY = keys.django_secret_key(DATA_DIR)
CREDENTIAL_KEYS = keys.credential_keys(DATA_DIR)
DEBUG = False
ALLOWED_HOSTS = env.list("DAYTWO_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "dashboard",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "dashboard.exposition.before_the_host_is_looked_at",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dashboard.middleware.no_store",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "dashboard.urls"
# Other services share the host then: cookies keep to this path, and what holds for the whole host is not ours to say.
SUB_PATH = sub_path.checked(env.str("DAYTWO_SUB_PATH", default=""))
FORCE_SCRIPT_NAME = SUB_PATH or None
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = SUB_PATH or "/"
MESSAGE_STORAGE = f"django.contrib.messages.storage.{'session.Session' if SUB_PATH else 'fallback.Fallback'}Storage"
WSGI_APPLICATION = "dashboard.wsgi.application"
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
                "dashboard.pages.frame.frame",
            ],
        },
    }
]

# IMMEDIATE takes the write lock at BEGIN: a deferred transaction that upgrades fails at once under a second writer.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=134217728; "
        "PRAGMA journal_size_limit=27103364; PRAGMA cache_size=-4000;"
    ),
}
# A server that is gone is noticed within seconds, a lock waited for no longer than on SQLite, and a worker that was frozen
# loses its locks. What the URL says goes before.
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "options": "-c lock_timeout=20s -c statement_timeout=300s -c idle_in_transaction_session_timeout=60s",
}
DATABASES = {"default": engines.database(DATA_DIR)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Used again for a minute: to open one, and to clear its log away as the last one closes, costs more than a quick answer.
    DATABASES["default"] |= {"OPTIONS": SQLITE_OPTIONS, "CONN_MAX_AGE": 60}
else:
    DATABASES["default"]["OPTIONS"] = POSTGRESQL_OPTIONS | DATABASES["default"].get("OPTIONS", {})
    # A connection is used again for a minute, and asked before each task or page whether it still is one.
    DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

BROKER_SOCKET = broker.socket_path(DATA_DIR)
REDIS_URL = engines.redis_url()
CELERY_BROKER_URL = REDIS_URL or broker.url(BROKER_SOCKET)

READINGS_KEPT_HOURS = env.int("DAYTWO_READINGS_KEPT_HOURS", default=48)
TOTALS_FINE_DAYS = env.int("DAYTWO_TOTALS_FINE_DAYS", default=30)
TOTALS_KEPT_DAYS = env.int("DAYTWO_TOTALS_KEPT_DAYS", default=730)
# The two names above are those of the first release, and stand for what is meant by these until they are given.
FIVE_MINUTES_KEPT_DAYS = env.int("DAYTWO_FIVE_MINUTES_KEPT_DAYS", default=TOTALS_FINE_DAYS)
HOURS_KEPT_DAYS = env.int("DAYTWO_HOURS_KEPT_DAYS", default=TOTALS_KEPT_DAYS)
CONTAINER_HOURS_KEPT_DAYS = env.int("DAYTWO_CONTAINER_HOURS_KEPT_DAYS", default=30)
AUDIT_KEPT_DAYS = env.int("DAYTWO_AUDIT_KEPT_DAYS", default=0)
BACKUPS_KEPT = env.int("DAYTWO_BACKUPS_KEPT", default=7)
DISK_PAUSE_MIB = env.int("DAYTWO_DISK_PAUSE_MIB", default=256)
EVENTS_KEPT_DAYS = env.int("DAYTWO_EVENTS_KEPT_DAYS", default=730)
APP_SERIES_PER_CLUSTER = env.int("DAYTWO_APP_SERIES_PER_CLUSTER", default=200_000)
AGENTS_PER_SHARD = env.int("DAYTWO_AGENTS_PER_SHARD", default=200)
WORKER_THREADS = env.int("DAYTWO_WORKER_THREADS", default=24)
REFRESH_SECONDS = env.int("DAYTWO_REFRESH_SECONDS", default=30)
PUBLIC_URL = env.str("DAYTWO_PUBLIC_URL", default="").rstrip("/")
ALLOW_LOOPBACK = env.bool("DAYTWO_ALLOW_LOOPBACK", default=False)

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "clusters"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True

# Behind a proxy that ends TLS: cookies become Secure and http is redirected.
BEHIND_TLS_PROXY = env.bool("DAYTWO_BEHIND_TLS_PROXY", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = BEHIND_TLS_PROXY
# Browsers then take these names from this host over TLS only: no neighbour under the same domain can plant one.
SESSION_COOKIE_NAME = sub_path.cookie_name("sessionid", SUB_PATH, secure=BEHIND_TLS_PROXY)
CSRF_COOKIE_NAME = sub_path.cookie_name("csrftoken", SUB_PATH, secure=BEHIND_TLS_PROXY)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS_PROXY else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS_PROXY and not SUB_PATH else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = BEHIND_TLS_PROXY and not SUB_PATH
SECURE_REDIRECT_EXEMPT = [rf"^{path}$" for path in sub_path.exempt(SUB_PATH)]
SILENCED_SYSTEM_CHECKS = ["security.W004"] if SUB_PATH else []  # HSTS is said by whoever owns the host
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = env.list("DAYTWO_TRUSTED_ORIGINS", default=[])
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

STATIC_URL = f"{SUB_PATH}/static/"  # whole: one that Django completes is completed too early by whitenoise
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
}

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_THOUSAND_SEPARATOR = False

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "dashboard.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["dashboard.api.authentication.MayView"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "dashboard.api.problems.problem",
}
SPECTACULAR_SETTINGS = {
    "SERVERS": [{"url": SUB_PATH}] if SUB_PATH else [],
    "TITLE": "Day Two",
    "DESCRIPTION": "What a DC/OS or Mesos cluster is and how it fares, with the age of every answer.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "dashboard.api.choosing.in_document",
    ],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AppKind": "dashboard.api.app_fields.KINDS",
        "AppState": "dashboard.api.app_fields.STATES",
        "FrameworkState": "dashboard.api.frameworks.STATES",
        "FreshnessEnum": "dashboard.api.fields.FRESHNESS",
        "Health": "dashboard.api.components.HEALTHS",
        "AlertState": "dashboard.api.alert_fields.STATES",
        "ClusterKind": "dashboard.api.clusters.KINDS",
        "EventKind": "dashboard.api.events.KINDS",
        "EventMark": "dashboard.api.events.EVENT_MARKS",
        "IncidentKind": "dashboard.api.incident_fields.KINDS",
        "IncidentState": "dashboard.api.incident_fields.STATES",
        "MarkName": "dashboard.api.fields.MARKS",
        "MeasuredKind": "dashboard.api.latest.KINDS",
        "Severity": "dashboard.api.alert_fields.SEVERITIES",
        "SilenceKind": "dashboard.api.silences.KINDS",
    },
}

LOGGING_CONFIG = None
logs.configure()
