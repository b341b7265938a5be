"""The event list, the searches people keep of it, and the question whether something new came."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.generic import View
from django_filters.views import FilterView
from django_tables2 import SingleTableMixin

from tom_gcn.actions.searches import TooManySearches, save_search
from tom_gcn.conditional import kept_by_browser
from tom_gcn.filters import EventFilter, list_query
from tom_gcn.forms import SavedSearchForm
from tom_gcn.models import Event, SavedSearch
from tom_gcn.news import new_notices, newest_notice
from tom_gcn.positions import position_problem
from tom_gcn.tables import EventTable
from tom_gcn.wording import MISSIONS

# Those behind "More filters", which opens when one of them is in use.
MORE = ("mission", "tag", "where", "area", "distance", "after", "before", "cone")


class EventListView(LoginRequiredMixin, SingleTableMixin, FilterView):
    """Events, newest first: search, filter, sort, page; a table fragment for htmx, a whole page otherwise."""

    model = Event
    table_class = EventTable
    filterset_class = EventFilter
    template_name = "tom_gcn/event_list.html"
    table_pagination = {"per_page": 25}

    def get_queryset(self) -> QuerySet[Event]:
        """What the user may see."""
        return Event.objects.visible_to(self.request.user).with_row()

    def get_filterset_kwargs(self, filterset_class: type[EventFilter]) -> dict[str, Any]:
        """Bind the filter even to an empty address: tests stay hidden without being asked to."""
        return {**super().get_filterset_kwargs(filterset_class), "data": self.request.GET}

    def get_template_names(self) -> list[str]:
        """Only the table when htmx asks for it."""
        wants_table = self.request.htmx and not self.request.htmx.history_restore_request
        return ["tom_gcn/partials/event_table_block.html"] if wants_table else [self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say what is wrong with a filter, and how many tests are hidden when nothing else is there to show."""
        context = super().get_context_data(**kwargs)
        form, asked = context["filter"].form, self.request.GET
        if not context["table"].paginator.count:
            context["problem"] = position_problem(asked.get("q", ""))
            context["n_hidden"] = Event.objects.visible_to(self.request.user).filter(is_test=True).count()
        return context | {
            "mistakes": [(form.fields[name].label, errors[0]) for name, errors in form.errors.items()],
            "has_filters": any(asked.get(name) for name in form.fields if name != "tests"),
            "has_more": any(asked.get(name) for name in MORE),
            "kept_query": list_query(asked),
            "searches": SavedSearch.objects.visible_to(self.request.user),
            "search_form": SavedSearchForm(initial={"query": list_query(asked)}),
            "missions": MISSIONS,
            "since": newest_notice(),
        }

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """The same address answers with a page or a fragment: caches must know."""
        response = super().render_to_response(context, **kwargs)
        patch_vary_headers(response, ["HX-Request"])
        return response


class ListNewsView(LoginRequiredMixin, View):
    """Whether notices came since the list was made; asked every ten seconds."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """A line with a link when there are, nothing otherwise; 304 while the answer is the same."""
        asked = request.GET.get("since", "")
        since = int(asked) if asked.isdecimal() and len(asked) < 18 else newest_notice()
        with_tests = request.GET.get("tests") == "on"
        notices, events = new_notices(request.user, since, with_tests=with_tests)
        address = f"{reverse('events:list')}?{list_query(request.GET)}".removesuffix("?")
        context = {"notices": notices, "events": events, "address": address}
        key = f"list-{request.user.pk}-{since}-{notices}-{events}-{address}"
        return kept_by_browser(request, key, lambda: render(request, "tom_gcn/partials/list_news.html", context))


class SaveSearchView(LoginRequiredMixin, View):
    """Keep the list as it is under a name."""

    def post(self, request: HttpRequest) -> HttpResponseRedirect:
        """Keep it, or say what is wrong, and show it again."""
        form = SavedSearchForm(request.POST)
        if not form.is_valid():
            messages.error(request, "The search was not kept. Give it a name of at most 60 characters.")
            return redirect("events:list")
        try:
            search = save_search(request.user, **form.cleaned_data)
        except TooManySearches as error:
            messages.error(request, str(error))
            return redirect("events:list")
        messages.success(request, f"The search is kept as {search.name}.")
        return redirect(search)


class DeleteSearchView(LoginRequiredMixin, View):
    """Forget a search of one's own."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        """Delete it and go back to the list."""
        search = get_object_or_404(SavedSearch.objects.visible_to(request.user), pk=pk)
        search.delete()
        messages.success(request, f"The search {search.name} is gone.")
        return redirect("events:list")
