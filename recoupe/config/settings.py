"""Settings of every process; RECOUPE_PROCESS says which one this is (see processes.py)."""

import os
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF

from recoupe.config import credentials
from recoupe.config.paths import PROJECT, credential, data_folder, secret
from recoupe.config.pool import forget
from recoupe.config.processes import PROCESSES

PROCESS = PROCESSES[os.environ.get("RECOUPE_PROCESS", "web")]
DATA = data_folder()
DEMO = os.environ.get("RECOUPE_DEMO", "") == "1"
THEMES = ("neutral", "dsfr")
THEME = os.environ.get("RECOUPE_THEME", "neutral")
DEBUG = False


# A connection for each thread of the staff site (recoupe.cli.serve), clean whenever it is lent.
POOL: dict[str, Any] = {"min_size": 1, "max_size": 8, "timeout": 10, "reset": forget}


# How the server is verified goes from the administrator's address to those of the roles; his own certificate does not.
TLS_PARAMETERS = frozenset({
    "sslmode", "sslrootcert", "sslcrl", "sslcrldir", "sslsni", "sslnegotiation", "ssl_min_protocol_version",
    "ssl_max_protocol_version", "channel_binding",
})  # fmt: skip


def database_from_url(url: str, *, pooled: bool) -> dict[str, Any]:
    """Django's settings for a postgresql:// address; the sites share a pool, commands keep one connection."""
    parts = urlsplit(url)
    verified = {name: value for name, value in parse_qsl(parts.query) if name in TLS_PARAMETERS}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0 if pooled else None,
        # One that the server closed meanwhile is replaced before it is lent: whoever comes next would be told 503.
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"server_side_binding": True, **verified, **({"pool": dict(POOL)} if pooled else {})},
    }


def database_of(role: str, *, pooled: bool) -> dict[str, Any]:
    """The same for a role of this installation, whose password is read anew for each connection."""
    path = credential(role)
    found = database_from_url(path.read_text().strip(), pooled=pooled)
    found["OPTIONS"] |= credentials.options(path)
    return found


def _database() -> dict[str, Any]:
    if credential(PROCESS.role).is_file():
        return database_of(PROCESS.role, pooled=bool(PROCESS.urlconf))
    # Tools that never connect (type checks, messages, migrations' drafts) run before any set-up.
    return database_from_url(f"postgresql://{PROCESS.role}@127.0.0.1:1/recoupe", pooled=False)


def _secret_key() -> str:
    path = secret(PROCESS.name)
    return path.read_text().strip() if path.is_file() else os.urandom(32).hex()


DATABASES = {"default": _database()}
SECRET_KEY = _secret_key()
ALLOWED_HOSTS = os.environ.get("RECOUPE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "recoupe.reference",
    "recoupe.sealing",
    "recoupe.audit",
    "recoupe.access",
    "recoupe.desk",
    "recoupe.notices",
    "recoupe.intelligence",
    "recoupe.cases",
    "recoupe.dealpoints",
    "recoupe.targets",
    "recoupe.operations",
    "recoupe.crosscheck",
    "recoupe.tips",
    "recoupe.deconfliction",
    "recoupe.coordination",
    "recoupe.plan",
    "recoupe.web",
    "recoupe.portal",
    "recoupe.worker",
    "recoupe.cli",
    "recoupe.demo",
]
if PROCESS.name == "portal":
    # It knows no table: what the public reaches holds the code of no room, and is there at once.
    INSTALLED_APPS = ["django.contrib.staticfiles", "recoupe.sealing", "recoupe.portal"]

MIDDLEWARE = [
    "recoupe.config.headers.HeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
if PROCESS.name == "portal":
    _served = MIDDLEWARE.index("whitenoise.middleware.WhiteNoiseMiddleware")
    MIDDLEWARE.insert(_served, "recoupe.portal.packed.PackedFiles")
if PROCESS.name == "web":
    MIDDLEWARE += ["recoupe.web.middleware.ActingContextMiddleware"]

ROOT_URLCONF = PROCESS.urlconf or "recoupe.config.urls_web"
WSGI_APPLICATION = "recoupe.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "recoupe.web.shell.context",
            ],
            "string_if_invalid": "",
        },
    }
]
if PROCESS.name in ("portal", "signin"):
    TEMPLATES[0]["OPTIONS"]["context_processors"] = [  # type: ignore[index]
        "django.template.context_processors.request",
        "django.template.context_processors.i18n",
    ]

