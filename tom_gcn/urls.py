"""Pages of events. Names of events hold no slash and begin with a letter or digit: "-" is none."""

from django.urls import include, path

from tom_gcn import asked_views, list_views, plan_views, report_views, tag_views, views
from tom_gcn.models import Circular, HermesMessage

app_name = "events"

urlpatterns = [
    path("", list_views.EventListView.as_view(), name="list"),
    path("-/news/", list_views.ListNewsView.as_view(), name="list-news"),
    path("-/searches/", list_views.SaveSearchView.as_view(), name="save-search"),
    path("-/searches/<int:pk>/delete/", list_views.DeleteSearchView.as_view(), name="delete-search"),
    path("new/", include("tom_gcn.manual.urls")),
    path("<str:name>/", views.EventDetailView.as_view(), name="detail"),
    path("<str:name>/sky.json", views.SkyJsonView.as_view(), name="sky-json"),
    path("<str:name>/sky.svg", views.SkySvgView.as_view(), name="sky-svg"),
    path("<str:name>/timeline/", views.TimelineView.as_view(), name="timeline"),
    path("<str:name>/news/", views.EventNewsView.as_view(), name="news"),
    path("<str:name>/compare/", views.CompareView.as_view(), name="compare"),
    path("<str:name>/circulars/<int:number>/", views.TextView.as_view(model=Circular), name="circular"),
    path("<str:name>/messages/<int:number>/", views.TextView.as_view(model=HermesMessage), name="message"),
    path("<str:name>/tags/", tag_views.AddTagView.as_view(), name="add-tag"),
    path("<str:name>/tags/remove/", tag_views.RemoveTagView.as_view(), name="remove-tag"),
    path("<str:name>/plan/", plan_views.RequestPlanView.as_view(), name="request-plan"),
    path("<str:name>/plan/new/", plan_views.PlanFormView.as_view(), name="new-plan"),
    path("<str:name>/plan/state/", plan_views.PlanStateView.as_view(), name="plan-state"),
    path("<str:name>/plan/live/", plan_views.PlanLiveView.as_view(), name="plan-live"),
    path("<str:name>/plans/<int:version>.<str:form>", plan_views.PlanDownloadView.as_view(), name="plan-download"),
    path("<str:name>/plans/compare/", plan_views.ComparePlansView.as_view(), name="compare-plans"),
    path("<str:name>/plans/<int:version>/cancel/", report_views.CancelPlanView.as_view(), name="cancel-plan"),
    path("<str:name>/plans/<int:version>/keep/", report_views.KeepPlanView.as_view(), name="keep-plan"),
    path("<str:name>/requests/", asked_views.EventRequestsView.as_view(), name="requests"),
    path("<str:name>/plans/<int:version>/ask/", asked_views.AskPlanView.as_view(), name="ask-plan"),
    path("<str:name>/plans/<int:version>/<str:telescope>/", plan_views.PointingsView.as_view(), name="pointings"),
    path("<str:name>/plans/<int:version>/<str:telescope>/report/", report_views.ReportView.as_view(), name="report"),
    path("<str:name>/plans/<int:version>/<str:telescope>/refuse/", report_views.RefuseView.as_view(), name="refuse"),
    path("<str:name>/refusals/<int:pk>/withdraw/", report_views.WithdrawView.as_view(), name="withdraw-refusal"),
    path("<str:name>/notices/<int:pk>/", views.NoticeContentView.as_view(), name="notice-content"),
    path("<str:name>/notices/<int:pk>/original", views.NoticeOriginalView.as_view(), name="notice-original"),
    path("<str:name>/localizations/<int:pk>/fits", views.LocalizationFitsView.as_view(), name="localization-fits"),
]
