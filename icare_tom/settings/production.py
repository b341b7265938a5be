"""Production settings: everything from the environment; refuses to start without it."""

import os
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from icare_tom.settings.base import *  # noqa: F403
from icare_tom.settings.base import DATA_DIR
from icare_tom.settings.database import databases


def _required(name: str, meaning: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"Set {name} in the environment: {meaning}.")
    return value


SECRET_KEY = _required("SECRET_KEY", "a long random string kept secret (50 characters or more)")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5:
    raise ImproperlyConfigured("SECRET_KEY is too short or too regular: use 50 random characters or more.")
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("SECRET_KEY_FALLBACKS", "").split(",") if key]
ALLOWED_HOSTS = [host.strip() for host in _required("ALLOWED_HOSTS", "host names, comma separated").split(",")]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts; * would accept any.")
DATABASES = databases(_required("DATABASE_URL", "postgres://user:password@host:5432/name"), DATA_DIR)
# A leading dot in ALLOWED_HOSTS means all hosts below; origins say it with a star.
_HOSTS = [f"*{host}" if host.startswith(".") else host for host in ALLOWED_HOSTS]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in _HOSTS if not host.startswith("[")]
ICARE_LOCAL = False
ICARE_SITE_URL = os.environ.get("ICARE_SITE_URL", f"https://{ALLOWED_HOSTS[0].lstrip('.')}")

# Shared by all web hosts; migrations make the tables.
CACHES = {
    name: {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": table,
        "OPTIONS": {"MAX_ENTRIES": entries},
    }
    for name, table, entries in (("default", "icare_cache", 50_000), ("drawings", "icare_drawings", 2000))
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SECURE_SSL_REDIRECT = os.environ.get("SECURE_SSL_REDIRECT", "1") == "1"
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

_mail = urlsplit(os.environ.get("EMAIL_URL", "smtp://localhost:25"))
EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.username or "", _mail.password or ""
EMAIL_USE_TLS = _mail.scheme == "smtp+tls"
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", f"icare-tom@{ALLOWED_HOSTS[0]}")
