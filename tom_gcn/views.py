"""Pages of events. Rows come from `visible_to`: what one may not see is not found."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString
from django.views.generic import TemplateView

from tom_gcn import downloads
from tom_gcn.actions.tags import may_tag
from tom_gcn.choices import FetchState
from tom_gcn.comparison import compare
from tom_gcn.conditional import kept_by_browser
from tom_gcn.event_part import EventPart, PageRequest
from tom_gcn.links import links_of
from tom_gcn.models import Circular, Event, HandTag, HermesMessage, Localization, Notice
from tom_gcn.news import EventNews, event_news
from tom_gcn.raw_content import readable
from tom_gcn.timeline import gathered, localizations_of, notices_of, tags_of, texts_of, timeline_of


class EventDetailView(EventPart, TemplateView):
    """One event: what it is, where it may be, what is planned."""

    template_name = "tom_gcn/event_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Notices, localizations, texts and plans of the event."""
        event, user = self.event, self.request.user
        notices, localizations = notices_of(event), localizations_of(event)
        texts = texts_of(event, user)
        tags = tags_of(event)
        rows = [*notices, *localizations, *self.plans.rows, *texts, *tags]
        current = next((row for row in localizations if row.is_current), None)
        standing = [notice for notice in reversed(notices) if not notice.is_retraction]
        return {
            **super().get_context_data(**kwargs),
            **self.plan_context(),
            "described": next((notice for notice in standing if notice.far_hz is not None), None),
            "told": _telling(standing, current),
            "retraction": next((notice for notice in reversed(notices) if notice.is_retraction), None),
            "aliases": [alias for alias in event.aliases.all() if alias.name not in {event.name, str(event)}],
            "localizations": localizations,
            "localization": current,
            "expected_maps": [
                n.skymap_fetch for n in notices if n.skymap_url and n.skymap_fetch.state != FetchState.DONE
            ],
            "timeline": gathered(rows, self.request.GET.get("show", "")),
            **tag_context(event, user, tags),
            "links": links_of(event, reversed(notices)),
            "news_key": EventNews.of(notices, localizations, texts).key,
            "sky_picture": SafeString(self.sky.as_svg()) if self.sky.is_worth_showing else "",
        }


def tag_context(event: Event, user: User | AnonymousUser, tags: list[HandTag]) -> dict[str, Any]:
    """The tags of rules and of people, who may change the latter."""
    standing = [row for row in tags if row.removed_at is None]
    summary = getattr(event, "summary", None)
    by_hand = {row.tag for row in standing}
    return {
        "hand_tags": standing,
        "rule_tags": [tag for tag in summary.added_tags if tag not in by_hand] if summary else [],
        "may_tag": may_tag(user, event),
    }


def _telling(newest_first: list[Notice], current: Localization | None) -> Notice | None:
    """The notice whose figures are shown: that of the current localization, else the newest that has any."""
    with_figures = [notice for notice in newest_first if notice.parameters]
    best = (notice for notice in with_figures if current and notice.pk == current.notice_id)
    return next(best, with_figures[0] if with_figures else None)


class TimelineView(EventPart):
    """The timeline of an event, whole or one kind of entry."""

    def get(self, request: PageRequest, name: str) -> HttpResponseBase:
        """A fragment for htmx; anybody else is led to the event page."""
        shown = request.GET.get("show", "")
        if not request.htmx:
            return redirect(f"{self.event.get_absolute_url()}?{urlencode({'show': shown})}#timeline")
        context = {"event": self.event, "timeline": timeline_of(self.event, request.user, shown)}
        return render(request, "tom_gcn/partials/timeline.html", context)


