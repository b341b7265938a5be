"""WSGI entry point for pages and API."""

import os

from django.core.wsgi import get_wsgi_application

from icare_tom.content_types import ReadableContentTypes

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icare_tom.settings.production")

application = ReadableContentTypes(get_wsgi_application())
