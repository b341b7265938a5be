"""Pages of executed observations."""

from django.urls import path

from tom_grandma_facilities import executed_views as views

app_name = "executed"

urlpatterns = [
    path("", views.ExecutedListView.as_view(), name="list"),
    path("upload/", views.ObservationUploadView.as_view(), name="upload"),
    path("<int:pk>/", views.ExecutedDetailView.as_view(), name="detail"),
]
