"""Every route of the site: guarded TOM views first, then our apps, then TOM's own, then the API pages."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from tom_common.api_router import SharedAPIRootRouter

from icare_tom.audit.views import ChangesView
from icare_tom.chart_views import ChartView, SurveyView
from icare_tom.guards import api as guarded_api
from icare_tom.guards.urls import urlpatterns as guarded_urls
from icare_tom.health import healthz
from icare_tom.membership_api import EventsOfTargetApiView, TargetsOfLocalizationView
from icare_tom.membership_views import CandidatesView, EventsOfTargetView
from icare_tom.night_mark_views import MarkView, UndoMarkView
from icare_tom.observability_api import ObservabilityApiView
from icare_tom.observability_views import (
    EventObservabilityView,
    NightView,
    ObservabilityView,
    TargetObservabilityView,
)
from icare_tom.observed_views import ObservedApiView, ObservedAtView, ObservedTargetView
from icare_tom.request_views import TargetRequestsView
from icare_tom.sharing.views import SharingView
from icare_tom.views import HomeView, SearchView
from tom_gcn.executed_views import EfficiencyApiView, ExecutedApiView
from tom_gcn.plan_api import ObservationPlanViewSet, RefusalViewSet
from tom_gcn.relation_api import CoincidenceViewSet, CrossmatchView, GalaxiesOfLocalizationView
from tom_gcn.viewsets import CircularViewSet, EventViewSet, LocalizationViewSet, MessageViewSet
from tom_grandma_facilities.executed_api import ExecutedObservationViewSet
from tom_grandma_facilities.requests_api import FollowUpRequestViewSet
from tom_grandma_facilities.skyportal_api import ObservationTextView, ObservationView
from tom_grandma_facilities.uploads_api import ObservationUploadViewSet
from tom_grandma_facilities.viewsets import TelescopeViewSet
from tom_photvalidation.epoch_api import TargetEpochViewSet
from tom_photvalidation.skyportal_api import PhotometryView
from tom_photvalidation.viewsets import PhotometryUploadViewSet, PhotometryViewSet

# TOM keeps the first viewset registered under a name: ours must be there before tom_common.urls is imported.
router = SharedAPIRootRouter()
guarded_api.register(router)
router.register("circulars", CircularViewSet, "circulars")
router.register("events", EventViewSet, "events")
router.register("localizations", LocalizationViewSet, "localizations")
router.register("coincidences", CoincidenceViewSet, "coincidences")
router.register("circulars", CircularViewSet, "circulars")
router.register("messages", MessageViewSet, "messages")
router.register("plans", ObservationPlanViewSet, "plans")
router.register("refusals", RefusalViewSet, "refusals")
router.register("executed-observations", ExecutedObservationViewSet, "executed-observations")
router.register("observation-uploads", ObservationUploadViewSet, "observation-uploads")
router.register("telescopes", TelescopeViewSet, "telescopes")
router.register("requests", FollowUpRequestViewSet, "follow-up-requests")
router.register("photometry", PhotometryViewSet, "photometry")
router.register("target-epochs", TargetEpochViewSet, "target-epochs")
router.register("photometry-uploads", PhotometryUploadViewSet, "photometry-uploads")

handler400 = "icare_tom.errors.bad_request"
handler404 = "icare_tom.errors.not_found"
handler500 = "icare_tom.errors.server_error"

urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("healthz", healthz, name="healthz"),
    path("members/", include("icare_tom.members.urls")),
    path("changes/<str:kind>/<int:pk>/", ChangesView.as_view(), name="changes"),
    path("sharing/<str:kind>/<int:pk>/", SharingView.as_view(), name="sharing"),
    path("search/", SearchView.as_view(), name="search"),
    *guarded_urls,
    path("targets/<int:pk>/events/", EventsOfTargetView.as_view(), name="target-events"),
    path("events/<str:name>/candidates/", CandidatesView.as_view(), name="candidates"),
    path("events/<str:name>/observability/", EventObservabilityView.as_view(), name="event-observability"),
    path("events/", include("tom_gcn.relation_urls")),
    path("events/", include("tom_gcn.executed_urls")),
    path("events/", include("tom_gcn.urls")),
    path("targets/<int:pk>/observed/", ObservedTargetView.as_view(), name="target-observed"),
    path("targets/<int:pk>/chart/", ChartView.as_view(), name="target-chart"),
    path("targets/<int:pk>/chart.svg", ChartView.as_view(), {"form": "svg"}, name="target-chart-file"),
    path("targets/<int:pk>/chart/survey.jpg", SurveyView.as_view(), name="target-survey"),
    path("targets/<int:pk>/observability/", TargetObservabilityView.as_view(), name="target-observability"),
    path("observability/", ObservabilityView.as_view(), name="observability"),
    path("observability/night/", NightView.as_view(), name="night"),
    path("observability/night/marks/", MarkView.as_view(), name="night-mark"),
    path("observability/night/marks/<int:pk>/undo/", UndoMarkView.as_view(), name="night-mark-undo"),
    path("observability/night/starlist.csv", NightView.as_view(), {"form": "csv"}, name="starlist-csv"),
    path("observability/night/starlist.txt", NightView.as_view(), {"form": "txt"}, name="starlist-text"),
    path("executed/at/", ObservedAtView.as_view(), name="observed-at"),
    path("executed/", include("tom_grandma_facilities.executed_urls")),
    path("telescopes/", include("tom_grandma_facilities.urls")),
    path("photometry/", include("tom_photvalidation.urls")),
    path("requests/", include("tom_grandma_facilities.request_urls")),
    path("targets/<int:pk>/requests/", TargetRequestsView.as_view(), name="target-requests"),
    path("api/localizations/<int:pk>/targets/", TargetsOfLocalizationView.as_view(), name="localization-targets"),
    path("api/localizations/<int:pk>/galaxies/", GalaxiesOfLocalizationView.as_view(), name="localization-galaxies"),
    path("api/target-events/<int:pk>/", EventsOfTargetApiView.as_view(), name="api-target-events"),
    path("api/events/<str:name>/executed/", ExecutedApiView.as_view(), name="api-executed"),
    path("api/events/<str:name>/efficiency/", EfficiencyApiView.as_view(), name="api-efficiency"),
    path("api/observed-at/", ObservedApiView.as_view(), name="api-observed-at"),
    path("api/observability/", ObservabilityApiView.as_view(), name="api-observability"),
    path("api/crossmatch/", CrossmatchView.as_view(), name="api-crossmatch"),
    # Scripts for SkyPortal write no slash at the end, and a POST cannot be sent elsewhere.
    path("api/observation", ObservationView.as_view(), name="api-observation"),
    path("api/observation/", ObservationView.as_view()),
    path("api/observation/ascii", ObservationTextView.as_view(), name="api-observation-ascii"),
    path("api/observation/ascii/", ObservationTextView.as_view()),
    path("api/photometry", PhotometryView.as_view(), name="api-photometry"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("", include("tom_common.urls")),
]
