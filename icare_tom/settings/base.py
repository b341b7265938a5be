"""Settings that hold everywhere. `local`, `test` and `production` add where things are and who may come in."""

import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from tom_common.default_settings import *  # noqa: F403  TOM's settings are made to be star-imported
from tom_common.default_settings import (
    TOMTOOLKIT_INSTALLED_APPS,
    TOMTOOLKIT_MIDDLEWARE,
)

from icare_tom.settings.network import *  # noqa: F403  every name in it is a setting
from icare_tom.settings.paths import data_dir
from icare_tom.settings.queue import ALT_CLUSTERS, Q_CLUSTER, TASKS  # noqa: F401
from icare_tom.settings.sign_in import *  # noqa: F403  every name in capitals is a setting
from icare_tom.settings.streams import *  # noqa: F403  every name in it is a setting

# Light curves are matrices of some hundred rows, and several processes share the processors: threads of linear algebra
# would wait for each other, on a busy machine a hundred times longer than they work. NumPy is imported after this.
for _threads in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = data_dir(BASE_DIR)

DEBUG = False
TOM_NAME = "ICARE-TOM"
SITE_ID = 1
ROOT_URLCONF = "icare_tom.urls"
WSGI_APPLICATION = "icare_tom.wsgi.application"
# TOM's own migrations were made with it; our apps say BigAutoField in their AppConfig.
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

INSTALLED_APPS = [
    *TOMTOOLKIT_INSTALLED_APPS,
    "allauth.socialaccount",
    "icare_tom.members.social.openid",
    "icare_tom.members.social.saml",
    "django_q",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "tom_grandma_facilities",
    "tom_gcn",
    "tom_photvalidation",
    "icare_tom",
]


def _with_ours(middleware: list[str]) -> list[str]:
    """WhiteNoise must stand right after SecurityMiddleware: later, LOCKED would refuse static files.

    Answers pass the list upwards: the request to log in must be made before TOM's words for a refusal.
    """
    security, *rest = middleware
    place = rest.index("tom_common.middleware.Raise403Middleware") + 1
    ours = "icare_tom.middleware.PleaseLogInMiddleware"
    return [
        security,
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "csp.middleware.CSPMiddleware",
        "icare_tom.middleware.BoundedBodyMiddleware",
        *rest[:place],
        ours,
        *rest[place:],
    ]


