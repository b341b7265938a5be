"""System checks of the roof: what would open the site silently becomes an error at start."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

OPEN_PERMISSIONS = {"rest_framework.permissions.AllowAny", "rest_framework.permissions.IsAuthenticatedOrReadOnly"}
STOCK_SOCIAL_ADAPTER = "allauth.socialaccount.adapter.DefaultSocialAccountAdapter"


def error(number: int, message: str, hint: str) -> Error:
    """An error with our numbering."""
    return Error(message, hint=hint, id=f"icare_tom.E{number:03d}")


@register(Tags.security)
def pages_are_locked(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Pages need a sign-in unless listed."""
    problems: list[CheckMessage] = []
    if getattr(settings, "AUTH_STRATEGY", None) != "LOCKED":
        problems.append(error(1, "Pages are open to everybody.", "Set AUTH_STRATEGY = 'LOCKED'."))
    if any(pattern in ("*", "/*") for pattern in getattr(settings, "OPEN_URLS", [])):
        problems.append(error(2, "OPEN_URLS lets everybody in.", "List single paths in OPEN_URLS."))
    if getattr(settings, "TARGET_PERMISSIONS_ONLY", None) is not True:
        hint = "Set TARGET_PERMISSIONS_ONLY = True; without it the API of TOM shows all reduced data."
        problems.append(error(3, "Reduced data are not protected by their target's permissions.", hint))
    return problems


@register(Tags.security)
def api_is_closed(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """The REST API asks who is calling, and never by password alone."""
    rest = getattr(settings, "REST_FRAMEWORK", {})
    problems: list[CheckMessage] = []
    permissions = rest.get("DEFAULT_PERMISSION_CLASSES", [])
    if not permissions or OPEN_PERMISSIONS & set(permissions):
        hint = "Set REST_FRAMEWORK['DEFAULT_PERMISSION_CLASSES'] to ['rest_framework.permissions.IsAuthenticated']."
        problems.append(error(4, "The REST API is open: anonymous requests could create targets.", hint))
    authentication = rest.get("DEFAULT_AUTHENTICATION_CLASSES", ["BasicAuthentication"])
    if any(name.endswith("BasicAuthentication") for name in authentication):
        hint = "Remove BasicAuthentication from REST_FRAMEWORK['DEFAULT_AUTHENTICATION_CLASSES']."
        problems.append(error(5, "Passwords over basic authentication step around the second factor.", hint))
    if any(name.endswith("TokenAuthentication") and not name.startswith("icare_tom.") for name in authentication):
        hint = "Keep only icare_tom.members.token_auth.ApiTokenAuthentication, whose keys are hashed and end."
        problems.append(error(12, "The API takes keys that lie readable in the database.", hint))
    return problems


@register(Tags.security)
def social_signup_needs_approval(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """A first social login must not make an active account."""
    if not apps.is_installed("allauth.socialaccount"):
        return []
    problems: list[CheckMessage] = []
    if getattr(settings, "SOCIALACCOUNT_ADAPTER", STOCK_SOCIAL_ADAPTER) == STOCK_SOCIAL_ADAPTER:
        hint = "Set SOCIALACCOUNT_ADAPTER to an adapter that makes new accounts wait for approval."
        problems.append(error(6, "A first social login makes an active account without approval.", hint))
    if getattr(settings, "SOCIALACCOUNT_EMAIL_AUTHENTICATION", False):
        hint = "Set SOCIALACCOUNT_EMAIL_AUTHENTICATION = False: the same e-mail is not the same person."
        problems.append(error(7, "A social login takes over any account with the same e-mail.", hint))
    return problems


@register()
def workers_are_configured(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Background work goes through the database and survives killed workers."""
    cluster = getattr(settings, "Q_CLUSTER", {})
    if not apps.is_installed("django_q") or cluster.get("orm") != "default":
        hint = "Install django_q and set Q_CLUSTER['orm'] = 'default'; the Redis broker loses tasks."
        return [error(8, "Background work has no database broker.", hint)]
    problems: list[CheckMessage] = []
    if not (cluster.get("ack_failures") and cluster.get("max_attempts")):
        hint = "Set ack_failures = True and max_attempts in Q_CLUSTER, or a failing task is tried for ever."
        problems.append(error(9, "Failing tasks are never given up.", hint))
    if (cluster.get("retry") or 0) <= (cluster.get("timeout") or float("inf")):
        hint = "Set Q_CLUSTER['retry'] larger than Q_CLUSTER['timeout'], and a timeout."
        problems.append(error(10, "A task may be started again while it is still running.", hint))
    return problems


@register(Tags.urls)
def routes_import(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """TOM hides import errors of an app's `urls` and its routes vanish silently: import them, so that errors show."""
    # Our routes first: whoever registers an API prefix first keeps it, and the guarded viewsets must.
    import_module(settings.ROOT_URLCONF)
    modules = (name.rsplit(".apps.", 1)[0] for name in settings.INSTALLED_APPS)
    failures = {module: failure for module in modules if (failure := import_failure(f"{module}.urls"))}
    return [
        error(11, f"The routes of {module} cannot be imported: {failure}.", "Mend the import.")
        for module, failure in failures.items()
    ]


def import_failure(name: str) -> str:
    """Why a module cannot be imported; empty when it can, or when there is none."""
    try:
        import_module(name)
    except ModuleNotFoundError as missing:
        return "" if missing.name == name else str(missing)
    except (ImportError, AttributeError) as failure:
        return str(failure)
    return ""
