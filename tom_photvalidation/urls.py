"""Pages of photometry."""

from django.urls import path

from tom_photvalidation import curve_views, epoch_views, review_views, statistics_views, upload_views

app_name = "photometry"

urlpatterns = [
    path("", review_views.QueueView.as_view(), name="queue"),
    path("upload/", upload_views.UploadView.as_view(), name="upload"),
    path("uploads/<uuid:uuid>/", upload_views.UploadStateView.as_view(), name="upload-state"),
    path("uploads/<uuid:uuid>/file/", upload_views.UploadFileView.as_view(), {"which": "file"}, name="upload-file"),
    path(
        "uploads/<uuid:uuid>/answers.csv",
        upload_views.UploadFileView.as_view(),
        {"which": "answers"},
        name="upload-answers",
    ),
    path("targets/<int:pk>/", curve_views.LightCurveView.as_view(), name="target"),
    path("targets/<int:pk>/points.json", curve_views.PointsView.as_view(), name="points"),
    path("targets/<int:pk>/context.json", curve_views.ContextView.as_view(), name="context"),
    path("targets/<int:pk>/summary/", curve_views.SummaryView.as_view(), name="summary"),
    path("targets/<int:pk>/fading/", curve_views.FadingView.as_view(), name="fading"),
    path("targets/<int:pk>/table/", curve_views.PointTableView.as_view(), name="table"),
    path("targets/<int:pk>/t0/", epoch_views.EpochView.as_view(), name="epoch"),
    path("targets/<int:pk>/review/", review_views.ReviewTargetView.as_view(), name="review-target"),
    path("targets/<int:pk>/sign/", review_views.SignView.as_view(), name="sign"),
    path("points/<int:pk>/", review_views.PointView.as_view(), name="point"),
    path("points/<int:pk>/fix/", review_views.FixView.as_view(), name="fix"),
    path("review/decide/", review_views.DecideView.as_view(), name="decide"),
    path("review/undo/", review_views.UndoView.as_view(), name="undo"),
    path("telescopes/", statistics_views.TelescopesView.as_view(), name="telescopes"),
    path("telescopes/<str:name>/", statistics_views.TelescopeView.as_view(), name="telescope"),
    path("telescopes/<str:name>/offsets/", statistics_views.OffsetsView.as_view(), name="telescope-offsets"),
    path("targets/<int:pk>/export/<slug:form>/", curve_views.ExportView.as_view(), name="export"),
    path("review/log/", review_views.LogView.as_view(), name="log"),
]
