"""Pages of events. Names of events hold no slash."""

from django.urls import path

from tom_gcn import views

app_name = "events"

urlpatterns = [
    path("", views.EventListView.as_view(), name="list"),
    path("<str:name>/", views.EventDetailView.as_view(), name="detail"),
    path("<str:name>/sky.json", views.SkyJsonView.as_view(), name="sky-json"),
    path("<str:name>/sky.svg", views.SkySvgView.as_view(), name="sky-svg"),
    path("<str:name>/plan/", views.RequestPlanView.as_view(), name="request-plan"),
    path("<str:name>/plan/state/", views.PlanStateView.as_view(), name="plan-state"),
    path("<str:name>/plans/<int:version>.<str:form>", views.PlanDownloadView.as_view(), name="plan-download"),
    path("<str:name>/plans/<int:version>/<str:telescope>/", views.PointingsView.as_view(), name="pointings"),
    path("<str:name>/notices/<int:pk>/", views.NoticeContentView.as_view(), name="notice-content"),
    path("<str:name>/notices/<int:pk>/original", views.NoticeOriginalView.as_view(), name="notice-original"),
    path("<str:name>/localizations/<int:pk>/fits", views.LocalizationFitsView.as_view(), name="localization-fits"),
]
