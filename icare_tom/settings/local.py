"""Local settings: nothing to set up, loopback only. The secret key is made once and kept in the data folder."""

import os

from icare_tom.settings.base import *  # noqa: F403
from icare_tom.settings.base import DATA_DIR
from icare_tom.settings.database import databases
from icare_tom.settings.paths import secret_key

DEBUG = os.environ.get("ICARE_DEBUG") == "1"
SECRET_KEY = secret_key(DATA_DIR)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *filter(None, os.environ.get("ALLOWED_HOSTS", "").split(","))]
DATABASES = databases(os.environ.get("DATABASE_URL"), DATA_DIR)
ICARE_LOCAL = True

# Served from where the files are: no collectstatic before the first page.
WHITENOISE_USE_FINDERS = True
# Files change under a running server here: sizes kept from its start would cut them off.
WHITENOISE_AUTOREFRESH = True
# No mail server is needed to try the site: each mail is a file, and pages say where.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