if PROCESS.name == "web":
    FORM_RENDERER = "recoupe.web.widgets.WidgetRenderer"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [PROJECT / "recoupe" / "locale"]
FORMAT_MODULE_PATH = ["recoupe.config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"
STATIC_URL = "/static/"
# Served straight from the package: nothing to collect, nothing to go stale.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
# Our files are for our pages: the library would lend them to every site.
WHITENOISE_ALLOW_ALL_ORIGINS = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Jobs are asked for by SQL (worker.ask): only who does them reads them, so that the others start sooner.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks" if PROCESS.name == "worker" else ""
PROCRASTINATE_IMPORT_PATHS = ["recoupe.worker.nightly"] if PROCESS.name == "worker" else []
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

# Where the browser finds the other processes; the starter fills them in.
SIGNIN_PORT = os.environ.get("RECOUPE_SIGNIN_PORT", "8001")
STAFF_PORT = os.environ.get("RECOUPE_STAFF_PORT", "8000")
# Where the two sites stand when they do not share a host (behind a proxy); empty: same host, ports above.
SIGNIN_URL = os.environ.get("RECOUPE_SIGNIN_URL", "")
STAFF_URL = os.environ.get("RECOUPE_STAFF_URL", "")
TLS = os.environ.get("RECOUPE_TLS", "") == "1"

# The mail server of the digests; without one none is offered. Addresses end in one of the domains.
MAIL_HOST = os.environ.get("RECOUPE_MAIL_HOST", "")
MAIL_PORT = int(os.environ.get("RECOUPE_MAIL_PORT", "25"))
MAIL_TLS = os.environ.get("RECOUPE_MAIL_TLS", "")
MAIL_USER = os.environ.get("RECOUPE_MAIL_USER", "")
MAIL_PASSWORD_FILE = credential("mail.pass")
MAIL_FROM = os.environ.get("RECOUPE_MAIL_FROM", "recoupe@localhost")
MAIL_DOMAINS = frozenset(os.environ.get("RECOUPE_MAIL_DOMAINS", "gouv.fr,justice.fr").split(","))


def _origin(url: str, port: str) -> str:
    """The origin of a site by its address; without one it is this machine's, under the one name that passkeys take."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if url else f"http://localhost:{port}"


# The name that a passkey is bound to, and where its answers are made: fixed here, never taken from a request.
SIGNIN_ORIGIN = _origin(SIGNIN_URL, SIGNIN_PORT)
STAFF_ORIGIN = _origin(STAFF_URL, STAFF_PORT)
RP_ID = os.environ.get("RECOUPE_RP_ID") or urlsplit(SIGNIN_ORIGIN).hostname or "localhost"
# Whether an agent may enrol a key that its maker copies to other devices; those that are enrolled say so at the desk.
SYNCED_KEYS = os.environ.get("RECOUPE_SYNCED_KEYS", "") == "1"
SESSION_COOKIE = "__Host-recoupe" if TLS else "recoupe_session"
SESSION_HOURS = 12
CSRF_COOKIE_NAME = "__Host-recoupe-csrf" if TLS else f"recoupe_csrf_{PROCESS.name}"
CSRF_COOKIE_SECURE = TLS
LANGUAGE_COOKIE_NAME = "__Host-recoupe-langue" if TLS else "django_language"
LANGUAGE_COOKIE_SECURE = TLS
# Only over TLS: on the plain address of a demonstration it would mean nothing, and two years for its other ports.
SECURE_HSTS_SECONDS = 63_072_000 if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = TLS
# TLS ends at the relay in front, which sets this header itself and drops the one that a client sent.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
if PROCESS.name in ("web", "signin"):
    CSRF_FAILURE_VIEW = "recoupe.web.errors.expired_form"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["default"],
    }
}

if PROCESS.name == "signin":
    # A redirect after the form counts as its target: the staff site, and nothing else.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] = [
        SELF,
        *([STAFF_URL] if STAFF_URL else [f"http://{host}:{STAFF_PORT}" for host in ALLOWED_HOSTS if ":" not in host]),
    ]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "recoupe.config.logs.DiscreetFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