MIDDLEWARE = [
    "icare_tom.middleware.RefuseNulMiddleware",
    "icare_tom.middleware.DatabaseGoneMiddleware",
    "icare_tom.audit.origin.OriginMiddleware",
    *_with_ours(TOMTOOLKIT_MIDDLEWARE),
    "icare_tom.middleware.PrivatePagesMiddleware",
    "icare_tom.members.throttles.UploadPagesMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
CRISPY_TEMPLATE_PACK = "bootstrap5"
DJANGO_TABLES2_TEMPLATE = "django_tables2/bootstrap5-responsive.html"

# Tokens of scripts: how long they last unless said otherwise, and at most, days.
ICARE_TOKEN_DAYS = 180
# Hashes of tokens are keyed with it; without one, with the secret key, and changing that ends all tokens.
ICARE_TOKEN_PEPPER = os.environ.get("ICARE_TOKEN_PEPPER", "")
ICARE_TOKEN_MAX_DAYS = 730

# How long it is kept who changed what, and from which address; the database keeps a year and a month whatever they say.
ICARE_AUDIT_DAYS = int(os.environ.get("ICARE_AUDIT_DAYS", "3650"))
ICARE_AUDIT_ADDRESS_DAYS = int(os.environ.get("ICARE_AUDIT_ADDRESS_DAYS", "400"))

# How often one may knock, and in how many seconds: requests of a token or person, of an address, uploads, wrong
# tokens of an address, new tokens of a person, passwords typed again (icare_tom.members.knocks).
ICARE_RATES = {
    "api": (600, 60),
    "address": (1800, 60),
    "upload": (120, 60),
    "wrong-token": (20, 60),
    "make-token": (20, 3600),
    "wrong-password": (10, 600),
}
# Addresses that take tables and files: pages, and routes of the API.
ICARE_UPLOAD_PAGES = (
    "/photometry/upload/",
    "/executed/upload/",
    "/dataproducts/data/upload/",
    "/targets/import/",
    "/events/new/",
    "/requests/u/",
)
ICARE_UPLOADS = ("/api/photometry", "/api/observation", "/api/executed-observations", "/api/dataproducts")

# Closed by default: every page needs a sign-in but these; the API answers for itself (401, not a redirect).
AUTH_STRATEGY = "LOCKED"
# Signed links: those who are asked to observe have no account.
OPEN_URLS = [
    "/accounts/*",
    "/members/confirm/*",
    "/members/answer/*",
    "/members/invitation/*",
    "/api/*",
    "/healthz",
    "/robots.txt",
    "/requests/a/*",
    "/requests/u/*",
    "/requests/d/*",
]
TARGET_PERMISSIONS_ONLY = True
TARGET_DEFAULT_PERMISSION = "PRIVATE"
TOM_HIDE_OTHER_USERS = True
ICARE_DEFAULT_GROUP = "GRANDMA"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["icare_tom.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "_static"
# Never beside the code: uploads are served by permission-checked views only.
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/data/"
# Where mails are put on a site that sends none.
EMAIL_FILE_PATH = DATA_DIR / "mails"

# What one request may weigh: forms with files, which go to the disk in pieces, and everything else, held in memory.
ICARE_MAX_UPLOAD_BYTES = 128 * 1024 * 1024
ICARE_MAX_BODY_BYTES = 24 * 1024 * 1024
# Addresses that take whole tables as bodies, as large as files.
ICARE_LONG_BODIES = ("/api/photometry",)
# Of a form's own fields: an LVK alert may be pasted into one.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

# Two, so that drawings never push out the counters that slow down whoever guesses passwords.
CACHES: dict[str, dict[str, Any]] = {
    name: {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(DATA_DIR / folder),
        "OPTIONS": {"MAX_ENTRIES": entries},
    }
    for name, folder, entries in (("default", "cache", 5000), ("drawings", "cache-drawings", 1000))
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "filters": {"hide-links": {"()": "icare_tom.log_filters.HideLinks"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["hide-links"]}},
    "root": {"handlers": ["console"], "level": os.environ.get("ICARE_LOG_LEVEL", "WARNING")},
    "loggers": {
        # It warns that our guarded routes were there before TOM's own: that is the intention, and tests check it.
        "tom_common.api_router": {"level": "ERROR"},
    }
    | {
        name: {"level": os.environ.get("ICARE_LOG_LEVEL", "INFO")}
        for name in ("icare_tom", "tom_gcn", "tom_grandma_facilities", "tom_photvalidation")
    },
}

# --- TOM Toolkit ------------------------------------------------------------------------------------------------
TARGET_TYPE = "SIDEREAL"
MATCH_MANAGERS = {"Target": "icare_tom.matching.DatabaseMatchManager"}
FACILITIES: dict[str, Any] = {}
TOM_FACILITY_CLASSES: list[str] = []
EXTRA_FIELDS: list[dict[str, str]] = []
SELECTION_EXTRA_FIELDS: list[str] = []
GENERAL_SEARCH_FUNCTIONS: dict[str, str] = {}
TARGET_LIST_COLUMNS = ["name", "type", "observations", "saved_data"]
DATA_PRODUCT_TYPES = {
    "photometry": ("photometry", "Photometry"),
    "fits_file": ("fits_file", "FITS file"),
    "spectroscopy": ("spectroscopy", "Spectroscopy"),
    "image_file": ("image_file", "Image file"),
}
DATA_PROCESSORS = {
    "photometry": "icare_tom.guards.processors.GuardedPhotometryProcessor",
    "spectroscopy": "tom_dataproducts.processors.spectroscopy_processor.SpectroscopyProcessor",
}
HOOKS = {
    "target_post_save": "tom_common.hooks.target_post_save",
    "observation_change_state": "tom_common.hooks.observation_change_state",
    "data_product_post_upload": "tom_dataproducts.hooks.data_product_post_upload",
    "data_product_post_save": "tom_dataproducts.hooks.data_product_post_save",
    "multiple_data_products_post_save": "tom_dataproducts.hooks.multiple_data_products_post_save",
}
AUTO_THUMBNAILS = False
THUMBNAIL_MAX_SIZE = (0, 0)
THUMBNAIL_DEFAULT_SIZE = (200, 200)
HINTS_ENABLED = False
HINT_LEVEL = 20
SHOW_PAGINATION_INFO = True

# --- REST API ---------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    # No BasicAuthentication: it would step around the second factor.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "icare_tom.members.token_auth.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": [
        f"icare_tom.members.throttles.{name}Throttle" for name in ("Caller", "Address", "Upload")
    ],
    "DEFAULT_RENDERER_CLASSES": ["icare_tom.renderers.AnyTextRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "icare_tom.pagination.BoundedPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "PAGE_SIZE": 100,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ICARE-TOM",
    "DESCRIPTION": "Alerts, sky maps, plans and telescopes of the GRANDMA network. Times are UTC, angles degrees ICRS.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": ["icare_tom.schema.only_open"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "icare_tom.schema.with_refusals"],
    "SCHEMA_PATH_PREFIX": "/api/",
    "ENUM_NAME_OVERRIDES": {
        "EventKindEnum": "tom_gcn.choices.EventKind",
        "EventStateEnum": "tom_gcn.choices.EventState",
        "PlanStateEnum": "tom_gcn.choices.PlanState",
        "UploadStateEnum": "tom_grandma_facilities.choices.UploadState",
        "RequestStateEnum": "tom_grandma_facilities.choices.RequestState",
        "TelescopeStateEnum": "tom_grandma_facilities.choices.TelescopeState",
        "PointingStateEnum": "tom_gcn.choices.PointingState",
        "PointKindEnum": "tom_photvalidation.choices.Kind",
        "RequestKindEnum": "tom_grandma_facilities.choices.RequestKind",
        "LocalizationKindEnum": "tom_gcn.choices.LocalizationKind",
        "DeclineReasonEnum": "tom_grandma_facilities.choices.DeclineReason",
        "RefusalReasonEnum": "tom_gcn.choices.RefusalReason",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- what may be loaded into a page -----------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
CSRF_FAILURE_VIEW = "icare_tom.errors.csrf_failure"
CSRF_COOKIE_SAMESITE = "Lax"
# As Django's in the database, with whose it is: the profile lists them, and they end with the account.
SESSION_ENGINE = "icare_tom.members.session_store"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
