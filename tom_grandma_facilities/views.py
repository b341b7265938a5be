"""Pages of telescopes: the list, one telescope, and reporting its state."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView, View

from tom_grandma_facilities.actions import may_change_status, may_set_channels, set_telescope_status
from tom_grandma_facilities.channel_words import how_asked
from tom_grandma_facilities.described import DescribedFact, telescope_facts
from tom_grandma_facilities.exceptions import InvalidStatus, NotAllowed
from tom_grandma_facilities.forms import TelescopeFilterForm, TelescopeStatusForm
from tom_grandma_facilities.in_use import in_use
from tom_grandma_facilities.listing import make_rows, matches, sort_rows
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.registry import ASKABLE, TELESCOPES, UnknownTelescope, get_telescope
from tom_grandma_facilities.strip import make_strip
from tom_grandma_facilities.telescope import Telescope
from tom_grandma_facilities.tonight import network_now, tonight

COLUMNS = (
    # key, heading, and from which width of the page the column is shown
    ("name", "Telescope", ""),
    ("latitude", "Latitude", "d-none d-md-table-cell"),
    ("longitude", "Longitude", "d-none d-md-table-cell"),
    ("aperture", "Aperture", "d-none d-sm-table-cell"),
    ("field", "Field of view", ""),
    ("limit", "Limit", "d-none d-md-table-cell"),
    ("usage", "Usage", "d-none d-sm-table-cell"),
    ("dark", "Darkness", ""),
)


def telescope_or_404(name: str) -> Telescope:
    """Return the telescope of exactly this name."""
    try:
        return ASKABLE[name]
    except KeyError:
        raise Http404(f"No telescope is called {name}.") from None


class TelescopeListView(LoginRequiredMixin, TemplateView):
    """All telescopes with search, filters and order in the address."""

    template_name = "tom_grandma_facilities/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Rows that pass the filters, in the order asked for."""
        now = timezone.now()
        form = TelescopeFilterForm(self.request.GET or None)
        form.is_valid()
        filters = getattr(form, "cleaned_data", {})
        statuses = {row.telescope: row for row in TelescopeStatus.objects.visible_to(self.request.user)}
        telescopes = [in_use(telescope, statuses.get(name)) for name, telescope in TELESCOPES.items()]
        everything = make_rows(telescopes, network_now(now), statuses)
        order = filters.get("sort") or "name"
        rows = sort_rows([row for row in everything if matches(row, filters)], order)
        return super().get_context_data(**kwargs) | {
            "form": form,
            "rows": rows,
            "total": len(everything),
            "may_set_channels": may_set_channels(self.request.user),
            "now": now,
            "columns": [self._column(*column, order, filters) for column in COLUMNS],
            "asked": sum(row.plan == "asked" for row in everything),
            "dark": sum(row.plan == "asked" and row.moment is not None and row.moment.is_dark for row in everything),
        }

    def _column(self, key: str, label: str, css_class: str, order: str, filters: dict[str, str]) -> dict[str, str]:
        """A heading that sorts: once upwards, again downwards."""
        here = order.lstrip("-") == key
        direction = ("descending" if order.startswith("-") else "ascending") if here else ""
        sort = f"-{key}" if direction == "ascending" else key
        query = {name: value for name, value in filters.items() if value and name != "sort"} | {"sort": sort}
        return {"label": label, "css_class": css_class, "query": urlencode(query), "direction": direction}


class TelescopeDetailView(LoginRequiredMixin, TemplateView):
    """One telescope: tonight, its state, and every number with its source."""

    template_name = "tom_grandma_facilities/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The value, where it stands tonight and what was reported."""
        declared = telescope_or_404(kwargs["name"])
        statuses = TelescopeStatus.objects.visible_to(self.request.user).filter(telescope=declared.name)
        status = statuses.select_related("updated_by").first()
        telescope = in_use(declared, status)
        now = timezone.now()
        night = tonight(telescope, now) if telescope.site.known else None
        may_report = may_change_status(self.request.user)
        return super().get_context_data(**kwargs) | {
            "telescope": telescope,
            "groups": grouped(telescope_facts(telescope)),
            "why_not_plannable": telescope.why_not_plannable(),
            "why_not_in_network": telescope.why_not_in_network(),
            "tonight": night,
            "strip": make_strip(night) if night else None,
            "status": status,
            "status_form": TelescopeStatusForm.of(status) if may_report else None,
            "now": now,
            "asking": how_asked(telescope.name, self.request.user),
        }


class ObserveView(LoginRequiredMixin, View):
    """From the control of a target page to the request form of the telescope chosen there."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Find the telescope by any of its names, or say which ones are near."""
        target_id = request.GET.get("target_id", "")
        if not (target_id.isascii() and target_id.isdecimal()):
            raise Http404("No target was chosen.")
        try:
            telescope = get_telescope(request.GET.get("telescope", "").strip())
        except UnknownTelescope as unknown:
            messages.error(request, str(unknown))
            return redirect("targets:detail", pk=target_id)
        address = reverse("tom_observations:create", kwargs={"facility": telescope.name})
        return redirect(f"{address}?{urlencode({'target_id': target_id})}")


class TelescopeStatusView(LoginRequiredMixin, View):
    """Report the state of a telescope, for those who may."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        """Hand the form to the action and go back to the telescope."""
        telescope = telescope_or_404(name)
        form = TelescopeStatusForm(request.POST)
        if not form.is_valid():
            messages.error(request, f"The state was not changed. {' '.join(_sentences(form))}")
            return redirect("telescopes:detail", name=telescope.name)
        try:
            status = set_telescope_status(telescope.name, by=request.user, **form.cleaned_data)
        except (NotAllowed, InvalidStatus) as refusal:
            messages.error(request, f"The state was not changed. {refusal}")
        else:
            messages.success(request, f"{telescope.name}: {status.get_state_display()}.")
        return redirect("telescopes:detail", name=telescope.name)


def _sentences(form: TelescopeStatusForm) -> list[str]:
    return [f"{form.fields[name].label or name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()]


def grouped(facts: list[DescribedFact]) -> dict[str, list[DescribedFact]]:
    """Facts by their group, in their order."""
    groups: dict[str, list[DescribedFact]] = {}
    for fact in facts:
        groups.setdefault(fact.group, []).append(fact)
    return groups
