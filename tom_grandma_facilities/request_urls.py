"""Pages of follow-up requests, and what the links lead to that people without an account get."""

from django.urls import path

from tom_grandma_facilities import answer_views, ask_views
from tom_grandma_facilities import request_views as views

app_name = "requests"

urlpatterns = [
    path("", views.RequestListView.as_view(), name="list"),
    path("ask/<int:target_pk>/", ask_views.AskView.as_view(), name="ask"),
    path("ask/<int:target_pk>/advice/", ask_views.AdviceManyView.as_view(), name="advice-many"),
    path("advice/<str:name>/", ask_views.AdviceView.as_view(), name="advice"),
    path("<int:pk>/", views.RequestDetailView.as_view(), name="detail"),
    path("<int:pk>/story/", views.RequestStoryView.as_view(), name="story"),
    path("<int:pk>/edit/", views.EditView.as_view(), name="edit"),
    path("<int:pk>/priority/", views.PriorityView.as_view(), name="priority"),
    path("<int:pk>/cancel/", views.CancelView.as_view(), name="cancel"),
    path("<int:pk>/retry/", views.RetryView.as_view(), name="retry"),
    path("<int:pk>/settle/", views.SettleView.as_view(), name="settle"),
    path("<int:pk>/answer/", views.AnswerForThemView.as_view(), name="answer-for-them"),
    path("<int:pk>/undo/", views.UndoView.as_view(), name="undo"),
    path("<int:pk>/links/", views.MakeLinkView.as_view(), name="make-link"),
    path("<int:pk>/links/<int:link>/revoke/", views.RevokeLinkView.as_view(), name="revoke-link"),
    path("a/<str:token>/", answer_views.AnswerView.as_view(), name="answer"),
    path("u/<str:token>/", answer_views.UploadView.as_view(), name="upload"),
    path("d/<str:token>/", answer_views.DownloadView.as_view(), name="download"),
]