class EventNewsView(EventPart):
    """Whether something came in since the event page was made; asked every ten seconds."""

    def get(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """A line with a link when it did, nothing otherwise; 304 while the answer is the same."""
        seen, news = request.GET.get("since", "")[:60], event_news(self.event)
        context = {"event": self.event, "words": news.since(seen), "news_key": news.key}
        key = f"event-{self.event.pk}-{seen}-{news.key}"
        return kept_by_browser(request, key, lambda: render(request, "tom_gcn/partials/event_news.html", context))


class CompareView(EventPart):
    """Two localizations of the event side by side."""

    def get(self, request: PageRequest, name: str) -> HttpResponse:
        """The older one first, whichever way they were asked for."""
        context = {"event": self.event, "localizations": localizations_of(self.event), "comparison": None}
        chosen = self._chosen()
        if chosen:
            context["comparison"] = compare(*chosen)
        template = "tom_gcn/partials/comparison.html" if request.htmx else "tom_gcn/comparison.html"
        response = render(request, template, context)
        patch_vary_headers(response, ["HX-Request"])
        return response

    def _chosen(self) -> list[Localization]:
        asked = {self.request.GET.get(name, "") for name in ("one", "other")}
        if len(asked) != 2:
            return []
        rows = self.event.localizations.select_related("skymap", "notice").defer("skymap__fits", "skymap__contours")
        numbers = [int(pk) for pk in asked if pk.isdecimal() and len(pk) < 18]
        found = list(rows.filter(pk__in=numbers))
        if len(found) != 2:
            raise Http404("Two localizations of this event are compared.")
        return found


class TextView(EventPart):
    """A circular or message of people, whole."""

    model: type[Circular] | type[HermesMessage] = Circular

    def get(self, request: PageRequest, name: str, number: int) -> HttpResponse:
        """Escaped, as it was written."""
        rows = self.model.objects.visible_to(request.user).filter(events=self.event)
        key = {"circular_id": number} if self.model is Circular else {"pk": number}
        context = {"event": self.event, "text": get_object_or_404(rows, **key)}
        template = "tom_gcn/partials/text.html" if request.htmx else "tom_gcn/text.html"
        response = render(request, template, context)
        patch_vary_headers(response, ["HX-Request"])
        return response


class SkyJsonView(EventPart):
    """What the interactive sky map draws."""

    def get(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """Answer 304 as long as map and plan are the same."""
        return kept_by_browser(
            request, self.sky.key, lambda: HttpResponse(self.sky.as_json(), content_type="application/json")
        )


class SkySvgView(EventPart):
    """The sky map as a picture."""

    def get(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """Answer 304 as long as map and plan are the same."""
        return kept_by_browser(
            request, f"{self.sky.key}-svg", lambda: HttpResponse(self.sky.as_svg(), content_type="image/svg+xml")
        )


class NoticeContentView(EventPart):
    """The content of a notice to read."""

    def get(self, request: PageRequest, name: str, pk: int) -> HttpResponse:
        """Bounded, with sky maps shortened."""
        notice = get_object_or_404(Notice.objects.select_related("message"), event=self.event, pk=pk)
        context = {"event": self.event, "notice": notice, "content": readable(notice.message)}
        template = "tom_gcn/partials/notice_content.html" if request.htmx else "tom_gcn/notice_content.html"
        response = render(request, template, context)
        patch_vary_headers(response, ["HX-Request"])
        return response


class NoticeOriginalView(EventPart):
    """The bytes of a notice as they came."""

    def get(self, request: HttpRequest, name: str, pk: int) -> FileResponse:
        """As a file."""
        notice = get_object_or_404(Notice.objects.select_related("message"), event=self.event, pk=pk)
        return downloads.message_body(notice.message)


class LocalizationFitsView(EventPart):
    """The sky map of a localization as it came."""

    def get(self, request: HttpRequest, name: str, pk: int) -> FileResponse:
        """As a FITS file."""
        rows = Localization.objects.select_related("skymap", "event").defer("skymap__packed", "skymap__contours")
        return downloads.skymap_fits(get_object_or_404(rows, event=self.event, pk=pk))
