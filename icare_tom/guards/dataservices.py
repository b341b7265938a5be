"""Queries to catalogues and brokers: for members; saved queries have no owner and belong to the network."""

import logging
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST
from pyvo.dal.exceptions import DALAccessError
from tom_dataservices.dataservices import get_data_service_classes
from tom_dataservices.models import DataServiceQuery
from tom_dataservices.views import (
    CreateTargetFromQueryView,
    DataServiceQueryCreateView,
    DataServiceQueryDeleteView,
    DataServiceQueryListView,
    DataServiceQueryUpdateView,
    RunQueryView,
    update_data_from_query,
)

from icare_tom.guards.access import ATTACH, one_or_404, usable_targets
from icare_tom.guards.mixins import MembersOnly, members_only

logger = logging.getLogger(__name__)

# Queries are there to make targets of what they find.
CREATE = "tom_targets.add_target"

# Every failure of `requests` is an OSError; Simbad is asked through pyvo.
SERVICE_AWAY = (OSError, DALAccessError)


def service_or_404(name: str | None) -> None:
    """Refuse names of services that are not installed."""
    if name not in get_data_service_classes():
        raise Http404


class GuardedQueryListView(MembersOnly, DataServiceQueryListView):
    """Saved queries of the network."""


class GuardedQueryCreateView(MembersOnly, DataServiceQueryCreateView):
    """A new query to an installed service."""

    needs = CREATE

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check who asks before anything else."""
        asked = request.POST if request.method == "POST" else request.GET
        service_or_404(asked.get("data_service"))
        return super().dispatch(request, *args, **kwargs)


class GuardedQueryUpdateView(MembersOnly, DataServiceQueryUpdateView):
    """Change a saved query."""

    needs = CREATE

    def get_object(self) -> DataServiceQuery:
        """The query of an installed service, or 404."""
        query = one_or_404(DataServiceQuery.objects.all(), self.kwargs["pk"])
        service_or_404(query.data_service)
        return query


class GuardedQueryDeleteView(MembersOnly, DataServiceQueryDeleteView):
    """Delete a saved query."""

    needs = CREATE


def say_away(request: HttpRequest, failure: Exception) -> HttpResponse:
    """Tell the user that the other host did not answer; the reason is in the log."""
    logger.warning("a data service did not answer: %s", failure)
    messages.error(request, "The service did not answer. Nothing was changed; try again later.")
    return redirect("dataservices:query_list")


class ServiceMayBeAway:
    """A view that asks another host inside the request: its silence is a message, not a crash."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, or say that the service is away."""
        try:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        except SERVICE_AWAY as failure:
            return say_away(request, failure)


class RunNewQueryView(ServiceMayBeAway, MembersOnly, RunQueryView):
    """The results of the query just filled in; without one: the list of services, where TOM crashed."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Run, or say what is missing."""
        if "data_service" not in request.session.get("query_parameters", {}):
            messages.info(request, "Choose a service and fill in a query first.")
            return redirect("dataservices:query_list")
        return super().get(request, *args, **kwargs)


class RunSavedQueryView(ServiceMayBeAway, MembersOnly, RunQueryView):
    """Run a saved query: by POST, because it asks another host and notes when it was run."""

    needs = CREATE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Run it if its service is installed."""
        service_or_404(one_or_404(DataServiceQuery.objects.all(), kwargs["pk"]).data_service)
        return self.get(request, *args, **kwargs)


class GuardedCreateTargetsView(ServiceMayBeAway, MembersOnly, CreateTargetFromQueryView):
    """Make targets from query results."""

    needs = CREATE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check what TOM takes for granted."""
        service_or_404(request.POST.get("data_service"))
        query_id = request.POST.get("query_id")
        if query_id is None or (query_id and not query_id.isdecimal()):
            raise Http404
        return super().post(request, *args, **kwargs)


@require_POST
@members_only
def update_data(request: HttpRequest) -> HttpResponseBase:
    """Fetch data for a target the user may use."""
    one_or_404(usable_targets(request.user, ATTACH), request.POST.get("target"))
    try:
        return update_data_from_query(request)
    except SERVICE_AWAY as failure:
        return say_away(request, failure)
