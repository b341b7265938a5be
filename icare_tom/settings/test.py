"""Test settings: their own embedded server without fsync, temporary files, fast password hashing."""

import os
import tempfile
from pathlib import Path

from icare_tom.settings.base import *  # noqa: F403
from icare_tom.settings.base import DATA_DIR
from icare_tom.settings.database import databases

SECRET_KEY = "only-for-tests"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
DATABASES = databases(os.environ.get("DATABASE_URL"), DATA_DIR.parent / f"{DATA_DIR.name}-test", durable=False)
# Two runs at once do not share a database.
DATABASES["default"]["TEST"] = {"NAME": f"test_icare_{os.getpid()}"}
ICARE_LOCAL = True

_MEDIA = tempfile.TemporaryDirectory(prefix="icare-media-")
MEDIA_ROOT = Path(_MEDIA.name)
CACHES = {
    name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
    for name in ("default", "drawings")
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
# Tests knock as often as they like; those of the limits set their own.
ICARE_RATES = {}
