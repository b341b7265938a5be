"""Parts of event pages about what was observed and what would have been seen."""

from django.urls import path

from tom_gcn import executed_views as views

app_name = "coverage"

urlpatterns = [
    path("<str:name>/observed/", views.ExecutedView.as_view(), name="executed"),
    path("<str:name>/observed.moc.fits", views.ExecutedMocView.as_view(), name="executed-moc"),
    path("<str:name>/efficiency/", views.EfficiencyView.as_view(), name="efficiency"),
]
