"""Pages of executed observations."""

from django.urls import path

from tom_grandma_facilities import executed_views as views

app_name = "executed"

urlpatterns = [
    path("", views.ExecutedListView.as_view(), name="list"),
    path("upload/", views.ObservationUploadView.as_view(), name="upload"),
    path("uploads/<int:pk>/", views.UploadStateView.as_view(), name="upload-state"),
    path("uploads/<int:pk>/file/", views.UploadFileView.as_view(), {"which": "file"}, name="upload-file"),
    path("uploads/<int:pk>/answers/", views.UploadFileView.as_view(), {"which": "answers"}, name="upload-answers"),
    path("<int:pk>/", views.ExecutedDetailView.as_view(), name="detail"),
]
